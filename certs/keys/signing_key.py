"""Our own signing keys: made once, parsed once, published by thumbprint (RFC 7517, RFC 7638).

Of a key's states (`key_state`) three matter here: *published* (caches know it before it signs), *active* (signs) and
*retiring* (only verifies, until the last token that it signed has expired).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.errors import JoseError as LibraryError
from joserfc.jwk import ECKey, RSAKey

from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.key_state import IN_DOCUMENT, KeyState
from certs.keys.verification_keys import VerificationKeys

__all__ = [
    "RSA_BITS",
    "Algorithm",
    "KeySet",
    "KeySource",
    "KeyState",
    "LocalSigner",
    "PublicHalf",
    "Signer",
    "SigningKey",
]

RSA_BITS: Final = 2048
"""Size of RSA keys that we make; a signature of twice the size costs six times the time."""
_RSA_LARGEST: Final = 4096
_PEM_LARGEST: Final = 8192


class Algorithm(StrEnum):
    """Signature algorithms that exist here, spelt as registered (RFC 7518 §3.1)."""

    ES256 = "ES256"
    RS256 = "RS256"
    PS256 = "PS256"


class Signer(Protocol):
    """Whatever holds a private half: a file's content in memory, a token behind PKCS #11, a service elsewhere."""

    @property
    def public(self) -> Mapping[str, Any]:
        """The public half's members (RFC 7517 §4), without name and use."""
        ...

    def sign(self, algorithm: Algorithm, message: bytes) -> bytes:
        """Make a signature in the form of RFC 7518 §3; raises ``KeyUnavailableError`` where none can be made now."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class LocalSigner:
    """A private half in memory."""

    private: ECKey | RSAKey

    @property
    def public(self) -> Mapping[str, Any]:
        """The public members."""
        return self.private.as_dict(private=False)

    def sign(self, algorithm: Algorithm, message: bytes) -> bytes:
        """Sign here."""
        return _MODELS[algorithm].sign(message, self.private)


_ORDER: Final = (*IN_DOCUMENT, KeyState.RETIRED)
_MODELS: Final = {
    algorithm: jws.JWSRegistry(algorithms=[algorithm.value]).get_alg(algorithm.value) for algorithm in Algorithm
}


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key with its name, its one algorithm and its state; it never prints itself."""

    kid: str
    algorithm: Algorithm
    state: KeyState
    created_at: datetime
    state_since: datetime
    signer: Signer = field(compare=False)
    """Parsed or connected once: parsing a key costs more than a hundred signatures."""

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
        return cls(private.thumbprint(), algorithm, state, created_at, state_since, LocalSigner(private))

    @classmethod
    def of(cls, signer: Signer, algorithm: Algorithm, created_at: datetime) -> Self:
        """A key whose private half lies behind a signer; its name is the thumbprint of the public half (RFC 7638)."""
        public = _public(signer.public, algorithm)
        return cls(public.thumbprint(), algorithm, KeyState.ACTIVE, created_at, created_at, signer)

    @property
    def private(self) -> ECKey | RSAKey:
        """The private half of a key in memory; raises ``KeyMaterialError`` for one that lies elsewhere."""
        if not isinstance(self.signer, LocalSigner):
            raise KeyMaterialError("the private half lies elsewhere and is not handed out")
        return self.signer.private

    def to_pem(self) -> bytes:
        """Write the private key, unencrypted (PKCS #8): only for a `Sealer` or a file that the operator protects."""
        return self.private.as_pem(private=True)

    def public_jwk(self) -> dict[str, Any]:
        """Show the public members and what the key is for (RFC 7517 §4)."""
        members = self.signer.public
        named = ("kty", "crv", "x", "y") if self.algorithm is Algorithm.ES256 else ("kty", "n", "e")
        return {name: members[name] for name in named} | {"kid": self.kid, "use": "sig", "alg": self.algorithm.value}

    def enter(self, state: KeyState, now: datetime) -> Self:
        """Move to another state, keeping the parsed key."""
        return replace(self, state=state, state_since=now)

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, algorithm={self.algorithm.value!r}, state={self.state.value!r})"


def _public(members: Mapping[str, Any], algorithm: Algorithm) -> ECKey | RSAKey:
    kind = ECKey if algorithm is Algorithm.ES256 else RSAKey
    names = ("kty", "crv", "x", "y") if algorithm is Algorithm.ES256 else ("kty", "n", "e")
    try:
        return kind.import_key({name: members[name] for name in names})
    except (KeyError, LibraryError, ValueError):
        raise KeyMaterialError("not a public key for this algorithm") from None


def _parse(native: object, algorithm: Algorithm) -> ECKey | RSAKey:
    if algorithm is Algorithm.ES256:
        if not isinstance(native, ec.EllipticCurvePrivateKey) or not isinstance(native.curve, ec.SECP256R1):
            raise KeyMaterialError("ES256 needs a key on P-256")
        return ECKey.import_key(native)
    if not isinstance(native, rsa.RSAPrivateKey) or not RSA_BITS <= native.key_size <= _RSA_LARGEST:
        raise KeyMaterialError("RS256 and PS256 need an RSA key of 2048 to 4096 bits")
    return RSAKey.import_key(native)


class KeySource(Protocol):
    """Keys of one purpose as the gateway works with them; what stands behind it may change between two calls."""

    def active(self, algorithm: str) -> SigningKey:
        """Give the one key that signs with an algorithm now; raises ``KeyMaterialError``."""
        ...

    def jwks(self) -> Mapping[str, list[dict[str, Any]]]:
        """The published key set (RFC 7517 §5)."""
        ...

    def verification_keys(self) -> VerificationKeys:
        """The published keys as what is signed with them is checked."""
        ...

    def seen(self, kid: str | None, now: datetime) -> None:
        """Take note that something signed with a key was verified."""
        ...


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
        """Publish every key, the active ones first, and behind the others what only the archive still needs."""
        ordered = sorted(self.keys, key=lambda key: _ORDER.index(key.state))
        return {"keys": [key.public_jwk() for key in ordered]}

    def verification_keys(self) -> VerificationKeys:
        """The same, to check signatures with."""
        return VerificationKeys.from_jwks(self.jwks())

    def seen(self, kid: str | None, now: datetime) -> None:
        """Nobody asks a set that does not change."""


@dataclass(frozen=True, slots=True, repr=False)
class PublicHalf:
    """A key whose private half is not here, and need not be."""

    public: Mapping[str, Any]

    def sign(self, algorithm: Algorithm, message: bytes) -> bytes:  # noqa: ARG002 - the port's
        """Refuse."""
        raise KeyUnavailableError("the private half of this key is not at hand")
