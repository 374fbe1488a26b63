"""Public keys of certificates: of a kind and a size that we work with, or refused (RFC 3279 §2.3, RFC 5480, RFC 8410).

A curve is named by its identifier; parameters that are written out are refused, also when they equal a known curve's.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2 import Sm2PublicKey
from certs.trust import der, oids
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

RSA_SMALLEST: Final = 1_024
RSA_LARGEST: Final = 8_192
"""What the gate lets through; the policy decides about the small ones."""
_EXPONENT_SMALLEST: Final = 3
_EXPONENT_LARGEST: Final = 2**32
_LARGEST: Final = 2_048
"""Bytes of a SubjectPublicKeyInfo that are looked at: RSA with 8192 bits has 1,060 at most."""
_BITS: Final = {"P-256": 256, "P-384": 384, "P-521": 521, "SM2": 256}


@dataclass(frozen=True, slots=True, repr=False)
class PublicKey:
    """A public key of somebody's certificate, parsed and of a size that we work with."""

    family: str
    bits: int
    curve: str | None
    """``P-256``, ``P-384``, ``SM2`` …"""
    spki: bytes
    native: Any = field(compare=False)
    """The library's own key, parsed once."""

    def __repr__(self) -> str:
        return f"PublicKey({self.family}, {self.bits})"


@lru_cache(maxsize=1_024)
def read_public_key(spki: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo, with its size judged before any library computes with it."""
    if len(spki) > _LARGEST:
        raise Fault(Reason.KEY_TOO_LARGE)
    with fence(Reason.KEY_MALFORMED):
        algorithm, bits = der.children(spki, der.whole(spki, der.SEQUENCE), 2)
        kind, *parameters = der.children(spki, algorithm, 2)
        if algorithm.tag != der.SEQUENCE or kind.tag != der.OBJECT_IDENTIFIER:
            raise der.DerError
        stated = spki[parameters[0].start : parameters[0].end] if parameters else b""
        key = der.whole_bits(spki, bits)
        match der.dotted(spki[kind.content : kind.end]):
            case oids.RSA_ENCRYPTION:
                return _rsa(spki, stated, key)
            case oids.EC_PUBLIC_KEY:
                return _elliptic(spki, stated)
            case oids.ED25519 if not stated:
                return PublicKey("Ed25519", 256, None, spki, load_der_public_key(spki))
    raise Fault(Reason.KEY_UNSUPPORTED)


def _rsa(spki: bytes, stated: bytes, key: bytes) -> PublicKey:
    if stated != b"\x05\x00":
        raise Fault(Reason.KEY_MALFORMED)
    modulus, exponent = (der.integer(key, number) for number in der.children(key, der.whole(key, der.SEQUENCE), 2))
    bits = modulus.bit_length()
    if modulus < 0 or modulus % 2 == 0 or exponent % 2 == 0:
        raise Fault(Reason.KEY_MALFORMED)
    if bits < RSA_SMALLEST:
        raise Fault(Reason.KEY_TOO_SMALL)
    if bits > RSA_LARGEST:
        raise Fault(Reason.KEY_TOO_LARGE)
    # A huge exponent makes one verification as dear as a signature.
    if not _EXPONENT_SMALLEST <= exponent < _EXPONENT_LARGEST:
        raise Fault(Reason.KEY_MALFORMED)
    return PublicKey("RSA", bits, None, spki, load_der_public_key(spki))


def _elliptic(spki: bytes, stated: bytes) -> PublicKey:
    named = der.whole(stated, der.OBJECT_IDENTIFIER)  # explicit parameters are a SEQUENCE, implicit ones NULL
    curve = oids.CURVES.get(der.dotted(stated[named.content : named.end]))
    if curve is None:
        raise Fault(Reason.KEY_UNSUPPORTED)
    if curve == "SM2":
        return PublicKey("SM2", _BITS[curve], curve, spki, _sm2(spki))
    return PublicKey("EC", _BITS[curve], curve, spki, load_der_public_key(spki))  # refuses points off the curve


def _sm2(spki: bytes) -> Sm2PublicKey:
    try:
        return Sm2PublicKey.from_spki_der(spki)
    except SmUnavailableError:
        raise Fault(Reason.VALIDATOR_FAILURE) from None
    except SmError:
        raise Fault(Reason.KEY_MALFORMED) from None
