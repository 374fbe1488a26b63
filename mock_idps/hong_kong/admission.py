"""Who may call: the five headers of a server-to-server call, in the order in which they are checked (1.2).

The signed string has no separators, so every field has one strict shape and is checked before the signature; the ledger
is asked last, so that an unsigned call can neither burn a nonce nor move a client's time.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers

from mock_idps.hong_kong import envelope
from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.config import CLIENT_ID, Client, HongKongConfig

TIMESTAMP: Final = re.compile(r"[1-9][0-9]{12}\Z")
NONCE: Final = re.compile(r"[!-~]{1,36}\Z")
SKEW_MS: Final = 5 * 60_000
REMEMBER_MS: Final = 3 * SKEW_MS
"""Longer than a timestamp can be inside the window, from one end of it to the other."""
MAX_NONCES: Final = 100_000


class Ledger:
    """Nonces seen and the last accepted time, for each client."""

    def __init__(self) -> None:
        self._nonces: dict[str, OrderedDict[str, int]] = {}
        self._latest: dict[str, int] = {}

    def enter(self, client_id: str, timestamp: int, nonce: str, now: int) -> None:
        """Accept a time that is near and not before the last one, and a nonce once."""
        seen = self._nonces.setdefault(client_id, OrderedDict())
        while seen and (len(seen) > MAX_NONCES or next(iter(seen.values())) < now - REMEMBER_MS):
            seen.popitem(last=False)
        too_far = abs(timestamp - now) > SKEW_MS
        if too_far or timestamp < self._latest.get(client_id, 0) or nonce in seen:
            raise WireError("D20004")
        seen[nonce] = now
        self._latest[client_id] = timestamp

    def clear(self) -> None:
        """Forget everything, for a tester whose clock was turned forward and back."""
        self._nonces.clear()
        self._latest.clear()


def identify(config: HongKongConfig, headers: Headers) -> Client:
    """Find the client named in the header."""
    client_id = _single(headers, "clientID")
    if not CLIENT_ID.match(client_id):
        raise WireError("D20003", "clientID")
    client = config.client(client_id)
    if client is None:
        raise WireError("D20018")
    return client


def authenticate(
    ledger: Ledger, client_id: str, secrets: Sequence[str], headers: Headers, body: bytes, *, now: int
) -> None:
    """Check method, shapes, signature, time and nonce, in this order; any secret that is not withdrawn will do."""
    method = _single(headers, "signatureMethod")
    timestamp = _shaped(headers, "timestamp", TIMESTAMP)
    nonce = _shaped(headers, "nonce", NONCE)
    signature = _single(headers, "signature")
    if method != envelope.SIGNATURE_METHOD:
        raise WireError("D20005")
    expected = (envelope.sign(client_id, secret, timestamp, nonce, body) for secret in secrets)
    if not any(envelope.signature_matches(signature, one) for one in expected):
        raise WireError("D20006")
    ledger.enter(client_id, int(timestamp), nonce, now)


def _shaped(headers: Headers, name: str, shape: re.Pattern[str]) -> str:
    value = _single(headers, name)
    if not shape.match(value):
        raise WireError("D20003", name)
    return value


def _single(headers: Headers, name: str) -> str:
    values = headers.getlist(name)
    if not values:
        raise WireError("D20001", name)
    if len(values) > 1:
        raise WireError("D20003", name)
    if not values[0]:
        raise WireError("D20002", name)
    return values[0]
