"""Numbers of SM2 in and out of bytes, with every range checked before any curve arithmetic (GB/T 32918, GM/T 0009).

Some verifiers take `s` plus a multiple of the order, trailing bytes or sloppy DER for the same signature; here a
signature has one spelling, a point lies on the curve, and a key names the curve by its identifier.
"""

from typing import Final

from certs.keys.errors import SmError

COORDINATE_BYTES: Final = 32
POINT_BYTES: Final = 65
MAX_SIGNATURE: Final = 72
"""Bytes of the longest signature: two integers of 33 bytes and their heads."""

# The recommended curve (GB/T 32918.5 §2); y² = x³ - 3x + b.
P: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
B: Final = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123

_ALGORITHM: Final = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")  # id-ecPublicKey with the SM2 curve
_SPKI_HEAD: Final = bytes.fromhex("3059") + _ALGORITHM + bytes.fromhex("034200")
_SECRET_HEAD: Final = bytes.fromhex("3041020100") + _ALGORITHM + bytes.fromhex("04273025020101") + b"\x04\x20"
_SECRET_AND_POINT_HEAD: Final = bytes.fromhex("308187020100") + _ALGORITHM + bytes.fromhex("046d306b0201010420")
_POINT_HEAD: Final = bytes.fromhex("a144034200")

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_NEGATIVE: Final = 0x80
_UNCOMPRESSED: Final = 0x04


def read_signature(der: bytes) -> tuple[int, int]:
    """Read r and s from a canonical DER signature, or refuse it (GB/T 32918.2 §7.1, steps B1 and B2)."""
    if len(der) > MAX_SIGNATURE:
        raise SmError("signature refused")
    body = _take(der, _SEQUENCE)
    if body != der[2:]:
        raise SmError("signature refused")
    first = _take(body, _INTEGER)
    second = _take(body[2 + len(first) :], _INTEGER)
    if len(body) != len(first) + len(second) + 4:
        raise SmError("signature refused")
    r, s = _integer(first), _integer(second)
    if not (0 < r < N and 0 < s < N) or (r + s) % N == 0:
        raise SmError("signature refused")
    return r, s


def _take(der: bytes, tag: int) -> bytes:
    head = 2
    # A length of 128 or more would need the long form, which nothing of this size may use.
    if len(der) < head or der[0] != tag or der[1] > len(der) - head:
        raise SmError("signature refused")
    return der[head : head + der[1]]


def _integer(content: bytes) -> int:
    padded = len(content) > 1 and content[0] == 0 and content[1] < _NEGATIVE
    if not content or content[0] >= _NEGATIVE or padded:
        raise SmError("signature refused")
    return int.from_bytes(content, "big")


def check_point(point: bytes) -> None:
    """Refuse everything but an uncompressed point on the curve (GB/T 32918.1 §6.2.1); its cofactor is one."""
    if len(point) != POINT_BYTES or point[0] != _UNCOMPRESSED:
        raise SmError("public key refused")
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    if x >= P or y >= P or (y * y - (x * x * x - 3 * x + B)) % P:
        raise SmError("public key refused")


def check_secret(secret: bytes) -> None:
    """Refuse a private key outside 1 … n-2 (GB/T 32918.1 §6.1)."""
    if len(secret) != COORDINATE_BYTES or not 0 < int.from_bytes(secret, "big") < N - 1:
        raise SmError("private key refused")


def write_spki(point: bytes) -> bytes:
    """Wrap a checked point as SubjectPublicKeyInfo."""
    return _SPKI_HEAD + point


def read_spki(der: bytes) -> bytes:
    """Take the point out of a SubjectPublicKeyInfo; explicit parameters are refused, even the curve's own."""
    if not der.startswith(_SPKI_HEAD):
        raise SmError("public key refused")
    return der[len(_SPKI_HEAD) :]


def write_secret(secret: bytes) -> bytes:
    """Wrap a checked private key as PKCS #8, without its public half."""
    return _SECRET_HEAD + secret


def read_secret(der: bytes) -> tuple[bytes, bytes | None]:
    """Take the private key, and the public point if there is one, out of PKCS #8."""
    if der.startswith(_SECRET_HEAD) and len(der) == len(_SECRET_HEAD) + COORDINATE_BYTES:
        return der[len(_SECRET_HEAD) :], None
    end = len(_SECRET_AND_POINT_HEAD) + COORDINATE_BYTES
    if not der.startswith(_SECRET_AND_POINT_HEAD) or der[end : end + len(_POINT_HEAD)] != _POINT_HEAD:
        raise SmError("private key refused")
    return der[len(_SECRET_AND_POINT_HEAD) : end], der[end + len(_POINT_HEAD) :]
