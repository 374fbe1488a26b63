"""The numbered keys that One Account publishes at `/keys`: fetched rarely, each believed until its end (§6.C, MO-02).

Keys come from the configured host and nowhere else. A number that nobody knows leads to one more fetch in an
interval, however many sign-ins name one, so that a rotation is seen without a restart and a flood makes no storm.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from certs.keys import jose
from certs.keys.errors import JoseError, JoseErrorCode
from certs.keys.expectation import LEEWAY, Expectation
from certs.keys.jose import VerifiedClaims
from certs.keys.verification_keys import MAX_KEYS, VerificationKeys
from providers.calls import Answer, json_object
from providers.errors import ProviderError
from providers.macao.wire import PROVIDER, broken

INTERVAL: Final = timedelta(seconds=30)
"""Time between two fetches that an unknown number, or a failed fetch, leads to."""
KEY_KIND: Final = "EC-P256"
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_MAX_SPKI: Final = 1_024
_LATEST: Final = 253_402_300_799  # the end of the year 9999, in seconds
_SUCCESS: Final = 200
_PROFILE: Final = Expectation(
    algorithms=frozenset({"ES256"}),
    typ=frozenset({None, "JWT"}),
    # The profile names neither; it is bound by `uid`, which is pairwise and repeats the token answer's.
    issuer=None,
    audience=None,
    required=frozenset({"uid"}),
)


@dataclass(frozen=True, slots=True)
class NumberedKeys:
    """One reading of `/keys`."""

    keys: VerificationKeys
    ends: Mapping[str, datetime]
    fetched_at: datetime

    @classmethod
    def read(cls, answer: Answer, now: datetime) -> "NumberedKeys":
        """Parse number -> algorithm, Base64 of the DER key, end in epoch seconds; foreign kinds are passed over."""
        entries = json_object(PROVIDER, answer.content) if answer.status == _SUCCESS else {}
        if not 0 < len(entries) <= MAX_KEYS:
            raise broken("keys")
        try:
            parsed = {number: _entry(number, entry) for number, entry in entries.items()}
            spki = {number: entry[0] for number, entry in parsed.items() if entry is not None}
            keys = VerificationKeys.from_spki_der(spki)
        except (ValueError, JoseError):
            raise broken("keys") from None
        return cls(keys, {number: entry[1] for number, entry in parsed.items() if entry is not None}, now)

    def verify(self, profile: str, now: datetime) -> VerifiedClaims:
        """Check a signed profile (RFC 7515 §5.2) with the key of its number, if that key has not ended (MO-01)."""
        claims = jose.verify(profile, self.keys, _PROFILE, now=now)
        if claims.header_kid is None:
            raise broken("jws_unnumbered")
        if now >= self.ends[claims.header_kid] + LEEWAY:
            raise broken("jws_key_ended")
        return claims


class PublishedKeys:
    """The last good reading, and when to read again."""

    def __init__(self, fetch: Callable[[], Awaitable[Answer]], max_age: timedelta) -> None:
        self._fetch = fetch
        self._max_age = max_age
        self._held: NumberedKeys | None = None
        self._failed_at: datetime | None = None
        self._asked_again_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def verify(self, profile: str, now: datetime) -> VerifiedClaims:
        """Check a profile; an unknown number may mean that the keys were rotated."""
        try:
            try:
                return (await self._current(now)).verify(profile, now)
            except JoseError as error:
                if error.code is not JoseErrorCode.UNKNOWN_KID:
                    raise
                return (await self._again(now)).verify(profile, now)
        except JoseError as error:
            raise broken(f"jws_{error.code.value}") from None

    async def _current(self, now: datetime) -> NumberedKeys:
        async with self._turn:
            held = self._held
            if held is not None and _within(held.fetched_at, now, self._max_age):
                return held
            if held is not None and _within(self._failed_at, now, INTERVAL):
                return held
            try:
                return await self._read(now)
            except ProviderError:
                self._failed_at = now
                if held is None:
                    raise
                return held  # a dead key endpoint takes nothing away: each key is good until its own end

    async def _again(self, now: datetime) -> NumberedKeys:
        async with self._turn:
            held = self._held
            if held is not None and _within(self._asked_again_at, now, INTERVAL):
                return held
            self._asked_again_at = now
            return await self._read(now)

    async def _read(self, now: datetime) -> NumberedKeys:
        self._held = NumberedKeys.read(await self._fetch(), now)
        return self._held


def _within(since: datetime | None, now: datetime, span: timedelta) -> bool:
    # A clock that was set back counts as time gone by: it must not freeze the keys.
    return since is not None and timedelta(0) <= now - since < span


def _entry(number: str, entry: Any) -> tuple[bytes, datetime] | None:
    if not _NUMBER.fullmatch(number) or not isinstance(entry, dict):
        raise ValueError("key entry")
    if entry.get("alg") != KEY_KIND:
        return None
    spki, end = entry.get("spki"), entry.get("notAfter")
    if not isinstance(spki, str) or len(spki) > _MAX_SPKI or type(end) is not int or not 0 <= end <= _LATEST:
        raise ValueError("key entry")
    try:
        return base64.b64decode(spki, validate=True), datetime.fromtimestamp(end, UTC)
    except binascii.Error:
        raise ValueError("key entry") from None
