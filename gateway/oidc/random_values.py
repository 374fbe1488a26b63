"""The one place where random values and ids come from, and the form in which values are remembered (G17)."""

import hashlib
import secrets
import string
from typing import Final

VALUE_BYTES: Final = 32
"""256 bits, twice what RFC 9700 §4.1.1 and its kin ask for; nothing about a person or a counter is inside."""

ID_BYTES: Final = 18
"""144 bits: no two ids ever meet, and nobody guesses one; still, knowing an id opens nothing."""

VALUE_LENGTH: Final = 43
"""Characters of such a value in base64url."""

USER_CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no word comes out; no digits, so that none is taken for a letter."""

USER_CODE_LENGTH: Final = 8


def new_value() -> str:
    """Make an unguessable value: a code, an access token, a ``jti``."""
    return secrets.token_urlsafe(VALUE_BYTES)


def new_id() -> str:
    """Make an id that says nothing about anybody, for what operators name: people, records, alerts, clients.

    It begins with a letter: one that began with a dash would be an option to every command line.
    """
    return secrets.choice(string.ascii_letters) + secrets.token_urlsafe(ID_BYTES)


def new_user_code() -> str:
    """Make what a person reads at a terminal and types elsewhere (RFC 8628 §6.1): 34 bits, and never a word."""
    return "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH))


def digest(value: str) -> bytes:
    """What the database keeps of a value: SHA-256 is enough, as nobody can try 2^256 values."""
    return hashlib.sha256(value.encode("utf-8")).digest()
