"""Receipts: the earliest moment at which a signature was shown, whoever asks and in whatever order."""

import asyncio
from datetime import timedelta

from gateway.store.open import Stores
from tests.contracts.stores.builders import MINUTE, NOW, World, digest
from tests.contracts.stores.signing import DAY

SIGNATURE = digest("a signature")


async def test_what_nobody_has_shown_was_never_seen(stores: Stores) -> None:
    assert await stores.receipts.seen(SIGNATURE) is None


async def test_the_first_moment_stays(stores: Stores, second: Stores) -> None:
    assert await stores.receipts.first_seen(SIGNATURE, NOW, NOW + DAY) == NOW

    assert await second.receipts.first_seen(SIGNATURE, NOW + MINUTE, NOW + DAY) == NOW
    assert await second.receipts.seen(SIGNATURE) == NOW


async def test_of_many_at_once_the_earliest_wins(stores: Stores, second: Stores) -> None:
    moments = [NOW + timedelta(seconds=number) for number in (3, 1, 2, 0)]

    await asyncio.gather(
        *(
            (stores, second)[number % 2].receipts.first_seen(SIGNATURE, moment, NOW + DAY)
            for number, moment in enumerate(moments)
        )
    )

    assert await stores.receipts.seen(SIGNATURE) == NOW


async def test_a_receipt_is_kept_until_the_latest_date_that_was_asked(world: World) -> None:
    await world.stores.receipts.first_seen(SIGNATURE, NOW, NOW + 3 * DAY)
    await world.stores.receipts.first_seen(SIGNATURE, NOW, NOW + DAY)

    assert await world.stores.purge(NOW + 2 * DAY, 100) == 0
    assert await world.stores.purge(NOW + 3 * DAY, 100) == 1
