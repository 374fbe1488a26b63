"""The resolution step by step: what the text is, what the record says, what a sign-in would do; masked throughout."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.admin import explanation
from gateway.admin.explanation import Given
from mapping.documents import TravelPermit
from mapping.evidence import Known, Policy
from mapping.lifecycle import Standing
from mapping.vocabulary import Realm, Sex
from tests.gateway.admin.fakes import (
    OTHER,
    PERMIT,
    FakeAudit,
    FakeHeld,
    FakeKnown,
    FakeNumbers,
    a_binding,
    a_number,
    a_record,
    an_act,
)

TODAY = date(2026, 3, 2)


def decision(steps: list[dict[str, object]]) -> dict[str, object]:
    assert steps[-1]["step"] == "decide"
    return steps[-1]


def test_offline_the_text_is_cleaned_classified_and_read_in_every_way() -> None:
    steps = explanation.offline("h1234 5678", TODAY)

    assert steps[0]["changed"] == ["case_folded", "space_removed"]
    assert [step["step"] for step in steps[:2]] == ["normalise", "classify"]
    assert next(step for step in steps if step["step"] == "as travel permit")["number"] == "H******78"
    assert "H12345678" not in str(steps)


@pytest.mark.attack("MP-05")
def test_mp_05_a_stand_in_is_called_so_and_never_a_citizens_number() -> None:
    shown = explanation.check(a_number().value, TODAY)

    assert (shown["valid"], shown["kind"], shown["realm"]) == (True, "surrogate", "sandbox")


def test_what_is_nothing_gets_a_code_for_every_reading() -> None:
    shown = explanation.check("nonsense!", TODAY)

    assert shown["valid"] is False
    assert len(shown["errors"]) == 4


async def test_a_record_is_kept_and_shown_masked() -> None:
    steps = await explanation.of_permit(FakeNumbers(a_record()), FakeAudit(), PERMIT, Given(), an_act())

    assert (steps[0]["found"], steps[0]["standing"], steps[0]["kind"]) == (True, "active", "surrogate")
    assert decision(steps)["outcome"] == "keep"
    for secret in (PERMIT.canonical, a_number().value):
        assert secret not in str(steps)


async def test_a_newer_card_would_be_renewed() -> None:
    newer = TravelPermit.parse("H1234567802")

    steps = await explanation.of_permit(FakeNumbers(a_record()), FakeAudit(), newer, Given(), an_act())

    assert (decision(steps)["outcome"], decision(steps)["issue_count"]) == ("renew", "02")


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (Standing.FROZEN, "binding.frozen"),
        (Standing.CLOSED, "binding.closed"),
        (Standing.RETIRED, "binding.conflict"),
    ],
)
async def test_a_record_that_stands_still_refuses_with_its_reason(standing: Standing, why: str) -> None:
    steps = await explanation.of_permit(
        FakeNumbers(a_record(standing=standing)), FakeAudit(), PERMIT, Given(), an_act()
    )

    assert (decision(steps)["outcome"], decision(steps)["why"]) == ("refused", why)


async def test_a_permit_without_a_record_would_get_a_stand_in_of_its_block() -> None:
    steps = await explanation.of_permit(FakeNumbers(), FakeAudit(), PERMIT, Given(), an_act())

    assert steps[0] == {"step": "record", "found": False}
    assert (decision(steps)["outcome"], decision(steps)["codes"]) == ("allocate", "810050-810054")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Given(assurance=1), "assurance.too_low"),
        (Given(Policy(surrogates_allowed=False)), "policy.purpose_not_permitted"),
    ],
)
async def test_circumstances_that_forbid_a_number_are_named(given: Given, why: str) -> None:
    for registry in (FakeNumbers(), FakeNumbers(a_record())):
        assert decision(await explanation.of_permit(registry, FakeAudit(), PERMIT, given, an_act()))["why"] == why


async def test_a_stand_in_of_the_other_realm_is_refused() -> None:
    given = Given(Policy(Realm.PRODUCTION))

    assert (
        decision(await explanation.of_permit(FakeNumbers(a_record()), FakeAudit(), PERMIT, given, an_act()))["why"]
        == "binding.conflict"
    )


async def test_a_persons_own_permit_is_kept() -> None:
    record = a_record()
    known = FakeKnown(FakeHeld("r-1", record.binding), Known(binding=record.binding, is_holder=True))

    steps = await explanation.of_person(FakeNumbers(record), known, FakeAudit(), "s-1", PERMIT, Given(), an_act())

    assert [step["step"] for step in steps] == ["person", "record", "decide"]
    assert (steps[0]["tied"], steps[1]["is_holder"], decision(steps)["outcome"]) == (True, True, "keep")
    assert known.asked == [("s-1", PERMIT, None, None)]


async def test_a_proved_new_permit_takes_the_number_over_and_retires_the_old_one() -> None:
    binding = a_binding()
    known = FakeKnown(FakeHeld("r-1", binding), Known(previous=binding))

    steps = await explanation.of_person(
        FakeNumbers(a_record()), known, FakeAudit(), "s-1", OTHER, Given(same_person=True), an_act()
    )

    outcome = decision(steps)
    assert (outcome["outcome"], outcome["why"], outcome["retires"]) == ("bind", "reissued", "H******78")
    assert known.asked == [("s-1", OTHER, PERMIT, None)]


@pytest.mark.attack("AL-03")
async def test_al_03_a_permit_whose_record_describes_somebody_else_is_refused() -> None:
    mine = a_binding(permit=OTHER)
    theirs = replace(a_binding(), sex=Sex.MALE, number=a_number("81005019050607001"))
    known = FakeKnown(FakeHeld("r-2", mine), Known(binding=theirs))

    steps = await explanation.of_person(
        FakeNumbers(a_record(binding=theirs)), known, FakeAudit(), "s-1", PERMIT, Given(), an_act()
    )

    assert decision(steps)["why"] == "binding.sex_mismatch"


async def test_a_person_without_any_record_is_judged_as_complete() -> None:
    steps = await explanation.of_person(FakeNumbers(), FakeKnown(), FakeAudit(), "s-1", PERMIT, Given(), an_act())

    assert (steps[0]["tied"], steps[1]["found"]) == (False, False)
    assert (decision(steps)["outcome"], decision(steps)["facts"]) == ("allocate", "taken to be complete")
