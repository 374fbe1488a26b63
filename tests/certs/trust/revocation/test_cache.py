"""The memory for answers and lists is bounded, and loses revocations last."""

from certs.trust.revocation.cache import CacheKey, Kept, MemoryRevocationCache
from certs.trust.revocation.model import MaterialKind
from tests.certs.builders import NOW
from tests.certs.trust.revocation.answers import (
    HOUR,
    OCSP_URL,
)


async def test_what_was_not_used_for_longest_goes_first_and_revocations_stay():
    cache = MemoryRevocationCache(records=2)

    await cache.put(_key(1), _kept(is_revoked=True))
    await cache.put(_key(2), _kept())
    await cache.put(_key(3), _kept())

    assert [await cache.get(_key(number)) is not None for number in (1, 2, 3)] == [True, False, True]


async def test_bytes_are_bounded_too():
    cache = MemoryRevocationCache(size=100)

    for number in range(5):
        await cache.put(_key(number), _kept(b"x" * 40))
    await cache.put(_key(9), _kept(b"x" * 101))

    assert [await cache.get(_key(number)) for number in (0, 1, 2, 3, 4, 9)] == [None] * 6


async def test_a_record_is_replaced_whole():
    cache = MemoryRevocationCache()
    await cache.put(_key(1), _kept(b"old"))

    await cache.put(_key(1), _kept(b"new"))

    assert (await cache.get(_key(1))).der == b"new"


async def test_revocations_are_bounded_by_memory_all_the_same():
    cache = MemoryRevocationCache(records=2)

    for number in range(4):
        await cache.put(_key(number), _kept(is_revoked=True))

    assert [await cache.get(_key(number)) is not None for number in range(4)] == [False, False, True, True]


def _key(number: int) -> CacheKey:
    return CacheKey(MaterialKind.OCSP, "00" * 32, f"{number:x}", "")


def _kept(der: bytes = b"x", **changes) -> Kept:
    return Kept(der, OCSP_URL, NOW, NOW + HOUR, **changes)
