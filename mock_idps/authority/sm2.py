"""SM2 signing of the simulated authorities, on gmalg's curve: another engine than the ones that check (GB/T 32918.2).

The message digest is spelt out, because the traps of SM2 lie there: which signer id, and whether `e` or a message is
signed. Timing tells secrets here; nothing in a simulation is secret.
"""

import secrets
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SM3, Hash
from gmalg.ellipticcurve import ECDLP

from mock_idps.authority import der

USER_ID: Final = b"1234567812345678"
"""What certificates and messages use (GM/T 0009 §10)."""
ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A: Final = _P - 3
_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_GX: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
_GROUP: Final = ECDLP(_P, _A, _B, (_GX, _GY), ORDER)
"""The recommended curve of GB/T 32918.5."""


def sm3(data: bytes) -> bytes:
    """The digest of GB/T 32905."""
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()


class Sm2Key:
    """A private SM2 key; it signs, and shows nothing but its public half."""

    __slots__ = ("_inverse", "_secret", "point")

    def __init__(self, secret: int) -> None:
        self._secret = secret
        self._inverse = pow(1 + secret, -1, ORDER)
        x, y = _GROUP.kG(secret)
        self.point: bytes = b"\x04" + int(x).to_bytes(32, "big") + int(y).to_bytes(32, "big")

    @classmethod
    def generate(cls) -> Self:
        """Make a key for one run."""
        return cls(secrets.randbelow(ORDER - 2) + 1)

    @property
    def spki(self) -> bytes:
        """The public half as certificates carry it (GM/T 0015 §5.2.4)."""
        algorithm = der.seq(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301"))
        return der.seq(algorithm, der.bits(self.point))

    def z(self, user_id: bytes = USER_ID) -> bytes:
        """What ties a signature to its signer: user id, curve and public key (GB/T 32918.2 §5.5)."""
        curve = b"".join(number.to_bytes(32, "big") for number in (_A, _B, _GX, _GY))
        return sm3((len(user_id) * 8).to_bytes(2, "big") + user_id + curve + self.point[1:])

    def e(self, message: bytes, user_id: bytes = USER_ID) -> bytes:
        """The 32 bytes that are signed: SM3(ZA, message)."""
        return sm3(self.z(user_id) + message)

    def sign(self, message: bytes, user_id: bytes = USER_ID) -> bytes:
        """Sign a message, as a DER pair of integers."""
        return self.sign_e(self.e(message, user_id))

    def sign_e(self, e: bytes) -> bytes:
        """Sign what was digested already (GB/T 32918.2 §6.1)."""
        number = int.from_bytes(e, "big")
        while True:
            k = secrets.randbelow(ORDER - 1) + 1
            r = (number + int(_GROUP.kG(k)[0])) % ORDER
            s = self._inverse * (k - r * self._secret) % ORDER
            if r and s and r + k != ORDER:
                return der.pair(r, s)
