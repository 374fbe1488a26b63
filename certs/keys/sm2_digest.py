"""What SM2 really signs: e = SM3(ZA ‖ M), where ZA binds the signer's id, the curve and the key (GB/T 32918.2 §5.5).

With e at hand a signature is checked without the message, so that files need not fit into memory.
"""

from typing import Final

from cryptography.hazmat.primitives import hashes

from certs.keys.sm2_der import COORDINATE_BYTES, B, P

DIGEST_BYTES: Final = 32
# The generator of the recommended curve (GB/T 32918.5 §2).
GX: Final = 0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7
GY: Final = 0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0
_CURVE: Final = b"".join(number.to_bytes(COORDINATE_BYTES, "big") for number in (P - 3, B, GX, GY))


def za(point: bytes, user_id: bytes) -> bytes:
    """Digest the id, its length in bits, the curve and the key."""
    return _sm3((8 * len(user_id)).to_bytes(2, "big"), user_id, _CURVE, point[1:])


def message_digest(prefix: bytes, message: bytes) -> bytes:
    """Compute e from ZA and the message."""
    return _sm3(prefix, message)


def _sm3(*pieces: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    for piece in pieces:
        digest.update(piece)
    return digest.finalize()
