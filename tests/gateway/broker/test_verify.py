from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.audit import AuditAction
from gateway.broker.verify import TooManyQuestionsError, Verdict, Verifier, verify
from gateway.oidc.issue import new_access_token
from gateway.oidc.model import Confirmation
from gateway.oidc.names import ConfirmationMethod
from gateway.oidc.protected_resource import BearerError
from gateway.oidc.random_values import new_value
from mapping.claims import Resolution
from mapping.identifier import check_character
from mapping.vocabulary import IdentifierKind, Realm
from tests.gateway.broker.builders import NOW, a_call, an_op
from tests.gateway.broker.fakes import FakeAttempts, FakeAudit
from tests.gateway.oidc.fakes import FakeTokens, a_grant
from tests.mapping.resolve_builders import CITIZEN, HONG_KONG_NUMBER, STAND_IN, number

CLAIM = Resolution(STAND_IN, IdentifierKind.SURROGATE, Realm.SANDBOX, (HONG_KONG_NUMBER.value,), NOW).as_claim()


class Desk:
    def __init__(self, limit: int = 30, **grant: Any) -> None:
        self.tokens, self.attempts, self.audit = FakeTokens(), FakeAttempts(limit), FakeAudit()
        held = a_grant(**{"claims": {"gba_cn_id": CLAIM}} | grant)
        self.text = new_value()
        token = new_access_token(self.text, held, NOW, timedelta(minutes=10))
        self.tokens.grants[held.id] = held
        self.tokens.access_tokens[token.hash] = token

    async def ask(self, given: object, *headers: str, in_query: bool = False, late: bool = False) -> Verdict:
        now = NOW + timedelta(hours=1) if late else NOW
        call = a_call(*(headers or (f"Bearer {self.text}",)), now=now)
        op = an_op(tokens=self.tokens)
        return await verify(Verifier(self.attempts, self.audit), call, op, given, query_has_token=in_query)


@pytest.mark.parametrize("given", [STAND_IN.value, f" {STAND_IN.value[:6]} {STAND_IN.value[6:]}"])
async def test_the_subjects_own_number_is_recognised_as_a_stand_in(given) -> None:
    verdict = await Desk().ask(given)

    assert verdict.as_json() == {"format": "valid", "kind": "surrogate", "is_subjects": True}


@pytest.mark.attack("MP-01")
@pytest.mark.attack("MP-02")
@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (HONG_KONG_NUMBER.value, "residence_permit"),
        (number("820000", "904").value, "residence_permit"),
        (CITIZEN.value, "resident_id"),
        (number("810050", "592").value, "surrogate"),
        ("932682198501010017", "unknown"),
    ],
)
async def test_mp_02_any_other_number_gets_the_same_answer_whether_it_is_known_or_not(given, kind) -> None:
    verdict = await Desk().ask(given)

    assert verdict.as_json() == {"format": "valid", "kind": kind, "is_subjects": False}


@pytest.mark.attack("MP-05")
async def test_mp_05_a_stand_in_is_never_a_citizens_or_a_residents_number() -> None:
    verdicts = [await Desk().ask(number(region, "592").value) for region in ("810050", "810070", "820055", "820069")]

    assert {verdict.kind for verdict in verdicts} == {"surrogate"}


@pytest.mark.parametrize(
    "given",
    [
        "",
        "81005019040506590",
        STAND_IN.value[:-1] + "0",
        "8" * 65,
        "\u202e",
        "H00000018",
        None,
        810000,
        ["x"],
        {},
        True,
    ],
)
async def test_what_is_no_number_is_invalid_and_nobodys(given) -> None:
    verdict = await Desk().ask(given)

    assert verdict.as_json() == {"format": "invalid", "kind": "unknown", "is_subjects": False}


async def test_a_number_that_was_replaced_is_not_the_subjects_any_more() -> None:
    verdict = await Desk().ask(HONG_KONG_NUMBER.value)

    assert not verdict.is_subjects


@pytest.mark.spec("RFC 6750 §3.1")
@pytest.mark.parametrize(
    "grant",
    [
        {"scopes": ("openid", "profile")},
        {"claims": {}},
        {"claims": {"gba_cn_id": {"value": None}}},
        {"claims": {"gba_cn_id": "x"}},
    ],
)
async def test_a_token_without_the_number_is_told_so(grant) -> None:
    desk = Desk(**grant)

    with pytest.raises(BearerError) as refusal:
        await desk.ask(STAND_IN.value)

    assert (refusal.value.status, refusal.value.code) == (403, "insufficient_scope")
    assert desk.attempts.tries == []


@pytest.mark.spec("RFC 6750 §3.1")
@pytest.mark.parametrize(
    ("headers", "how", "status"),
    [
        (("Basic eDp5",), {}, 401),
        (("Bearer no",), {}, 401),
        ((f"Bearer {'A' * 43}",), {}, 401),
        (("Bearer a", "Bearer b"), {}, 400),
        ((), {"in_query": True}, 400),
        ((), {"late": True}, 401),
    ],
)
async def test_without_a_live_token_there_is_no_answer(headers, how, status) -> None:
    desk = Desk()

    with pytest.raises(BearerError) as refusal:
        await desk.ask(STAND_IN.value, *headers, **how)

    assert refusal.value.status == status
    assert desk.audit.events == []


async def test_an_ended_grant_answers_nothing() -> None:
    desk = Desk()
    await desk.tokens.revoke_grant("grant-1", NOW)

    with pytest.raises(BearerError):
        await desk.ask(STAND_IN.value)


@pytest.mark.attack("DP-01")
async def test_dp_01_a_bound_token_answers_nothing_without_its_key() -> None:
    desk = Desk()
    bound = Confirmation(ConfirmationMethod.JKT, "a" * 43)
    desk.tokens.access_tokens = {h: replace(t, confirmation=bound) for h, t in desk.tokens.access_tokens.items()}

    with pytest.raises(BearerError) as refusal:
        await desk.ask(STAND_IN.value)

    assert (refusal.value.status, refusal.value.scheme) == (401, "DPoP")


@pytest.mark.attack("TN-01")
async def test_tn_01_a_token_for_another_resource_answers_nothing() -> None:
    desk = Desk()
    elsewhere = "https://api.example.hk"
    desk.tokens.access_tokens = {h: replace(t, audience=elsewhere) for h, t in desk.tokens.access_tokens.items()}

    with pytest.raises(BearerError) as refusal:
        await desk.ask(STAND_IN.value)

    assert refusal.value.status == 401


@pytest.mark.attack("MP-01")
async def test_mp_01_trying_numbers_out_is_bounded_per_grant_and_every_try_is_on_record() -> None:
    desk = Desk()

    for _ in range(30):
        await desk.ask(HONG_KONG_NUMBER.value)
    with pytest.raises(TooManyQuestionsError) as refusal:
        await desk.ask(STAND_IN.value)

    assert refusal.value.retry_after == 60
    assert set(desk.attempts.tries) == {("verify", "grant-1")}
    answers = [event.details["answer"] for event in desk.audit.events]
    assert answers == ["not_subjects"] * 30 + ["too_many"]


async def test_the_record_of_a_try_holds_no_number() -> None:
    desk = Desk()

    await desk.ask(STAND_IN.value)

    event = desk.audit.events[0]
    assert event.action is AuditAction.IDENTIFIER_VERIFIED
    assert event.details == {"answer": "subjects", "count": "1"}
    assert (event.client_id, event.subject_id) == ("rp-a", "subject-1")
    assert STAND_IN.value not in repr(event)


@pytest.mark.parametrize(("day", "form"), [("20261124", "valid"), ("20261125", "invalid")])
async def test_a_birth_date_is_judged_by_the_day_in_beijing(day, form) -> None:
    body = f"810000{day}902"

    verdict = await Desk().ask(body + check_character(body))

    assert verdict.as_json()["format"] == form
