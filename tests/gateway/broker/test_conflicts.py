from datetime import date

import pytest

from gateway.alerts import AlertKind
from gateway.broker import problems
from gateway.broker.identifier import Findings, check_permit
from gateway.broker.problems import ProblemError
from mapping.documents import TravelPermit
from mapping.lifecycle import Standing
from providers.errors import ProviderError, ProviderFailure
from tests.gateway.broker.builders import NOW, STAND_INS, Desk, a_person, a_transaction
from tests.mapping.resolve_builders import (
    HONG_KONG_NUMBER,
    MACAO_NUMBER,
    OTHER,
    PERMIT,
    STAND_IN,
    a_binding,
    number,
)

ANOTHER_NUMBER = number("810000", "904")


def knowing(number_of_permit=None, **changes) -> Desk:
    desk = Desk(**changes)
    desk.register.known[PERMIT.canonical] = number_of_permit
    return desk


async def checked(desk: Desk, permit: TravelPermit = PERMIT, **person) -> Findings:
    return await check_permit(desk.broker, desk.client, a_transaction(a_person(**person)), permit, NOW)


@pytest.mark.attack("MP-07")
@pytest.mark.parametrize("detail", ["field:residence_no", "missing:residence_no"])
async def test_mp_07_a_register_that_gives_nonsense_is_refused_with_an_alert(detail) -> None:
    desk = knowing(HONG_KONG_NUMBER)
    desk.register.redeem_failure = ProviderError("guangdong", ProviderFailure.BROKEN, detail)

    findings = await checked(desk)

    assert findings == Findings(reason="register.unavailable")
    assert desk.numbers.conflicts == [(AlertKind.REGISTER_CHANGED, "person-1", PERMIT)]
    assert desk.numbers.rows == {}


@pytest.mark.attack("MP-07")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (MACAO_NUMBER, "binding.territory_mismatch"),
        (number("830000"), "binding.territory_not_served"),
        (number("440305"), "binding.not_residence_permit"),
        (number("810000", born="19040507"), "binding.birthdate_mismatch"),
        (number("810000", "903"), "binding.sex_mismatch"),
    ],
)
async def test_mp_07_a_number_that_does_not_fit_the_permit_is_not_stored_and_somebody_is_told(answer, reason) -> None:
    desk = knowing(answer)

    findings = await checked(desk)

    assert findings == Findings(reason=reason)
    assert desk.numbers.conflicts == [(AlertKind.REGISTER_CHANGED, "person-1", PERMIT)]
    assert desk.numbers.rows == {}


@pytest.mark.attack("MP-07")
async def test_mp_07_another_number_than_the_recorded_one_changes_nothing_and_somebody_is_told() -> None:
    desk = knowing(ANOTHER_NUMBER)
    held = desk.numbers.put(a_binding(HONG_KONG_NUMBER), "person-2", provider="macao")

    findings = await checked(desk)

    assert findings.reason == "binding.conflict"
    assert desk.numbers.conflicts == [(AlertKind.REGISTER_CHANGED, "person-1", PERMIT)]
    assert desk.numbers.of(PERMIT) == held


async def test_a_number_that_another_permit_has_is_put_before_the_operators_as_that_permits() -> None:
    desk = knowing(HONG_KONG_NUMBER)
    desk.numbers.put(a_binding(HONG_KONG_NUMBER, OTHER), "person-2")

    findings = await checked(desk)

    assert findings.reason == "binding.conflict"
    assert desk.numbers.conflicts == [(AlertKind.REGISTER_CHANGED, "person-1", OTHER)]


async def test_a_register_that_vouches_for_a_reserved_number_is_reported() -> None:
    desk = knowing(STAND_IN)

    findings = await checked(desk)

    assert findings.reason == "surrogate.input_forbidden"
    assert desk.numbers.reserved == [STAND_IN]
    assert desk.numbers.conflicts == []


@pytest.mark.attack("AL-03")
@pytest.mark.parametrize("facts", [{"birthdate": date(1905, 1, 2)}, {"sex": "M"}])
async def test_al_03_a_claim_with_other_facts_gets_nothing_and_does_not_disturb_the_holder(facts) -> None:
    desk = knowing()
    held = desk.numbers.put(a_binding(), "person-2", provider="guangdong")

    with pytest.raises(ProblemError) as refusal:
        await checked(desk, **facts)

    assert refusal.value.problem == problems.PERMIT_CONFLICT
    assert desk.numbers.conflicts == [(AlertKind.FACTS_DIFFER, "person-1", PERMIT)]
    assert desk.numbers.of(PERMIT) == held
    assert await desk.numbers.of_subject("person-1") is None


@pytest.mark.attack("AL-02")
async def test_al_02_two_accounts_of_one_provider_with_equal_proof_freeze_the_record() -> None:
    desk = knowing()
    desk.numbers.put(a_binding(), "person-2", provider="hong_kong")

    with pytest.raises(ProblemError) as refusal:
        await checked(desk)

    assert refusal.value.problem == problems.PERMIT_CONFLICT
    assert desk.numbers.conflicts == [(AlertKind.TWO_HOLDERS, "person-1", PERMIT)]
    assert desk.numbers.of(PERMIT).standing is Standing.FROZEN


async def test_an_account_that_has_another_permit_contests_nobodys_record() -> None:
    desk = knowing()
    held = desk.numbers.put(a_binding(), "person-2", provider="hong_kong")
    desk.numbers.put(a_binding(STAND_INS[1], OTHER), "person-1")

    findings = await checked(desk)

    assert findings == Findings(reason="binding.conflict")
    assert desk.numbers.conflicts == []
    assert desk.numbers.of(PERMIT) == held
    assert desk.audit.told() == [("identifier.refused", "binding.conflict")]
