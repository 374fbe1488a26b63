"""Our own signing keys: made once, parsed once, published by thumbprint (RFC 7517, RFC 7638).

A key goes one way through its states: *coming* (published, so that caches know it before it signs), *active* (signs)
and *retiring* (only verifies, until the last token that it signed has expired).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, RSAKey

from certs.keys.errors import KeyMaterialError

RSA_BITS: Final = 2048
"""Size of RSA keys that we make; a signature of twice the size costs six times the time."""
_RSA_LARGEST: Final = 4096
_PEM_LARGEST: Final = 8192


class Algorithm(StrEnum):
    """Signature algorithms that exist here, spelt as registered (RFC 7518 §3.1)."""

    ES256 = "ES256"
    RS256 = "RS256"
    PS256 = "PS256"


class KeyState(StrEnum):
    """Where a key stands in its rotation."""

    COMING = "coming"
    ACTIVE = "active"
    RETIRING = "retiring"


_PUBLISHING_ORDER: Final = (KeyState.ACTIVE, KeyState.COMING, KeyState.RETIRING)


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key with its name, its one algorithm and its state; it never prints itself."""

    kid: str
    algorithm: Algorithm
    state: KeyState
    created_at: datetime
    state_since: datetime
    private: ECKey | RSAKey = field(compare=False)
    """For `jose` only: parsing a key costs more than a hundred signatures."""

    @classmethod
    def generate(cls, algorithm: Algorithm, now: datetime, *, state: KeyState = KeyState.ACTIVE) -> Self:
        """Make a new key."""
        if algorithm is Algorithm.ES256:
            return cls._wrap(ec.generate_private_key(ec.SECP256R1()), algorithm, state, now, now)
        native = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        return cls._wrap(native, algorithm, state, now, now)

    @classmethod
    def from_pem(
        cls,
        pem: bytes,
        *,
        algorithm: Algorithm,
        created_at: datetime,
        state: KeyState = KeyState.ACTIVE,
        state_since: datetime | None = None,
    ) -> Self:
        """Read a key that `to_pem` wrote, or one that an operator made."""
        if len(pem) > _PEM_LARGEST:
            raise KeyMaterialError("too long for a private key")
        try:
            native = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyMaterialError("not an unencrypted private key in PEM") from None
        return cls._wrap(native, algorithm, state, created_at, state_since or created_at)

    @classmethod
    def _wrap(
        cls, native: object, algorithm: Algorithm, state: KeyState, created_at: datetime, state_since: datetime
    ) -> Self:
        private = _parse(native, algorithm)
        return cls(private.thumbprint(), algorithm, state, created_at, state_since, private)

    def to_pem(self) -> bytes:
        """Write the private key, unencrypted (PKCS #8): only for a `Sealer` or a file that the operator protects."""
        return self.private.as_pem(private=True)

    def public_jwk(self) -> dict[str, Any]:
        """Show the public members and what the key is for (RFC 7517 §4)."""
        members = self.private.as_dict(private=False)
        named = ("kty", "crv", "x", "y") if self.algorithm is Algorithm.ES256 else ("kty", "n", "e")
        return {name: members[name] for name in named} | {"kid": self.kid, "use": "sig", "alg": self.algorithm.value}

    def enter(self, state: KeyState, now: datetime) -> Self:
        """Move to another state, keeping the parsed key."""
        return replace(self, state=state, state_since=now)

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, algorithm={self.algorithm.value!r}, state={self.state.value!r})"


def _parse(native: object, algorithm: Algorithm) -> ECKey | RSAKey:
    if algorithm is Algorithm.ES256:
        if not isinstance(native, ec.EllipticCurvePrivateKey) or not isinstance(native.curve, ec.SECP256R1):
            raise KeyMaterialError("ES256 needs a key on P-256")
        return ECKey.import_key(native)
    if not isinstance(native, rsa.RSAPrivateKey) or not RSA_BITS <= native.key_size <= _RSA_LARGEST:
        raise KeyMaterialError("RS256 and PS256 need an RSA key of 2048 to 4096 bits")
    return RSAKey.import_key(native)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one purpose: at most one active for each algorithm, no name twice."""

    keys: tuple[SigningKey, ...]

    def __post_init__(self) -> None:
        active = [key.algorithm for key in self.keys if key.state is KeyState.ACTIVE]
        if len(set(active)) != len(active):
            raise KeyMaterialError("two active keys for one algorithm")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise KeyMaterialError("a key stands twice in its set")

    def active(self, algorithm: str) -> SigningKey:
        """Give the one key that signs with an algorithm now."""
        for key in self.keys:
            if key.algorithm == algorithm and key.state is KeyState.ACTIVE:
                return key
        raise KeyMaterialError("no active key for this algorithm")

    def jwks(self) -> Mapping[str, list[dict[str, Any]]]:
        """Publish every key, the active ones first (RFC 7517 §5)."""
        ordered = sorted(self.keys, key=lambda key: _PUBLISHING_ORDER.index(key.state))
        return {"keys": [key.public_jwk() for key in ordered]}
