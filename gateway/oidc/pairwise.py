"""A different ``sub`` for every sector: relying parties cannot compare their people (OpenID Connect Core §8.1)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from gateway.oidc.redirect_uri import WebUri

KEY_BYTES: Final = 32
"""The least that the key must have; with a guessable one, subjects of two sectors could be compared."""


class SectorError(ValueError):
    """The redirect URIs do not stand for one sector."""


def pairwise_sub(key: bytes, sector: str, subject_id: str) -> str:
    """The subject identifier of a person towards one sector: HMAC-SHA256, base64url."""
    if len(key) < KEY_BYTES or not sector or not subject_id:
        raise ValueError("a pairwise subject needs a key of 32 bytes, a sector and a subject")
    # The separator occurs in neither part: ("ab", "c") and ("a", "bc") must not meet.
    message = f"{sector}\x00{subject_id}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)).rstrip(b"=").decode("ascii")


def sector_of(redirect_uris: Sequence[str], client_id: str) -> str:
    """The one host of the redirect URIs; a client on the loopback is a sector of its own, as nobody owns that host."""
    uris = [WebUri.parse(uri) for uri in redirect_uris]
    hosts = {"" if uri.is_loopback else uri.host for uri in uris}
    if len(hosts) != 1:
        raise SectorError("redirect URIs with one host are needed")
    return hosts.pop() or f"loopback:{client_id}"
