"""Signatures of answers and lists: one finding for whatever is wrong with one."""

from certs.trust import arithmetic
from certs.trust.arithmetic import PublicKey, SignatureAlgorithm
from certs.trust.errors import Fault, Refused
from certs.trust.reasons import Reason


def check_signature(
    key: PublicKey, algorithm: bytes, message: bytes, signature: bytes, sm2_user_id: bytes | None
) -> SignatureAlgorithm:
    """Check a signature by its AlgorithmIdentifier; which of its many faults it has does not matter to anybody."""
    try:
        stated = arithmetic.read_algorithm(algorithm)
        arithmetic.verify(key, stated, message, signature, sm2_user_id=sm2_user_id)
    except (Fault, Refused):
        raise Fault(Reason.REVOCATION_SIGNATURE) from None
    return stated
