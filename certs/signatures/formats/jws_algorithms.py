"""The ``alg`` values that count, each with the key that it needs (RFC 7518 §3, RFC 8037 §3.1).

Everything that is not in the table is unknown; ``none`` and the keyed hashes are named as forbidden, for they would let
anybody sign. ECDSA signatures are two numbers of fixed length here, and become DER for the arithmetic.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.trust.algorithms import ECDSA, ED25519, PKCS1, PSS, SM2, SignatureAlgorithm
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.reasons import Reason

FORBIDDEN: Final = frozenset({"none", "HS256", "HS384", "HS512"})


@dataclass(frozen=True, slots=True)
class JwsAlgorithm:
    """One ``alg``: the arithmetic, the curve if it binds one, and the exact length of its two numbers together."""

    algorithm: SignatureAlgorithm
    curve: str | None = None
    pair_bytes: int = 0


_SM2_ALGORITHM: Final = JwsAlgorithm(SignatureAlgorithm(SM2, "SM2", "sm3"), None, 64)
_ALGORITHMS: Final = {
    "RS256": JwsAlgorithm(SignatureAlgorithm(PKCS1, "RSA", "sha256")),
    "RS384": JwsAlgorithm(SignatureAlgorithm(PKCS1, "RSA", "sha384")),
    "RS512": JwsAlgorithm(SignatureAlgorithm(PKCS1, "RSA", "sha512")),
    "PS256": JwsAlgorithm(SignatureAlgorithm(PSS, "RSA", "sha256", 32)),
    "PS384": JwsAlgorithm(SignatureAlgorithm(PSS, "RSA", "sha384", 48)),
    "PS512": JwsAlgorithm(SignatureAlgorithm(PSS, "RSA", "sha512", 64)),
    "ES256": JwsAlgorithm(SignatureAlgorithm(ECDSA, "EC", "sha256"), "P-256", 64),
    "ES384": JwsAlgorithm(SignatureAlgorithm(ECDSA, "EC", "sha384"), "P-384", 96),
    "EdDSA": JwsAlgorithm(SignatureAlgorithm(ED25519, "Ed25519", "")),
}
NAMES: Final = tuple(_ALGORITHMS)


def find_algorithm(name: object, *, sm2_name: str | None) -> JwsAlgorithm:
    """Look an ``alg`` up; ``sm2_name`` is the private name for SM2, where one was configured."""
    if name in FORBIDDEN:
        raise Fault(Reason.ALGORITHM_FORBIDDEN)
    if not isinstance(name, str):
        raise Fault(Reason.HEADER_MALFORMED)
    if sm2_name is not None and name == sm2_name:
        return _SM2_ALGORITHM
    found = _ALGORITHMS.get(name)
    if found is None:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    return found


def check_key(algorithm: JwsAlgorithm, certificate: Certificate) -> None:
    """The key must be of the kind and on the curve that ``alg`` binds (RFC 7518 §3.4)."""
    key = certificate.key
    if key.family != algorithm.algorithm.family or algorithm.curve not in {None, key.curve}:
        raise Fault(Reason.ALGORITHM_MISMATCH)


def signature_value(algorithm: JwsAlgorithm, signature: bytes) -> bytes:
    """The signature as the arithmetic takes it."""
    if not algorithm.pair_bytes:
        return signature
    if len(signature) != algorithm.pair_bytes:
        raise Fault(Reason.SIGNATURE_MALFORMED)
    half = algorithm.pair_bytes // 2
    return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
