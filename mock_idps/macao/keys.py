"""Numbered P-256 keys: One Account publishes `/keys`, not a key set of JWKs, and signs profiles and screen codes."""

import base64
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY_MS: Final = 86_400_000
LIFETIME_MS: Final = 90 * DAY_MS
OVERLAP_MS: Final = 3_600_000
"""How long a key stays valid after it was replaced: longer than any signature's use."""

UNKNOWN_KEY: Final = "999"
"""A number far beyond those that the ring hands out."""
_KEPT: Final = 7


@dataclass(frozen=True, slots=True)
class NumberedKey:
    """One signing key with its number and its end."""

    number: str
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    not_after_ms: int

    @classmethod
    def make(cls, number: int, not_after_ms: int) -> "NumberedKey":
        """Make a fresh key; no key is ever written down."""
        return cls(str(number), ec.generate_private_key(ec.SECP256R1()), not_after_ms)

    def spki(self) -> bytes:
        """Give the public key as DER SubjectPublicKeyInfo."""
        return self.private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign_der(self, data: bytes) -> bytes:
        """Sign for a screen code: ECDSA with SHA-256, DER as the scanning utility expects it."""
        return self.private_key.sign(data, ec.ECDSA(hashes.SHA256()))


class KeyRing:
    """The keys of one mock: the retired first one, so that old signatures can be played, and the present one."""

    def __init__(self, now_ms: int) -> None:
        self._keys = [NumberedKey.make(1, now_ms - DAY_MS), NumberedKey.make(2, now_ms + LIFETIME_MS)]

    @property
    def current(self) -> NumberedKey:
        """The key that signs now."""
        return self._keys[-1]

    @property
    def retired(self) -> NumberedKey:
        """A key whose notAfter has passed; `/keys` still lists it."""
        return self._keys[0]

    def find(self, number: str) -> NumberedKey | None:
        """Give the key with this number, or None."""
        return next((key for key in self._keys if key.number == number), None)

    def rotate(self, now_ms: int) -> NumberedKey:
        """Start signing with a new key; the present one stays listed until its shortened end."""
        last = self._keys.pop()
        ends = min(last.not_after_ms, now_ms + OVERLAP_MS)
        self._keys.append(NumberedKey(last.number, last.private_key, ends))
        self._keys.append(NumberedKey.make(int(last.number) + 1, now_ms + LIFETIME_MS))
        del self._keys[1:-_KEPT]  # the retired first key stays, so that `jws_old_key` can always be played
        return self.current

    def published(self) -> dict[str, Any]:
        """Give the body of `/keys`: number -> algorithm, Base64 SPKI, end in seconds since 1970."""
        return {
            key.number: {
                "alg": "EC-P256",
                "spki": base64.b64encode(key.spki()).decode("ascii"),
                "notAfter": key.not_after_ms // 1000,
            }
            for key in self._keys
        }
