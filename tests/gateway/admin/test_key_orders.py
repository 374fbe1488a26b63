"""Orders that are repeated, or race: an id does one thing once, and whoever comes second looks anew."""

from dataclasses import replace
from typing import Any

import pytest

from certs.keys.key_state import KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.guards import GuardNumber
from gateway.admin import key_office
from tests.certs.keys.rotation.sets import HOUR, NOW, adopted, proven, published, rotated
from tests.gateway.admin.key_desk import OTHER, SET, KeyDesk, Registry, order, refused

LEAD_OVER = NOW + 25 * HOUR
LATER = LEAD_OVER + 30 * HOUR


async def test_a_plan_that_no_longer_fits_destroys_no_private_half() -> None:
    desk = KeyDesk(Registry(rotated()))
    stale = order(LATER, expected=1)

    closed = await refused(key_office.destroy_private(desk.office, SET, "one", stale))

    assert (closed, desk.places.destroyed) == ([GuardNumber.VERSION], [])


@pytest.mark.parametrize("name", [SET, OTHER])
async def test_an_operation_id_that_stands_for_another_act_is_refused_and_destroys_nothing(name: str) -> None:
    desk = KeyDesk(Registry(rotated(), replace(rotated(), name=OTHER)))
    await key_office.generate(desk.office, SET, order(operation="op"))
    taken = order(LATER, operation="op")

    closed = [
        await refused(key_office.retire(desk.office, name, taken)),
        await refused(key_office.destroy_private(desk.office, name, "one", taken)),
        await refused(key_office.compromise(desk.office, name, "two", LATER, taken)),
    ]

    assert closed == [[GuardNumber.VERSION]] * 3
    assert desk.places.destroyed == []
    assert {key.state for key in desk.registry.sets[OTHER].keys} == {KeyState.RETIRING, KeyState.ACTIVE}


async def test_an_operation_id_of_another_key_or_another_set_is_refused() -> None:
    desk = KeyDesk(Registry(published(), replace(published(), name=OTHER)))
    await key_office.compromise(desk.office, SET, "two", NOW, order(operation="op"))

    of_key = await refused(key_office.compromise(desk.office, SET, "one", NOW, order(operation="op")))
    of_set = await refused(key_office.compromise(desk.office, OTHER, "two", NOW, order(operation="op")))
    again = await key_office.compromise(desk.office, SET, "two", NOW, order(operation="op"))

    assert (of_key, of_set) == ([GuardNumber.VERSION], [GuardNumber.VERSION])
    assert (again.changed, again.kid) == (False, "two")


async def test_steps_that_choose_their_key_are_repeated_under_one_id_too() -> None:
    desk = KeyDesk(Registry(rotated()))

    first = await key_office.retire(desk.office, SET, order(LATER, operation="op"))
    again = await key_office.retire(desk.office, SET, order(LATER, operation="op"))

    assert (first.changed, again.changed, again.kid) == (True, False, "one")


@pytest.mark.attack("KM-03")
async def test_km_03_an_activation_that_races_with_the_loss_of_its_key_loses() -> None:
    registry = Registry(proven())
    desk = KeyDesk(registry)
    write, lost = registry.change, moves.compromise(proven(), "two", LEAD_OVER, "case 7", LEAD_OVER)

    async def late(*words: Any, **more: Any) -> bool:
        registry.sets[SET], registry.change = lost, write  # type: ignore[method-assign]
        return await write(*words, **more)

    registry.change = late  # type: ignore[method-assign]
    closed = await refused(key_office.activate(desk.office, SET, order(LEAD_OVER), "two"))

    assert closed == [GuardNumber.STATE]
    assert registry.sets[SET] == lost


async def test_a_second_key_is_not_made_while_one_is_on_its_way_not_even_by_a_race() -> None:
    registry = Registry(adopted())
    desk = KeyDesk(registry)
    write = registry.change

    async def late(*words: Any, **more: Any) -> bool:
        registry.sets[SET], registry.change = published(), write  # type: ignore[method-assign]
        return await write(*words, **more)

    registry.change = late  # type: ignore[method-assign]
    raced = await refused(key_office.generate(desk.office, SET, order()))
    later = await refused(key_office.generate(desk.office, SET, order()))

    assert (raced, later) == ([GuardNumber.STATE], [GuardNumber.STATE])
    assert (desk.places.made, desk.places.destroyed) == (1, [f"sealed:{SET}/1"])


async def test_two_who_make_a_key_under_one_id_leave_one_private_half() -> None:
    registry = Registry(adopted())
    desk = KeyDesk(registry)
    write = registry.change

    async def late(*words: Any, **more: Any) -> bool:
        registry.change = write  # type: ignore[method-assign]
        await key_office.generate(desk.office, SET, order(operation="op"))
        return await write(*words, **more)

    registry.change = late  # type: ignore[method-assign]
    done = await key_office.generate(desk.office, SET, order(operation="op"))

    assert (done.changed, done.kid) == (False, "made-2")
    assert desk.places.destroyed == [f"sealed:{SET}/1"]
