"""The soft token of an account: six digits that change every thirty seconds (RFC 6238, HMAC-SHA1)."""

import base64
import hashlib
import hmac
import struct
from typing import Final

STEP_SECONDS: Final = 30
DIGITS: Final = 6
WINDOW: Final = 1
"""Steps accepted before and after the present one: the person types slowly, the phone's clock drifts."""


def code_at(secret: str, now_ms: int, *, steps: int = 0) -> str:
    """Give the code that the token shows at this moment (RFC 4226 §5.3)."""
    counter = now_ms // 1000 // STEP_SECONDS + steps
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def accepts(secret: str, code: str, now_ms: int) -> bool:
    """Say whether the code is right now, or was or will be within one step (RFC 6238 §5.2).

    A code may be used twice within its window: parallel test runs sign the same person in at the same moment.
    """
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return False
    window = range(-WINDOW, WINDOW + 1)
    return any(hmac.compare_digest(code_at(secret, now_ms, steps=steps), code) for steps in window)
