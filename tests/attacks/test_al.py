"""Group AL, who somebody is: attributes link nothing, first come is not first served, a re-used subject opens nothing."""

from dataclasses import replace
from typing import Any, Final

import pytest

from mock_idps.people.persona import Persona
from tests.attacks.watch import WatchedWorld, audit_trail, counts, leaves_nothing, refusals
from tests.my_identifier import SignedIn, a_browser, again, alert_kinds, my_identifier, signed_in, silently
from tests.recast import person, recast
from tests.world import asking

VICTIM: Final = replace(person("chan-siu-ming"), mobile="00000077")
"""The student, U1 of the catalogue."""
NAMESAKE: Final = person("chan-siu-ming-namesake")
OTP: Final = "GBASANDBOXONEACCOUNTSOFTTOKENAAZ"
AWAY: Final = replace(VICTIM, id="lookalike", hkid=None, permit=None, hk_user_type=None)
LOOKALIKES: Final[dict[str, Persona]] = {
    "hong_kong": replace(NAMESAKE, id="lookalike", permit=None, mobile=VICTIM.mobile),
    "macao": replace(AWAY, home="macao", bir="17777777", mo_level=3, otp_secret=OTP),
    "guangdong": replace(AWAY, permit="H00000158", register="unknown", gd_level="L2"),
}
"""The attacker's own account at each provider: name, birth date, sex and telephone are the victim's."""
ACCOUNTS: Final = {"hong_kong": "chan-siu-ming", "macao": "chao-sio-man", "guangdong": "leung-kin-hong"}
"""People who have a number after their sign-in at each provider."""


async def assert_undisturbed(world: WatchedWorld, victim: SignedIn) -> None:
    """The victim's session, tokens and number are what they were."""
    here = await again(world, victim.browser)
    assert (here.sub, here.claims["gba_cn_id"]) == (victim.sub, victim.claims["gba_cn_id"])
    assert (await world.userinfo(victim.tokens["access_token"])).status_code == 200


async def holders(world: WatchedWorld) -> int:
    return (await counts(world))["holders"]


@pytest.mark.attack("AL-01")
@pytest.mark.parametrize("provider", sorted(LOOKALIKES))
async def test_al_01_equal_name_birth_date_sex_and_telephone_link_no_accounts(
    world: WatchedWorld, provider: str
) -> None:
    recast(world, VICTIM, LOOKALIKES[provider])
    victim = await signed_in(world, "hong_kong", VICTIM.id)
    browser, asked = a_browser(world), asking()
    page = await browser.prove(await browser.to_provider(asked, provider), "lookalike")
    pages = []
    while browser.caught is None:
        pages.append(page)
        page = await browser.press(page, "agree" if "agree" in page.buttons else "skip-permit")
    response = await world.token(asked, browser.answer["code"])
    attacker = await world.claims(asked, response.json())

    assert "agree" in pages[-1].buttons, "consent is asked as for anybody new"
    assert attacker["sub"] != victim.sub
    assert "gba_cn_id" not in attacker
    assert str(VICTIM.permit) not in str(attacker)
    assert (await counts(world))["subjects"] == 2
    assert await holders(world) == 1
    mine = await my_identifier(a_browser(world), provider, "lookalike")
    assert "no-record" in mine
    assert "accounts" not in mine
    await assert_undisturbed(world, victim)


@pytest.mark.attack("AL-02")
@pytest.mark.parametrize("level", ["low", "other person"])
async def test_al_02_a_document_number_claimed_before_its_holder_came_gives_nothing_and_keeps_nothing(
    world: WatchedWorld, level: str
) -> None:
    attacker_id = {"low": "un-mei-lin", "other person": "chao-sio-man"}[level]
    early = await signed_in(world, "macao", attacker_id, permit=VICTIM.permit)

    victim = await signed_in(world, "hong_kong", VICTIM.id)

    assert early.number is None
    assert early.sub != victim.sub
    assert victim.number is not None
    assert await holders(world) == 1
    here = await again(world, early.browser, scope="openid profile")
    assert (here.sub, here.number) == (early.sub, None)
    told = (await world.userinfo(early.tokens["access_token"])).json()
    assert "gba_cn_id" not in told
    mine = await my_identifier(a_browser(world), "hong_kong", VICTIM.id)
    assert "accounts" not in mine, "no account of another provider is tied to the victim's record"


@pytest.mark.attack("AL-02", "AL-03")
async def test_al_02_a_namesake_who_was_first_loses_the_number_until_an_operator_has_looked(
    world: WatchedWorld,
) -> None:
    thief = await signed_in(world, "hong_kong", NAMESAKE.id, permit=VICTIM.permit)
    browser = a_browser(world)

    page = await browser.prove(await browser.to_provider(asking(), "hong_kong"), VICTIM.id)
    page = await browser.press(page, "check-permit", permit=str(VICTIM.permit))

    assert (page.status, page.texts["problem-code"]) == (409, "GBA-3005")
    assert await alert_kinds(world) == ["two_holders"]
    mine = await my_identifier(a_browser(world), "hong_kong", VICTIM.id)
    assert "no-record" in mine, "the victim has an account of their own"
    await thief.browser.open(asking(prompt="consent").url)
    assert thief.given not in thief.browser.last.text
    theirs = await signed_in(world, "hong_kong", NAMESAKE.id)
    assert theirs.number is None
    assert "gba_doc" not in theirs.claims


def somebody_else(account: Persona, **changes: Any) -> Persona:
    """The provider has given the account to another person."""
    theirs: dict[str, Any] = {
        "name_han": "何子軒",
        "surname": "Ho",
        "given": "Tsz Hin",
        "birthdate": "1909-09-09",
        "hkid": "G6666662" if account.hkid else None,
        "bir": "16666666" if account.bir else None,
        "permit": "H00000166" if account.gd_level else account.permit,
    }
    return replace(account, **{**theirs, **changes})


@pytest.mark.attack("AL-05")
@pytest.mark.parametrize("provider", sorted(ACCOUNTS))
async def test_al_05_a_subject_that_was_given_to_somebody_else_does_not_open_the_first_persons_account(
    world: WatchedWorld, provider: str
) -> None:
    account = person(ACCOUNTS[provider])
    victim = await signed_in(world, provider, account.id)
    recast(world, somebody_else(account))
    browser = a_browser(world)

    async with leaves_nothing(world, refused=1, but={"transactions": 1}):
        page = await browser.prove(await browser.to_provider(asking(), provider), account.id)

    assert (page.status, page.texts["problem-code"]) == (403, "GBA-2010")
    assert victim.given not in browser.last.text
    assert (await silently(browser))["error"] == "login_required"
    assert await alert_kinds(world) == ["someone_else"]
    recast(world)
    await assert_undisturbed(world, victim)
    assert (await signed_in(world, provider, account.id)).sub == victim.sub


@pytest.mark.attack("AL-05")
async def test_al_05_the_same_name_and_birth_date_on_another_card_is_somebody_else(world: WatchedWorld) -> None:
    await signed_in(world, "hong_kong", VICTIM.id)
    recast(world, replace(VICTIM, hkid=NAMESAKE.hkid))
    browser = a_browser(world)

    page = await browser.prove(await browser.to_provider(asking(), "hong_kong"), VICTIM.id)

    assert page.texts["problem-code"] == "GBA-2010"
    assert [event["details"].get("reason") for event in await refusals(world)] == ["someone_else"]


@pytest.mark.attack("AL-05")
async def test_al_05_the_same_card_with_a_corrected_birth_date_is_the_same_person(world: WatchedWorld) -> None:
    before = await signed_in(world, "hong_kong", VICTIM.id, scope="openid profile")
    recast(world, replace(VICTIM, birthdate="1904-05-07"))

    after = await signed_in(world, "hong_kong", VICTIM.id, scope="openid profile")

    assert after.sub == before.sub
    assert await alert_kinds(world) == []
    assert "alert.raised" not in [event["action"] for event in await audit_trail(world)]
