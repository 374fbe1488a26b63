"""The ``sid`` of tokens: another one for each client, so that relying parties cannot compare theirs (PR-01)."""

import base64
import hashlib
import hmac
from typing import Final

_PURPOSE: Final = b"sid"
"""Keeps the values apart from the pairwise subjects, which are made with the same key."""


def client_sid(key: bytes, session_id: str, client_id: str) -> str:
    """The name of a session towards one client (Back-Channel Logout 1.0 §2.1): HMAC-SHA256, base64url."""
    message = b"\x00".join((_PURPOSE, session_id.encode(), client_id.encode()))
    return base64.urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)).rstrip(b"=").decode("ascii")
