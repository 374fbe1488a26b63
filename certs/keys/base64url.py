"""Base64 as JOSE writes it (RFC 7515 §2): one spelling for each sequence of bytes, every other one refused."""

import base64
import binascii


def encode(data: bytes) -> str:
    """Write bytes without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Read bytes back, or raise `ValueError` for padding, foreign characters and unused bits."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
    # Two spellings of one value would let a token be changed without breaking its signature.
    if encode(data) != text:
        raise ValueError("not the one spelling of base64url")
    return data
