"""Group AL, whose permit it is: two claims for one permit, and one person's documents through the years."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest

from gateway.cli.robot import Page
from mock_idps.guangdong import link
from mock_idps.guangdong.register import TRUE, LinkAnswer, LinkQuery
from mock_idps.people.persona import Persona
from tests.attacks.watch import WatchedWorld, audit_trail, counts, leaves_nothing
from tests.my_identifier import (
    SignedIn,
    a_browser,
    again,
    alert_kinds,
    asked_about,
    change,
    my_identifier,
    redeemed,
    signed_in,
)
from tests.recast import person, recast
from tests.world import Asked, Browser, asking

FIRST: Final = person("chan-siu-ming")
"""P1: from Hong Kong, types the permit."""
SECOND: Final = replace(person("leung-kin-hong"), hk_user_type=None, permit=FIRST.permit, permit_issue_count="00")
"""P2: Guangdong's platform delivers the very same permit, with another birth date."""
NUMBER: Final = "810000190405060011"
"""A residence permit number of the birth date and sex of P1."""
A_DAY: Final = {"hours": 25}


@contextmanager
def a_register_that_confirms_everybody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The register is no help: it says yes to each of the two."""

    def look_up(_query: LinkQuery, _person: Persona | None) -> LinkAnswer:
        return LinkAnswer(TRUE)

    with monkeypatch.context() as patch:
        patch.setattr(link, "look_up", look_up)
        yield


async def claims_permit(browser: Browser, asked: Asked, who: Persona) -> Page:
    """A sign-in up to the page on which the claim is decided; the first person types the permit."""
    provider = "hong_kong" if who is FIRST else "guangdong"
    page = await browser.prove(await browser.to_provider(asked, provider), who.id)
    if "check-permit" in page.buttons:
        page = await browser.press(page, "check-permit", permit=str(FIRST.permit))
    return page


async def agreed(world: WatchedWorld, browser: Browser, asked: Asked, page: Page) -> SignedIn:
    await browser.press(page, "agree")
    return await redeemed(world, browser, asked, browser.answer["code"])


@pytest.mark.attack("AL-03")
@pytest.mark.parametrize(("one", "other"), [(FIRST, SECOND), (SECOND, FIRST)], ids=["typed first", "delivered first"])
async def test_al_03_the_second_claim_to_a_permit_gets_nothing_and_does_not_disturb_the_first(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch, one: Persona, other: Persona
) -> None:
    recast(world, SECOND)
    first, second, asked = a_browser(world), a_browser(world), asking()
    with a_register_that_confirms_everybody(monkeypatch):
        holder = await agreed(world, first, asked, await claims_permit(first, asked, one))
        async with leaves_nothing(world, refused=1, but={"transactions": 1, "subjects": 1}):
            page = await claims_permit(second, asking(), other)

    assert holder.number is not None
    assert (page.status, page.texts["problem-code"]) == (409, "GBA-3005")
    assert holder.given not in second.last.text
    assert await alert_kinds(world) == ["facts_differ"]
    assert "alert.raised" in [event["action"] for event in await audit_trail(world)]
    here = await again(world, first)
    assert (here.sub, here.number) == (holder.sub, holder.number)
    assert (await world.userinfo(holder.tokens["access_token"])).json()["gba_cn_id"]["value"] == holder.number


async def assert_one_of_two_succeeds(world: WatchedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people claim one permit at the same moment."""
    recast(world, SECOND)
    browsers = (a_browser(world), a_browser(world))
    with a_register_that_confirms_everybody(monkeypatch):
        pages = await asyncio.gather(
            claims_permit(browsers[0], asking(), FIRST), claims_permit(browsers[1], asking(), SECOND)
        )

    assert sorted(page.status for page in pages) == [200, 409]
    assert sum("agree" in page.buttons for page in pages) == 1
    rows = await counts(world)
    assert (rows["numbers"], rows["bindings"], rows["holders"]) == (1, 1, 1)
    assert await alert_kinds(world) == ["facts_differ"]


@pytest.mark.attack("AL-03")
async def test_al_03_of_two_claims_at_two_workers_exactly_one_succeeds(
    two_workers: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await assert_one_of_two_succeeds(two_workers, monkeypatch)


@pytest.mark.attack("AL-03")
async def test_al_03_of_two_claims_at_the_same_moment_exactly_one_succeeds(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await assert_one_of_two_succeeds(world, monkeypatch)


@pytest.mark.attack("AL-03")
async def test_al_03_a_register_that_knows_the_holder_sends_the_other_claim_away(world: WatchedWorld) -> None:
    recast(world, SECOND)
    holder = await signed_in(world, "hong_kong", FIRST.id)
    browser = a_browser(world)

    page = await claims_permit(browser, asking(), SECOND)

    assert "check-permit" in page.buttons, "the number may have been mistyped: another try, and nothing else"
    assert (await counts(world))["holders"] == 1
    assert holder.given not in browser.last.text


@pytest.mark.attack("AL-04")
async def test_al_04_a_renewed_card_keeps_subject_and_number_and_the_old_card_still_finds_them(
    world: WatchedWorld,
) -> None:
    before = await signed_in(world, "hong_kong", FIRST.id, permit=f"{FIRST.permit}00")
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", FIRST.id)

    page = await change(browser, "new-permit", permit=f"{FIRST.permit}01")
    after = await signed_in(world, "hong_kong", FIRST.id)

    assert "done" in page
    assert (after.sub, after.number) == (before.sub, before.number)
    assert (before.claims["gba_doc"]["issue_count"], after.claims["gba_doc"]["issue_count"]) == ("00", "01")
    await change(browser, "new-permit", permit=f"{FIRST.permit}00")
    old_card = await signed_in(world, "hong_kong", FIRST.id)
    assert (old_card.sub, old_card.number) == (before.sub, before.number)
    assert old_card.claims["gba_doc"]["issue_count"] == "01", "the count of cards never falls"
    assert (await counts(world))["numbers"] == 1
    changes = [event["action"] for event in await audit_trail(world) if event["action"].startswith("identifier.")]
    assert changes.count("identifier.renewed") == 1


@pytest.mark.attack("AL-04")
async def test_al_04_the_number_that_a_residence_permit_replaced_is_never_given_to_anybody_else(
    world: WatchedWorld,
) -> None:
    before = await signed_in(world, "hong_kong", FIRST.id)
    recast(world, replace(FIRST, residence_permit=NUMBER))
    world.clock.advance(**A_DAY)

    after = await signed_in(world, "hong_kong", FIRST.id)

    assert (after.sub, after.number) == (before.sub, NUMBER)
    assert after.claims["gba_cn_id"]["replaces"] == [before.number]
    always_the_same(world, str(before.number))
    twin = await signed_in(world, "hong_kong", "chan-siu-ming-namesake")
    assert twin.claims["gba_cn_id"]["kind"] == "surrogate"
    assert twin.number != before.number, "though the generator would have it so"


def always_the_same(world: WatchedWorld, number: str) -> None:
    """A generator that proposes the place of this number again and again."""
    numbers: Any = world.stores.numbers
    code, serial = int(number[4:6]) - 50, (int(number[14:17]) - 1) // 2
    slots = 498
    numbers._choose = lambda _count: code * slots + serial


@pytest.mark.attack("AL-04")
async def test_al_04_another_residence_number_for_the_same_permit_waits_for_an_operator(world: WatchedWorld) -> None:
    recast(world, replace(FIRST, residence_permit=NUMBER))
    before = await signed_in(world, "hong_kong", FIRST.id)
    recast(world, replace(FIRST, residence_permit="810000190405060038"))
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", FIRST.id)

    page = await browser.press(
        await asked_about(browser, "new-permit"), "confirm-new-permit", permit=f"{FIRST.permit}01"
    )
    after = await signed_in(world, "hong_kong", FIRST.id)

    assert "done" not in page
    assert (after.sub, after.number) == (before.sub, before.number)
    assert await alert_kinds(world) == ["register_changed"]
