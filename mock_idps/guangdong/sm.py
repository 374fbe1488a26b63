"""SM2 and SM4 of the platform, by engines that the gateway does not use (GB/T 32918.2, GB/T 32907).

The arithmetic of the curve is the `ecdsa` package's: a signature in a millisecond, so that a hundred people can sign in
at once. Timing tells secrets here; nothing in a simulation is secret.
"""

import re
import secrets
from typing import Final, Self

import gmalg
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SM3, Hash
from ecdsa.ellipticcurve import CurveFp, PointJacobi
from gmalg.bcmode import BlockCipherModeCBC

USER_ID: Final = b"1234567812345678"
BLOCK: Final = 16
ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
FIELD: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A: Final = FIELD - 3
_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_GX: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
_CURVE: Final = CurveFp(FIELD, _A, _B, 1)
_BASE: Final = PointJacobi(_CURVE, _GX, _GY, 1, ORDER, generator=True)
"""The recommended curve of GB/T 32918.5."""
LONGEST_SIGNATURE: Final = 72  # two 33-byte integers and three headers
_UNCOMPRESSED: Final = re.compile(r"04[0-9a-fA-F]{128}")
_SCALAR: Final = re.compile(r"[0-9a-fA-F]{64}")


class SmError(ValueError):
    """Something SM2 or SM4 refused; the message names the rule, never the value."""


class Sm2Verifier:
    """A public SM2 key that was found to lie on the curve, ready to check signatures."""

    def __init__(self, public_hex: str) -> None:
        if not _UNCOMPRESSED.fullmatch(public_hex):
            raise SmError("an SM2 public key is 04 and two 32-byte coordinates in hex")
        x, y = int(public_hex[2:66], 16), int(public_hex[66:], 16)
        if max(x, y) >= FIELD or not _CURVE.contains_point(x, y):
            raise SmError("the SM2 public key is not a point of the curve")
        self.public_hex = public_hex.lower()
        self._point = PointJacobi(_CURVE, x, y, 1, ORDER)
        self._z = _z(x, y)

    def verify(self, message: bytes, der: bytes) -> bool:
        """Tell whether `der` is this key's signature over `message`; a malformed one is simply not (§7.1)."""
        if len(der) > LONGEST_SIGNATURE:
            return False
        try:
            r, s = decode_dss_signature(der)
        except ValueError:
            return False
        t = (r + s) % ORDER
        if not (0 < r < ORDER and 0 < s < ORDER and t):
            return False
        point = _BASE.mul_add(s, self._point, t)
        return bool((_digest(self._z, message) + point.x()) % ORDER == r)


class Sm2Signer:
    """A private SM2 key; it signs, and shows nothing but its public half."""

    def __init__(self, private_hex: str) -> None:
        if not _SCALAR.fullmatch(private_hex) or not 0 < int(private_hex, 16) < ORDER - 1:
            raise SmError("an SM2 private key is 32 bytes in hex, within the order of the curve")
        self._secret = int(private_hex, 16)
        self._inverse = pow(1 + self._secret, -1, ORDER)
        public = _BASE * self._secret
        self.public_hex = f"04{public.x():064x}{public.y():064x}"
        self._z = _z(public.x(), public.y())

    @classmethod
    def generate(cls) -> Self:
        """Make a key for one run of the mock."""
        return cls(f"{secrets.randbelow(ORDER - 2) + 1:064x}")

    def sign(self, message: bytes) -> bytes:
        """Sign with SM3 and the usual user id, as a DER pair of integers (§6.1)."""
        e = _digest(self._z, message)
        while True:
            k = secrets.randbelow(ORDER - 1) + 1
            r = (e + (_BASE * k).x()) % ORDER
            s = self._inverse * (k - r * self._secret) % ORDER
            if r and s and r + k != ORDER:
                return encode_dss_signature(r, s)


def _z(x: int, y: int) -> bytes:
    """What ties a signature to its signer: user id, curve and public key (§5.5)."""
    numbers = b"".join(value.to_bytes(32, "big") for value in (_A, _B, _GX, _GY, x, y))
    return _sm3((len(USER_ID) * 8).to_bytes(2, "big") + USER_ID + numbers)


def _digest(z: bytes, message: bytes) -> int:
    return int.from_bytes(_sm3(z + message), "big")


def _sm3(data: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()


class Sm4Key:
    """An SM4 key shared with one client: CBC, PKCS#7, the random IV put before the ciphertext."""

    def __init__(self, key_hex: str) -> None:
        if not re.fullmatch(r"[0-9a-fA-F]{32}", key_hex):
            raise SmError("an SM4 key is 16 bytes in hex")
        self._block = gmalg.SM4(bytes.fromhex(key_hex))

    @classmethod
    def generate(cls) -> Self:
        """Make a key nobody else has, for answers that must not open."""
        return cls(secrets.token_hex(BLOCK))

    @property
    def check_value(self) -> str:
        """Tell keys apart without showing any: what the key makes of a block of zeros."""
        return bytes(self._block.encrypt(bytes(BLOCK))).hex()

    def encrypt(self, plain: bytes, *, iv: bytes | None = None) -> bytes:
        """Give IV and ciphertext; `iv` is for test vectors only."""
        iv = secrets.token_bytes(BLOCK) if iv is None else iv
        fill = BLOCK - len(plain) % BLOCK
        padded = plain + bytes([fill]) * fill
        return iv + bytes(BlockCipherModeCBC(self._block, iv).encrypt(padded))

    def decrypt(self, sealed: bytes) -> bytes:
        """Undo `encrypt`; every fault of length or padding is one and the same refusal."""
        if len(sealed) < 2 * BLOCK or len(sealed) % BLOCK:
            raise SmError("SM4 decrypt failed")
        padded = bytes(BlockCipherModeCBC(self._block, sealed[:BLOCK]).decrypt(sealed[BLOCK:]))
        fill = padded[-1]
        if not 1 <= fill <= BLOCK or padded[-fill:] != bytes([fill]) * fill:
            raise SmError("SM4 decrypt failed")
        return padded[:-fill]
