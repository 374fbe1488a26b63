"""Our own proof that a signature existed: its digest and the time at which the gateway first saw it, signed.

It says nothing of whether the signature is good. Whoever keeps it can show later that a certificate which has expired
since was valid then (specification §7); the gateway itself looks its own records up and needs none.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from certs.keys.errors import JoseError
from certs.keys.expectation import Expectation
from certs.keys.jose import VerificationKeys, sign, verify
from certs.keys.signing_key import SigningKey
from certs.signatures.evidence import Receipt
from certs.trust.errors import RefusalCode, Refused

TYPE: Final = "gba-receipt+jwt"
_ALGORITHM: Final = "ES256"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def issue(receipt: Receipt, issuer: str, key: SigningKey) -> str:
    """Write a receipt as a signed token."""
    claims = {
        "iss": issuer,
        "iat": int(receipt.first_seen.timestamp()),
        "signature_sha256": receipt.signature_sha256,
        "first_seen": receipt.first_seen.isoformat(),
    }
    return sign(claims, key, typ=TYPE)


def read(token: str, issuer: str, keys: VerificationKeys, now: datetime) -> Receipt:
    """Check a receipt and give what it says; raises `Refused`."""
    expected = Expectation(
        algorithms=frozenset({_ALGORITHM}),
        typ=frozenset({TYPE}),
        issuer=issuer,
        audience=None,
        required=frozenset({"iat", "signature_sha256", "first_seen"}),
    )
    try:
        claims: Mapping[str, Any] = verify(token, keys, expected, now=now).claims
        digest, seen = str(claims["signature_sha256"]), datetime.fromisoformat(str(claims["first_seen"]))
    except (JoseError, ValueError):
        raise Refused(RefusalCode.FORMAT, "this is not a receipt of this gateway") from None
    if not _DIGEST.fullmatch(digest) or seen.tzinfo is None or seen > now:
        raise Refused(RefusalCode.FORMAT, "this is not a receipt of this gateway")
    return Receipt(digest, seen)
