"""SM2 and SM4 of the platform, by an engine that the gateway does not use (GB/T 32918, GB/T 32907)."""

import re
import secrets
import threading
from typing import Final, Self

import gmalg
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from gmalg.bcmode import BlockCipherModeCBC

USER_ID: Final = b"1234567812345678"
BLOCK: Final = 16
ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
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
        point = bytes.fromhex(public_hex)
        self.public_hex = public_hex.lower()
        self._engine = gmalg.SM2(uid=USER_ID, pk=point)
        if not self._engine.verify_pk(point):
            raise SmError("the SM2 public key is not a point of the curve")
        self._turn = threading.Lock()  # the engine keeps the state of its hash on itself

    def verify(self, message: bytes, der: bytes) -> bool:
        """Tell whether `der` is this key's signature over `message`; a malformed one is simply not."""
        if len(der) > LONGEST_SIGNATURE:
            return False
        try:
            r, s = decode_dss_signature(der)
        except ValueError:
            return False
        if not (0 < r < ORDER and 0 < s < ORDER):
            return False
        with self._turn:
            return bool(self._engine.verify(message, _scalar(r), _scalar(s)))


class Sm2Signer:
    """A private SM2 key; it signs, and shows nothing but its public half."""

    def __init__(self, private_hex: str) -> None:
        if not _SCALAR.fullmatch(private_hex) or not 0 < int(private_hex, 16) < ORDER - 1:
            raise SmError("an SM2 private key is 32 bytes in hex, within the order of the curve")
        secret = bytes.fromhex(private_hex)
        self._engine = gmalg.SM2(sk=secret, uid=USER_ID)
        self._turn = threading.Lock()
        self.public_hex: str = self._engine.generate_pk(secret).hex()

    @classmethod
    def generate(cls) -> Self:
        """Make a key for one run of the mock."""
        return cls(f"{secrets.randbelow(ORDER - 2) + 1:064x}")

    def sign(self, message: bytes) -> bytes:
        """Sign with SM3 and the usual user id, as a DER pair of integers (some 16 ms: call it off the loop)."""
        with self._turn:
            r, s = self._engine.sign(message)
        return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


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


def _scalar(value: int) -> bytes:
    return value.to_bytes(32, "big")
