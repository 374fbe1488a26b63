from datetime import timedelta

import pytest

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.broker import account, problems
from gateway.broker.account import Done, NotDone, SignInAgain
from gateway.broker.begin import Visit
from gateway.broker.problems import ProblemError
from mapping.documents import TravelPermit
from mapping.lifecycle import Standing
from providers.base import Assurance
from providers.errors import ProviderError, ProviderFailure
from tests.gateway.broker.builders import (
    COOKIE,
    MACAO_STAND_INS,
    NOW,
    STAND_INS,
    Desk,
    a_consent,
    a_person,
    a_session,
    a_visit,
)
from tests.gateway.broker.fake_numbers import FakeNumbers
from tests.mapping.resolve_builders import HONG_KONG_NUMBER, MACAO, OTHER, PERMIT, STAND_IN, a_binding

STALE = NOW - timedelta(minutes=10, seconds=1)


async def _withdraw(broker, visit):
    return await account.withdraw(broker, visit, "rp-a")


async def _report(broker, visit):
    return await account.report_new_permit(broker, visit, "H00000067")


ACTS = [account.dispute, account.untie, account.erase, _withdraw, _report]


def a_desk(person=None, **session) -> Desk:
    """Somebody signed in, with a stand-in on record."""
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW)
    desk.people.decided = [a_consent()]
    desk.sign_ins.sessions[COOKIE] = a_session(person, **session)
    return desk


def assert_nothing_happened(desk: Desk) -> None:
    assert desk.numbers.events == desk.people.events == desk.audit.events == []
    assert desk.register.asked == []


@pytest.mark.attack("AL-06")
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "visit",
    [a_visit(session=None), a_visit(session=b"another cookie"), a_visit(browser=b"another browser")],
    ids=["no session", "unknown session", "a session of another browser"],
)
async def test_al_06_no_act_without_a_session_of_this_browser(act, visit: Visit) -> None:
    desk = a_desk()

    outcome = await act(desk.broker, visit)

    assert outcome == SignInAgain()
    assert_nothing_happened(desk)


@pytest.mark.attack("AL-06")
@pytest.mark.parametrize("act", ACTS)
async def test_al_06_no_act_on_an_old_proof(act) -> None:
    desk = a_desk(a_person(authenticated_at=STALE))

    outcome = await act(desk.broker, a_visit())

    assert outcome == SignInAgain()
    assert_nothing_happened(desk)


async def test_ten_minutes_are_fresh() -> None:
    desk = a_desk(a_person(authenticated_at=NOW - timedelta(minutes=10)))

    assert await account.dispute(desk.broker, a_visit()) == Done()


async def test_a_dispute_freezes_the_record() -> None:
    desk = a_desk()

    outcome = await account.dispute(desk.broker, a_visit())

    assert outcome == Done(ends_session=False)
    assert desk.numbers.of(PERMIT).standing is Standing.FROZEN
    assert desk.numbers.events[0].action is AuditAction.IDENTIFIER_DISPUTED


@pytest.mark.attack("AL-07")
async def test_al_07_an_account_that_lets_go_is_signed_out_and_has_no_record() -> None:
    desk = a_desk()

    outcome = await account.untie(desk.broker, a_visit())

    assert outcome == Done(ends_session=True)
    assert await desk.numbers.of_subject("person-1") is None
    assert desk.numbers.of(PERMIT).binding.number == STAND_IN


@pytest.mark.parametrize("act", [account.dispute, account.untie, _report])
async def test_without_a_record_there_is_nothing_to_act_upon(act) -> None:
    desk = Desk()
    desk.sign_ins.sessions[COOKIE] = a_session()

    outcome = await act(desk.broker, a_visit())

    assert outcome == NotDone("account.no_record")
    assert desk.register.asked == []


@pytest.mark.parametrize("act", [account.dispute, account.untie])
async def test_a_closed_record_is_out_of_reach(act) -> None:
    desk = a_desk()
    desk.numbers.put(a_binding(), "person-1", standing=Standing.CLOSED)

    outcome = await act(desk.broker, a_visit())

    assert outcome == NotDone("binding.closed")
    assert desk.numbers.of(PERMIT).standing is Standing.CLOSED


@pytest.mark.attack("AL-10")
async def test_al_10_an_account_is_forgotten_and_signed_out() -> None:
    desk = a_desk()

    outcome = await account.erase(desk.broker, a_visit())

    assert outcome == Done(ends_session=True)
    assert desk.people.erased == ["person-1"]
    assert desk.people.events[0].action is AuditAction.SUBJECT_ERASED


@pytest.mark.attack("CD-09")
async def test_cd_09_a_consent_is_withdrawn_once() -> None:
    desk = a_desk()

    first = await account.withdraw(desk.broker, a_visit(), "rp-a")
    second = await account.withdraw(desk.broker, a_visit(), "rp-a")

    assert (first, second) == (Done(), NotDone("account.no_consent"))
    assert desk.people.events[0].client_id == "rp-a"


async def report(desk: Desk, typed: str = "H00000067") -> object:
    return await account.report_new_permit(desk.broker, a_visit(), typed)


async def test_a_new_permit_that_the_register_confirms_takes_the_number_over() -> None:
    desk = a_desk()
    desk.register.known[OTHER.canonical] = None

    outcome = await report(desk)

    held = await desk.numbers.of_subject("person-1")
    assert outcome == Done()
    assert held is not None
    assert (held.binding.permit, held.binding.number) == (OTHER, STAND_IN)
    assert desk.numbers.of(PERMIT).standing is Standing.RETIRED
    assert desk.numbers.evidence[0].previous_permit == PERMIT
    assert desk.numbers.evidence[0].vouched


async def test_a_move_to_macao_gives_a_stand_in_of_macao() -> None:
    desk = a_desk()
    desk.numbers = FakeNumbers(MACAO_STAND_INS)
    desk.numbers.put(a_binding(HONG_KONG_NUMBER), "person-1")
    desk.register.known[MACAO.canonical] = None

    outcome = await report(desk, "M00000018")

    assert outcome == Done()
    assert desk.numbers.of(MACAO).binding.number == MACAO_STAND_INS[0]
    assert desk.numbers.of(MACAO).binding.replaces == (HONG_KONG_NUMBER.value,)


async def test_the_same_permit_on_a_newer_card_is_a_renewal() -> None:
    desk = a_desk()
    desk.register.known[PERMIT.canonical] = None

    outcome = await report(desk, "H0000001802")

    assert outcome == Done()
    assert desk.numbers.of(PERMIT).binding.permit.issue_count == "02"
    assert desk.numbers.evidence[0].previous_permit is None


@pytest.mark.parametrize(
    ("typed", "reason"), [("", "input.empty"), ("H1234", "permit.length"), ("H" * 65, "input.too_long")]
)
async def test_what_is_no_permit_number_is_not_asked_about(typed, reason) -> None:
    desk = a_desk()

    outcome = await report(desk, typed)

    assert outcome == NotDone(reason)
    assert desk.attempts.tries == []
    assert_nothing_happened(desk)


async def test_a_permit_that_the_register_does_not_confirm_changes_nothing() -> None:
    desk = a_desk()

    outcome = await report(desk)

    assert outcome == NotDone("register.not_matched")
    assert desk.numbers.applied == []
    assert desk.audit.told() == [("identifier.refused", "register.not_matched")]


async def test_a_register_that_is_away_is_a_reason() -> None:
    desk = a_desk()
    desk.register.failure = ProviderError("guangdong", ProviderFailure.UNREACHABLE, "timeout")

    assert await report(desk) == NotDone("register.unavailable")


async def test_trying_numbers_out_ends_as_on_the_permit_page() -> None:
    desk = a_desk()

    outcomes = [await report(desk, f"H{number:08d}") for number in range(21, 28)]

    assert outcomes == [NotDone("register.not_matched")] * 5 + [NotDone("permit.too_many_tries")] * 2
    assert set(desk.attempts.tries) == {("permit", "person-1")}
    assert len(desk.register.asked) == 5


@pytest.mark.parametrize(
    ("standing", "reason"), [(Standing.FROZEN, "binding.frozen"), (Standing.CLOSED, "binding.closed")]
)
async def test_a_dispute_is_not_escaped_by_a_new_permit(standing, reason) -> None:
    desk = a_desk()
    desk.numbers.put(a_binding(), "person-1", standing=standing)
    desk.register.known[OTHER.canonical] = None

    assert await report(desk) == NotDone(reason)
    assert desk.register.asked == []


async def test_a_level_that_is_too_low_reports_nothing() -> None:
    desk = a_desk(a_person(assurance=Assurance.ONE))

    assert await report(desk) == NotDone("assurance.too_low")


async def test_a_permit_that_another_account_of_the_provider_has_is_contested() -> None:
    desk = a_desk()
    desk.numbers.put(a_binding(STAND_INS[1], OTHER), "person-2", provider="hong_kong")
    desk.register.known[OTHER.canonical] = None

    outcome = await report(desk)

    assert outcome == NotDone("binding.conflict")
    assert desk.numbers.conflicts == [(AlertKind.TWO_HOLDERS, "person-1", OTHER)]
    assert desk.numbers.of(PERMIT).standing is Standing.ACTIVE


async def test_endless_races_are_a_passing_fault() -> None:
    desk = a_desk()
    desk.numbers.races = 99
    desk.register.known[OTHER.canonical] = None

    with pytest.raises(ProblemError) as refusal:
        await report(desk)

    assert refusal.value.problem == problems.UNAVAILABLE


def test_outcomes_print_no_number() -> None:
    assert "H00000067" not in repr([Done(), NotDone("permit.format"), SignInAgain(), TravelPermit("H00000067")])
