"""Group TN, single sign-on into a stricter relying party: a step up and a consent of its own (TN-05, PR-03)."""

import json
from typing import Final

import pytest

from tests.asking import Asked
from tests.attacks.staying import a_party
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.person_browser import Browser
from tests.relying_party import RelyingParty

pytestmark = pytest.mark.attack("TN-05")
TWO, THREE, FOUR = "urn:gba:loa:2", "urn:gba:loa:3", "urn:gba:loa:4"
MEMBER: Final = "lei-ka-meng"
"""Signs in at Macao with a code (level two), or on the phone (level three)."""


def essential(*values: str) -> str:
    """The ``claims`` parameter that demands a level (OpenID Connect Core §5.5.1.1)."""
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


async def at_level_two(world: WatchedWorld) -> tuple[Browser, RelyingParty]:
    """A browser with a session of level two, made at a relying party that wants no more; and a stricter one."""
    browser, easy = world.browser(), await a_party(world, "easy")
    asked = easy.asking(scope="openid profile")
    answer = await browser.sign_in(asked, "macao", MEMBER)
    tokens = (await easy.redeem(asked, answer["code"])).json()
    assert (await world.id_token_claims(asked, tokens))["acr"] == TWO
    return browser, await a_party(world, "strict")


async def finish(world: WatchedWorld, party: RelyingParty, browser: Browser, asked: Asked) -> dict[str, object]:
    """What the ID token says at the end."""
    tokens = (await party.redeem(asked, browser.answer["code"])).json()
    return await world.id_token_claims(asked, tokens)


@pytest.mark.parametrize("how", [{"acr_values": THREE}, {"claims": essential(THREE)}])
async def test_tn_05_a_higher_level_is_proven_anew_and_agreed_to_anew(world: WatchedWorld, how: dict[str, str]) -> None:
    browser, strict = await at_level_two(world)
    asked = strict.asking(scope="openid profile", **how)

    chooser = await browser.open(asked.url)
    assert browser.caught is None
    page = await browser.prove(await browser.press(chooser, "provider-macao"), MEMBER)
    if "open-phone" in page.links:
        page = await browser.prove(page, MEMBER)
    assert "agree" in page.buttons, "the consent of another relying party is none"
    await browser.press(page, "agree")

    claims = await finish(world, strict, browser, asked)
    assert (claims["acr"], claims["aud"]) == (THREE, "strict")


async def test_tn_05_a_session_of_level_two_does_not_pass_silently_for_more(world: WatchedWorld) -> None:
    browser, strict = await at_level_two(world)

    async with leaves_nothing(world):
        await browser.open(strict.asking(scope="openid", prompt="none", claims=essential(THREE)).url)

    assert browser.answer["error"] == "login_required"


async def test_tn_05_a_wish_that_may_not_be_asked_about_is_answered_with_the_level_there_is(
    world: WatchedWorld,
) -> None:
    browser, strict = await at_level_two(world)
    agreed = strict.asking(scope="openid")
    page = await browser.open(agreed.url)
    await browser.press(page, "agree")

    asked = strict.asking(scope="openid", prompt="none", acr_values=FOUR)
    await browser.open(asked.url)

    assert (await finish(world, strict, browser, asked))["acr"] == TWO


@pytest.mark.parametrize("how", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
async def test_tn_05_a_forced_sign_in_is_a_fresh_proof_and_is_not_met_by_the_session(
    world: WatchedWorld, how: dict[str, str]
) -> None:
    browser, strict = await at_level_two(world)
    world.clock.advance(minutes=5)
    asked = strict.asking(scope="openid", **how)

    chooser = await browser.open(asked.url)
    assert "provider-macao" in chooser.buttons
    page = await browser.prove(await browser.press(chooser, "provider-macao"), MEMBER)
    await browser.press(page, "agree")

    claims = await finish(world, strict, browser, asked)
    assert claims["auth_time"] == world.clock.seconds()


async def test_tn_05_a_session_that_is_older_than_the_service_allows_is_not_taken_silently(world: WatchedWorld) -> None:
    browser, strict = await at_level_two(world)
    world.clock.advance(minutes=5)

    await browser.open(strict.asking(scope="openid", prompt="none", max_age="60").url)

    assert browser.answer["error"] == "login_required"


@pytest.mark.attack("PR-03")
async def test_tn_05_a_session_brings_no_claim_that_was_agreed_to_elsewhere(world: WatchedWorld) -> None:
    browser, strict = await at_level_two(world)

    async with leaves_nothing(world, but={"transactions": 1}):
        page = await browser.open(strict.asking(scope="openid profile").url)
        silent = world.browser()
        silent.http.cookies = browser.http.cookies
        await silent.open(strict.asking(scope="openid profile", prompt="none").url)

    assert "agree" in page.buttons
    assert silent.answer["error"] == "consent_required"


async def test_tn_05_a_relying_party_gets_no_account_that_it_does_not_accept(world: WatchedWorld) -> None:
    browser, _ = await at_level_two(world)
    local = await a_party(world, "local", providers=("hong_kong",))

    page = await browser.open(local.asking(scope="openid").url)
    await browser.open(local.asking(scope="openid", prompt="none").url)

    assert [name for name in page.buttons if name.startswith("provider-")] in (["provider-hong-kong"], [])
    assert browser.answer["error"] == "login_required"
