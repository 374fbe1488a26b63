"""The request log of a mock: the last calls, for a tester to read, with secrets cut short and numbers left out."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

MAX_ENTRIES: Final = 500
MAX_TEXT: Final = 512
PREFIX: Final = 6
CUT: Final = (
    "secret",
    "token",
    "signature",
    "sign",
    "authorization",
    "cookie",
    "content",
    "verifier",
    "challenge",
    "ticket",
    "key",
    "openid",
)
"""Names that contain one of these words are shortened; so are the names of `CUT_WHOLE`."""
CUT_WHOLE: Final = frozenset({"code", "state", "nonce"})
HIDDEN: Final = (
    "password",
    "otp",
    "hkid",
    "hkic",
    "idno",
    "docno",
    "cardno",
    "permit",
    "residence",
    "birth",
    "mobile",
    "name",
)
"""Short secrets and personal values, of which no prefix is shown."""
HARMLESS: Final = frozenset({"scenario", "service_name", "client_name"})


class RequestLog:
    """The last 500 entries, each a flat or nested mapping."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=MAX_ENTRIES)

    def record(self, entry: Mapping[str, Any]) -> None:
        """Keep an entry, redacted before it is stored."""
        self._entries.append({name: _redact(name, value) for name, value in entry.items()})

    def read(self, session: str | None = None) -> list[dict[str, Any]]:
        """Give the entries, oldest first, of one session or of all."""
        return [entry for entry in self._entries if session is None or entry.get("session") == session]

    def clear(self, session: str | None = None) -> None:
        """Forget the entries of one session or of all."""
        kept = [] if session is None else [entry for entry in self._entries if entry.get("session") != session]
        self._entries = deque(kept, maxlen=MAX_ENTRIES)


def _redact(name: str, value: Any) -> Any:
    lowered = name.lower()
    if isinstance(value, Mapping):
        return {inner: _redact(inner, content) for inner, content in value.items()}
    if isinstance(value, list | tuple):
        return [_redact(name, item) for item in value]
    if not isinstance(value, str) or lowered in HARMLESS:
        return value
    if any(word in lowered for word in HIDDEN):
        return "…"
    if (lowered in CUT_WHOLE or any(word in lowered for word in CUT)) and len(value) > PREFIX:
        return value[:PREFIX] + "…"
    return value[:MAX_TEXT]
