"""Group AL, people and providers that are off: refused everywhere, what was begun before included; and coming back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import pytest

from gateway.cli.robot import Page
from tests.attacks.watch import WatchedWorld, audit_trail, counts, leaves_nothing
from tests.attacks.way_back import Traveller, a_traveller
from tests.my_identifier import (
    ACCOUNT,
    SignedIn,
    a_browser,
    asked_about,
    change,
    my_identifier,
    operate,
    signed_in,
    silently,
    subject_of,
)
from tests.recast import person
from tests.world import AT, Asked, Browser, a_client, asking

PEOPLE: Final = {"hong_kong": "chan-siu-ming", "macao": "chao-sio-man", "guangdong": "leung-kin-hong"}
"""People who have a number, one at each provider."""
NEIGHBOURS: Final = {"hong_kong": "lau-chi-wai", "macao": "jose-da-luz", "guangdong": "li-xiao-hua"}
OTHER: Final = {"hong_kong": "macao", "macao": "hong_kong", "guangdong": "macao"}
UNKNOWN_PROVIDER, SWITCHED_OFF, RESTART = "GBA-2009", "GBA-2008", "GBA-1002"


@dataclass(frozen=True, slots=True)
class Begun:
    """All that can be under way when something is switched off."""

    provider: str
    signed_in: SignedIn
    code: tuple[Asked, str]
    away: Traveller
    callback: str
    consent: tuple[Browser, Page]
    account: tuple[Browser, Page]
    chooser: tuple[Browser, Page]


async def begin_everything(world: WatchedWorld, provider: str) -> Begun:
    """One person's live session, code, pending sign-ins and account page."""
    who = PEOPLE[provider]
    live = await signed_in(world, provider, who)
    asked = asking()
    await live.browser.open(asked.url)
    code = live.browser.answer["code"]
    away = a_traveller(world)
    consenting, at_account, choosing = a_browser(world), a_browser(world), a_browser(world)
    consent = await consenting.prove(await consenting.to_provider(asking(prompt="login consent"), provider), who)
    assert "agree" in consent.buttons
    await my_identifier(at_account, provider, who)
    return Begun(
        provider=provider,
        signed_in=live,
        code=(asked, code),
        away=away,
        callback=await away.up_to_callback(asking(prompt="login"), provider, who),
        consent=(consenting, consent),
        account=(at_account, await asked_about(at_account, "dispute")),
        chooser=(choosing, await choosing.open(asking().url)),
    )


async def assert_dead(world: WatchedWorld, begun: Begun) -> None:
    """Sessions, tokens, codes and pages of before lead nowhere, and leave nothing behind."""
    live = begun.signed_in
    consenting, consent = begun.consent
    at_account, disputing = begun.account
    async with leaves_nothing(world):
        assert (await world.userinfo(live.tokens["access_token"])).status_code == 401
        assert (await world.token(*begun.code)).json()["error"] == "invalid_grant"
        assert (await silently(live.browser))["error"] == "login_required"
        assert "account-sign-in" in (await live.browser.open(ACCOUNT)).links
        await consenting.press(consent, "agree")
        assert consenting.caught is None or "code" not in consenting.answer
        returned = await begun.away.browser.open(begun.callback)
        assert (returned.status, returned.texts["problem-code"]) == (403, SWITCHED_OFF)
        refused = await at_account.press(disputing, "confirm-dispute")
        assert "confirm-dispute" not in refused.buttons
    trail = [event["action"] for event in await audit_trail(world)]
    assert "identifier.disputed" not in trail


async def assert_sign_in_refused(world: WatchedWorld, provider: str, who: str, code: str = SWITCHED_OFF) -> None:
    browser = a_browser(world)
    page = await browser.prove(await browser.to_provider(asking(), provider), who)
    assert (page.status, page.texts["problem-code"]) == (403, code)
    assert (await silently(browser))["error"] == "login_required"


@pytest.mark.attack("AL-08")
@pytest.mark.parametrize("provider", sorted(PEOPLE))
async def test_al_08_a_blocked_person_is_refused_everywhere_at_once(world: WatchedWorld, provider: str) -> None:
    begun = await begin_everything(world, provider)
    subject = await subject_of(world, str(person(PEOPLE[provider]).permit))

    await operate(world, f"/v1/people/{subject}/block")

    await assert_dead(world, begun)
    await assert_sign_in_refused(world, provider, PEOPLE[provider])
    neighbour = await signed_in(world, provider, NEIGHBOURS[provider], scope="openid profile")
    assert neighbour.sub


@pytest.mark.attack("AL-08")
async def test_al_08_a_blocked_person_is_refused_by_every_worker(two_workers: WatchedWorld) -> None:
    world = two_workers
    before = await signed_in(world, "hong_kong", PEOPLE["hong_kong"])
    subject = await subject_of(world, str(person(PEOPLE["hong_kong"]).permit))

    await operate(world, f"/v1/people/{subject}/block")

    for _worker in range(2):
        assert (await world.userinfo(before.tokens["access_token"])).status_code == 401
    for _worker in range(3):  # an odd number of requests each: both workers come to each of them
        assert (await silently(before.browser))["error"] == "login_required"


@pytest.mark.attack("AL-08")
async def test_al_08_a_blocked_person_who_is_let_in_again_has_to_sign_in_and_finds_everything(
    world: WatchedWorld,
) -> None:
    before = await signed_in(world, "hong_kong", PEOPLE["hong_kong"])
    subject = await subject_of(world, str(person(PEOPLE["hong_kong"]).permit))
    await operate(world, f"/v1/people/{subject}/block")

    await operate(world, f"/v1/people/{subject}/unblock")

    assert (await silently(before.browser))["error"] == "login_required", "what was ended stays ended"
    assert (await world.userinfo(before.tokens["access_token"])).status_code == 401
    after = await signed_in(world, "hong_kong", PEOPLE["hong_kong"])
    assert (after.sub, after.number) == (before.sub, before.number)


Heard = Callable[[WatchedWorld], Awaitable[None]]


async def not_yet(_: WatchedWorld) -> None:
    """The worker still believes that the provider is on."""


async def heard(world: WatchedWorld) -> None:
    """The worker has looked at the switches; it does so every few seconds."""
    await world.chores.refresh_switches()


@pytest.mark.attack("AL-09")
@pytest.mark.parametrize("news", [heard, not_yet])
@pytest.mark.parametrize("provider", sorted(PEOPLE))
async def test_al_09_a_provider_that_is_off_ends_and_refuses_everything_begun_before(
    world: WatchedWorld, provider: str, news: Heard
) -> None:
    begun = await begin_everything(world, provider)
    stranger = a_traveller(world)
    callback = await stranger.up_to_callback(asking(), provider, NEIGHBOURS[provider])

    answer = await operate(world, "/v1/switches", kind="provider", name=provider, off=True)
    await news(world)

    assert answer["changed"] is True
    await assert_dead(world, begun)
    async with leaves_nothing(world, refused=1):
        page = await stranger.browser.open(callback)
    assert (page.status, page.texts["problem-code"]) == (403, SWITCHED_OFF), "nobody new is recorded"


@pytest.mark.attack("AL-09")
async def test_al_09_a_provider_that_is_off_is_not_offered_and_not_taken_by_name(world: WatchedWorld) -> None:
    choosing = a_browser(world)
    before = await choosing.open(asking().url)
    await operate(world, "/v1/switches", kind="provider", name="macao", off=True)
    await heard(world)

    assert "provider-macao" in before.buttons
    fresh = await a_browser(world).open(asking().url)
    assert [name for name in fresh.buttons if name.startswith("provider-")] == [
        "provider-hong-kong",
        "provider-guangdong",
    ]
    picked = await choosing.press(before, "provider-macao")
    assert (picked.status, picked.texts["problem-code"]) == (400, UNKNOWN_PROVIDER)
    hinted = a_browser(world)
    page = await hinted.open(asking(idp_hint="macao").url)
    assert page.url.startswith((AT.issuer, "http://127.0.0.1:9000/"))
    assert hinted.caught is None or "error" in hinted.answer


@pytest.mark.attack("AL-09")
async def test_al_09_a_worker_that_has_not_heard_of_it_starts_nothing_that_could_end_well(
    two_workers: WatchedWorld,
) -> None:
    world = two_workers
    live = await signed_in(world, "macao", PEOPLE["macao"])

    await operate(world, "/v1/switches", kind="provider", name="macao", off=True)
    await heard(world)  # the first worker alone

    for _turn in range(4):
        assert (await world.userinfo(live.tokens["access_token"])).status_code == 401
        assert (await silently(live.browser))["error"] == "login_required"
        browser = a_browser(world)
        page = await browser.open(asking(scope="openid profile").url)
        if "provider-macao" in page.buttons:
            page = await browser.press(page, "provider-macao")
        if page.url.startswith(AT.macao):
            page = await browser.prove(page, PEOPLE["macao"])
        assert browser.caught is None
        assert page.texts.get("problem-code", UNKNOWN_PROVIDER) in {SWITCHED_OFF, UNKNOWN_PROVIDER}


@pytest.mark.attack("AL-09")
async def test_al_09_callbacks_that_nobody_asked_for_are_refused_as_ever(world: WatchedWorld) -> None:
    await operate(world, "/v1/switches", kind="provider", name="macao", off=True)

    async with leaves_nothing(world):
        for query in ("", "?code=x", "?code=x&state=y", "?error=access_denied&state=y"):
            page = await a_browser(world).open(f"{AT.issuer}/callback/macao{query}")
            assert (page.status, page.texts["problem-code"]) == (400, RESTART)


@pytest.mark.attack("AL-09")
@pytest.mark.parametrize("provider", sorted(PEOPLE))
async def test_al_09_the_others_go_on_and_a_provider_that_is_on_again_serves_again(
    world: WatchedWorld, provider: str
) -> None:
    before = await signed_in(world, provider, PEOPLE[provider])
    await operate(world, "/v1/switches", kind="provider", name=provider, off=True)
    await heard(world)

    meanwhile = await signed_in(world, OTHER[provider], PEOPLE[OTHER[provider]])
    await operate(world, "/v1/switches", kind="provider", name=provider, off=False)
    await heard(world)
    after = await signed_in(world, provider, PEOPLE[provider])

    assert meanwhile.number
    assert (after.sub, after.number) == (before.sub, before.number)


@pytest.mark.attack("AL-10")
@pytest.mark.parametrize("provider", ["hong_kong", "macao"])
async def test_al_10_who_was_forgotten_comes_back_as_somebody_new_with_the_number_of_the_permit(
    world: WatchedWorld, provider: str
) -> None:
    await world.register(a_client("other"))
    who = PEOPLE[provider]
    before = {name: await signed_in(world, provider, who, client_id=name) for name in ("shop", "other")}
    browser = a_browser(world)
    await my_identifier(browser, provider, who)

    page = await change(browser, "erase")

    assert "account-ended" in page
    asked = asking()
    returning = a_browser(world)
    permit = await returning.prove(await returning.to_provider(asked, provider), who)
    assert "check-permit" in permit.buttons, "no tie is left"
    consent = await returning.press(permit, "check-permit", permit=str(person(who).permit))
    assert "agree" in consent.buttons, "no consent is left"
    for name, old in before.items():
        new = await signed_in(world, provider, who, client_id=name)
        assert new.sub != old.sub
        assert new.number == old.number, "a number that was given stays the permit's, and is nobody else's"


@pytest.mark.attack("AL-10")
async def test_al_10_everything_that_a_forgotten_account_had_is_dead(world: WatchedWorld) -> None:
    live = await signed_in(world, "hong_kong", PEOPLE["hong_kong"])
    asked = asking()
    await live.browser.open(asked.url)
    code = live.browser.answer["code"]
    pending = a_browser(world)
    consent = await pending.prove(
        await pending.to_provider(asking(prompt="login consent"), "hong_kong"), PEOPLE["hong_kong"]
    )
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", PEOPLE["hong_kong"])
    erasing = await asked_about(browser, "erase")
    await browser.press(erasing, "confirm-erase")

    async with leaves_nothing(world):
        assert (await world.userinfo(live.tokens["access_token"])).status_code == 401
        assert (await world.token(asked, code)).json()["error"] == "invalid_grant"
        for one in (live.browser, browser):
            assert (await silently(one))["error"] == "login_required"
        await pending.press(consent, "agree")
        assert pending.caught is None or "code" not in pending.answer
        again = await browser.press(erasing, "confirm-erase")
        assert again.status == 403
    rows = await counts(world)
    assert (rows["holders"], rows["sessions"], rows["numbers"]) == (0, 0, 1)
    erased = [event for event in await audit_trail(world) if event["action"] == "subject.erased"]
    assert len(erased) == 1


@pytest.mark.attack("AL-08", "AL-10")
async def test_al_10_a_block_is_not_shed_by_being_forgotten(world: WatchedWorld) -> None:
    browser = a_browser(world)
    await signed_in(world, "hong_kong", PEOPLE["hong_kong"], browser=browser)
    await my_identifier(browser, "hong_kong", PEOPLE["hong_kong"])
    erasing = await asked_about(browser, "erase")
    subject = await subject_of(world, str(person(PEOPLE["hong_kong"]).permit))
    await operate(world, f"/v1/people/{subject}/block")

    await browser.press(erasing, "confirm-erase")

    await assert_sign_in_refused(world, "hong_kong", PEOPLE["hong_kong"])
    assert "subject.erased" not in [event["action"] for event in await audit_trail(world)]
