"""The calls from server to server: in order, signed, sealed, and repeated at most once for a known reason (§1.2)."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certs.keys import SealError
from providers.calls import Calls
from providers.hong_kong import wire
from providers.hong_kong.codes import (
    DUPLICATED,
    ENDED_KEY,
    IAM_SMART,
    PROVIDER,
    STALE_KEY,
    SUCCESS,
    broken,
    failed_call,
)
from providers.hong_kong.content_keys import ContentKeys, HeldKey
from providers.hong_kong.settings import HongKongSettings

_LOG: Final = logging.getLogger(__name__)
GET_KEY: Final = "/api/v1/security/getKey"
REVOKE_KEY: Final = "/api/v1/security/revokeKey"
GET_TOKEN: Final = "/api/v1/auth/getToken"  # noqa: S105 - an address, not a secret
PROFILES: Final = "/api/v1/profiles"
STEP_MS: Final = 10_000
LEAD_MS: Final = 60_000


class Sequencer:
    """Timestamps that never go backwards, for many calls at once and several processes under one client id (HK-11).

    The provider refuses a time before the last one that it accepted. Calls overtake each other, and two machines'
    clocks differ, so times are given in steps: within one step all are equal and may arrive in any order. Who is a step
    behind is refused once, joins the later step and stays there; nobody is ever pushed ahead of the others.
    """

    def __init__(self) -> None:
        self._latest = 0

    def next(self, now_ms: int) -> int:
        """Give the time for one call."""
        if self._latest > now_ms + wire.SKEW_MS:  # our clock was turned back; so far ahead nothing was accepted
            self._latest = 0
        self._latest = max(self._latest, now_ms - now_ms % STEP_MS)
        return self._latest

    def step_over(self, refused: int, now_ms: int) -> None:
        """Go on to the step after a time that was refused, but never far ahead of the clock."""
        if refused + STEP_MS <= now_ms + LEAD_MS:
            self._latest = max(self._latest, refused + STEP_MS)


@dataclass(frozen=True, slots=True)
class Server:
    """Who is called: iAM Smart, or CorpID beside it."""

    base_url: str
    letter: str
    """With which its codes begin."""


class BackChannel:
    """One registration's connection to one server; holds the content key and the order of calls."""

    def __init__(
        self, settings: HongKongSettings, calls: Calls, clock: Callable[[], datetime], server: Server | None = None
    ) -> None:
        self._settings = settings
        self._server = server or Server(settings.base_url, IAM_SMART)
        self._calls = calls
        self._clock = clock
        self._sequencer = Sequencer()
        self._keys = ContentKeys(
            settings.decryption_keys, self._get_key, self._revoke_key, next_key=settings.next_decryption_key
        )

    async def ask(self, path: str, fields: Mapping[str, Any], *, repeatable: bool) -> dict[str, Any]:
        """Make one sealed call; where the content key is the trouble, fetch it exactly once and try again.

        `repeatable` is false where the provider has spent something before it answers (a code).
        """
        held = await self._keys.current(self._now_ms())
        envelope = await self._send(path, wire.seal_request(held.key, fields))
        if envelope.code in STALE_KEY:
            held = await self._keys.newer_than(held, self._now_ms(), ended=envelope.code in ENDED_KEY)
            return self._read(held, await self._send(path, wire.seal_request(held.key, fields)))
        opened = self._try(held, envelope)
        if opened is not None:
            return opened
        held = await self._keys.newer_than(held, self._now_ms(), ended=False)
        # The answer may lie under a key that came into force in between; only then is a second call needed at all.
        opened = self._try(held, envelope)
        if opened is not None:
            return opened
        if not repeatable:
            raise broken("frame")
        return self._read(held, await self._send(path, wire.seal_request(held.key, fields)))

    async def tell(self, path: str, fields: Mapping[str, Any]) -> None:
        """Make a sealed call whose answer has nothing but its code."""
        held = await self._keys.current(self._now_ms())
        envelope = await self._send(path, wire.seal_request(held.key, fields))
        if envelope.code in STALE_KEY:
            held = await self._keys.newer_than(held, self._now_ms(), ended=envelope.code in ENDED_KEY)
            envelope = await self._send(path, wire.seal_request(held.key, fields))
        if envelope.code != SUCCESS:
            raise failed_call(envelope.code, self._server.letter)

    async def introduce(self) -> None:
        """Have the content key given once: it takes our secret to ask for it, and our encipherment key to read it."""
        await self._keys.current(self._now_ms())

    def _try(self, held: HeldKey, envelope: wire.Envelope) -> dict[str, Any] | None:
        if envelope.code != SUCCESS:
            raise failed_call(envelope.code, self._server.letter)
        try:
            return wire.open_content(held.key, envelope)
        except SealError:
            return None

    def _read(self, held: HeldKey, envelope: wire.Envelope) -> dict[str, Any]:
        opened = self._try(held, envelope)
        if opened is None:
            raise broken("frame")
        return opened

    async def _get_key(self) -> wire.KeyOffer:
        envelope = await self._send(GET_KEY, b"")
        if envelope.code != SUCCESS:
            raise failed_call(envelope.code, self._server.letter)
        return wire.read_key_offer(envelope)

    async def _revoke_key(self) -> None:
        envelope = await self._send(REVOKE_KEY, b"")
        if envelope.code != SUCCESS:
            raise failed_call(envelope.code, self._server.letter)

    async def _send(self, path: str, body: bytes) -> wire.Envelope:
        timestamp = self._sequencer.next(self._now_ms())
        envelope = await self._send_at(timestamp, path, body)
        if envelope.code != DUPLICATED:
            return envelope
        _LOG.warning("timestamp refused", extra={"provider": PROVIDER, "endpoint": path})
        self._sequencer.step_over(timestamp, self._now_ms())
        return await self._send_at(self._sequencer.next(self._now_ms()), path, body)

    async def _send_at(self, timestamp: int, path: str, body: bytes) -> wire.Envelope:
        headers = wire.signed_headers(
            self._settings.client_id,
            self._settings.client_secret,
            body,
            timestamp=timestamp,
            nonce=secrets.token_hex(16),
        )
        answer = await self._calls.post(PROVIDER, self._server.base_url + path, headers=headers, content=body)
        return wire.read_envelope(answer, self._server.letter)

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)
