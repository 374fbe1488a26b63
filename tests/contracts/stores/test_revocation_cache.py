"""Cached revocation answers: one record to a key, replaced whole; what says "revoked" is never forgotten."""

from dataclasses import replace
from typing import Any

import pytest

from certs.trust.reasons import Reason
from certs.trust.revocation.cache import CacheKey, Kept
from certs.trust.revocation.model import MaterialKind
from gateway.store.open import Stores
from tests.contracts.stores.builders import MINUTE, NOW, SECOND, World
from tests.contracts.stores.signing import DAY

OCSP = CacheKey(MaterialKind.OCSP, "ab" * 32, "01f3", "")
CRL = CacheKey(MaterialKind.CRL, "ab" * 32, "", "http://crl.example/1.crl")
BEYOND_64_BITS = 2**100


def an_answer(**changes: Any) -> Kept:
    values = {"der": b"answer", "url": "http://ocsp.example", "fetched_at": NOW, "good_until": NOW + 60 * MINUTE}
    return Kept(**(values | changes))


@pytest.mark.parametrize("key", [OCSP, CRL])
async def test_an_answer_comes_back_to_every_worker_as_it_was_kept(
    stores: Stores, second: Stores, key: CacheKey
) -> None:
    answer = an_answer(number=BEYOND_64_BITS, failure=Reason.REVOCATION_UNREACHABLE, failed_until=NOW + MINUTE)

    await stores.revocation_cache.put(key, answer)

    assert await second.revocation_cache.get(key) == answer


async def test_other_keys_have_other_records(stores: Stores) -> None:
    await stores.revocation_cache.put(OCSP, an_answer())

    assert await stores.revocation_cache.get(replace(OCSP, serial="01f4")) is None
    assert await stores.revocation_cache.get(CRL) is None


async def test_a_newer_answer_replaces_the_whole_record(stores: Stores) -> None:
    await stores.revocation_cache.put(OCSP, an_answer(failure=Reason.REVOCATION_UNREACHABLE, failed_until=NOW))

    await stores.revocation_cache.put(OCSP, an_answer(der=b"newer"))

    assert await stores.revocation_cache.get(OCSP) == an_answer(der=b"newer")


async def test_old_answers_go_after_a_week_and_revoked_ones_never(world: World) -> None:
    await world.stores.revocation_cache.put(OCSP, an_answer())
    await world.stores.revocation_cache.put(CRL, an_answer(is_revoked=True))
    over = NOW + 60 * MINUTE + 7 * DAY

    assert await world.stores.purge(over - SECOND, 100) == 0
    assert await world.stores.purge(over, 100) == 1

    assert await world.stores.revocation_cache.get(CRL) == an_answer(is_revoked=True)


async def test_a_failure_that_still_counts_is_kept(world: World) -> None:
    late = NOW + 30 * DAY
    await world.stores.revocation_cache.put(
        OCSP, an_answer(der=b"", failure=Reason.REVOCATION_UNREACHABLE, failed_until=late)
    )

    assert await world.stores.purge(late, 100) == 0
