"""Key sets that relying parties publish themselves: fetched when needed, remembered, and never fetched at will.

A stranger who sends tokens with made-up key names must not make us call a relying party at every one of them, and an
address that does not answer must not stop a client whose keys we knew a minute ago (SF-03).
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from certs.keys import JoseError, JsonError, strict_json
from certs.keys.public_jwk import members_of
from gateway.oidc.ports import Fetch, FetchError

_LOG: Final = logging.getLogger("gateway.keys")
FRESH_FOR: Final = timedelta(minutes=5)
"""How long a set is used without asking again (security.md section 3)."""
ASK_AGAIN_AFTER: Final = timedelta(seconds=30)
"""The least time between two calls to one address, whatever the reason."""
KEPT_FOR: Final = timedelta(hours=24)
"""How long the last good set still counts while the address does not answer."""
MAX_SETS: Final = 1_024
_OK: Final = 200
_ACCEPT: Final = {"accept": "application/jwk-set+json, application/json"}


@dataclass(slots=True)
class _Entry:
    """One address: its last good set, when that came, and when we last asked."""

    text: str | None = None
    good_at: datetime | None = None
    asked_at: datetime | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_due(self, now: datetime, *, fresher: bool) -> bool:
        if self.asked_at is not None and now - self.asked_at < ASK_AGAIN_AFTER:
            return False
        return fresher or self.good_at is None or now - self.good_at >= FRESH_FOR

    def usable(self, now: datetime) -> str | None:
        return self.text if self.good_at is not None and now - self.good_at < KEPT_FOR else None


class KeySetCache:
    """What the addresses of key sets answered; bounded, the longest unused is forgotten first."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def text(self, uri: str, fetch: Fetch, now: datetime, *, fresher: bool = False) -> str | None:
        """The key set's JSON text, ``None`` without any; ``fresher`` asks again for a key that is not in it."""
        entry = self._entry(uri)
        is_first_call = entry.good_at is None and entry.lock.locked()
        if is_first_call or entry.is_due(now, fresher=fresher):
            async with entry.lock:  # whoever waited finds the answer of the one who asked
                if entry.is_due(now, fresher=fresher):
                    entry.asked_at = now
                    await _ask(entry, uri, fetch, now)
        return entry.usable(now)

    def _entry(self, uri: str) -> _Entry:
        entry = self._entries.setdefault(uri, _Entry())
        self._entries.move_to_end(uri)
        if len(self._entries) > MAX_SETS:
            self._entries.popitem(last=False)
        return entry


async def _ask(entry: _Entry, uri: str, fetch: Fetch, now: datetime) -> None:
    try:
        fetched = await fetch.get(uri, _ACCEPT)
        if fetched.status != _OK:
            _gave_nothing(entry, uri, f"status {fetched.status}", now)
            return
        members_of(strict_json.parse_object(fetched.body))
    except (FetchError, JsonError, JoseError) as error:
        _gave_nothing(entry, uri, type(error).__name__, now)
        return
    entry.text, entry.good_at = fetched.body.decode("utf-8"), now


def _gave_nothing(entry: _Entry, uri: str, why: str, now: datetime) -> None:
    """The last good set stays; operators learn whose is missing, for the relying party itself is told very little."""
    stays = "the last good set counts" if entry.usable(now) is not None else "its owner is unknown until it answers"
    _LOG.warning("the key set of %s gave nothing usable (%s): %s", urlsplit(uri).hostname, why, stays)
