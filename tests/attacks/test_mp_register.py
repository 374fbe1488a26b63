"""Group MP, the authority: what the register says of a permit is checked before anything is written (MP-07)."""

import json
from datetime import timedelta

import pytest

from gateway.cli.robot import Page, read_page
from mapping.identifier import check_character
from tests.attacks.failing_provider import Victim, a_victim, provider_answer
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.faults.province import believe, one, open_alerts

pytestmark = pytest.mark.attack("MP-07")
WITH_RESIDENCE = "wong-ka-yan"
"""A woman of Hong Kong, born on 3 February 1903, whose residence number the register knows."""
BOTH_ACCOUNTS = "leung-kin-hong"


def a_number(stem: str) -> str:
    return stem + check_character(stem)


def with_wrong_check(number: str) -> str:
    return number[:-1] + ("1" if number[-1] != "1" else "2")


TRUE_NUMBER = "810000190302030020"
LIES = {
    "another birth date": (a_number("81000019030204002"), "binding.birthdate_mismatch"),
    "another sex": (a_number("81000019030203003"), "binding.sex_mismatch"),
    "of Macao": (a_number("82000019030203002"), "binding.territory_mismatch"),
    "of Taiwan": (a_number("83000019030203002"), "binding.territory_not_served"),
    "a citizen's": (a_number("44030519030203002"), "binding.not_residence_permit"),
    "a wrong check digit": (with_wrong_check(TRUE_NUMBER), "register.unavailable"),
    "a day that does not exist": (a_number("81000019030230002"), "register.unavailable"),
    "a district of a map": (a_number("81000119030203002"), "register.unavailable"),
    "too short": (TRUE_NUMBER[:17], "register.unavailable"),
    "not a number": ("H00000034", "register.unavailable"),
}


async def at_permit_page(world: WatchedWorld, person: str = WITH_RESIDENCE) -> Victim:
    victim = a_victim(world)
    page = await provider_answer(victim, "hong_kong", person)
    assert "permit" in page.inputs
    return victim


async def check(victim: Victim, person: str = WITH_RESIDENCE) -> Page:
    """Type one's own permit."""
    here = victim.browser.last
    page = read_page(str(here.url), here.status_code, here.text)
    return await victim.browser.press(page, "check-permit", permit=one(person).permit or "")


async def refusals(world: WatchedWorld) -> list[str]:
    return [e["details"]["reason"] for e in await audit_trail(world) if e["action"] == "identifier.refused"]


async def goes_on_without_a_number(world: WatchedWorld, victim: Victim, page: Page, person: str) -> None:
    answer = await victim.browser.go_on(page, person)
    claims = await world.claims(victim.asked, (await world.token(victim.asked, answer["code"])).json())
    assert "gba_cn_id" not in claims


@pytest.mark.parametrize("lie", LIES)
async def test_mp_07_a_residence_number_that_cannot_be_this_persons_is_refused_and_told(
    world: WatchedWorld, lie: str
) -> None:
    said, reason = LIES[lie]
    believe(world, WITH_RESIDENCE, residence_permit=said)
    victim = await at_permit_page(world)

    async with leaves_nothing(world, refused=1):
        page = await check(victim)

    assert await refusals(world) == [reason]
    assert [kind for kind, _ in await open_alerts(world)] == ["register_changed"]
    assert said not in json.dumps(await audit_trail(world), default=str)
    assert said not in victim.browser.last.text
    await goes_on_without_a_number(world, victim, page, WITH_RESIDENCE)


@pytest.mark.parametrize("token", ["short", "no such token!", "x" * 257, "", "令牌令牌令牌令牌"])
async def test_mp_07_a_malformed_token_is_not_redeemed(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setattr("mock_idps.guangdong.link.new_key", lambda: token)
    if not token:
        monkeypatch.setattr("mock_idps.guangdong.register.NONE", "")
    victim = await at_permit_page(world)

    async with leaves_nothing(world, refused=1):
        page = await check(victim)

    assert await refusals(world) == ["register.unavailable"]
    assert [kind for kind, _ in await open_alerts(world)] == ["register_changed"]
    assert world.net.count("/ebus/tyrzapi/link/redeem") == 0
    await goes_on_without_a_number(world, victim, page, WITH_RESIDENCE)


async def test_mp_07_a_token_that_the_register_does_not_know_again_gives_nothing(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = world.mocks["guangdong"].state.province.store.links
    monkeypatch.setattr(links, "put", lambda *_: None, raising=False)
    victim = await at_permit_page(world)

    async with leaves_nothing(world, refused=1):
        await check(victim)

    assert await refusals(world) == ["register.unavailable"]


async def test_mp_07_two_different_answers_for_one_card_change_nothing_and_are_told(world: WatchedWorld) -> None:
    first, second = (a_number(f"8100001906080900{serial}") for serial in (1, 3))
    believe(world, BOTH_ACCOUNTS, residence_permit=first)
    claims = await world.signed_in("hong_kong", BOTH_ACCOUNTS)
    believe(world, BOTH_ACCOUNTS, residence_permit=second, gd_level=None)
    province = world.mocks["guangdong"].state.province
    province.account_holders = (*province.account_holders, one(BOTH_ACCOUNTS))
    world.clock.advance(minutes=2)
    victim = a_victim(world)

    async with leaves_nothing(world, but={"transactions": 1, "subjects": 1}):
        page = await provider_answer(victim, "guangdong", BOTH_ACCOUNTS)
    stands = await world.signed_in("hong_kong", BOTH_ACCOUNTS)

    assert claims["gba_cn_id"]["value"] == first == stands["gba_cn_id"]["value"]
    assert await refusals(world) == ["binding.conflict"]
    assert [kind for kind, _ in await open_alerts(world)] == ["register_changed"]
    assert second not in json.dumps(await audit_trail(world), default=str)
    assert second not in victim.browser.last.text
    await goes_on_without_a_number(world, victim, page, BOTH_ACCOUNTS)


async def test_mp_07_one_number_for_two_cards_goes_to_the_first_alone(world: WatchedWorld) -> None:
    await world.signed_in("hong_kong", WITH_RESIDENCE)
    namesake = one("cheung-mei-fong")
    believe(world, namesake.id, residence_permit=TRUE_NUMBER, birthdate=namesake.birthdate)
    victim = await at_permit_page(world, namesake.id)

    async with leaves_nothing(world, refused=1):
        await check(victim, namesake.id)

    assert [kind for kind, _ in await open_alerts(world)] == ["register_changed"]


async def test_mp_07_a_lie_about_somebody_on_record_leaves_the_record_as_it_is(world: WatchedWorld) -> None:
    before = await world.signed_in("hong_kong", "chan-siu-ming")
    believe(world, "chan-siu-ming", residence_permit=a_number("82000019040506001"))
    world.clock.now += timedelta(hours=25)

    after = await world.signed_in("hong_kong", "chan-siu-ming")

    assert after["gba_cn_id"]["value"] == before["gba_cn_id"]["value"]
    assert after["gba_cn_id"]["kind"] == "surrogate"
    assert [kind for kind, _ in await open_alerts(world)] == ["register_changed"]
    assert await refusals(world) == ["binding.territory_mismatch"]
