"""The platform's own keys, made when it starts: SM2 for mode v2 and sealed answers, RSA for mode v1."""

import threading
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mock_idps.credentials import Rack
from mock_idps.guangdong.sm import Sm2Signer

PLATFORM_KEY: Final = "platform_key"
"""The kind under which the control plane rotates the SM2 key."""
_RSA_BITS: Final = 2048


class RsaSigner:
    """The RSA-2048 key behind `signdata`."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)

    def sign(self, message: bytes) -> bytes:
        """Sign with PKCS#1 v1.5 and SHA-256."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    @property
    def public_pem(self) -> str:
        """The public half, as clients configure it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


class KeyRing:
    """The active keys and the ones before them; RSA keys are slow to make and made when first asked for."""

    def __init__(self, sm2_private_hex: str | None) -> None:
        self.rack: Rack[Sm2Signer] = Rack(
            Sm2Signer(sm2_private_hex) if sm2_private_hex else Sm2Signer.generate(),
            make=lambda _: Sm2Signer.generate(),
            show=lambda signer: signer.public_hex,
        )
        self._unseen: Sm2Signer | None = None
        self._rsa: RsaSigner | None = None
        self._old_rsa: RsaSigner | None = None
        self._turn = threading.RLock()

    @property
    def rsa(self) -> RsaSigner:
        """The active RSA key."""
        with self._turn:
            if self._rsa is None:
                self._rsa = RsaSigner()
            return self._rsa

    @property
    def sm2(self) -> Sm2Signer:
        """The active SM2 key."""
        signer = self.rack.current
        if signer is None:  # it can be switched, and never withdrawn
            raise LookupError
        return signer

    @property
    def old_sm2(self) -> Sm2Signer:
        """The SM2 key before the last rotation; without one, a key that was withdrawn before anyone saw it."""
        with self._turn:
            if self._unseen is None:
                self._unseen = Sm2Signer.generate()
            return self.rack.previous or self._unseen

    @property
    def old_rsa(self) -> RsaSigner:
        """The RSA key before the last rotation, under the same rule."""
        with self._turn:
            if self._old_rsa is None:
                self._old_rsa = RsaSigner()
            return self._old_rsa

    def rotate(self) -> None:
        """Make new keys; the replaced ones stay for the scenario that signs with them."""
        with self._turn:
            self.rack.make_room()
            self.rack.publish()
            self.rack.switch()
            self._old_rsa, self._rsa = self._rsa, None

    def published(self) -> dict[str, str]:
        """Give the public keys, for whoever configures a client; `sm2_accepted` lists the next and earlier ones too."""
        accepted = " ".join(signer.public_hex for signer in self.rack.accepted)
        return {
            "sm2_public_hex": self.sm2.public_hex,
            "sm2_accepted": accepted,
            "rsa_public_pem": self.rsa.public_pem,
        }
