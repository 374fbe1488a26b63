"""What earlier questions brought: answers until they age, revocations for ever, failures for a minute.

The port is implemented here in memory, bounded, and by the store in the database for all processes together.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from certs.trust.certificate import Certificate
from certs.trust.reasons import Reason
from certs.trust.revocation.model import MaterialKind

_RECORDS: Final = 10_000
_BYTES: Final = 64 * 1_048_576


@dataclass(frozen=True, slots=True)
class CacheKey:
    """One certificate's answer, or one list: under the issuer's key, so that equal serial numbers do not meet."""

    kind: MaterialKind
    issuer_key: str
    """SHA-256 of the issuer's SubjectPublicKeyInfo, in hexadecimal."""
    serial: str
    """In hexadecimal; empty for lists."""
    url: str
    """Of the list; for answers empty, and with an address where only a failure to get one is remembered."""

    @classmethod
    def answer(cls, certificate: Certificate, issuer: Certificate, url: str = "") -> "CacheKey":
        """The place of a responder's answer about one certificate."""
        return cls(MaterialKind.OCSP, issuer.spki_sha256, f"{certificate.serial:x}", url)

    @classmethod
    def list(cls, issuer: Certificate, url: str) -> "CacheKey":
        """The place of one list of one authority."""
        return cls(MaterialKind.CRL, issuer.spki_sha256, "", url)


@dataclass(frozen=True, slots=True)
class Kept:
    """One remembered answer or list, and when it was last asked for in vain."""

    der: bytes = field(repr=False)
    """Empty where only a failure is remembered."""
    url: str
    fetched_at: datetime
    good_until: datetime
    is_revoked: bool = False
    """A final revocation: kept for ever."""
    number: int | None = None
    """A list's own number; a lower one is not taken afterwards."""
    failure: Reason | None = None
    failed_until: datetime | None = None

    def has_failed(self, now: datetime) -> bool:
        """Whether asking again would be too soon."""
        return self.failed_until is not None and now < self.failed_until

    def is_ageing(self, now: datetime) -> bool:
        """Whether three quarters of its life have passed: time to renew it before anybody has to wait."""
        return now >= self.fetched_at + (self.good_until - self.fetched_at) * 3 / 4


class RevocationCache(Protocol):
    """What `gather` remembers."""

    async def get(self, key: CacheKey) -> Kept | None:
        """Give what is kept, however old."""

    async def put(self, key: CacheKey, kept: Kept) -> None:
        """Keep, in place of what was there."""


class MemoryRevocationCache:
    """The port in memory, bounded by number and bytes; what was not used for longest goes first, revocations last."""

    def __init__(self, *, records: int = _RECORDS, size: int = _BYTES) -> None:
        self._records = records
        self._size = size
        self._bytes = 0
        self._kept: OrderedDict[CacheKey, Kept] = OrderedDict()

    async def get(self, key: CacheKey) -> Kept | None:
        """Give what is kept, however old."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    async def put(self, key: CacheKey, kept: Kept) -> None:
        """Keep, in place of what was there."""
        self._drop(key)
        self._kept[key] = kept
        self._bytes += len(kept.der)
        while len(self._kept) > self._records or self._bytes > self._size:
            passing = (one for one, held in self._kept.items() if not held.is_revoked)
            self._drop(next(passing, None) or next(iter(self._kept)))

    def _drop(self, key: CacheKey) -> None:
        gone = self._kept.pop(key, None)
        self._bytes -= 0 if gone is None else len(gone.der)
