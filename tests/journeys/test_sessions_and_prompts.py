"""Single sign-on, prompts, max_age, acr_values, language, sign-out."""

import pytest

from mock_idps.personas import PERSONAS
from tests.world import AT, SHOP, World, a_client, asking

STUDENT = "chan-siu-ming"


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
async def test_a_second_request_of_the_same_browser_needs_no_sign_in(world: World) -> None:
    browser, first = world.browser(), asking()
    answer = await browser.sign_in(first, "hong_kong", STUDENT)
    one = await world.claims(first, (await world.token(first, answer["code"])).json())
    calls = len(world.net.requests)
    again = asking(prompt="none")

    await browser.open(again.url)

    two = await world.claims(again, (await world.token(again, browser.answer["code"])).json())
    assert (two["sub"], two["auth_time"], two["sid"]) == (one["sub"], one["auth_time"], one["sid"])
    assert not [r for r in world.net.requests[calls:] if str(r.url).startswith(AT.hong_kong)]


@pytest.mark.spec("OpenID Connect Core §3.1.2.6")
async def test_prompt_none_without_a_session_is_login_required(world: World) -> None:
    browser, asked = world.browser(), asking(prompt="none")

    await browser.open(asked.url)

    assert browser.answer["error"] == "login_required"
    assert browser.answer["state"] == asked.state


async def test_prompt_none_for_another_service_is_consent_required(world: World) -> None:
    await world.register(a_client("other"))
    browser = world.browser()
    await browser.sign_in(asking(), "hong_kong", STUDENT)

    await browser.open(asking("other", prompt="none").url)

    assert browser.answer["error"] == "consent_required"


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
async def test_a_fresh_sign_in_goes_to_the_provider_again_and_moves_auth_time(
    world: World, wish: dict[str, str]
) -> None:
    browser, first = world.browser(), asking()
    answer = await browser.sign_in(first, "hong_kong", STUDENT)
    one = await world.claims(first, (await world.token(first, answer["code"])).json())
    world.clock.advance(minutes=2)
    again = asking(**wish)

    answer = await browser.sign_in(again, "hong_kong", STUDENT)

    two = await world.claims(again, (await world.token(again, answer["code"])).json())
    assert two["auth_time"] == one["auth_time"] + 120
    assert two["sid"] != one["sid"]


async def test_max_age_that_the_session_still_meets_asks_nothing(world: World) -> None:
    browser = world.browser()
    await browser.sign_in(asking(), "hong_kong", STUDENT)
    world.clock.advance(minutes=2)

    await browser.open(asking(max_age="3600").url)

    assert "code" in browser.answer


@pytest.mark.parametrize("provider", ["macao", "guangdong"])
async def test_prompt_login_makes_the_provider_ask_again_although_it_has_a_session(world: World, provider: str) -> None:
    person = next(p for p in PERSONAS if p.home == provider and (p.mo_level == 3 or p.gd_level == "L3"))
    browser = world.browser()
    await browser.sign_in(asking(), provider, person.id)

    page = await browser.to_provider(asking(prompt="login"), provider)

    assert "sign-in" in page.buttons


async def test_prompt_select_account_shows_the_chooser_although_there_is_a_session(world: World) -> None:
    browser = world.browser()
    await browser.sign_in(asking(), "hong_kong", STUDENT)

    page = await browser.open(asking(prompt="select_account").url)

    assert "provider-macao" in page.buttons


async def test_prompt_consent_asks_again(world: World) -> None:
    browser = world.browser()
    await browser.sign_in(asking(), "hong_kong", STUDENT)

    page = await browser.open(asking(prompt="consent").url)

    assert "agree" in page.buttons


async def test_idp_hint_skips_the_chooser(world: World) -> None:
    page = await world.browser().open(asking(idp_hint="guangdong").url)

    assert page.url.startswith(AT.guangdong)


async def test_an_unknown_idp_hint_is_an_error_for_the_service(world: World) -> None:
    browser = world.browser()

    await browser.open(asking(idp_hint="shenzhen").url)

    assert browser.answer["error"] == "invalid_request"


async def test_a_service_sees_only_the_accounts_it_may_use(world: World) -> None:
    await world.register(a_client("local", providers=("guangdong",)))

    page = await world.browser().open(asking("local").url)

    assert set(page.buttons) >= {"provider-guangdong"}
    assert not {"provider-hong-kong", "provider-macao"} & set(page.buttons)


async def test_an_account_that_cannot_reach_the_wished_level_is_not_offered(world: World) -> None:
    page = await world.browser().open(asking(acr_values="urn:gba:loa:4").url)

    assert "provider-guangdong" in page.buttons
    assert "provider-hong-kong" not in page.buttons


@pytest.mark.spec("OpenID Connect Core §5.2")
@pytest.mark.parametrize(
    ("ui_locales", "lang"),
    [("zh-HK", "zh-Hant-HK"), ("zh-MO", "zh-Hant-MO"), ("zh-CN en", "zh-Hans-CN"), ("pt", "pt-MO"), ("fr en", "en")],
)
async def test_the_services_wish_for_a_language_is_honoured(world: World, ui_locales: str, lang: str) -> None:
    browser = world.browser()

    await browser.open(asking(ui_locales=ui_locales).url)

    assert f'lang="{lang}"' in browser.last.text


async def test_the_persons_own_choice_of_language_wins_from_then_on(world: World) -> None:
    browser = world.browser()
    page = await browser.open(asking(ui_locales="en").url)

    await browser.open(f"{page.url}?lang=pt-MO")
    await browser.open(page.url)

    assert 'lang="pt-MO"' in browser.last.text


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
async def test_signing_out_by_the_sessions_own_token_ends_it_and_returns_to_the_service(world: World) -> None:
    browser, asked = world.browser(), asking()
    answer = await browser.sign_in(asked, "hong_kong", STUDENT)
    tokens = (await world.token(asked, answer["code"])).json()
    home = f"{SHOP}/shop/bye"

    await browser.open(
        f"{AT.issuer}/logout?id_token_hint={tokens['id_token']}&post_logout_redirect_uri={home}&state=abc"
    )

    assert browser.caught == f"{home}?state=abc"
    await browser.open(asking(prompt="none").url)
    assert browser.answer["error"] == "login_required"


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
async def test_signing_out_by_another_sessions_token_asks_first(world: World) -> None:
    browser, asked = world.browser(), asking()
    answer = await world.browser().sign_in(asked, "hong_kong", STUDENT)
    tokens = (await world.token(asked, answer["code"])).json()
    await browser.sign_in(asking(), "macao", _macao())
    home = f"{SHOP}/shop/bye"

    page = await browser.open(
        f"{AT.issuer}/logout?id_token_hint={tokens['id_token']}&post_logout_redirect_uri={home}&state=abc"
    )
    assert "confirm-sign-out" in page.buttons
    await browser.press(page, "confirm-sign-out")

    assert browser.caught == f"{home}?state=abc"
    await browser.open(asking(prompt="none").url)
    assert browser.answer["error"] == "login_required"


async def test_signing_out_without_a_return_address_says_farewell(world: World) -> None:
    browser = world.browser()
    await browser.sign_in(asking(), "macao", _macao())

    page = await browser.press(await browser.open(f"{AT.issuer}/logout"), "confirm-sign-out")

    assert "signed-out" in page


def _macao() -> str:
    return next(p.id for p in PERSONAS if p.mo_level == 3)


async def test_a_foreign_return_address_is_never_used(world: World) -> None:
    browser = world.browser()
    await browser.sign_in(asking(), "hong_kong", STUDENT)

    page = await browser.open(f"{AT.issuer}/logout?client_id=shop&post_logout_redirect_uri=https://evil.example/")

    assert browser.last.status_code == 400
    assert "problem" in page


async def test_an_idle_session_is_over_after_fifteen_minutes(world: World) -> None:
    browser = world.browser()
    await browser.sign_in(asking(), "hong_kong", STUDENT)
    world.clock.advance(minutes=15, seconds=1)

    await browser.open(asking(prompt="none").url)

    assert browser.answer["error"] == "login_required"
