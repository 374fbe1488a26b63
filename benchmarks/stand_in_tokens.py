"""The stand-in's cryptography on `cryptography` alone: keys parsed once, ID tokens signed, Macao's profile verified."""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

Algorithm = Literal["ES256", "RS256"]

_HALF: Final = 32
_ECDSA: Final = ec.ECDSA(hashes.SHA256())


class ProfileError(Exception):
    """The profile's signature does not hold; the text is fixed."""


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The way back; what is not Base64url raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Signer:
    """Signs ID tokens with a key made when the process starts."""

    def __init__(self, algorithm: Algorithm) -> None:
        self._key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if algorithm == "ES256":
            self._key = ec.generate_private_key(ec.SECP256R1())
        else:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._kid = secrets.token_hex(8)
        self.algorithm = algorithm
        self._head = encode(json.dumps({"alg": algorithm, "typ": "JWT", "kid": self._kid}).encode()) + "."

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact JWS (RFC 7515 §7.1)."""
        signed = self._head + encode(json.dumps(claims, separators=(",", ":")).encode())
        return f"{signed}.{encode(self._signature(signed.encode('ascii')))}"

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self._key.sign(data, _ECDSA))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")

    def jwks(self) -> dict[str, Any]:
        """The public key as a key set (RFC 7517 §5)."""
        common = {"kid": self._kid, "use": "sig", "alg": self.algorithm}
        if isinstance(self._key, rsa.RSAPrivateKey):
            numbers = self._key.public_key().public_numbers()
            size = (numbers.n.bit_length() + 7) // 8
            modulus, exponent = encode(numbers.n.to_bytes(size, "big")), encode(numbers.e.to_bytes(3, "big"))
            return {"keys": [{**common, "kty": "RSA", "n": modulus, "e": exponent}]}
        point = self._key.public_key().public_numbers()
        x, y = (encode(value.to_bytes(_HALF, "big")) for value in (point.x, point.y))
        return {"keys": [{**common, "kty": "EC", "crv": "P-256", "x": x, "y": y}]}


@dataclass(frozen=True, slots=True)
class NumberedKeys:
    """Macao's published keys, each parsed once."""

    keys: dict[str, tuple[ec.EllipticCurvePublicKey, float]]

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Parse the answer of `/keys`."""
        keys = {}
        for number, entry in json.loads(body).items():
            key = serialization.load_der_public_key(base64.b64decode(entry["spki"]))
            if isinstance(key, ec.EllipticCurvePublicKey):
                keys[number] = (key, float(entry["notAfter"]))
        return cls(keys)

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a profile whose ES256 signature holds under a key that is still good."""
        head, _, rest = token.partition(".")
        body, _, signature = rest.partition(".")
        header = json.loads(decode(head))
        key, not_after = self.keys.get(header.get("kid"), (None, 0.0))
        raw = decode(signature)
        if header.get("alg") != "ES256" or key is None or time.time() > not_after or len(raw) != 2 * _HALF:
            raise ProfileError("no good key or signature")
        der = encode_dss_signature(int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big"))
        try:
            key.verify(der, f"{head}.{body}".encode("ascii"), _ECDSA)
        except InvalidSignature:
            raise ProfileError("the signature does not hold") from None
        claims: dict[str, Any] = json.loads(decode(body))
        return claims
