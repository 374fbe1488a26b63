from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.audit import AuditAction
from gateway.broker import problems
from gateway.broker.identifier import Findings, PermitNeededError, check_permit, find_number, look_up
from gateway.broker.model import Stage
from gateway.broker.problems import ProblemError
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.lifecycle import Change, Standing
from mapping.ports import LinkOutcome
from providers.base import Assurance
from providers.errors import ProviderError, ProviderFailure
from tests.gateway.broker.builders import NOW, STAND_INS, Desk, a_person, a_transaction, an_enrolled_client
from tests.mapping.resolve_builders import (
    HONG_KONG_NUMBER,
    PERMIT,
    STAND_IN,
    a_binding,
    number,
)


def knowing(number_of_permit=None, **changes) -> Desk:
    desk = Desk(**changes)
    desk.register.known[PERMIT.canonical] = number_of_permit
    return desk


async def checked(desk: Desk, permit: TravelPermit = PERMIT, **person) -> Findings:
    return await check_permit(desk.broker, desk.client, a_transaction(a_person(**person)), permit, NOW)


async def test_a_confirmed_permit_gets_a_stand_in_that_is_on_record() -> None:
    desk = knowing()

    findings = await checked(desk)

    assert findings.resolution is not None
    assert (findings.resolution.number, findings.permit) == (STAND_INS[0], PERMIT)
    assert findings.is_recorded
    assert desk.numbers.evidence[0].vouched
    assert [(event.action, event.details["change"]) for event in desk.numbers.events] == [
        (AuditAction.IDENTIFIER_BOUND, "bound")
    ]


async def test_a_residence_number_of_the_register_is_bound() -> None:
    desk = knowing(HONG_KONG_NUMBER)

    findings = await checked(desk)

    assert findings.resolution is not None
    assert findings.resolution.number == HONG_KONG_NUMBER


@pytest.mark.parametrize("outcome", [LinkOutcome.NOT_MATCHED, LinkOutcome.SEVERAL, LinkOutcome.EXPIRED])
async def test_what_the_register_does_not_confirm_is_refused_and_on_record(outcome) -> None:
    desk = Desk()
    desk.register.otherwise = outcome

    findings = await checked(desk)

    assert findings == Findings(reason=f"register.{outcome.value}")
    assert desk.audit.told() == [("identifier.refused", f"register.{outcome.value}")]
    assert desk.numbers.rows == {}


async def test_a_register_that_does_not_answer_is_a_reason_and_no_alert() -> None:
    desk = knowing()
    desk.register.failure = ProviderError("guangdong", ProviderFailure.UNREACHABLE, "timeout")

    findings = await checked(desk)

    assert findings == Findings(reason="register.unavailable")
    assert desk.numbers.conflicts == []


async def test_the_other_account_of_one_person_is_tied_to_the_same_number() -> None:
    desk = knowing()
    desk.numbers.put(a_binding(), "person-2", provider="guangdong")

    findings = await checked(desk)

    assert findings.resolution is not None
    assert findings.resolution.number == STAND_IN
    assert set(desk.numbers.rows[PERMIT.canonical].accounts) == {"person-1", "person-2"}


@pytest.mark.attack("AL-04")
async def test_al_04_a_newer_card_that_is_typed_renews_the_record() -> None:
    newer = TravelPermit(PERMIT.canonical, "03")
    desk = knowing()
    desk.numbers.put(a_binding(permit=TravelPermit(PERMIT.canonical, "01")), "person-2", provider="macao")

    findings = await checked(desk, newer)

    assert findings.permit is not None
    assert findings.permit.issue_count == "03"
    assert [event.action for event in desk.numbers.events] == [AuditAction.IDENTIFIER_RENEWED]


@pytest.mark.attack("F-MAPF-01")
async def test_f_mapf_01_a_lost_race_is_decided_anew() -> None:
    desk = knowing()
    desk.numbers.races = 4

    findings = await checked(desk)

    assert findings.is_recorded


async def test_endless_races_are_a_passing_fault_and_nothing_is_written() -> None:
    desk = knowing()
    desk.numbers.races = 99

    with pytest.raises(ProblemError) as refusal:
        await checked(desk)

    assert refusal.value.problem == problems.UNAVAILABLE
    assert desk.numbers.rows == {}


async def test_a_day_without_a_free_number_is_a_reason() -> None:
    desk = knowing()
    desk.numbers.refusal = MappingError("surrogate.capacity")

    findings = await checked(desk)

    assert findings.reason == "surrogate.capacity"
    assert findings.permit == PERMIT
    assert desk.audit.told() == [("identifier.refused", "surrogate.capacity")]


async def test_a_client_that_is_not_enrolled_gets_the_document_and_no_stand_in() -> None:
    desk = knowing(client=an_enrolled_client(surrogate_purposes=("library",)))

    findings = await checked(desk)

    assert findings == Findings(permit=PERMIT, reason="policy.purpose_not_permitted")
    assert desk.numbers.rows == {}


@pytest.mark.attack("GD-06")
async def test_gd_06_the_sixth_number_in_a_row_is_not_asked_about() -> None:
    desk = Desk()

    answers = [await checked(desk, TravelPermit(f"H{number:08d}")) for number in range(11, 17)]

    assert [findings.reason for findings in answers] == ["register.not_matched"] * 5 + ["permit.too_many_tries"]
    assert len(desk.register.asked) == 5
    assert len(desk.audit.events) == 6


@pytest.mark.parametrize("stage", [Stage.CONSENT, Stage.DONE])
async def test_a_permit_is_checked_only_where_it_is_asked_for(stage) -> None:
    desk = knowing()

    with pytest.raises(ProblemError) as refusal:
        await check_permit(desk.broker, desk.client, replace(a_transaction(), stage=stage), PERMIT, NOW)

    assert refusal.value.problem == problems.RESTART


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.FROZEN, "binding.frozen"),
        (Standing.CLOSED, "binding.closed"),
        (Standing.RETIRED, "binding.conflict"),
    ],
)
async def test_a_record_that_stands_still_releases_neither_number_nor_document(standing, reason) -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1", standing=standing)

    findings = await look_up(desk.broker, desk.client, a_person())

    assert findings == Findings(reason=reason)


async def test_a_recorded_number_is_found_again_without_asking_anybody() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1")

    findings = await look_up(desk.broker, desk.client, a_person())

    assert findings.resolution is not None
    assert (findings.resolution.number, findings.is_recorded) == (STAND_IN, True)
    assert desk.register.asked == []


async def test_somebody_without_a_record_has_to_type_the_permit() -> None:
    desk = Desk()

    with pytest.raises(PermitNeededError):
        await look_up(desk.broker, desk.client, a_person())


async def test_below_level_two_there_is_no_number() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1")

    findings = await look_up(desk.broker, desk.client, a_person(assurance=Assurance.ONE))

    assert findings == Findings(reason="assurance.too_low")


async def test_a_record_that_contradicts_the_person_releases_nothing() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1")

    findings = await look_up(desk.broker, desk.client, a_person(birthdate=date(1905, 1, 2)))

    assert findings == Findings(reason="binding.birthdate_mismatch")


async def test_a_citizens_number_of_the_provider_is_read_and_not_recorded() -> None:
    desk = Desk()

    findings = await look_up(desk.broker, desk.client, a_person(citizen=number("440305")))

    assert findings.resolution is not None
    assert (findings.resolution.kind.value, findings.is_recorded) == ("resident_id", False)


async def test_a_permit_of_the_provider_is_checked_without_a_page() -> None:
    desk = knowing()
    transaction = replace(a_transaction(a_person(permit=PERMIT)), stage=Stage.RETURNED)

    findings = await find_number(desk.broker, desk.client, transaction, NOW)

    assert findings.is_recorded
    assert len(desk.register.asked) == 1


async def test_a_fresh_answer_of_the_register_is_not_asked_for_again() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW - timedelta(hours=23))
    transaction = replace(a_transaction(), stage=Stage.RETURNED)

    findings = await find_number(desk.broker, desk.client, transaction, NOW)

    assert findings.is_recorded
    assert desk.register.asked == []
    assert desk.attempts.tries == []


async def test_the_word_for_the_history_stands_in_the_event() -> None:
    desk = knowing(HONG_KONG_NUMBER)
    desk.numbers.put(a_binding(), "person-2", provider="macao")

    await checked(desk)

    event = desk.numbers.events[0]
    assert (event.action, event.details["change"]) == (AuditAction.IDENTIFIER_SUPERSEDED, Change.SUPERSEDED.value)
    assert desk.numbers.of(PERMIT).binding.replaces == (STAND_IN.value,)
