import asyncio
import base64
import os

import pytest

from certs.keys.key_transport import RsaDecryptionKey
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong.content_keys import LONGEST_USE_MS, ContentKeys
from providers.hong_kong.wire import KeyOffer
from tests.providers.hong_kong.builders import EARLIER_KEY, FOREIGN_KEY, HOUR_MS, KEY, NOW_MS, wrapped


def an_offer(
    secret: bytes = b"\x01" * 32,
    *,
    kek: RsaDecryptionKey = KEY,
    issued_at: int = NOW_MS,
    expires_at: int = NOW_MS + 24 * HOUR_MS,
    named: RsaDecryptionKey | None = None,
) -> KeyOffer:
    return KeyOffer(base64.b64decode(wrapped(kek, secret)), (named or kek).public_spki_der(), issued_at, expires_at)


class Source:
    """Gives its offers one after the other, the last one for ever; an exception is raised."""

    def __init__(self, *offers: KeyOffer | Exception) -> None:
        self.offers = list(offers)
        self.fetched = 0
        self.revoked = 0

    def keys(self, *decryption_keys: RsaDecryptionKey, most_uses: int = 1_000) -> ContentKeys:
        return ContentKeys(decryption_keys or (KEY, EARLIER_KEY), self.fetch, self.revoke, most_uses=most_uses)

    async def fetch(self) -> KeyOffer:
        self.fetched += 1
        await asyncio.sleep(0)
        offer = self.offers.pop(0) if len(self.offers) > 1 else self.offers[0]
        if isinstance(offer, Exception):
            raise offer
        return offer

    async def revoke(self) -> None:
        self.revoked += 1


async def refusal_of(*offers: KeyOffer | Exception) -> ProviderError:
    keys = Source(*offers).keys()
    for _ in offers[:-1]:
        await keys.current(NOW_MS)
    with pytest.raises(ProviderError) as refused:
        await keys._renewed(NOW_MS)
    return refused.value


async def test_a_key_is_fetched_once_and_then_used() -> None:
    source = Source(an_offer())
    keys = source.keys()

    first, second = await keys.current(NOW_MS), await keys.current(NOW_MS + 23 * HOUR_MS)

    assert (first is second, first.key.value, source.fetched) == (True, b"\x01" * 32, 1)


async def test_a_key_is_fetched_again_when_its_time_is_over() -> None:
    later = NOW_MS + 24 * HOUR_MS
    source = Source(an_offer(), an_offer(b"\x02" * 32, issued_at=later, expires_at=later + 24 * HOUR_MS))
    keys = source.keys()
    await keys.current(NOW_MS)

    held = await keys.current(later)

    assert (held.key.value, source.fetched) == (b"\x02" * 32, 2)


async def test_a_key_that_claims_to_live_for_ever_is_asked_for_again_after_a_week() -> None:
    source = Source(an_offer(expires_at=NOW_MS + 1_000 * LONGEST_USE_MS))
    keys = source.keys()
    await keys.current(NOW_MS)

    await keys.current(NOW_MS + LONGEST_USE_MS)

    assert source.fetched == 2


@pytest.mark.attack("HK-09")
async def test_hk_09_twenty_who_need_a_key_at_once_ask_once() -> None:
    source = Source(an_offer())
    keys = source.keys()

    held = await asyncio.gather(*(keys.current(NOW_MS) for _ in range(20)))

    assert (len({id(key) for key in held}), source.fetched) == (1, 1)


@pytest.mark.attack("HK-09")
async def test_hk_09_who_fails_late_finds_the_newer_key_fetched_already() -> None:
    source = Source(an_offer(), an_offer(b"\x02" * 32))
    keys = source.keys()
    stale = await keys.current(NOW_MS)

    newer = [await keys.newer_than(stale, NOW_MS, ended=True) for _ in range(20)]

    assert ({key.key.value for key in newer}, source.fetched) == ({b"\x02" * 32}, 2)


@pytest.mark.attack("HK-09")
async def test_hk_09_a_fetch_that_fails_fails_for_all_who_waited_and_is_not_repeated() -> None:
    source = Source(ProviderError("hong_kong", ProviderFailure.UNREACHABLE, "timeout"))
    keys = source.keys()

    outcomes = await asyncio.gather(*(keys.current(NOW_MS) for _ in range(20)), return_exceptions=True)

    assert all(isinstance(outcome, ProviderError) for outcome in outcomes)
    assert source.fetched == 1


async def test_a_fetch_goes_on_for_the_others_when_one_goes_away() -> None:
    source = Source(an_offer())
    keys = source.keys()
    leaves, stays = asyncio.create_task(keys.current(NOW_MS)), asyncio.create_task(keys.current(NOW_MS))
    await asyncio.sleep(0)

    leaves.cancel()

    assert (await stays).key.value == b"\x01" * 32
    assert source.fetched == 1


@pytest.mark.attack("HK-04")
async def test_hk_04_a_key_under_an_earlier_encryption_key_is_used_during_the_overlap() -> None:
    held = await Source(an_offer(kek=EARLIER_KEY)).keys().current(NOW_MS)

    assert (held.key.value, held.rank) == (b"\x01" * 32, 1)


@pytest.mark.attack("HK-04")
async def test_hk_04_after_the_overlap_the_earlier_encryption_key_is_refused() -> None:
    refused = await refusal_of(an_offer(), an_offer(os.urandom(32), kek=EARLIER_KEY, issued_at=NOW_MS + 1))

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "key_rolled_back")


@pytest.mark.attack("HK-04")
async def test_hk_04_between_the_present_and_the_next_encryption_key_the_provider_may_go_back_and_forth() -> None:
    source = Source(an_offer(), an_offer(kek=FOREIGN_KEY), an_offer())
    keys = ContentKeys((KEY, EARLIER_KEY), source.fetch, source.revoke, next_key=FOREIGN_KEY)

    held = [await keys._renewed(NOW_MS) for _ in range(3)]

    assert [one.rank for one in held] == [0, 0, 0]


@pytest.mark.attack("HK-04")
async def test_hk_04_from_the_next_encryption_key_there_is_no_way_back_to_the_earlier_one() -> None:
    source = Source(an_offer(kek=FOREIGN_KEY), an_offer(kek=EARLIER_KEY))
    keys = ContentKeys((KEY, EARLIER_KEY), source.fetch, source.revoke, next_key=FOREIGN_KEY)
    await keys._renewed(NOW_MS)

    with pytest.raises(ProviderError, match="key_rolled_back"):
        await keys._renewed(NOW_MS)


@pytest.mark.attack("HK-04")
async def test_hk_04_a_newer_key_is_never_replaced_by_an_older_one() -> None:
    source = Source(an_offer(), an_offer(b"\x02" * 32, issued_at=NOW_MS - 1))
    keys = source.keys()
    held = await keys.current(NOW_MS)
    with pytest.raises(ProviderError, match="key_rolled_back"):
        await keys.newer_than(held, NOW_MS, ended=True)

    assert await keys.current(NOW_MS) is held


@pytest.mark.attack("HK-04")
async def test_hk_04_a_key_under_an_unknown_encryption_key_is_asked_for_once_more() -> None:
    source = Source(an_offer(kek=FOREIGN_KEY), an_offer(b"\x03" * 32))

    held = await source.keys().current(NOW_MS)

    assert (held.key.value, source.fetched) == (b"\x03" * 32, 2)


@pytest.mark.attack("HK-04")
async def test_hk_04_a_key_that_stays_under_an_unknown_encryption_key_is_refused() -> None:
    source = Source(an_offer(kek=FOREIGN_KEY))

    with pytest.raises(ProviderError) as refused:
        await source.keys().current(NOW_MS)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.MISCONFIGURED, "kek_unknown")
    assert source.fetched == 2


@pytest.mark.attack("HK-04")
async def test_hk_04_a_key_that_is_wrapped_under_another_key_than_named_is_refused() -> None:
    refused = await refusal_of(an_offer(kek=FOREIGN_KEY, named=KEY))

    assert refused.detail == "key_wrap"


@pytest.mark.attack("HK-04")
@pytest.mark.parametrize("length", [16, 24, 31, 33, 64])
async def test_hk_04_a_key_of_another_length_is_refused(length: int) -> None:
    refused = await refusal_of(an_offer(b"\x01" * length))

    assert refused.detail == "key_wrap"


@pytest.mark.attack("HK-04")
@pytest.mark.parametrize(
    ("issued_at", "expires_at"),
    [
        (NOW_MS + 301_000, NOW_MS + 24 * HOUR_MS),
        (NOW_MS - 25 * HOUR_MS, NOW_MS - HOUR_MS),
        (NOW_MS, NOW_MS),
        (NOW_MS + 10_000, NOW_MS + 9_000),
    ],
)
async def test_hk_04_a_key_from_the_future_or_the_past_is_refused(issued_at: int, expires_at: int) -> None:
    refused = await refusal_of(an_offer(issued_at=issued_at, expires_at=expires_at))

    assert refused.detail == "key_time"


@pytest.mark.attack("HK-05")
async def test_hk_05_a_key_that_has_sealed_enough_is_revoked_and_replaced() -> None:
    source = Source(an_offer(), an_offer(b"\x02" * 32))
    keys = source.keys(most_uses=3)

    used = [(await keys.current(NOW_MS)).key.value[0] for _ in range(5)]

    assert (used, source.revoked) == ([1, 1, 1, 2, 2], 1)


@pytest.mark.attack("HK-05")
async def test_hk_05_fetching_the_same_key_again_does_not_forget_how_often_it_was_used() -> None:
    source = Source(an_offer(), an_offer(), an_offer(b"\x02" * 32))
    keys = source.keys(most_uses=3)
    first = await keys.current(NOW_MS)

    await keys.newer_than(first, NOW_MS, ended=True)
    await keys.current(NOW_MS)
    last = await keys.current(NOW_MS)

    assert (last.key.value[0], source.revoked) == (2, 1)


async def test_no_held_key_prints_itself() -> None:
    held = await Source(an_offer()).keys().current(NOW_MS)

    assert "\\x01" not in repr(held)
