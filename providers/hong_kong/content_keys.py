"""The content key that both sides seal with: fetched once for everybody, renewed in time, never turned back (§1.2).

Held in memory only. What is seen first after a start is believed; from then on an older key, or one under an
encryption key that has been retired, is refused (HK-04).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from certs.keys import SealError
from certs.keys.frame import MAX_ENCRYPTIONS_PER_CONTENT_KEY, ContentKey
from certs.keys.key_transport import RsaDecryptionKey
from providers.errors import ProviderFailure
from providers.hong_kong.codes import PROVIDER, broken
from providers.hong_kong.wire import SKEW_MS, KeyOffer

_LOG: Final = logging.getLogger(__name__)
LONGEST_USE_MS: Final = 7 * 86_400_000
"""A key lives about a day; one that claims to live much longer is asked for again after a week."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class HeldKey:
    """One content key as it was fetched; compared by identity, so that a failure tells which fetch it belongs to."""

    key: ContentKey
    issued_at: int
    expires_at: int
    rank: int
    """The place of its encryption key among ours; 0 is the current one, and the next one that the provider may use."""


DOUBT_MS: Final = 5_000
"""How long a key that was fetched because a message did not open is believed before it is fetched again."""


class ContentKeys:
    """One for each registration and process."""

    def __init__(
        self,
        decryption_keys: Sequence[RsaDecryptionKey],
        fetch: Callable[[], Awaitable[KeyOffer]],
        revoke: Callable[[], Awaitable[None]],
        *,
        next_key: RsaDecryptionKey | None = None,
        most_uses: int = MAX_ENCRYPTIONS_PER_CONTENT_KEY,
    ) -> None:
        # During a rotation either side may change first, and either may turn back: both keys are of the same rank.
        coming = [] if next_key is None else [(0, next_key)]
        self._decryption_keys = [*enumerate(decryption_keys), *coming]
        self._fetch = fetch
        self._revoke = revoke
        self._most_uses = most_uses
        self._held: HeldKey | None = None
        self._uses = 0
        self._renewal: asyncio.Task[HeldKey] | None = None
        self._doubted_at = -DOUBT_MS

    async def current(self, now_ms: int) -> HeldKey:
        """Give the key for one message; asks for it only if there is none, or its time or its use is over."""
        held = self._held
        if held is None or now_ms >= held.expires_at or self._uses >= self._most_uses:
            held = await self._renewed(now_ms)
        self._uses += 1
        return held

    async def newer_than(self, stale: HeldKey, now_ms: int, *, ended: bool) -> HeldKey:
        """Give the key that came after one that failed; who fails late finds it fetched already (HK-09).

        ``ended`` is true where the provider says that the key is over. Where a message merely does not open, many may
        fail for another reason than the key: then it is fetched once in a while, and not for each of them.
        """
        held = self._held
        if held is None or (held is stale and (ended or self._may_doubt(now_ms))):
            held = await self._renewed(now_ms)
        self._uses += 1
        return held

    def _may_doubt(self, now_ms: int) -> bool:
        """Whether the key may be asked for once more; who comes while it is being asked for waits with the others."""
        if self._renewal is not None and not self._renewal.done():
            return True
        if now_ms - self._doubted_at < DOUBT_MS:
            return False
        self._doubted_at = now_ms
        return True

    async def _renewed(self, now_ms: int) -> HeldKey:
        # One request for all who wait, also where it fails; one who goes away does not end it for the others.
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(now_ms))
            self._renewal.add_done_callback(_look_at)
        return await asyncio.shield(self._renewal)

    async def _renew(self, now_ms: int) -> HeldKey:
        if self._held is not None and self._uses >= self._most_uses:
            await self._revoke()
        offer = await self._fetch()
        if self._opening(offer) is None:  # the two sides may be changing keys at this moment: once more
            offer = await self._fetch()
        fresh = self._accept(offer, now_ms)
        if self._held is None or fresh.key != self._held.key:
            self._uses = 0
        self._held = fresh
        _LOG.info("content key fetched", extra={"provider": PROVIDER})
        return fresh

    def _accept(self, offer: KeyOffer, now_ms: int) -> HeldKey:
        opening = self._opening(offer)
        if opening is None:
            raise broken("kek_unknown", ProviderFailure.MISCONFIGURED)
        rank, ours = opening
        if offer.issued_at > now_ms + SKEW_MS or offer.expires_at <= max(now_ms, offer.issued_at):
            raise broken("key_time")
        if self._held is not None and (offer.issued_at < self._held.issued_at or rank > self._held.rank):
            raise broken("key_rolled_back")
        try:
            key = ours.unwrap(offer.wrapped)
        except SealError:
            raise broken("key_wrap") from None
        return HeldKey(key, offer.issued_at, min(offer.expires_at, now_ms + LONGEST_USE_MS), rank)

    def _opening(self, offer: KeyOffer) -> tuple[int, RsaDecryptionKey] | None:
        ours = (entry for entry in self._decryption_keys if entry[1].public_spki_der() == offer.kek_spki)
        return next(ours, None)


def _look_at(renewal: asyncio.Task[HeldKey]) -> None:
    # A failure that nobody waits for any more was still seen; the loop would complain of it otherwise.
    if not renewal.cancelled():
        renewal.exception()
