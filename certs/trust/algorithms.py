"""Algorithm identifiers become a `SignatureAlgorithm`: what the message states, with its parameters, and no other.

RFC 4055 for RSA, RFC 5758 for ECDSA, RFC 8410 for Ed25519, GM/T 0006 for SM2 (RFC 5280 §4.1.1.2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certs.trust import der, oids
from certs.trust.content import DIGEST_BYTES
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

PKCS1: Final = "RSASSA-PKCS1-v1_5"
PSS: Final = "RSASSA-PSS"
ECDSA: Final = "ECDSA"
ED25519: Final = "Ed25519"
SM2: Final = "SM2"
SALT_SMALLEST: Final = 20
SALT_LARGEST: Final = 512

_LARGEST: Final = 256
_NULL: Final = b"\x05\x00"
_MGF1: Final = "1.2.840.113549.1.1.8"
_PSS_TAGS: Final = (0xA0, 0xA1, 0xA2, 0xA3)
_PSS_DEFAULT_SALT: Final = 20


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm with its digest: ``family`` is that of the key it needs."""

    name: str
    """As reports write it: ``RSASSA-PKCS1-v1_5``, ``RSASSA-PSS``, ``ECDSA``, ``Ed25519``, ``SM2``."""
    family: str
    """``RSA``, ``EC``, ``Ed25519`` or ``SM2``."""
    digest: str
    """``sha256`` … ``sm3``; empty for Ed25519."""
    salt_length: int | None = None
    """RSASSA-PSS only."""


@lru_cache(maxsize=256)
def read_algorithm(encoded: bytes, *, digest: str | None = None) -> SignatureAlgorithm:
    """Read an AlgorithmIdentifier; ``digest`` is the message's own, for identifiers that name none (RFC 5652 §5.3)."""
    if len(encoded) > _LARGEST:
        raise Fault(Reason.ALGORITHM_PARAMETERS)
    if digest is not None and digest not in DIGEST_BYTES:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    with fence(Reason.ALGORITHM_PARAMETERS):
        oid, parameters = split(encoded)
        reader = _READERS.get(oid)
        if reader is None:
            raise Fault(Reason.ALGORITHM_UNSUPPORTED)
        return reader(oid, parameters, digest)


def split(encoded: bytes) -> tuple[str, bytes]:
    """Take an AlgorithmIdentifier apart: object identifier, and parameters as they stand (empty if absent)."""
    kind, *parameters = der.children(encoded, der.whole(encoded, der.SEQUENCE), 2)
    if kind.tag != der.OBJECT_IDENTIFIER:
        raise der.DerError
    stated = encoded[parameters[0].start : parameters[0].end] if parameters else b""
    return der.dotted(encoded[kind.content : kind.end]), stated


def _rsa(oid: str, parameters: bytes, digest: str | None) -> SignatureAlgorithm:
    _allow(parameters, b"", _NULL)  # RFC 4055 §5: NULL; absent has been seen and says the same
    named = oids.RSA_WITH.get(oid, digest)
    if named is None:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    return SignatureAlgorithm(PKCS1, "RSA", named)


def _ecdsa(oid: str, parameters: bytes, digest: str | None) -> SignatureAlgorithm:
    # Some software names the key's kind, with its curve, where the signature's belongs.
    if oid != oids.EC_PUBLIC_KEY:
        _allow(parameters, b"")
    elif parameters not in {b"", _NULL}:
        der.whole(parameters, der.OBJECT_IDENTIFIER)
    named = oids.ECDSA_WITH.get(oid, digest)
    if named is None:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    return SignatureAlgorithm(ECDSA, "EC", named)


def _ed25519(_oid: str, parameters: bytes, _digest: str | None) -> SignatureAlgorithm:
    _allow(parameters, b"")
    return SignatureAlgorithm(ED25519, "Ed25519", "")


def _sm2(_oid: str, parameters: bytes, digest: str | None) -> SignatureAlgorithm:
    _allow(parameters, b"", _NULL)  # GM/T 0015 writes NULL, others leave it out
    if digest not in {None, "sm3"}:
        raise Fault(Reason.ALGORITHM_MISMATCH)
    return SignatureAlgorithm(SM2, "SM2", "sm3")


def _pss(_oid: str, parameters: bytes, _digest: str | None) -> SignatureAlgorithm:
    """RFC 4055 §3.1: tagged fields with defaults; absent parameters would leave everything open and are refused."""
    parts = der.children(parameters, der.whole(parameters, der.SEQUENCE), len(_PSS_TAGS))
    fields = {part.tag: parameters[part.content : part.end] for part in parts}
    # In order, each once, and none that is unknown.
    if [part.tag for part in parts] != [tag for tag in _PSS_TAGS if tag in fields]:
        raise der.DerError
    hash_name, mask, salt_length, trailer = map(fields.get, _PSS_TAGS)
    hashed = "sha1" if hash_name is None else _digest_of(hash_name)
    masked = "sha1" if mask is None else _mask(mask)
    salt = _PSS_DEFAULT_SALT if salt_length is None else _number(salt_length)
    if hashed != masked or (trailer is not None and _number(trailer) != 1) or not SALT_SMALLEST <= salt <= SALT_LARGEST:
        raise Fault(Reason.ALGORITHM_PARAMETERS)
    return SignatureAlgorithm(PSS, "RSA", hashed, salt)


def _digest_of(encoded: bytes) -> str:
    oid, parameters = split(encoded)
    _allow(parameters, b"", _NULL)
    named = oids.DIGESTS.get(oid)
    if named is None:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    return named


def _mask(encoded: bytes) -> str:
    oid, parameters = split(encoded)
    if oid != _MGF1:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    return _digest_of(parameters)


def _number(encoded: bytes) -> int:
    return der.integer(encoded, der.whole(encoded, der.INTEGER))


def _allow(parameters: bytes, *allowed: bytes) -> None:
    if parameters not in allowed:
        raise Fault(Reason.ALGORITHM_PARAMETERS)


_READERS: Final[dict[str, Callable[[str, bytes, str | None], SignatureAlgorithm]]] = {
    oids.RSA_ENCRYPTION: _rsa,
    **dict.fromkeys(oids.RSA_WITH, _rsa),
    oids.RSASSA_PSS: _pss,
    oids.EC_PUBLIC_KEY: _ecdsa,
    **dict.fromkeys(oids.ECDSA_WITH, _ecdsa),
    oids.ED25519: _ed25519,
    oids.SM2_SIGNATURE: _sm2,
    oids.SM2_WITH_SM3: _sm2,
}
