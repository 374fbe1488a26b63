"""The register against the simulated one, an independent reading of the same wire, in one process."""

from datetime import date
from typing import Any

import pytest

from mapping.documents import TravelPermit
from mapping.ports import LinkOutcome, LinkQuestion
from mock_idps.personas import PERSONAS
from providers.errors import ProviderError, ProviderFailure
from tests.providers.guangdong.stage import Stage, persona


@pytest.fixture
def stage() -> Stage:
    return Stage()


def a_question(name: str) -> LinkQuestion:
    person = persona(name)
    birthdate = date.fromisoformat(person.birthdate)
    latin = f"{person.surname}, {person.given}"
    return LinkQuestion(TravelPermit.parse(person.permit), person.name_han, latin, birthdate)


async def test_the_register_gives_a_number_once_for_a_match(stage: Stage) -> None:
    answer = await stage.register.ask(a_question("lei-ka-meng"))

    assert answer.outcome is LinkOutcome.MATCHED
    assert answer.residence_masked == "8" + "*" * 16 + "5"
    assert answer.token
    assert (await stage.register.redeem(answer.token)).value == persona("lei-ka-meng").residence_permit
    with pytest.raises(ProviderError) as refused:
        await stage.register.redeem(answer.token)
    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.EXPIRED, "40029")


@pytest.mark.parametrize("name", ["chan-siu-ming", "chao-sio-man", "jose-da-luz", "ines-conceicao"])
async def test_the_register_knows_holders_without_a_residence_permit(stage: Stage, name: str) -> None:
    answer = await stage.register.ask(a_question(name))

    assert (answer.outcome, answer.residence_masked, answer.token) == (LinkOutcome.MATCHED, None, None)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("unknown", LinkOutcome.NOT_MATCHED), ("several", LinkOutcome.SEVERAL), ("expired", LinkOutcome.EXPIRED)],
)
async def test_the_register_says_what_it_knows_of_the_cast(stage: Stage, kind: str, outcome: LinkOutcome) -> None:
    name = next(person.id for person in PERSONAS if person.register == kind)

    assert (await stage.register.ask(a_question(name))).outcome is outcome


async def test_another_persons_birth_date_does_not_match(stage: Stage) -> None:
    right = a_question("lei-ka-meng")
    wrong = LinkQuestion(right.permit, right.name_han, right.name_latin, date(1905, 5, 6))

    assert (await stage.register.ask(wrong)).outcome is LinkOutcome.NOT_MATCHED


@pytest.mark.parametrize(
    ("scenario", "args", "failure", "detail"),
    [
        ("tif_bad", {}, ProviderFailure.MISCONFIGURED, "46001"),
        ("tif_skew", {}, ProviderFailure.MISCONFIGURED, "46002"),
        ("tif_replay", {}, ProviderFailure.BROKEN, "46003"),
        ("sm4_wrong_key", {}, ProviderFailure.MISCONFIGURED, "46010"),
        ("sm2_wrong_key", {}, ProviderFailure.MISCONFIGURED, "46011"),
        ("sm4_wrong_key", {"side": "answer"}, ProviderFailure.BROKEN, None),
        ("sm2_wrong_key", {"side": "answer"}, ProviderFailure.BROKEN, "sign"),
        ("register_down", {}, ProviderFailure.UNREACHABLE, "http_503"),
        ("busy", {}, ProviderFailure.UNREACHABLE, "-1"),
        ("rate_limit", {}, ProviderFailure.UNREACHABLE, "45009"),
        ("maintenance", {}, ProviderFailure.UNREACHABLE, "maintenance"),
    ],
)
@pytest.mark.attack("GD-06")
async def test_gd_06_each_scenario_of_the_register_ends_in_its_failure(
    stage: Stage, scenario: str, args: dict[str, Any], failure: ProviderFailure, detail: str | None
) -> None:
    stage.arm(scenario, **args)

    with pytest.raises(ProviderError) as refused:
        await stage.register.ask(a_question("lei-ka-meng"))

    assert refused.value.failure is failure
    # Under another SM4 key the padding is usually wrong, and now and then only the text inside.
    assert refused.value.detail in ({"decrypt", "json"} if detail is None else {detail})


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [("register_several", LinkOutcome.SEVERAL), ("register_none", LinkOutcome.NOT_MATCHED)],
)
async def test_a_scenario_of_the_register_decides_its_answer(stage: Stage, scenario: str, outcome: LinkOutcome) -> None:
    stage.arm(scenario)

    assert (await stage.register.ask(a_question("lei-ka-meng"))).outcome is outcome


async def test_a_slow_register_is_given_up(stage: Stage) -> None:
    stage.calls._total = 0.05
    stage.arm("register_slow")

    with pytest.raises(ProviderError) as refused:
        await stage.register.ask(a_question("lei-ka-meng"))

    assert refused.value.failure is ProviderFailure.UNREACHABLE
