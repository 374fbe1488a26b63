import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.audit import AuditAction
from gateway.broker.notices import GIVE_UP_AFTER, SUPERSEDED, WITHDRAWN, DeliveryError, Reply, again_at, deliver
from gateway.broker.ports import Held, Notice, NoticeKind
from gateway.oidc.model import Client
from mapping.lifecycle import Standing
from tests.gateway.broker.builders import ISSUER, NOW, STAND_INS, Desk, an_enrolled_client
from tests.gateway.broker.fakes import FakeNotices
from tests.gateway.oidc.fakes import FakeClients
from tests.mapping.resolve_builders import HONG_KONG_NUMBER, NON_CHINESE, STAND_IN, a_binding

EVENTS = "https://rp-a.example/events"
HELD = Held("binding-1", a_binding(HONG_KONG_NUMBER, replaces=(STAND_IN.value,)))


class Endpoint:
    """A relying party: it notes what it is sent and answers as it is told."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.answers = list(answers)
        self.signed: list[tuple[Mapping[str, Any], str]] = []
        self.posted: list[tuple[str, Mapping[str, str], bytes]] = []

    def sign(self, claims: Mapping[str, Any], client: Client) -> str:
        self.signed.append((claims, client.client_id))
        return json.dumps(claims)

    async def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Reply:
        self.posted.append((url, headers, content))
        answer = self.answers.pop(0) if self.answers else Reply(202)
        if isinstance(answer, Exception):
            raise answer
        return answer


def a_notice(**spoilt: Any) -> Notice:
    notice = Notice(
        id="notice-1",
        kind=NoticeKind.SUPERSEDED,
        client_id="rp-a",
        sub="pairwise-sub",
        old_number=STAND_IN,
        holder=HELD,
        at=NOW,
        tries=0,
    )
    return replace(notice, **spoilt)


def a_desk(*notices: Notice, **client: Any) -> Desk:
    spoilt = {"event_uri": EVENTS} | client
    return Desk(client=an_enrolled_client(**spoilt), notices=FakeNotices(*(notices or (a_notice(),))))


async def run(desk: Desk, endpoint: Endpoint) -> int:
    return await deliver(desk.broker, endpoint.sign, endpoint.post, NOW)


@pytest.mark.spec("RFC 8417 §2.2")
async def test_a_superseded_number_is_told_with_the_one_in_its_place() -> None:
    desk, endpoint = a_desk(), Endpoint()

    ended = await run(desk, endpoint)

    claims, client_id = endpoint.signed[0]
    assert (ended, client_id) == (1, "rp-a")
    assert claims == {
        "iss": ISSUER,
        "iat": int(NOW.timestamp()),
        "jti": "notice-1",
        "aud": "rp-a",
        "sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": "pairwise-sub"},
        "events": {
            SUPERSEDED: {
                "replaces": [STAND_IN.value],
                "gba_cn_id": {
                    "value": HONG_KONG_NUMBER.value,
                    "kind": "residence_permit",
                    "scheme": "urn:gba-gateway:cnid:residence-permit:v1",
                    "realm": "sandbox",
                    "verifiable_with_police_data": True,
                    "replaces": [STAND_IN.value],
                    "issued_at": "2026-11-22T04:00:00Z",
                },
            }
        },
    }


@pytest.mark.spec("RFC 8935 §2.1")
async def test_it_is_posted_as_a_security_event_token_and_202_is_the_end_of_it() -> None:
    desk, endpoint = a_desk(), Endpoint(Reply(202))

    await run(desk, endpoint)

    url, headers, _ = endpoint.posted[0]
    assert url == EVENTS
    assert headers == {"Content-Type": "application/secevent+jwt", "Accept": "application/json"}
    assert desk.notices.taken == ["notice-1"]
    assert desk.notices.events[0].action is AuditAction.NOTICE_DELIVERED


async def test_a_number_that_does_not_stand_any_more_is_told_alone() -> None:
    desk, endpoint = a_desk(a_notice(kind=NoticeKind.WITHDRAWN)), Endpoint()

    await run(desk, endpoint)

    assert endpoint.signed[0][0]["events"] == {WITHDRAWN: {"value": STAND_IN.value}}


@pytest.mark.parametrize(
    ("notice", "client"),
    [
        (a_notice(holder=None), {}),
        (a_notice(holder=replace(HELD, standing=Standing.FROZEN)), {}),
        (a_notice(holder=Held("binding-1", a_binding(STAND_INS[0]))), {"surrogate_purposes": ()}),
        (a_notice(holder=Held("binding-1", a_binding(STAND_INS[0], NON_CHINESE))), {"purpose": "employment"}),
        (a_notice(), {"scopes": ("openid", "cn_doc")}),
    ],
    ids=["not held any more", "frozen", "not enrolled for stand-ins", "a closed purpose", "no such scope"],
)
async def test_a_number_that_a_sign_in_would_not_release_is_not_in_the_event_either(notice, client) -> None:
    desk, endpoint = a_desk(notice, **client), Endpoint()

    await run(desk, endpoint)

    assert endpoint.signed[0][0]["events"] == {SUPERSEDED: {"replaces": [STAND_IN.value]}}


async def test_a_stand_in_is_told_to_whoever_is_enrolled_for_it() -> None:
    desk, endpoint = a_desk(a_notice(holder=Held("binding-1", a_binding(STAND_INS[0])))), Endpoint()

    await run(desk, endpoint)

    event = endpoint.signed[0][0]["events"][SUPERSEDED]
    assert (event["gba_cn_id"]["value"], event["gba_cn_id"]["kind"]) == (STAND_INS[0].value, "surrogate")


@pytest.mark.spec("RFC 8935 §2.3")
@pytest.mark.parametrize(
    ("body", "recorded"),
    [
        (b'{"err": "invalid_audience", "description": "told in their own words"}', "invalid_audience"),
        (b'{"err": "a word of their own"}', "other"),
    ],
)
async def test_a_refusal_is_final_and_on_record_in_words_of_ours(body, recorded) -> None:
    desk, endpoint = a_desk(), Endpoint(Reply(400, body))

    ended = await run(desk, endpoint)

    event = desk.notices.events[0]
    assert (ended, desk.notices.later) == (1, {"notice-1": None})
    assert (event.action, event.details["reason"], event.details["error"]) == (
        AuditAction.NOTICE_GIVEN_UP,
        "refused",
        recorded,
    )


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200),
        Reply(204),
        Reply(302),
        Reply(400),
        Reply(400, b"<html>"),
        Reply(400, b"[" * 100_000),
        Reply(400, b'{"err": 7}'),
        Reply(400, b"\xff"),
        Reply(401, b'{"err": "authentication_failed"}'),
        Reply(429),
        Reply(500),
        DeliveryError(),
    ],
)
async def test_everything_else_is_tried_again_and_leaves_no_event(answer) -> None:
    desk, endpoint = a_desk(), Endpoint(answer)

    ended = await run(desk, endpoint)

    assert ended == 0
    assert desk.notices.later == {"notice-1": NOW + timedelta(minutes=1)}
    assert desk.notices.events == []


def test_the_pauses_grow_and_end_after_two_days() -> None:
    pauses, now = [], NOW

    for tries in range(99):
        later = again_at(a_notice(tries=tries), now)
        if later is None:
            break
        pauses.append(later - now)
        now = later

    hours = [pause / timedelta(hours=1) for pause in pauses]
    assert hours[:5] == pytest.approx([1 / 60, 1 / 12, 0.5, 2, 12])
    assert now - NOW == GIVE_UP_AFTER
    assert len(pauses) == 8


async def test_a_notice_is_given_up_after_two_days_with_an_event() -> None:
    late = a_notice(at=NOW - GIVE_UP_AFTER, tries=8)
    desk, endpoint = a_desk(late), Endpoint(DeliveryError())

    ended = await run(desk, endpoint)

    assert (ended, desk.notices.later) == (1, {"notice-1": None})
    assert desk.notices.events[0].details == {"kind": "superseded", "tries": "9", "reason": "unreachable"}


async def test_an_old_notice_is_tried_before_it_is_given_up() -> None:
    desk, endpoint = a_desk(a_notice(at=NOW - timedelta(days=9))), Endpoint()

    await run(desk, endpoint)

    assert desk.notices.taken == ["notice-1"]


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        ({"event_uri": None}, "no_endpoint"),
        ({"disabled_at": NOW}, "client_gone"),
        ({"client_id": "rp-b"}, "client_gone"),
    ],
)
async def test_a_relying_party_that_cannot_be_told_is_given_up_at_once(client, reason) -> None:
    desk, endpoint = a_desk(**client), Endpoint()

    ended = await run(desk, endpoint)

    assert (ended, endpoint.posted) == (1, [])
    assert desk.notices.events[0].details["reason"] == reason


async def test_one_dead_endpoint_holds_nobody_up() -> None:
    notices = [a_notice(id=f"notice-{place}", client_id=name) for place, name in enumerate(["rp-a", "rp-b", "rp-a"])]
    desk = a_desk(*notices)
    desk.clients = FakeClients(desk.client, replace(desk.client, client_id="rp-b"))
    endpoint = Endpoint(Reply(202), DeliveryError(), Reply(202))

    ended = await run(desk, endpoint)

    assert (ended, desk.notices.taken, list(desk.notices.later)) == (2, ["notice-0", "notice-2"], ["notice-1"])


async def test_a_fault_of_ours_comes_up_after_the_others_were_dealt_with() -> None:
    desk = a_desk(a_notice(id="notice-0"), a_notice(id="notice-1"))
    endpoint = Endpoint(RuntimeError("a fault"), Reply(202))

    with pytest.raises(RuntimeError, match="a fault"):
        await run(desk, endpoint)

    assert desk.notices.taken == ["notice-1"]


async def test_notices_are_leased_longer_than_a_post_may_take() -> None:
    desk, endpoint = a_desk(), Endpoint()

    await run(desk, endpoint)

    lease_until, limit = desk.notices.leases[0]
    assert (lease_until - NOW, limit) == (timedelta(minutes=2), 10)


def test_neither_a_notice_nor_a_reply_prints_what_is_in_it() -> None:
    assert "pairwise-sub" not in repr(a_notice())
    assert STAND_IN.value not in repr(a_notice())
    assert "secret" not in repr(Reply(400, b"secret"))
