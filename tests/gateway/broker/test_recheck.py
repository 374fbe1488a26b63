from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.broker.identifier import Findings, find_number
from gateway.broker.model import Stage
from mapping.documents import TravelPermit
from mapping.lifecycle import Standing
from mapping.ports import LinkOutcome
from providers.base import Assurance
from providers.errors import ProviderError, ProviderFailure
from tests.gateway.broker.builders import (
    MACAO_STAND_INS,
    NOW,
    STAND_INS,
    Desk,
    a_person,
    a_transaction,
    an_enrolled_client,
)
from tests.gateway.broker.fake_numbers import FakeNumbers
from tests.gateway.oidc.fakes import a_request
from tests.mapping.resolve_builders import (
    HONG_KONG_NUMBER,
    MACAO,
    OTHER,
    PERMIT,
    STAND_IN,
    a_binding,
    number,
)

LONG_AGO = NOW - timedelta(hours=25)
ANOTHER_DAY = date(1904, 5, 7)


def a_desk(**changes) -> Desk:
    """Somebody with a stand-in about whom the register was asked long ago."""
    desk = Desk(**changes)
    desk.numbers.put(a_binding(), "person-1", checked_at=LONG_AGO)
    return desk


async def signed_in(desk: Desk, scopes: tuple[str, ...] = ("openid", "cn_id"), **person) -> Findings:
    transaction = replace(a_transaction(a_person(**person)), stage=Stage.RETURNED, request=a_request(scopes=scopes))
    return await find_number(desk.broker, desk.client, transaction, NOW)


def value_of(findings: Findings) -> str:
    assert findings.resolution is not None
    return findings.resolution.number.value


async def test_a_residence_permit_obtained_later_supersedes_the_stand_in() -> None:
    desk = a_desk()
    desk.register.known[PERMIT.canonical] = HONG_KONG_NUMBER

    findings = await signed_in(desk)

    assert value_of(findings) == HONG_KONG_NUMBER.value
    assert findings.resolution is not None
    assert findings.resolution.replaces == (STAND_IN.value,)
    assert [event.action for event in desk.numbers.events] == [AuditAction.IDENTIFIER_SUPERSEDED]


async def test_a_residence_permit_is_taken_over_even_where_the_client_may_have_no_stand_in() -> None:
    desk = a_desk(client=an_enrolled_client(surrogate_purposes=()))
    desk.register.known[PERMIT.canonical] = HONG_KONG_NUMBER

    findings = await signed_in(desk)

    assert value_of(findings) == HONG_KONG_NUMBER.value


async def test_no_news_is_remembered_for_a_day() -> None:
    desk = a_desk()
    desk.register.known[PERMIT.canonical] = None

    first = await signed_in(desk)
    second = await signed_in(desk)

    assert value_of(first) == value_of(second) == STAND_IN.value
    assert len(desk.register.asked) == 1
    assert desk.numbers.checks == ["binding-H00000018"]
    assert desk.numbers.applied == []


async def test_a_record_about_which_nobody_was_ever_asked_is_due() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1", checked_at=None)
    desk.register.known[PERMIT.canonical] = None

    await signed_in(desk)

    assert len(desk.register.asked) == 1


async def test_a_residence_number_is_for_life_and_is_not_asked_about_again() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(HONG_KONG_NUMBER), "person-1", checked_at=LONG_AGO)

    findings = await signed_in(desk)

    assert value_of(findings) == HONG_KONG_NUMBER.value
    assert desk.register.asked == []


async def test_the_register_is_asked_only_where_the_number_is_asked_for() -> None:
    desk = a_desk()

    findings = await signed_in(desk, ("openid", "cn_doc"))

    assert findings.permit == PERMIT
    assert desk.register.asked == []


@pytest.mark.parametrize("outcome", [LinkOutcome.NOT_MATCHED, LinkOutcome.SEVERAL, LinkOutcome.EXPIRED])
async def test_a_register_that_does_not_find_the_holder_changes_nothing_for_them(outcome) -> None:
    desk = a_desk()
    desk.register.otherwise = outcome

    findings = await signed_in(desk)

    assert value_of(findings) == STAND_IN.value
    assert desk.audit.told() == [("identifier.refused", f"register.{outcome.value}")]
    assert desk.audit.events[0].details["at"] == "recheck"
    assert desk.numbers.checks == ["binding-H00000018"]


async def test_a_register_that_is_away_changes_nothing_and_is_asked_at_the_next_sign_in() -> None:
    desk = a_desk()
    desk.register.failure = ProviderError("guangdong", ProviderFailure.UNREACHABLE, "timeout")

    first, second = await signed_in(desk), await signed_in(desk)

    assert value_of(first) == value_of(second) == STAND_IN.value
    assert len(desk.register.asked) == 2
    assert desk.numbers.checks == []
    assert desk.audit.told() == [("identifier.refused", "register.unavailable")] * 2


async def test_sign_ins_in_a_row_are_no_storm_at_the_register() -> None:
    desk = a_desk()
    desk.register.failure = ProviderError("guangdong", ProviderFailure.UNREACHABLE, "timeout")

    findings = [await signed_in(desk) for _ in range(9)]

    assert {value_of(one) for one in findings} == {STAND_IN.value}
    assert len(desk.register.asked) == 5


@pytest.mark.attack("MP-07")
async def test_mp_07_nonsense_of_the_register_leaves_the_record_and_tells_somebody() -> None:
    desk = a_desk()
    desk.register.known[PERMIT.canonical] = HONG_KONG_NUMBER
    desk.register.redeem_failure = ProviderError("guangdong", ProviderFailure.BROKEN, "field:residence_no")

    findings = await signed_in(desk)

    assert value_of(findings) == STAND_IN.value
    assert desk.numbers.conflicts == [(AlertKind.REGISTER_CHANGED, "person-1", PERMIT)]


@pytest.mark.attack("MP-07")
async def test_mp_07_a_number_of_somebody_else_leaves_the_record_and_tells_somebody() -> None:
    desk = a_desk()
    desk.register.known[PERMIT.canonical] = number("810000", born="19040507")

    findings = await signed_in(desk)

    assert value_of(findings) == STAND_IN.value
    assert desk.numbers.conflicts == [(AlertKind.REGISTER_CHANGED, "person-1", PERMIT)]


async def test_a_reserved_number_of_the_register_is_reported_and_the_record_stands() -> None:
    desk = a_desk()
    desk.register.known[PERMIT.canonical] = STAND_INS[2]

    findings = await signed_in(desk)

    assert value_of(findings) == STAND_IN.value
    assert desk.numbers.reserved == [STAND_INS[2]]


async def test_a_birth_date_that_the_register_corrected_gives_a_new_number() -> None:
    corrected = number("810050", "002", born="19040507")
    desk = Desk(numbers=FakeNumbers([corrected]))
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW)
    desk.register.known[PERMIT.canonical] = None
    desk.register.birthdate = ANOTHER_DAY

    findings = await signed_in(desk, birthdate=ANOTHER_DAY)

    assert value_of(findings) == corrected.value
    assert desk.numbers.of(PERMIT).binding.replaces == (STAND_IN.value,)
    assert [event.action for event in desk.numbers.events] == [AuditAction.IDENTIFIER_CORRECTED]


async def test_a_birth_date_that_the_register_does_not_confirm_gives_nothing() -> None:
    desk = Desk()
    held = desk.numbers.put(a_binding(), "person-1", checked_at=NOW)

    findings = await signed_in(desk, birthdate=ANOTHER_DAY)

    assert findings == Findings(reason="binding.birthdate_mismatch")
    assert desk.numbers.of(PERMIT) == held
    assert desk.numbers.checks == []


@pytest.mark.attack("MP-07")
async def test_mp_07_another_residence_number_for_other_facts_is_no_correction_of_the_record() -> None:
    desk = Desk()
    held = desk.numbers.put(a_binding(HONG_KONG_NUMBER), "person-1", checked_at=NOW)
    desk.register.known[PERMIT.canonical] = number("810000", "904")

    findings = await signed_in(desk, birthdate=ANOTHER_DAY)

    assert findings.reason == "binding.birthdate_mismatch"
    assert desk.numbers.conflicts == [(AlertKind.REGISTER_CHANGED, "person-1", PERMIT)]
    assert desk.numbers.of(PERMIT) == held


@pytest.mark.attack("AL-04")
async def test_al_04_another_permit_of_the_provider_takes_the_record_over_once_it_is_confirmed() -> None:
    desk = a_desk()
    desk.register.known[OTHER.canonical] = None

    findings = await signed_in(desk, permit=OTHER)

    assert (value_of(findings), findings.permit) == (STAND_IN.value, OTHER)
    assert desk.numbers.of(PERMIT).standing is Standing.RETIRED
    assert desk.numbers.evidence[0].same_person


async def test_another_permit_that_is_not_confirmed_leaves_the_record_where_it_is() -> None:
    desk = a_desk()

    findings = await signed_in(desk, permit=OTHER)

    assert (value_of(findings), findings.permit) == (STAND_IN.value, PERMIT)
    assert desk.audit.events[0].details["cause"] == "other_permit"
    assert desk.numbers.checks == []


async def test_a_move_to_macao_gives_a_stand_in_of_macao() -> None:
    desk = Desk(numbers=FakeNumbers(MACAO_STAND_INS))
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW)
    desk.register.known[MACAO.canonical] = None

    findings = await signed_in(desk, permit=MACAO)

    assert value_of(findings) == MACAO_STAND_INS[0].value
    assert findings.resolution is not None
    assert findings.resolution.replaces == (STAND_IN.value,)


async def test_a_stand_in_is_not_made_for_somebody_who_never_had_one_where_nobody_may_have_it() -> None:
    desk = Desk(client=an_enrolled_client(surrogate_purposes=()), numbers=FakeNumbers(MACAO_STAND_INS))
    desk.numbers.put(a_binding(HONG_KONG_NUMBER), "person-1", checked_at=NOW)
    desk.register.known[MACAO.canonical] = None

    findings = await signed_in(desk, permit=MACAO)

    assert value_of(findings) == HONG_KONG_NUMBER.value
    assert desk.audit.told() == [("identifier.refused", "policy.purpose_not_permitted")]


@pytest.mark.attack("AL-04")
async def test_al_04_a_newer_card_of_the_provider_is_written_without_asking_anybody() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(permit=TravelPermit(PERMIT.canonical, "01")), "person-1", checked_at=NOW)

    findings = await signed_in(desk, ("openid", "cn_doc"), permit=TravelPermit(PERMIT.canonical, "02"))

    assert findings.permit is not None
    assert findings.permit.number11 == "H0000001802"
    assert desk.register.asked == []
    assert [event.action for event in desk.numbers.events] == [AuditAction.IDENTIFIER_RENEWED]


async def test_an_older_card_writes_nothing() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(permit=TravelPermit(PERMIT.canonical, "02")), "person-1", checked_at=NOW)

    findings = await signed_in(desk, permit=TravelPermit(PERMIT.canonical, "01"))

    assert findings.permit is not None
    assert findings.permit.issue_count == "02"
    assert desk.numbers.applied == []


@pytest.mark.parametrize("standing", [Standing.FROZEN, Standing.CLOSED])
async def test_nothing_is_asked_about_a_record_that_stands_still(standing) -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1", standing=standing, checked_at=LONG_AGO)

    findings = await signed_in(desk, permit=OTHER)

    assert findings == Findings(reason=f"binding.{standing.value}")
    assert desk.register.asked == []


@pytest.mark.parametrize("person", [{"birthdate": None}, {"assurance": Assurance.ONE}])
async def test_nothing_is_asked_for_somebody_whom_the_register_cannot_confirm(person) -> None:
    desk = a_desk()

    findings = await signed_in(desk, **person)

    assert findings.resolution is None
    assert desk.register.asked == []


async def test_a_lost_race_waits_for_the_next_sign_in() -> None:
    desk = a_desk()
    desk.numbers.races = 99
    desk.register.known[PERMIT.canonical] = HONG_KONG_NUMBER

    findings = await signed_in(desk)

    assert value_of(findings) == STAND_IN.value


async def test_a_permit_that_an_other_account_of_the_provider_has_freezes_that_record_and_not_the_own_one() -> None:
    desk = a_desk()
    desk.numbers.put(a_binding(STAND_INS[1], OTHER), "person-2", provider="hong_kong")
    desk.register.known[OTHER.canonical] = None

    findings = await signed_in(desk, permit=OTHER)

    assert value_of(findings) == STAND_IN.value
    assert desk.numbers.conflicts == [(AlertKind.TWO_HOLDERS, "person-1", OTHER)]
    assert desk.numbers.of(PERMIT).standing is Standing.ACTIVE
