"""Addresses of relying parties: which may be registered, and which of them a request may name (RFC 9700 §2.1)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

MAX_URI: Final = 2048
"""Counted before anything is parsed: long host names cost time in every parser (UN-07)."""
MAX_HOST: Final = 253
MAX_PORT: Final = 65_535
LOOPBACK: Final = frozenset({"127.0.0.1", "[::1]"})
"""The literal loopback addresses; a name such as ``localhost`` can be made to lead elsewhere (RFC 8252 §8.3)."""

# Lower case and ASCII only: what is compared byte by byte must have one spelling, and a browser must not "repair" it.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URI: Final = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[::1\]|{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<rest>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)"
)
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_DOT_SEGMENT: Final = re.compile(r"/(?:\.|%2e){1,2}(?:[/?]|$)", re.IGNORECASE)
_RESPONSE: Final = re.compile(r"[?&](?:code|state|iss|response|error|error_description|error_uri)(?:[=&]|$)")
_LOOPBACK_URI: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([1-9][0-9]{0,4}))?((?:[/?].*)?)")


class UriError(ValueError):
    """An address that no relying party may have; it is never quoted."""


@dataclass(frozen=True, slots=True)
class WebUri:
    """An address of a relying party: https, or http on the literal loopback; no user-info, no fragment."""

    host: str
    is_loopback: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address strictly; whatever a browser might read differently is refused (AZ-02, AZ-09)."""
        found = _URI.fullmatch(text) if len(text) <= MAX_URI else None
        if found is None or len(found["host"]) > MAX_HOST or int(found["port"] or 1) > MAX_PORT:
            raise UriError("not an acceptable address")
        if _DOT_SEGMENT.search(found["rest"].partition("?")[0]) or _RESPONSE.search(found["rest"]):
            raise UriError("not an acceptable address")
        is_loopback = found["host"] in LOOPBACK
        # Browsers read 127.1 and 0x7f000001 as addresses; nothing but the two literals is one here.
        if not is_loopback and (found["scheme"] == "http" or _NUMERIC.fullmatch(found["host"])):
            raise UriError("not an acceptable address")
        return cls(found["host"], is_loopback)


def is_registered(asked: str, registered: Sequence[str]) -> bool:
    """Byte equality with a registered URI; only the port of a literal loopback address may differ (RFC 8252 §7.3)."""
    if asked in registered:
        return True
    wanted = _without_port(asked)
    return wanted is not None and any(wanted == _without_port(uri) for uri in registered)


def _without_port(uri: str) -> tuple[str, str] | None:
    found = _LOOPBACK_URI.fullmatch(uri)
    if found is None or int(found[2] or 1) > MAX_PORT:
        return None
    return found[1], found[3]
