"""The second engine for SM2, where the system's library is missing or computes wrongly: it verifies, and only that.

Curve and points are those of the `ecdsa` package; here stands the one equation of GB/T 32918.2 §7.1. It is slow and
not constant in time, which is harmless for public data and the reason why it never holds a private key.
"""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, NoReturn

from ecdsa.ellipticcurve import INFINITY, CurveFp, PointJacobi

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2_der import B, N, P, check_point, read_signature
from certs.keys.sm2_digest import DIGEST_BYTES, GX, GY, message_digest, za

_CURVE: Final = CurveFp(P, P - 3, B, 1)
_GENERATOR: Final = PointJacobi(_CURVE, GX, GY, 1, N, generator=True)


@dataclass(frozen=True, slots=True, repr=False)
class EcdsaKey:
    """A public key as the `ecdsa` package holds it; off the curve there is none."""

    encoded: bytes
    point: Any


class EcdsaEngine:
    """Verification without the system's library; it takes no private keys."""

    __slots__ = ("version",)

    signs: Final[bool] = False

    def __init__(self) -> None:
        self.version: str = f"ecdsa {version('ecdsa')} (verifies only)"

    def load_public(self, point: bytes) -> EcdsaKey:
        """Take a point, which is checked here once more: the equation is only true on the curve."""
        check_point(point)
        x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
        return EcdsaKey(point, PointJacobi(_CURVE, x, y, 1, N))

    def verify(self, key: EcdsaKey, message: bytes, signature: bytes, user_id: bytes) -> bool:
        """Say whether a signature is good for a message and an id."""
        return self.verify_digest(key, message_digest(za(key.encoded, user_id), message), signature)

    def verify_digest(self, key: EcdsaKey, e: bytes, signature: bytes) -> bool:
        """Say whether a signature is good for e (GB/T 32918.2 §7.1, steps B1 to B7)."""
        if len(e) != DIGEST_BYTES:
            return False
        try:
            r, s = read_signature(signature)
        except SmError:
            return False
        found = _GENERATOR.mul_add(s, key.point, (r + s) % N)
        if found == INFINITY:
            return False
        return (int.from_bytes(e, "big") + int(found.x())) % N == r

    def load_secret(self, _secret: bytes) -> NoReturn:
        """Refused: whoever signs needs the system's library."""
        raise SmUnavailableError("signing with SM2 needs the system's OpenSSL library")

    def public_point(self, _key: object) -> NoReturn:
        """Refused: there are no private keys here."""
        raise SmUnavailableError("signing with SM2 needs the system's OpenSSL library")

    def sign(self, _key: object, _message: bytes, _user_id: bytes) -> NoReturn:
        """Refused: there are no private keys here."""
        raise SmUnavailableError("signing with SM2 needs the system's OpenSSL library")
