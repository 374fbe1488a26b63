"""The register as seen from the gateway: what is asked, what an answer means, and which answers count."""

from datetime import date
from typing import Any

import httpx
import pytest

from mapping.documents import TravelPermit
from mapping.ports import LinkAnswer, LinkOutcome, LinkQuestion
from providers.errors import ProviderError, ProviderFailure
from providers.guangdong.permit_link import build_register
from tests.providers.guangdong.builders import NOW, STRANGER, Province, a_sealed, opened_request
from tests.providers.guangdong.test_settings import LINK_BLOCK

QUESTION = LinkQuestion(TravelPermit("H00000034", "02"), "黃嘉欣", "WONG, Ka Yan", date(1903, 2, 3))
TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "820000190505050015"
MASKED = "8" + "*" * 16 + "5"


def a_match(**changes: Any) -> dict[str, Any]:
    data = {"matched": "true", "residence_no_masked": MASKED, "token": TOKEN, **changes}
    return {"errcode": "0", "errmsg": "ok", "data": {name: value for name, value in data.items() if value is not None}}


async def answer_to(sealed: Any) -> LinkAnswer:
    return await Province(permit=sealed).register().ask(QUESTION)


async def test_permit_name_and_birth_date_are_asked_sealed_and_signed() -> None:
    province = Province(permit=a_sealed(a_match()))

    await province.register().ask(QUESTION)

    request = province.asked[0]
    assert request.url.path == "/ebus/tyrzapi/link/permit"
    assert opened_request(request) == {
        "cardtype": "14",
        "cardno": "H00000034",
        "name": "黃嘉欣",
        "birth": "1903-02-03",
    }
    assert request.headers["x-tif-paasid"] == "paas-1"
    assert not request.url.query


async def test_a_person_without_a_han_name_is_asked_for_by_the_romanised_one() -> None:
    province = Province(permit=a_sealed(a_match()))
    question = LinkQuestion(TravelPermit("M00000045"), None, "da Luz, José", date(1903, 7, 14))

    await province.register().ask(question)

    assert opened_request(province.asked[0])["name"] == "da Luz, José"


async def test_a_person_without_any_name_matches_nobody_and_nobody_is_asked() -> None:
    province = Province()

    answer = await province.register().ask(LinkQuestion(TravelPermit("M00000045"), None, None, date(1903, 7, 14)))

    assert answer == LinkAnswer(LinkOutcome.NOT_MATCHED)
    assert province.asked == []


async def test_a_match_gives_mask_and_token() -> None:
    assert await answer_to(a_sealed(a_match())) == LinkAnswer(LinkOutcome.MATCHED, MASKED, TOKEN)


async def test_a_match_without_residence_permit_gives_neither() -> None:
    sealed = a_sealed(a_match(residence_no_masked="-1", token="-1"))

    assert await answer_to(sealed) == LinkAnswer(LinkOutcome.MATCHED)


@pytest.mark.parametrize(("matched", "outcome"), [("false", LinkOutcome.NOT_MATCHED), ("several", LinkOutcome.SEVERAL)])
async def test_without_a_match_nothing_else_of_the_answer_is_used(matched: str, outcome: LinkOutcome) -> None:
    assert await answer_to(a_sealed(a_match(matched=matched))) == LinkAnswer(outcome)


async def test_the_match_of_a_card_that_has_ended_is_none() -> None:
    assert await answer_to(a_sealed(a_match(status="expired"))) == LinkAnswer(LinkOutcome.EXPIRED)


@pytest.mark.parametrize(
    "change",
    [
        {"matched": True},
        {"matched": "yes"},
        {"matched": None},
        {"residence_no_masked": None},
        {"residence_no_masked": "<b>"},
        {"token": None},
        {"token": "short"},
        {"token": 7},
        {"status": "lost"},
    ],
)
async def test_an_answer_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        await answer_to(a_sealed(a_match(**change)))

    assert refused.value.failure is ProviderFailure.BROKEN


@pytest.mark.parametrize("answer", [a_match(), {"data": a_match()["data"]}, a_sealed(a_match()) | {"errmsg": "ok"}])
async def test_an_unsealed_yes_is_never_taken(answer: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        await answer_to(answer)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "envelope")


async def test_a_yes_signed_by_somebody_else_is_never_taken() -> None:
    with pytest.raises(ProviderError) as refused:
        await answer_to(a_sealed(a_match(), key=STRANGER))

    assert refused.value.detail == "sign"


async def test_a_sealed_answer_that_does_not_say_how_it_went_is_refused() -> None:
    with pytest.raises(ProviderError) as refused:
        await answer_to(a_sealed({"data": a_match()["data"]}))

    assert refused.value.detail == "missing:errcode"


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("46001", ProviderFailure.MISCONFIGURED),
        ("46002", ProviderFailure.MISCONFIGURED),
        ("46003", ProviderFailure.BROKEN),
        ("46010", ProviderFailure.MISCONFIGURED),
        ("46011", ProviderFailure.MISCONFIGURED),
        ("45009", ProviderFailure.UNREACHABLE),
        ("-1", ProviderFailure.UNREACHABLE),
    ],
)
@pytest.mark.attack("GD-06")
async def test_gd_06_an_unsealed_refusal_has_its_meaning(code: str, failure: ProviderFailure) -> None:
    with pytest.raises(ProviderError) as refused:
        await answer_to({"errcode": code, "errmsg": "their text"})

    assert (refused.value.failure, refused.value.detail) == (failure, code)


@pytest.mark.parametrize("code", ["46012", "43011"])
async def test_a_sealed_refusal_has_its_meaning(code: str) -> None:
    with pytest.raises(ProviderError) as refused:
        await answer_to(a_sealed({"errcode": code, "errmsg": "their text", "data": "-1"}))

    assert refused.value.detail == code


@pytest.mark.parametrize("response", [httpx.Response(503), httpx.Response(200, html="<html>")])
async def test_a_register_that_is_down_is_unreachable(response: httpx.Response) -> None:
    with pytest.raises(ProviderError) as refused:
        await answer_to(response)

    assert refused.value.failure is ProviderFailure.UNREACHABLE


async def test_a_token_is_redeemed_for_the_number() -> None:
    province = Province(redeem=a_sealed({"errcode": "0", "data": {"residence_no": NUMBER}}))

    number = await province.register().redeem(TOKEN)

    assert number.value == NUMBER
    assert province.asked[0].url.path == "/ebus/tyrzapi/link/redeem"
    assert opened_request(province.asked[0]) == {"token": TOKEN}


@pytest.mark.parametrize("number", ["820000190505050016", NUMBER[:17], int(NUMBER), None, "-1"])
@pytest.mark.attack("UN-06")
async def test_un_06_a_number_that_cannot_be_is_refused_and_not_quoted(number: Any) -> None:
    province = Province(redeem=a_sealed({"errcode": "0", "data": {"residence_no": number}}))

    with pytest.raises(ProviderError) as refused:
        await province.register().redeem(TOKEN)

    assert refused.value.detail == "field:residence_no"
    assert str(number) not in str(refused.value).replace(refused.value.detail, "")


async def test_a_token_that_was_redeemed_already_is_worth_nothing() -> None:
    province = Province(redeem=a_sealed({"errcode": "40029", "data": "-1"}))

    with pytest.raises(ProviderError) as refused:
        await province.register().redeem(TOKEN)

    assert refused.value.failure is ProviderFailure.EXPIRED


async def test_the_register_is_made_from_its_block() -> None:
    province = Province(permit=a_sealed(a_match(), appCode="GBAGATEWAY"))

    register = build_register(LINK_BLOCK, province.calls, lambda: NOW)

    assert (await register.ask(QUESTION)).outcome is LinkOutcome.MATCHED
