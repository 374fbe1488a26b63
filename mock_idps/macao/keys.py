"""Numbered P-256 keys: One Account publishes `/keys`, not a key set of JWKs, and signs profiles and screen codes."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mock_idps.credentials import Rack

DAY_MS: Final = 86_400_000
LIFETIME_MS: Final = 90 * DAY_MS
OVERLAP_MS: Final = 3_600_000
"""How long a key stays valid after it was replaced: longer than any signature's use."""

PROFILE_KEY: Final = "profile_key"
"""The kind under which the control plane rotates them."""
UNKNOWN_KEY: Final = "999"
"""A number far beyond those that the ring hands out."""


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
    """The keys of one mock: the retired first one, so that old signatures can be played, and those of the rack."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._retired = NumberedKey.make(1, now_ms() - DAY_MS)
        self.rack: Rack[NumberedKey] = Rack(
            NumberedKey.make(2, now_ms() + LIFETIME_MS),
            make=lambda name: NumberedKey.make(int(name), now_ms() + LIFETIME_MS),
            show=lambda key: key.spki().hex(),
            age=lambda key: replace(key, not_after_ms=min(key.not_after_ms, now_ms() + OVERLAP_MS)),
            number=2,
        )

    @property
    def current(self) -> NumberedKey:
        """The key that signs now."""
        key = self.rack.current
        if key is None:  # it can be switched, and never withdrawn
            raise LookupError
        return key

    @property
    def retired(self) -> NumberedKey:
        """A key whose notAfter has passed; `/keys` still lists it."""
        return self._retired

    def find(self, number: str) -> NumberedKey | None:
        """Give the key with this number, or None."""
        return next((key for key in (self._retired, *self.rack.listed) if key.number == number), None)

    def rotate(self) -> NumberedKey:
        """Start signing with a new key; the present one stays listed until its shortened end."""
        self.rack.make_room()
        self.rack.publish()
        self.rack.switch()
        return self.current

    def published(self) -> dict[str, Any]:
        """Give the body of `/keys`: number -> algorithm, Base64 SPKI, end in seconds since 1970."""
        return {
            key.number: {
                "alg": "EC-P256",
                "spki": base64.b64encode(key.spki()).decode("ascii"),
                "notAfter": key.not_after_ms // 1000,
            }
            for key in (self._retired, *self.rack.listed)
        }
