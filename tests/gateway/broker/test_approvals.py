"""Requests of kiosks and counters: found by a code or by the person who is asked, approved or denied once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.audit import AuditAction
from gateway.broker import approvals, problems
from gateway.broker.answers import agree, refuse, show, way_home
from gateway.broker.finish import finish
from gateway.broker.model import AskConsent, ChooseProvider, Decided, Stage
from gateway.broker.problems import ProblemError
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.device_authorization import user_code_hash
from gateway.oidc.names import ErrorCode, Prompt
from providers.base import Assurance
from tests.gateway.broker.builders import (
    CODE_KEY,
    NOW,
    Desk,
    a_consent,
    a_counter_request,
    a_device_request,
    a_person,
    a_session,
    a_transaction,
    a_visit,
    an_enrolled_client,
    an_identity,
)
from tests.gateway.broker.fake_decoupled import FakeDecoupled
from tests.gateway.broker.fakes import FakeProvider, FakeTransactions
from tests.gateway.oidc.fakes import FakeClients

CODE = "WDJB-MJHT"


def a_typed_request(**spoilt: Any) -> DecoupledRequest:
    return a_device_request(user_code_hash=user_code_hash(CODE_KEY, CODE), **spoilt)


def a_desk(*requests: DecoupledRequest, signed_in: str | None = "person-1", **changes: Any) -> Desk:
    desk = Desk(decoupled=FakeDecoupled(*requests), **changes)
    if signed_in is not None:
        desk.sign_ins.sessions[a_visit().session or b""] = a_session(a_person(subject_id=signed_in))
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent()
    return desk


async def opened(desk: Desk, request: DecoupledRequest) -> AskConsent:
    outcome = await approvals.open(desk.broker, desk.client, request, a_visit())
    assert isinstance(outcome, AskConsent)
    return outcome


@pytest.mark.spec("RFC 8628 §3.3")
@pytest.mark.parametrize("typed", [CODE, "wdjbmjht", " wdjb mjht "])
async def test_a_code_is_found_however_it_is_typed(typed) -> None:
    desk = a_desk(a_typed_request())

    assert await approvals.by_user_code(desk.broker, typed, a_visit()) == (desk.client, a_typed_request())


@pytest.mark.parametrize(
    "spoilt",
    [
        {"expires_at": NOW},
        {"state": DecoupledState.APPROVED},
        {"state": DecoupledState.DENIED},
        {"client_id": "rp-x"},
        {"id": "none"},
    ],
)
async def test_a_code_that_is_over_used_or_of_nobody_gives_the_same_as_a_wrong_one(spoilt) -> None:
    desk = a_desk(a_typed_request(**spoilt))
    typed = CODE if spoilt != {"id": "none"} else "BCDF-GHJK"

    assert await approvals.by_user_code(desk.broker, typed, a_visit()) is None


@pytest.mark.parametrize("typed", ["", "WDJB", "W" * 9, "W" * 5000, "AEIO-UAEI", "<script>"])
async def test_what_cannot_be_a_code_is_a_wrong_one(typed) -> None:
    assert await approvals.by_user_code(a_desk(a_typed_request()).broker, typed, a_visit()) is None


async def test_a_code_of_a_client_that_was_switched_off_is_a_wrong_one() -> None:
    desk = a_desk(a_typed_request(), clients=FakeClients(an_enrolled_client(disabled_at=NOW)))

    assert await approvals.by_user_code(desk.broker, CODE, a_visit()) is None


@pytest.mark.spec("RFC 8628 §5.1")
async def test_one_browser_tries_no_more_than_a_few_codes() -> None:
    desk = a_desk(a_typed_request())
    for last in "BCDFG":
        assert await approvals.by_user_code(desk.broker, f"BCDF-GHJ{last}", a_visit()) is None

    with pytest.raises(ProblemError) as refusal:
        await approvals.by_user_code(desk.broker, CODE, a_visit())

    assert refusal.value.problem is problems.TOO_MANY_CODES
    assert (refusal.value.problem.status, refusal.value.reason) == (429, "user_code")
    assert refusal.value.problem in problems.REFUSALS


@pytest.mark.spec("RFC 8628 §5.1")
async def test_a_new_browser_for_every_try_does_not_get_further_among_codes_that_begin_alike() -> None:
    desk = a_desk(a_typed_request())
    for number in range(5):
        await approvals.by_user_code(desk.broker, "WDJB-BBBB", a_visit(browser=bytes([number])))

    with pytest.raises(ProblemError) as refusal:
        await approvals.by_user_code(desk.broker, CODE, a_visit(browser=b"another"))

    assert refusal.value.reason == "user_code_family"
    assert await approvals.by_user_code(desk.broker, "BCDF-GHJK", a_visit(browser=b"a neighbour")) is None


@pytest.mark.attack("PR-03")
async def test_pr_03_consent_is_asked_whatever_was_agreed_to_before() -> None:
    request = a_counter_request()
    desk = a_desk(request)

    asking = await opened(desk, request)

    assert asking.decoupled == request
    assert asking.release.scopes == ("openid",)
    assert asking.transaction.request.decoupled == "counter-1"
    shown = await show(desk.broker, desk.client, asking.transaction, NOW)
    assert isinstance(shown, AskConsent)
    assert shown.decoupled == request


async def test_a_request_cannot_switch_the_question_off() -> None:
    silent = a_device_request(request=replace(a_device_request().request, prompts=frozenset({Prompt.NONE})))
    desk = a_desk(silent)

    assert (await opened(desk, silent)).transaction.request.prompts == {Prompt.CONSENT}


@pytest.mark.spec("RFC 8628 §3.5")
@pytest.mark.parametrize(("request_", "at_counter"), [(a_device_request(), False), (a_counter_request(), True)])
async def test_an_approved_request_gets_the_grant_in_the_place_of_a_code(request_, at_counter) -> None:
    desk = a_desk(request_)
    asking = await opened(desk, request_)

    outcome = await agree(desk.broker, desk.client, asking.transaction, frozenset(), a_visit())

    assert outcome == Decided("rp-a", is_approved=True, is_at_counter=at_counter)
    completion = desk.sign_ins.completions[0]
    assert (completion.code, completion.approves) == (None, request_.id)
    assert completion.grant.session_id == "session-1"  # signing out here ends what the kiosk has
    assert AuditAction.DECOUPLED_APPROVED in {event.action for event in completion.events}
    assert AuditAction.CODE_ISSUED not in {event.action for event in completion.events}


async def test_whoever_signs_in_for_a_kiosk_has_a_session_afterwards() -> None:
    desk = a_desk(a_device_request(), signed_in=None)
    request = replace(a_device_request().request, decoupled="device-1")
    transaction = replace(a_transaction(), stage=Stage.CONSENT, request=request)
    desk.transactions = FakeTransactions(transaction)

    outcome = await agree(desk.broker, desk.client, transaction, frozenset(), a_visit(session=None))

    assert isinstance(outcome, Decided)
    assert outcome.session_cookie is not None


async def test_a_refusal_on_the_page_is_told_to_the_kiosk() -> None:
    desk = a_desk(a_device_request())
    asking = await opened(desk, a_device_request())

    outcome = await refuse(desk.broker, asking.transaction, NOW)

    assert outcome == Decided("rp-a", is_approved=False)
    assert desk.decoupled.by_its_id["device-1"].state is DecoupledState.DENIED
    assert desk.decoupled.events[0].action is AuditAction.DECOUPLED_DENIED


async def test_no_is_said_once_and_needs_no_sign_in() -> None:
    desk = a_desk(a_device_request(), signed_in=None)

    assert await approvals.deny(desk.broker, a_device_request(), a_visit()) == Decided("rp-a", is_approved=False)
    with pytest.raises(ProblemError) as refusal:
        await approvals.deny(desk.broker, a_device_request(), a_visit())
    assert refusal.value.problem is problems.REQUEST_GONE


@pytest.mark.spec("CIBA §7.1")
async def test_another_person_than_the_one_who_is_asked_has_to_sign_in_as_that_one() -> None:
    desk = a_desk(a_counter_request(), signed_in="person-2")

    outcome = await approvals.open(desk.broker, desk.client, a_counter_request(), a_visit())

    assert isinstance(outcome, ChooseProvider)


@pytest.mark.spec("CIBA §7.1")
async def test_another_person_who_signs_in_for_a_counter_approves_nothing() -> None:
    asked_of_another = a_counter_request(subject_id="person-2")
    desk = a_desk(asked_of_another, provider=FakeProvider(identity=an_identity()), signed_in=None)
    request = replace(asked_of_another.request, decoupled="counter-1", prompts=frozenset({Prompt.CONSENT}))
    desk.transactions = FakeTransactions(replace(a_transaction(), stage=Stage.AWAY, person=None, request=request))

    with pytest.raises(ProblemError) as refusal:
        await finish(desk.broker, "hong_kong", "login-1", {}, a_visit(session=None))

    assert refusal.value.problem is problems.OTHER_PERSON
    assert desk.sign_ins.completions == []
    assert desk.decoupled.by_its_id["counter-1"].state is DecoupledState.PENDING


@pytest.mark.parametrize("gone", [{"state": DecoupledState.DENIED}, {"expires_at": NOW}])
async def test_a_request_that_ended_behind_the_page_approves_nothing(gone) -> None:
    desk = a_desk(a_device_request())
    asking = await opened(desk, a_device_request())
    desk.decoupled.by_its_id["device-1"] = a_device_request(**gone)

    with pytest.raises(ProblemError) as refusal:
        await agree(desk.broker, desk.client, asking.transaction, frozenset(), a_visit())

    assert refusal.value.problem is problems.REQUEST_GONE
    assert desk.sign_ins.completions == []


async def test_a_demand_that_no_account_can_meet_is_a_page_as_there_is_no_way_back() -> None:
    claims = {"id_token": {"acr": {"essential": True, "value": Assurance.FOUR.acr}}}
    demanding = a_device_request(request=replace(a_device_request().request, claims=claims))
    desk = a_desk(demanding)

    with pytest.raises(ProblemError) as refusal:
        await approvals.open(desk.broker, desk.client, demanding, a_visit())

    assert refusal.value.problem is problems.LEVEL_UNMET
    assert refusal.value.transaction is not None
    assert way_home(desk.broker, refusal.value.transaction, ErrorCode.ACCESS_DENIED) is None


async def test_what_counters_ask_of_a_person_is_shown_to_that_person_alone() -> None:
    desk = a_desk(a_counter_request(), a_device_request(), a_counter_request(id="2", subject_id="person-2"))

    assert await approvals.pending(desk.broker, a_session(), NOW) == [(desk.client, a_counter_request())]
    assert await approvals.pending(desk.broker, a_session(), NOW + timedelta(minutes=5)) == []


async def test_a_request_that_a_page_names_is_shown_to_whom_it_asks() -> None:
    desk = a_desk(a_counter_request(), a_device_request())

    assert await approvals.asked(desk.broker, "counter-1", a_visit()) == (desk.client, a_counter_request())
    assert await approvals.asked(desk.broker, "device-1", a_visit(session=None)) == (desk.client, a_device_request())


@pytest.mark.parametrize("who", [None, "person-2"])
async def test_a_counters_request_is_shown_to_nobody_else(who) -> None:
    desk = a_desk(a_counter_request(), signed_in=who)

    with pytest.raises(ProblemError) as refusal:
        await approvals.asked(desk.broker, "counter-1", a_visit())

    assert refusal.value.problem is problems.OTHER_PERSON


@pytest.mark.parametrize("request_", [a_device_request(expires_at=NOW), a_device_request(client_id="rp-x")])
async def test_a_request_that_is_over_or_of_nobody_is_gone(request_) -> None:
    with pytest.raises(ProblemError) as refusal:
        await approvals.asked(a_desk(request_).broker, "device-1", a_visit())

    assert refusal.value.problem is problems.REQUEST_GONE
