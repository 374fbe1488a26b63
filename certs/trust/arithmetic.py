"""One signature and one key: RSA, ECDSA, Ed25519 or SM2, by the algorithm that the message states and no other.

An algorithm identifier becomes a `SignatureAlgorithm`; a SubjectPublicKeyInfo becomes a `PublicKey`; `verify` says
nothing or raises. Nothing is retried with another id, digest or key. What is too old to be good is still arithmetic
here: the policy forbids it, and can then say so.
"""

from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2 import USER_ID, Sm2PublicKey
from certs.keys.sm2_der import read_signature
from certs.trust.algorithms import ED25519, PKCS1, PSS, SM2, SignatureAlgorithm, read_algorithm
from certs.trust.content import Content, Sm2Digest, digest_of
from certs.trust.errors import Fault, Refused
from certs.trust.keys import PublicKey, read_public_key
from certs.trust.reasons import Reason

__all__ = ["MAX_ED25519", "PublicKey", "SignatureAlgorithm", "read_algorithm", "read_public_key", "verify"]

MAX_ED25519: Final = 33_554_432
"""Bytes of content that Ed25519 reads into memory: it cannot work from a digest."""
_MAX_SIGNATURE: Final = 1_024
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "md5": hashes.MD5(),  # noqa: S303 - forbidden by the policy, which can then name it
    "sha1": hashes.SHA1(),  # noqa: S303 - the same
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sm3": hashes.SM3(),
}


def verify(
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    message: bytes | Content,
    signature: bytes,
    *,
    sm2_user_id: bytes | None = None,
) -> None:
    """Raise `Fault` unless ``signature`` is this key's; `Refused` where a digest is given and the content is needed."""
    if algorithm.family != key.family:
        raise Fault(Reason.ALGORITHM_MISMATCH)
    if not 0 < len(signature) <= _MAX_SIGNATURE:
        raise Fault(Reason.SIGNATURE_MALFORMED)
    try:
        if algorithm.name == SM2:
            _verify_sm2(key.native, message, signature, sm2_user_id or USER_ID)
        elif algorithm.name == ED25519:
            key.native.verify(signature, message if isinstance(message, bytes) else message.read(MAX_ED25519))
        elif isinstance(message, bytes):
            key.native.verify(signature, message, *_scheme(algorithm, prehashed=False))
        else:
            digest = message.digest(algorithm.digest)
            key.native.verify(signature, digest, *_scheme(algorithm, prehashed=True))
    except (Fault, Refused):
        raise
    except (InvalidSignature, ValueError):
        raise Fault(Reason.SIGNATURE_MISMATCH) from None
    except UnsupportedAlgorithm:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED) from None
    except (Exception, MemoryError):  # noqa: BLE001 - the edge of foreign libraries: a failure inside is never a pass
        raise Fault(Reason.VALIDATOR_FAILURE) from None


def _verify_sm2(key: Sm2PublicKey, message: bytes | Content, signature: bytes, user_id: bytes) -> None:
    try:
        read_signature(signature)
    except SmError:
        raise Fault(Reason.SIGNATURE_MALFORMED) from None
    if isinstance(message, Sm2Digest):
        e = message.value
    else:
        prefix = _za(key, user_id)
        e = digest_of("sm3", (prefix, message)) if isinstance(message, bytes) else message.digest("sm3", prefix)
    try:
        key.verify_digest(e, signature)
    except SmUnavailableError:
        raise Fault(Reason.VALIDATOR_FAILURE) from None
    except SmError:
        raise Fault(Reason.SIGNATURE_MISMATCH) from None


@lru_cache(maxsize=1_024)
def _za(key: Sm2PublicKey, user_id: bytes) -> bytes:
    return key.za(user_id)


@lru_cache(maxsize=64)
def _scheme(algorithm: SignatureAlgorithm, *, prehashed: bool) -> tuple[Any, ...]:
    """What the library's ``verify`` takes after signature and message."""
    plain = _HASHES[algorithm.digest]
    digest = Prehashed(plain) if prehashed else plain
    if algorithm.name == PKCS1:
        return padding.PKCS1v15(), digest
    if algorithm.name == PSS and algorithm.salt_length is not None:
        return padding.PSS(padding.MGF1(plain), algorithm.salt_length), digest
    return (ec.ECDSA(digest),)
