"""One-time codes by time (RFC 6238): six digits of SHA-1 every thirty seconds, as every authenticator makes them.

The step before and the one after count too (RFC 6238 §5.2); which step a code belongs to is told to the caller, who
takes none twice.
"""

import base64
import hmac
import re
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

SECRET_BYTES: Final = 20
"""As long as the hash (RFC 4226 §4)."""
DIGITS: Final = 6
SECONDS: Final = 30
NEIGHBOURS: Final = (0, -1, 1)
"""Steps that a clock may be off by (RFC 6238 §6)."""
_CODE: Final = re.compile(r"[0-9]{6}")


def new_secret() -> bytes:
    """Make what an authenticator and we share."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """Compute the code of one step."""
    # SHA-1 is what authenticators speak; HMAC does not need it to be free of collisions (RFC 6238 §1.2).
    return HOTP(secret, DIGITS, SHA1(), enforce_key_length=False).generate(step).decode("ascii")  # noqa: S303 - see above


def step_at(now: datetime) -> int:
    """The step that a moment falls into."""
    return int(now.timestamp()) // SECONDS


def step_of(secret: bytes, code: str, now: datetime, *, after: int | None = None) -> int | None:
    """The step whose code was typed, later than ``after``; none if it is no code of now. The same work either way."""
    typed = code if _CODE.fullmatch(code) else "-"
    found: int | None = None
    for neighbour in NEIGHBOURS:
        step = step_at(now) + neighbour
        is_it = hmac.compare_digest(code_at(secret, step), typed)
        if is_it and found is None and (after is None or step > after):
            found = step
    return found


def base32(secret: bytes) -> str:
    """The secret as it is typed into an authenticator."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def address(secret: bytes, issuer: str, name: str) -> str:
    """The ``otpauth`` address that an authenticator reads: whose it is, and the secret."""
    label = quote(f"{issuer}:{name}", safe="")
    query = urlencode(
        {"secret": base32(secret), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": SECONDS},
        quote_via=quote,
    )
    return f"otpauth://totp/{label}?{query}"
