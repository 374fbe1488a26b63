"""My identifier, through the whole gateway: what is shown, what can be changed, and who is turned away."""

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from gateway.cli.robot import Page
from gateway.store.sql.tables import audit
from tests.world import AT, SHOP, Browser, World, a_client, asking

HOME = f"{AT.issuer}/account"
STUDENT = "chan-siu-ming"


def a_browser(world: World) -> Browser:
    return world.browser(**{"accept-language": "en"})


async def a_guest(world: World, person: str = STUDENT) -> Browser:
    """Somebody who has just signed in at the shop and released the number."""
    browser = a_browser(world)
    await browser.sign_in(asking(), "hong_kong", person)
    return browser


async def ask(browser: Browser, act: str) -> Page:
    page = await browser.open(HOME)
    return await browser.follow(page, f"ask-{act}")


async def post(browser: Browser, act: str, **fields: str) -> int:
    await browser.open(f"{HOME}/{act}", fields)
    return browser.last.status_code


def token_on(browser: Browser) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.last.text)
    assert found is not None
    return found[1]


async def audited(world: World) -> list[str]:
    """The actions on record, in order."""
    statement = select(audit.c.action).order_by(audit.c.seq)
    return await world.stores.database.read(lambda connection: list(connection.execute(statement).scalars()))


# ------------------------------------------------------------------------------------------------ what is shown
async def test_the_page_shows_the_record_masked_and_who_has_the_number(world: World) -> None:
    browser = await a_guest(world)

    page = await browser.open(HOME)

    assert page.texts["permit-shown"] == "H******18"
    assert re.fullmatch(r"8\*{16}[0-9X]", page.texts["number-shown"])
    assert "GBA 关联号(非公民身份号码)" in page.texts["kind"]
    assert "Test service shop" in page.texts["receivers"]
    assert "2026-11-24" in page.texts["receivers"]
    assert {"ask-new-permit", "ask-dispute", "ask-untie", "ask-erase"} <= page.links.keys()
    assert "withdraw-1" in page.buttons
    assert "H00000018" not in browser.last.text
    assert browser.last.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in browser.last.headers["content-security-policy"]


async def test_without_a_session_the_page_shows_nothing_but_the_way_to_sign_in(world: World) -> None:
    page = await a_browser(world).open(HOME)

    assert "account-sign-in" in page.links
    assert "record" not in page.texts


async def test_a_session_cookie_in_another_browser_opens_nothing(world: World) -> None:
    browser, other = await a_guest(world), a_browser(world)
    await other.open(asking().url)  # a binding of its own
    other.http.cookies.set("gate_session", browser.http.cookies["gate_session"], domain="127.0.0.1", path="/")

    page = await other.open(HOME)

    assert "account-sign-in" in page.links
    assert "record" not in page.texts


async def test_the_gateways_own_sign_in_ends_on_the_page_without_asking_for_consent(world: World) -> None:
    browser = a_browser(world)
    page = await browser.follow(await browser.open(HOME), "account-sign-in")
    page = await browser.prove(await browser.press(page, "provider-hong-kong"), STUDENT)

    assert urlsplit(str(browser.last.url)).path == "/account"
    assert "no-record" in page.texts
    assert set(page.links) & {"ask-new-permit", "ask-dispute", "ask-untie"} == set()
    assert "ask-erase" in page.links


@pytest.mark.parametrize("footer", ["consent", "signed-out"])
async def test_the_page_is_linked_where_people_decide_and_where_they_leave(world: World, footer: str) -> None:
    browser = a_browser(world)
    if footer == "consent":
        page = await browser.prove(await browser.to_provider(asking(scope="openid profile"), "hong_kong"), STUDENT)
    else:
        page = await browser.open(f"{AT.issuer}/signed-out")

    assert page.links["my-identifier"] == "/account"


# ------------------------------------------------------------------------------------------------ changes
async def test_a_disputed_record_is_frozen_and_the_page_says_what_that_means(world: World) -> None:
    browser = await a_guest(world)

    page = await browser.press(await ask(browser, "dispute"), "confirm-dispute")

    assert "The record is frozen" in page.texts["done"]
    assert page.texts["standing"].startswith("Frozen:")
    assert set(page.links) & {"ask-new-permit", "ask-dispute"} == set()


async def test_a_withdrawn_consent_is_gone_and_is_asked_for_again(world: World) -> None:
    browser = await a_guest(world)

    page = await browser.press(await browser.open(HOME), "withdraw-1")
    again = await browser.open(asking().url)

    assert "withdrawn" in page.texts["done"]
    assert "withdraw-1" not in page.buttons
    assert "agree" in again.buttons


async def test_untying_ends_the_session_and_says_what_stays(world: World) -> None:
    browser = await a_guest(world)

    page = await browser.press(await ask(browser, "untie"), "confirm-untie")
    after = await browser.open(HOME)

    assert "What stays" in page.texts["account-ended"]
    assert "account-sign-in" in after.links


@pytest.mark.attack("AL-10")
async def test_al_10_a_forgotten_account_comes_back_as_somebody_new(world: World) -> None:
    asked = asking()
    browser = a_browser(world)
    answer = await browser.sign_in(asked, "hong_kong", STUDENT)
    before = await world.claims(asked, (await world.token(asked, answer["code"])).json())

    page = await browser.press(await ask(browser, "erase"), "confirm-erase")
    after = await world.signed_in("hong_kong", STUDENT)

    assert "What stays" in page.texts["account-ended"]
    assert after["sub"] != before["sub"]
    assert after["gba_cn_id"]["value"] == before["gba_cn_id"]["value"]


async def test_a_new_permit_that_is_not_confirmed_changes_nothing(world: World) -> None:
    browser = await a_guest(world)
    page = await ask(browser, "new-permit")

    for typed, words in (("H1234567", "too short"), ("", "Enter the number"), ("H00009999", "no entry that fits")):
        page = await browser.press(page, "confirm-new-permit", permit=typed)
        assert words in page.texts["permit-error"]
    assert (await browser.open(HOME)).texts["permit-shown"] == "H******18"


async def test_a_card_that_was_renewed_is_put_on_record(world: World) -> None:
    browser = await a_guest(world)

    page = await browser.press(await ask(browser, "new-permit"), "confirm-new-permit", permit="H0000001801")

    assert "The new permit is on record" in page.texts["done"]


# ------------------------------------------------------------------------------------------------ refusals
@pytest.mark.attack("AL-06")
async def test_al_06_a_link_changes_nothing(world: World) -> None:
    browser = await a_guest(world)

    for act in ("new-permit", "dispute", "untie", "erase", "withdraw"):
        await browser.open(f"{HOME}/{act}")
        assert browser.last.status_code == 405
    assert (await browser.open(HOME)).texts["standing"] == "In use."


@pytest.mark.attack("AL-06")
async def test_al_06_a_form_without_its_token_changes_nothing(world: World) -> None:
    browser = await a_guest(world)

    for act in ("new-permit", "dispute", "untie", "erase", "withdraw"):
        assert await post(browser, act, permit="") == 403
        assert await post(browser, act, csrf="0" * 64) == 403
    assert (await browser.open(HOME)).texts["standing"] == "In use."


@pytest.mark.attack("WB-02")
async def test_wb_02_a_foreign_page_leaves_nothing_behind_but_its_refusal(world: World) -> None:
    browser = await a_guest(world)
    before = await audited(world)

    for body, media in (
        (b'{"csrf": "x"}', "text/plain"),
        (b'{"csrf": "x"}', "application/x-www-form-urlencoded"),
        (b'{"csrf": "x"}', "application/json"),
        (b"csrf=" + b"0" * 64 + b"&client_id=shop", "application/x-www-form-urlencoded"),
    ):
        for act in ("untie", "withdraw"):
            headers = {"content-type": media, "origin": "https://evil.example"}
            response = await browser.http.post(f"{HOME}/{act}", content=body, headers=headers)
            assert response.status_code in {403, 415}
            assert "access-control-allow-origin" not in response.headers
    assert set((await audited(world))[len(before) :]) == {"request.refused"}
    assert "withdraw-1" in (await browser.open(HOME)).buttons


@pytest.mark.attack("AL-06")
async def test_al_06_a_token_is_good_for_its_own_change_only(world: World) -> None:
    browser = await a_guest(world)
    await ask(browser, "dispute")

    assert await post(browser, "erase", csrf=token_on(browser)) == 403


async def test_a_token_of_one_consent_withdraws_no_other(world: World) -> None:
    await world.register(a_client("bank"))
    browser = await a_guest(world)
    await browser.go_on(await browser.open(asking("bank").url), STUDENT)
    await browser.open(HOME)
    tokens = re.findall(
        r'name="csrf" value="([0-9a-f]+)">\s*<input type="hidden" name="client_id" value="(\w+)"', browser.last.text
    )

    assert {client for _, client in tokens} == {"shop", "bank"}
    assert await post(browser, "withdraw", csrf=tokens[0][0], client_id=tokens[1][1]) == 403


async def test_a_form_of_an_earlier_session_is_stale(world: World) -> None:
    browser = await a_guest(world)
    await ask(browser, "untie")
    old = token_on(browser)
    await browser.sign_in(asking(prompt="login"), "hong_kong", STUDENT)

    assert await post(browser, "untie", csrf=old) == 403


async def test_nobody_without_a_session_can_change_anything(world: World) -> None:
    browser = await a_guest(world)
    await ask(browser, "dispute")
    token = token_on(browser)
    browser.http.cookies.delete("gate_session")

    assert await post(browser, "dispute", csrf=token) == 403


@pytest.mark.attack("AL-06")
async def test_al_06_a_change_needs_a_sign_in_of_the_last_ten_minutes(world: World) -> None:
    browser = await a_guest(world)
    page = await ask(browser, "dispute")
    world.clock.advance(minutes=11)

    refused = await browser.press(page, "confirm-dispute")
    asked = await browser.open(f"{HOME}/ask/erase")
    home = await browser.open(HOME)

    assert "account-sign-in" in refused.links
    assert "ten minutes" in browser.visited[-3].text
    assert "confirm-erase" not in asked.buttons
    assert home.texts["standing"] == "In use."


async def test_a_change_that_does_not_exist_is_not_made(world: World) -> None:
    browser = await a_guest(world)

    for act in ("steal", "done", "..%2f"):
        assert await post(browser, act, csrf="0" * 64) == 404
        await browser.open(f"{HOME}/ask/{act}")
        assert browser.last.status_code == 404


async def test_a_doubled_field_is_refused(world: World) -> None:
    browser = await a_guest(world)
    await ask(browser, "erase")
    body = f"csrf={token_on(browser)}&csrf={token_on(browser)}"

    response = await browser.http.post(
        f"{HOME}/erase", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert response.status_code == 400


async def test_nobody_can_make_a_link_that_says_a_change_was_made(world: World) -> None:
    browser = await a_guest(world)

    for given in ("erase", "0" * 64):
        assert "done" not in (await browser.open(f"{HOME}?done={given}")).texts


async def test_the_farewell_is_for_the_browser_that_left(world: World) -> None:
    browser = await a_guest(world)
    await browser.press(await ask(browser, "untie"), "confirm-untie")
    address = str(browser.last.url)

    page = await a_browser(world).open(address)

    assert "account-ended" not in page.texts
    assert "account-sign-in" in page.links


async def test_the_return_address_takes_nothing_from_its_query(world: World) -> None:
    browser = a_browser(world)

    response = await browser.http.get(f"{HOME}/return?code=stolen&state=x&next={SHOP}")

    assert (response.status_code, response.headers["location"]) == (303, "/account")
