"""The one place where the protocol takes random values from, and the form in which they are remembered (G17)."""

import hashlib
import secrets
from typing import Final

VALUE_BYTES: Final = 32
"""256 bits, twice what RFC 9700 §4.1.1 and its kin ask for; nothing about a person or a counter is inside."""

VALUE_LENGTH: Final = 43
"""Characters of such a value in base64url."""


def new_value() -> str:
    """Make an unguessable value: a code, an access token, a ``jti``."""
    return secrets.token_urlsafe(VALUE_BYTES)


def digest(value: str) -> bytes:
    """What the database keeps of a value: SHA-256 is enough, as nobody can try 2^256 values."""
    return hashlib.sha256(value.encode("utf-8")).digest()
