"""One number through a life: a card is renewed, a permit re-issued, a permit of residence comes, and one day it ends."""

from dataclasses import replace
from typing import Final

import pytest

from mapping.identifier import MainlandIdentifier
from tests.my_identifier import (
    a_browser,
    again,
    alert_kinds,
    change,
    my_identifier,
    open_alerts,
    operate,
    signed_in,
)
from tests.recast import person, recast
from tests.world import AT, NOW, World, asking

STUDENT: Final = person("chan-siu-ming")
NUMBER: Final = "810000190405060011"
"""A residence permit number of the student's birth date and sex."""


@pytest.mark.spec("identifiers.md §10.4")
async def test_a_residence_permit_that_comes_later_takes_the_place_of_the_stand_in(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    recast(world, replace(STUDENT, residence_permit=NUMBER))

    soon = await signed_in(world, "hong_kong", STUDENT.id)
    world.clock.advance(hours=25)
    after = await signed_in(world, "hong_kong", STUDENT.id)

    assert soon.number == before.number, "the register is asked once a day and not more often"
    claim = after.claims["gba_cn_id"]
    assert (claim["value"], claim["kind"], claim["replaces"]) == (NUMBER, "residence_permit", [before.number])
    assert after.sub == before.sub
    mine = await my_identifier(a_browser(world), "hong_kong", STUDENT.id)
    assert mine.texts["number-shown"].strip() == MainlandIdentifier.parse(NUMBER, NOW.date()).masked


@pytest.mark.parametrize("scenario", ["register_down", "register_none", "register_several"])
async def test_a_register_that_says_no_later_takes_nothing_away(world: World, scenario: str) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    world.clock.advance(hours=25)
    await world.arm("guangdong", scenario)

    after = await signed_in(world, "hong_kong", STUDENT.id)

    assert (after.sub, after.claims["gba_cn_id"]) == (before.sub, before.claims["gba_cn_id"])


async def test_a_renewed_card_that_the_provider_delivers_keeps_the_number(world: World) -> None:
    who = person("leung-kin-hong")
    before = await signed_in(world, "guangdong", who.id)
    browser = a_browser(world)
    await my_identifier(browser, "guangdong", who.id)

    page = await change(browser, "new-permit", permit=f"{who.permit}01")
    after = await signed_in(world, "guangdong", who.id)

    assert "done" in page
    assert (after.sub, after.number) == (before.sub, before.number)
    assert after.claims["gba_doc"]["number11"] == f"{who.permit}01"


async def test_a_permit_reissued_after_naturalisation_brings_a_number_of_the_other_block(world: World) -> None:
    jane = person("jane-smith")
    before = await signed_in(world, "hong_kong", jane.id)
    recast(world, replace(jane, id="jane-naturalised", permit="H00000174", hk_user_type=None))
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", jane.id)

    page = await change(browser, "new-permit", permit="H00000174")
    after = await signed_in(world, "hong_kong", jane.id)

    assert "done" in page
    assert after.sub == before.sub
    assert str(before.number)[:6] in {f"8100{code}" for code in range(55, 60)}
    assert str(after.number)[:6] in {f"8100{code}" for code in range(50, 55)}
    assert after.claims["gba_cn_id"]["replaces"] == [before.number]
    assert after.claims["gba_doc"]["number9"] == "H00000174"


async def test_a_move_from_hong_kong_to_macao_brings_a_number_of_macao(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    recast(world, replace(STUDENT, id="chan-in-macao", home="macao", permit="M00000072", hk_user_type=None))
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT.id)

    await change(browser, "new-permit", permit="M00000072")
    after = await signed_in(world, "hong_kong", STUDENT.id)

    assert (after.sub, str(after.number)[:2]) == (before.sub, "82")
    assert after.claims["gba_cn_id"]["replaces"] == [before.number]
    assert after.claims["gba_doc"]["number9"] == "M00000072"


async def test_the_old_permit_of_somebody_who_has_moved_opens_nothing_for_others(world: World) -> None:
    await signed_in(world, "hong_kong", STUDENT.id)
    recast(world, replace(STUDENT, id="chan-in-macao", home="macao", permit="M00000072", hk_user_type=None))
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT.id)
    await change(browser, "new-permit", permit="M00000072")

    namesake = await signed_in(world, "hong_kong", "chan-siu-ming-namesake", permit=STUDENT.permit)

    assert namesake.number is None


async def test_a_birth_date_that_the_home_register_corrects_corrects_the_number(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    recast(world, replace(STUDENT, birthdate="1904-05-07"))

    after = await signed_in(world, "hong_kong", STUDENT.id)

    assert after.sub == before.sub
    assert (str(before.number)[6:14], str(after.number)[6:14]) == ("19040506", "19040507")
    assert after.claims["gba_cn_id"]["replaces"] == [before.number]
    assert await alert_kinds(world) == []


async def test_a_birth_date_that_the_permit_register_does_not_confirm_changes_nothing(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    recast(world, replace(STUDENT, birthdate="1904-05-07"))
    await world.arm("guangdong", "register_none")

    after = await signed_in(world, "hong_kong", STUDENT.id)
    recast(world)
    restored = await signed_in(world, "hong_kong", STUDENT.id)

    assert (after.sub, after.number) == (before.sub, None)
    assert "gba_doc" not in after.claims
    assert restored.number == before.number


async def test_a_disputed_record_stands_still_until_an_operator_lets_it_go_on(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT.id)

    page = await change(browser, "dispute")
    frozen = await signed_in(world, "hong_kong", STUDENT.id)
    (alert,) = await open_alerts(world)
    await operate(world, "/v1/map/release", record=alert["about"])
    await operate(world, f"/v1/map/alerts/{alert['id']}/settle", outcome="the holder was mistaken")
    released = await signed_in(world, "hong_kong", STUDENT.id)

    assert {"done", "standing"} <= page.texts.keys()
    assert "ask-dispute" not in page.links
    assert (frozen.sub, frozen.number) == (before.sub, None)
    assert "gba_doc" not in frozen.claims
    assert alert["kind"] == "disputed"
    assert (released.sub, released.number) == (before.sub, before.number)
    assert await alert_kinds(world) == []


async def test_a_dispute_is_not_escaped_by_a_new_permit(world: World) -> None:
    await signed_in(world, "hong_kong", STUDENT.id)
    recast(world, replace(STUDENT, id="chan-in-macao", home="macao", permit="M00000072", hk_user_type=None))
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT.id)
    page = await browser.open(f"{AT.issuer}/account/ask/new-permit")
    await change(browser, "dispute")

    refused = await browser.press(page, "confirm-new-permit", permit="M00000072")

    assert "confirm-new-permit" in refused.buttons
    assert (await signed_in(world, "hong_kong", STUDENT.id)).number is None


async def test_two_people_who_prove_one_permit_equally_well_freeze_it_and_call_an_operator(world: World) -> None:
    first = await signed_in(world, "hong_kong", "chan-siu-ming-namesake", permit=STUDENT.permit)
    browser = a_browser(world)

    page = await browser.prove(await browser.to_provider(asking(), "hong_kong"), STUDENT.id)
    page = await browser.press(page, "check-permit", permit=str(STUDENT.permit))
    stopped = await signed_in(world, "hong_kong", "chan-siu-ming-namesake")
    (alert,) = await open_alerts(world)
    await operate(world, "/v1/map/release", record=alert["about"])

    assert page.texts["problem-code"] == "GBA-3005"
    assert (stopped.sub, stopped.number) == (first.sub, None)
    assert (alert["kind"], alert["standing"]) == ("two_holders", "frozen")
    assert (await again(world, first.browser)).number == first.number


async def test_one_person_with_a_new_account_takes_the_number_along(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    recast(world, replace(STUDENT, id="chan-again"))

    after = await signed_in(world, "hong_kong", "chan-again", permit=STUDENT.permit)

    assert after.sub != before.sub
    assert after.number == before.number
    assert await alert_kinds(world) == []
    elder = await again(world, before.browser, scope="openid profile")
    assert elder.number is None


async def test_a_closed_record_gives_nothing_to_anybody_ever_again(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)

    answer = await operate(world, "/v1/map/close", permit=STUDENT.permit, reason="death")
    after = await signed_in(world, "hong_kong", STUDENT.id)
    namesake = await signed_in(world, "hong_kong", "chan-siu-ming-namesake", permit=STUDENT.permit)
    mine = a_browser(world)
    page = await my_identifier(mine, "hong_kong", STUDENT.id)

    assert (answer["was"], answer["standing"]) == ("active", "closed")
    assert (after.sub, after.number) == (before.sub, None)
    assert namesake.number is None
    assert [act for act in page.links if act.startswith("ask-")] == ["ask-erase"]


async def test_a_closed_record_is_not_opened_again_by_an_account_that_was_forgotten(world: World) -> None:
    await signed_in(world, "hong_kong", STUDENT.id)
    await operate(world, "/v1/map/close", permit=STUDENT.permit, reason="withdrawal")
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT.id)
    await change(browser, "erase")

    back = await signed_in(world, "hong_kong", STUDENT.id)

    assert back.number is None
    assert "gba_doc" not in back.claims
