"""Group MP, order: from stand-ins one cannot read who came first, where, or through whom (MP-08)."""

import asyncio
import random
import secrets
from collections import Counter
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import Final

import pytest
from sqlalchemy import Connection

from gateway.store import migrate
from gateway.store.open import open_stores
from gateway.store.sql import allocation
from gateway.store.vault import Vault
from mapping.identifier import MainlandIdentifier
from mapping.surrogate import Block, Choose
from mapping.vocabulary import HolderClass, Realm, Sex, Territory
from tests.contracts.stores.builders import KEYS, a_vault, an_event
from tests.faults.significance import differ, favour, follow, stick
from tests.faults.weight import IS_HEAVY, PATIENT, rounds

pytestmark = [pytest.mark.attack("MP-08"), PATIENT]
MANY: Final = rounds(5_000, 50_000)
BLOCK: Final = Block(Territory.HONG_KONG, HolderClass.CHINESE, Realm.PRODUCTION)
DAYS: Final = 20
"""So many birth dates are shared by all, so that blocks fill up as they do in a city."""
FIRST_DAY: Final = date(1970, 1, 1)
UNLIKELY: Final = 1e-6 if IS_HEAVY else 0.001
"""With the heavy run's true chance a false alarm must be rare; the quick run's seed never changes."""


def chooser() -> Choose:
    """What chooses: chance itself in heavy runs, the same chance every day in quick ones."""
    return secrets.randbelow if IS_HEAVY else random.Random(20261124).randrange  # noqa: S311 - repeatable on purpose


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> list[MainlandIdentifier]:
    """Everybody's number in the order of arrival, as the store gives them, each claimed under its unique index."""
    url = f"sqlite:///{tmp_path_factory.mktemp('order') / 'gate.sqlite3'}"
    migrate.upgrade(url)
    return asyncio.run(given(url))


async def given(url: str) -> list[MainlandIdentifier]:
    stores = await open_stores(url, **KEYS)
    try:
        return await stores.database.run(partial(allocate, a_vault(), chooser()))
    finally:
        await stores.aclose()


def allocate(vault: Vault, choose: Choose, connection: Connection) -> list[MainlandIdentifier]:
    """Give one number after another, the birth dates and sexes taking turns."""
    found = []
    for place in range(MANY):
        born = FIRST_DAY + timedelta(days=place % DAYS)
        where = allocation.Place(BLOCK, born, Sex.MALE if place // DAYS % 2 else Sex.FEMALE)
        found.append(allocation.give(connection, vault, choose, where, binding_id=f"b{place}", event=an_event())[1])
    return found


def test_mp_08_numbers_given_in_a_known_order_show_nothing_of_it(numbers: list[MainlandIdentifier]) -> None:
    serials = [int(number.value[14:17]) for number in numbers]
    codes = [int(number.value[:6]) for number in numbers]
    slots = [code * 1000 + serial for code, serial in zip(codes, serials, strict=True)]

    chances = {
        f"{what} of {name}": test(values)
        for what, test in (("order", follow), ("runs", stick))
        for name, values in (("serials", serials), ("codes", codes), ("both", slots), ("steps", steps(slots)))
        if (what, name) != ("runs", "steps")
    }

    assert len({number.value for number in numbers}) == MANY
    assert {name: chance for name, chance in chances.items() if chance < UNLIKELY} == {}


def test_mp_08_within_one_day_and_sex_the_order_of_arrival_cannot_be_read(
    numbers: list[MainlandIdentifier],
) -> None:
    days: dict[tuple[date, Sex], list[int]] = {}
    for number in numbers:
        days.setdefault((number.birthdate, number.sex), []).append(int(number.value[:6] + number.value[14:17]))

    chances = [follow(values) for values in days.values()] + [stick(values) for values in days.values()]

    assert len(days) == 2 * DAYS
    assert min(chances) > UNLIKELY / len(chances)
    assert not any(values in (sorted(values), sorted(values, reverse=True)) for values in days.values())


def test_mp_08_no_region_code_and_no_serial_is_favoured(numbers: list[MainlandIdentifier]) -> None:
    codes = Counter(number.value[:6] for number in numbers)
    tens = Counter(int(number.value[14:17]) // 10 for number in numbers if number.value[14:17] < "990")

    assert set(codes) == set(BLOCK.tiers[0].codes)  # the others are kept back (docs/decisions/0021)
    assert favour(list(codes.values())) > UNLIKELY
    assert favour(list(tens.values())) > UNLIKELY


def test_mp_08_whoever_came_through_one_provider_is_not_told_from_the_others(
    numbers: list[MainlandIdentifier],
) -> None:
    slots = [int(number.value[:6] + number.value[14:17]) for number in numbers]

    early, late = slots[: MANY // 2], slots[MANY // 2 :]
    one, other = slots[: MANY // DAYS * DAYS : 3], slots[1 : MANY // DAYS * DAYS : 3]

    assert differ(early, late) > UNLIKELY
    assert differ(one, other) > UNLIKELY


def steps(values: list[int]) -> list[int]:
    """From each number to the next."""
    return [later - earlier for earlier, later in pairwise(values)]
