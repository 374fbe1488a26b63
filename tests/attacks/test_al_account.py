"""Group AL, tying and untying: nothing is tied or changed by somebody else's link, and what was untied stays so."""

from typing import Final
from urllib.parse import urljoin

import httpx
import pytest

from gateway.cli.robot import Page
from tests.attacks.codes import gateway_client
from tests.attacks.watch import WatchedWorld, audit_trail, counts, leaves_nothing
from tests.attacks.way_back import a_traveller
from tests.my_identifier import (
    ACCOUNT,
    a_browser,
    again,
    asked_about,
    change,
    my_identifier,
    redeemed,
    signed_in,
    silently,
)
from tests.recast import person
from tests.world import AT, Browser, asking

VICTIM: Final = person("chan-siu-ming")
ATTACKER: Final = person("lau-chi-wai")
ACTS: Final = ("new-permit", "dispute", "untie", "erase")
STALE, FINISHED, RESTART, SWITCHED_OFF = "GBA-1003", "GBA-1004", "GBA-1002", "GBA-2008"
FORMS: Final = {"new-permit": {"permit": "H0000001801"}}


def code_on(response: httpx.Response) -> str:
    """The problem's code on a page of ours."""
    found = [code for code in (STALE, FINISHED, RESTART, SWITCHED_OFF) if code in response.text]
    return found[0] if len(found) == 1 else f"{response.status_code} {found}"


def form_of(page: Page, button: str) -> tuple[str, dict[str, str]]:
    """Where a button's form goes, and what it sends by itself."""
    form, name, value = page.buttons[button]
    return urljoin(page.url, form.action), {**form.fields, **({name: value} if name else {})}


async def on_the_page(world: WatchedWorld, who: str = VICTIM.id) -> Browser:
    """A browser that is freshly signed in to "my identifier", of somebody who has a number."""
    browser = a_browser(world)
    await signed_in(world, "hong_kong", who, browser=browser)
    await my_identifier(browser, "hong_kong", who)
    return browser


@pytest.mark.attack("AL-06", "AL-09")
async def test_al_06_there_is_no_address_at_which_accounts_are_linked(world: WatchedWorld) -> None:
    browser = await on_the_page(world)
    made_up = ("link", "link/start", "link/callback", "account/link", "account/ask/link", "account/tie", "broker/link")
    async with leaves_nothing(world):
        for path in made_up:
            for url in (f"{AT.issuer}/{path}", f"{AT.issuer}/{path}?provider=macao&hash=x"):
                assert (await browser.http.get(url)).status_code in {404, 405}, path
            answer = await browser.http.post(f"{AT.issuer}/{path}", data={"provider": "macao"})
            assert answer.status_code in {404, 405}, path

    async with gateway_client(world) as http:
        metadata = (await http.get("/.well-known/openid-configuration")).json()
    assert [name for name in metadata if "link" in name] == []


@pytest.mark.attack("AL-06")
async def test_al_06_opening_addresses_of_the_account_page_changes_nothing(world: WatchedWorld) -> None:
    browser = await on_the_page(world)

    async with leaves_nothing(world):
        for act in (*ACTS, "withdraw"):
            await browser.http.get(f"{ACCOUNT}/ask/{act}?permit=H00000026&csrf=x")
            assert (await browser.http.get(f"{ACCOUNT}/{act}?permit=H00000026")).status_code in {404, 405}
        for rest in ("?done=x", "/ended?done=x", "/return?code=x&state=y", "/return?error=x"):
            await browser.http.get(f"{ACCOUNT}{rest}")

    page = await browser.open(f"{ACCOUNT}?done=forged")
    assert "done" not in page


@pytest.mark.attack("AL-06")
async def test_al_06_the_attackers_result_of_a_provider_is_refused_in_the_victims_browser(world: WatchedWorld) -> None:
    victim = await on_the_page(world)
    attacker = a_traveller(world)
    callback = await attacker.up_to_callback(asking(), "macao", "chao-sio-man")

    async with leaves_nothing(world, refused=1):
        page = await victim.open(callback)

    assert (page.status, page.texts["problem-code"]) == (400, RESTART)
    mine = await victim.open(ACCOUNT)
    assert "accounts" not in mine, "no second account is tied to the record"


@pytest.mark.attack("AL-06")
@pytest.mark.parametrize("with_own_token", [False, True], ids=["the whole form", "with the victim's token"])
async def test_al_06_the_attackers_permit_form_is_refused_in_the_victims_browser(
    world: WatchedWorld, *, with_own_token: bool
) -> None:
    victim, attacker = a_browser(world), a_browser(world)
    theirs = await attacker.prove(await attacker.to_provider(asking(), "hong_kong"), ATTACKER.id)
    own = await victim.prove(await victim.to_provider(asking(), "hong_kong"), VICTIM.id)
    url, fields = form_of(theirs, "check-permit")
    if with_own_token:
        fields["csrf"] = form_of(own, "check-permit")[1]["csrf"]

    async with leaves_nothing(world):
        page = await victim.open(url, {**fields, "permit": str(VICTIM.permit)})

    assert (page.status, page.texts["problem-code"]) in {(400, RESTART), (403, STALE)}


@pytest.mark.attack("AL-06")
@pytest.mark.parametrize("act", ACTS)
async def test_al_06_a_change_needs_this_browsers_token_of_this_session_for_this_change(
    world: WatchedWorld, act: str
) -> None:
    victim, attacker = await on_the_page(world), await on_the_page(world, ATTACKER.id)
    earlier = form_of(await asked_about(victim, act), f"confirm-{act}")[1]["csrf"]
    await my_identifier(victim, "hong_kong", VICTIM.id)
    another = next(one for one in ACTS if one != act)
    others = {
        "none": "",
        "made up": "A" * 43,
        "the attacker's": form_of(await asked_about(attacker, act), f"confirm-{act}")[1]["csrf"],
        "another change's": form_of(await asked_about(victim, another), f"confirm-{another}")[1]["csrf"],
        "an earlier session's": earlier,
    }

    async with leaves_nothing(world, refused=len(others)):
        for csrf in others.values():
            response = await victim.http.post(f"{ACCOUNT}/{act}", data={"csrf": csrf, **FORMS.get(act, {})})
            assert (response.status_code, code_on(response)) == (403, STALE)

    standing = (await victim.open(ACCOUNT)).texts
    assert "number-shown" in standing


@pytest.mark.attack("AL-06")
@pytest.mark.parametrize("act", ACTS)
async def test_al_06_a_change_needs_a_proof_of_the_last_ten_minutes(world: WatchedWorld, act: str) -> None:
    browser = await on_the_page(world)
    url, fields = form_of(await asked_about(browser, act), f"confirm-{act}")
    world.clock.advance(minutes=11)

    async with leaves_nothing(world):
        page = await browser.open(url, {**fields, **FORMS.get(act, {})})

    assert "account-sign-in" in page.links
    assert f"confirm-{act}" not in (await browser.open(f"{ACCOUNT}/ask/{act}")).buttons
    trail = [event["action"] for event in await audit_trail(world)]
    assert not {"identifier.disputed", "identifier.untied", "identifier.renewed", "subject.erased"} & set(trail)


@pytest.mark.attack("AL-06")
async def test_al_06_a_session_cookie_in_another_browser_opens_no_account_page(world: WatchedWorld) -> None:
    victim, thief = await on_the_page(world), a_browser(world)
    await thief.open(asking().url)
    for cookie in victim.http.cookies.jar:
        if "session" in cookie.name:
            thief.http.cookies.jar.set_cookie(cookie)

    page = await thief.open(ACCOUNT)

    assert "account-sign-in" in page.links
    assert "number-shown" not in page


@pytest.mark.attack("AL-07")
async def test_al_07_after_untying_every_session_token_and_code_of_the_account_is_dead(world: WatchedWorld) -> None:
    elsewhere = await signed_in(world, "hong_kong", VICTIM.id)
    asked = asking()
    await elsewhere.browser.open(asked.url)
    code = elsewhere.browser.answer["code"]
    browser = await on_the_page(world)

    page = await change(browser, "untie")

    assert "account-ended" in page
    assert (await world.userinfo(elsewhere.tokens["access_token"])).status_code == 401
    assert (await world.token(asked, code)).json()["error"] == "invalid_grant"
    for one in (elsewhere.browser, browser):
        assert (await silently(one))["error"] == "login_required"
        assert "account-sign-in" in (await one.open(ACCOUNT)).links
    rows = await counts(world)
    assert (rows["holders"], rows["sessions"], rows["numbers"]) == (0, 0, 1)


@pytest.mark.attack("AL-07")
async def test_al_07_old_proofs_bring_nothing_back(world: WatchedWorld) -> None:
    pending, asked = a_browser(world), asking(prompt="login consent")
    await signed_in(world, "hong_kong", VICTIM.id)
    consent = await pending.prove(await pending.to_provider(asked, "hong_kong"), VICTIM.id)
    browser = await on_the_page(world)
    untying = await asked_about(browser, "untie")
    await browser.press(untying, "confirm-untie")

    replayed = await browser.open(*form_of(untying, "confirm-untie"))
    await pending.press(consent, "agree")

    assert (replayed.status, replayed.texts["problem-code"]) == (403, STALE)
    assert (await counts(world))["holders"] == 0
    late = await redeemed(world, pending, asked, pending.answer["code"])
    assert late.number is None, "a page that was open at the time shows the number, and agreeing gives it to nobody"
    assert "gba_doc" not in late.claims


@pytest.mark.attack("AL-07")
async def test_al_07_who_comes_back_has_to_prove_the_permit_anew_and_is_known_by_the_same_subject(
    world: WatchedWorld,
) -> None:
    before = await signed_in(world, "hong_kong", VICTIM.id)
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", VICTIM.id)
    await change(browser, "untie")

    page = await browser.prove(await browser.to_provider(asking(), "hong_kong"), VICTIM.id)
    skipped = await signed_in(world, "hong_kong", VICTIM.id, permit=ATTACKER.permit)
    proven = await signed_in(world, "hong_kong", VICTIM.id)

    assert "check-permit" in page.buttons
    assert (skipped.sub, skipped.number) == (before.sub, None)
    assert (proven.sub, proven.number) == (before.sub, before.number)


@pytest.mark.attack("AL-07")
async def test_al_07_the_accounts_of_other_providers_keep_the_record(world: WatchedWorld) -> None:
    who = person("leung-kin-hong")
    guangdong = await signed_in(world, "guangdong", who.id)
    hong_kong = await signed_in(world, "hong_kong", who.id)
    browser = a_browser(world)
    mine = await my_identifier(browser, "hong_kong", who.id)

    await change(browser, "untie")

    assert "accounts" in mine
    assert hong_kong.number == guangdong.number
    assert (await again(world, guangdong.browser)).number == guangdong.number
    assert (await silently(hong_kong.browser))["error"] == "login_required"
