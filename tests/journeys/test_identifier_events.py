"""Relying parties hear of it when a number that they were given is replaced or stands no more (RFC 8417, RFC 8935)."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from certs.keys.expectation import Expectation
from certs.keys.jose import verify
from certs.keys.verification_keys import VerificationKeys
from tests.attacks.watch import audit_trail
from tests.my_identifier import SignedIn, a_browser, change, my_identifier, operate, signed_in
from tests.recast import person, recast
from tests.world import AT, World, a_client

STUDENT: Final = person("chan-siu-ming")
NUMBER: Final = "810000190405060011"
HOME: Final = "http://127.0.0.1:9100"
SUPERSEDED: Final = "urn:gba:event:identifier-superseded"
WITHDRAWN: Final = "urn:gba:event:identifier-withdrawn"
Message = MutableMapping[str, Any]


@dataclass(slots=True)
class Receiver:
    """A relying party's event endpoint: it answers as it is told, and 202 from then on."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    received: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Take one event."""
        message = await receive()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.received.append((headers, message["body"].decode("ascii")))
        status, body = self.answers.pop(0) if self.answers else (202, b"")
        extra = [(b"location", f"{HOME}/elsewhere".encode())] if status == 307 else []
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": body})


async def a_receiver(world: World, *client_ids: str) -> Receiver:
    """Relying parties that want to hear of changes, at one endpoint."""
    receiver = Receiver()
    world.net.mount(HOME, receiver)
    await world.register(*(a_client(name, event_uri=f"{HOME}/{name}/events") for name in client_ids or ("hotel",)))
    return receiver


async def claims_of(world: World, token: str, audience: str = "hotel") -> dict[str, Any]:
    """The claims of an event, verified with the published keys as a relying party has to."""
    async with world.net.browser() as http:
        keys = VerificationKeys.from_jwks((await http.get(f"{AT.issuer}/jwks")).json())
    expected = Expectation(
        algorithms=frozenset({"ES256", "RS256"}),
        typ=frozenset({"secevent+jwt"}),
        issuer=AT.issuer,
        audience=audience,
        required=frozenset({"iss", "iat", "jti", "aud", "events", "sub_id"}),
        single_audience=True,
    )
    return dict(verify(token, keys, expected, now=world.clock.now).claims)


async def superseded(world: World) -> tuple[SignedIn, SignedIn]:
    """The number of a guest of the hotel, before and after the residence permit came."""
    before = await signed_in(world, "hong_kong", STUDENT.id, client_id="hotel")
    recast(world, replace(STUDENT, residence_permit=NUMBER))
    world.clock.advance(hours=25)
    return before, await signed_in(world, "hong_kong", STUDENT.id)


@pytest.mark.spec("RFC 8935 §2", "RFC 8417 §2.2")
async def test_the_relying_party_that_had_the_old_number_is_told_the_new_one(world: World) -> None:
    receiver = await a_receiver(world)
    before, after = await superseded(world)

    told = await world.chores.deliver_notices()

    ((headers, token),) = receiver.received
    event = await claims_of(world, token)
    assert (told, headers["content-type"]) == (1, "application/secevent+jwt")
    assert event["sub_id"] == {"format": "iss_sub", "iss": AT.issuer, "sub": before.sub}
    assert before.sub != after.sub, "the hotel is told of its own subject, not of another sector's"
    (kind,) = event["events"]
    assert (kind, event["events"][kind]["replaces"]) == (SUPERSEDED, [before.number])
    assert event["events"][kind]["gba_cn_id"]["value"] == NUMBER
    assert "exp" not in event
    assert await world.chores.deliver_notices() == 0, "once"


async def test_who_signed_in_at_the_relying_party_meanwhile_finds_the_old_number_in_replaces(world: World) -> None:
    await a_receiver(world)
    before, _ = await superseded(world)

    here = await signed_in(world, "hong_kong", STUDENT.id, client_id="hotel")

    assert (here.sub, here.number) == (before.sub, NUMBER)
    assert here.claims["gba_cn_id"]["replaces"] == [before.number]


async def test_a_relying_party_that_never_had_the_number_hears_nothing(world: World) -> None:
    receiver = await a_receiver(world, "hotel", "library")
    await signed_in(world, "hong_kong", STUDENT.id, client_id="library", scope="openid profile")
    await superseded(world)

    await world.chores.deliver_notices()

    assert [headers["host"] for headers, _ in receiver.received] == ["127.0.0.1:9100"]
    assert (await claims_of(world, receiver.received[0][1]))["aud"] == "hotel"


@pytest.mark.spec("RFC 8935 §2.4")
async def test_an_endpoint_that_is_down_is_asked_again_until_it_takes_the_event(world: World) -> None:
    receiver = await a_receiver(world)
    receiver.answers = [(503, b""), (500, b"oops"), (307, b"")]
    await superseded(world)

    delivered = [await world.chores.deliver_notices()]
    for minutes in (0, 1, 4, 1, 30):
        world.clock.advance(minutes=minutes)
        delivered.append(await world.chores.deliver_notices())

    assert delivered == [0, 0, 0, 0, 0, 1]
    events = [await claims_of(world, token) for _, token in receiver.received]
    assert len(events) == 4, "after one, five and thirty minutes, and no redirect is followed"
    assert len({event["jti"] for event in events}) == 1, "the same event each time"


async def test_an_endpoint_that_is_gone_is_given_up_after_two_days(world: World) -> None:
    receiver = await a_receiver(world)
    await superseded(world)
    world.net.unmount(HOME)

    for _ in range(60):
        world.clock.advance(hours=1)
        await world.chores.deliver_notices()
    world.net.mount(HOME, receiver)
    world.clock.advance(hours=24)
    await world.chores.deliver_notices()

    assert receiver.received == []
    ends = [event for event in await audit_trail(world) if event["action"].startswith("notice.")]
    assert [(event["action"], event["client_id"]) for event in ends] == [("notice.given_up", "hotel")]


@pytest.mark.spec("RFC 8935 §2.3")
async def test_an_event_that_is_refused_is_not_sent_again(world: World) -> None:
    receiver = await a_receiver(world)
    receiver.answers = [(400, json.dumps({"err": "invalid_audience", "description": "not ours"}).encode())]
    await superseded(world)

    await world.chores.deliver_notices()
    world.clock.advance(hours=3)
    await world.chores.deliver_notices()

    assert len(receiver.received) == 1
    (end,) = [event for event in await audit_trail(world) if event["action"].startswith("notice.")]
    assert (end["action"], end["details"]["error"]) == ("notice.given_up", "invalid_audience")


@pytest.mark.parametrize("ending", ["dispute", "close", "freeze"])
async def test_a_number_that_stands_no_more_is_withdrawn_where_it_was_given(world: World, ending: str) -> None:
    receiver = await a_receiver(world)
    before = await signed_in(world, "hong_kong", STUDENT.id, client_id="hotel")
    if ending == "dispute":
        browser = a_browser(world)
        await my_identifier(browser, "hong_kong", STUDENT.id)
        await change(browser, "dispute")
    elif ending == "close":
        await operate(world, "/v1/map/close", permit=STUDENT.permit, reason="death")
    else:
        await operate(world, "/v1/map/freeze", permit=STUDENT.permit)

    await world.chores.deliver_notices()

    ((_, token),) = receiver.received
    event = await claims_of(world, token)
    assert event["events"] == {WITHDRAWN: {"value": before.number}}
    assert event["sub_id"]["sub"] == before.sub


async def test_a_relying_party_that_is_not_enrolled_for_stand_ins_is_not_told_one(world: World) -> None:
    receiver = await a_receiver(world)
    await world.register(a_client("bank", surrogate_purposes=(), event_uri=f"{HOME}/bank/events"))
    resident = replace(STUDENT, residence_permit=NUMBER)
    recast(world, resident)
    before = await signed_in(world, "hong_kong", STUDENT.id, client_id="bank")
    moved = replace(STUDENT, id="chan-in-macao", home="macao", permit="M00000072", hk_user_type=None)
    recast(world, resident, moved)
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT.id)

    await change(browser, "new-permit", permit=str(moved.permit))
    await world.chores.deliver_notices()

    ((_, token),) = receiver.received
    event = await claims_of(world, token, "bank")
    assert before.number == NUMBER
    assert event["events"] == {SUPERSEDED: {"replaces": [NUMBER]}}
