"""Compare and show numbers without disclosing them: masks for people, keyed indexes for the store.

The usual mask "first six, last four" leaves only the birth date of an 18-character number hidden, and a plain hash
of a permit is found by trying all of them in two minutes (mapping specification 9). Hence one or two characters at
each end, and a keyed index whose key lives outside the database.
"""

import hashlib
import hmac
from typing import Final

from mapping.vocabulary import DocumentKind

MIN_KEY_BYTES: Final = 32
_DOMAIN: Final = "gba-idmap|bidx|v1|"
_SHOWN_AT_THE_END: Final = {DocumentKind.PERMIT.value: 2}


def mask(kind: str, canonical: str) -> str:
    """Keep the first character and the last one (two for permits); hide what is too short to be masked."""
    shown = _SHOWN_AT_THE_END.get(str(kind), 1)
    hidden = len(canonical) - 1 - shown
    if hidden <= shown:
        return "*" * len(canonical)
    return canonical[0] + "*" * hidden + canonical[-shown:]


def blind_index(key: bytes, kind: str, canonical: str) -> str:
    """Give the value under which a number is found without being stored (HMAC-SHA-256, mapping specification 9)."""
    if len(key) < MIN_KEY_BYTES:
        raise ValueError("a blind index key has at least 32 bytes")
    message = f"{_DOMAIN}{kind!s}|{canonical}".encode("ascii")
    return hmac.new(key, message, hashlib.sha256).hexdigest()
