"""Keys of the simulated world, and the schemes in which they sign; made when a run needs them, kept while it lasts."""

import hashlib
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from mock_idps.authority import der
from mock_idps.authority.sm2 import USER_ID, Sm2Key, sm3

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | Sm2Key


class Family(StrEnum):
    """The kinds of keys that the world can make."""

    RSA = "rsa-2048"
    RSA_1024 = "rsa-1024"
    RSA_3072 = "rsa-3072"
    P256 = "p-256"
    P384 = "p-384"
    K256 = "secp256k1"
    ED25519 = "ed25519"
    SM2 = "sm2"


DIGESTS: Final = {
    "md5": ("1.2.840.113549.2.5", hashes.MD5()),  # noqa: S303 - very old signatures, which nobody may believe
    "sha1": ("1.3.14.3.2.26", hashes.SHA1()),  # noqa: S303 - old signatures are part of the world
    "sha256": ("2.16.840.1.101.3.4.2.1", hashes.SHA256()),
    "sha384": ("2.16.840.1.101.3.4.2.2", hashes.SHA384()),
    "sha512": ("2.16.840.1.101.3.4.2.3", hashes.SHA512()),
    "sm3": ("1.2.156.10197.1.401", hashes.SM3()),
}
_RSA_OIDS: Final = {
    "md5": "1.2.840.113549.1.1.4",
    "sha1": "1.2.840.113549.1.1.5",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
    "sm3": "1.2.156.10197.1.504",
}
_ECDSA_OIDS: Final = {
    "sha1": "1.2.840.10045.4.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}


_SM2_OIDS: Final = {
    "sm3": "1.2.156.10197.1.501",
    "sha1": "1.2.156.10197.1.502",
    "sha256": "1.2.156.10197.1.503",
    "sha512": "1.2.156.10197.1.503",
}
"""With any digest but SM3 only the name is another: the signature stays what it is."""


def digest(name: str, data: bytes) -> bytes:
    """Digest data by a name of `DIGESTS`."""
    return sm3(data) if name == "sm3" else hashlib.new(name, data, usedforsecurity=False).digest()


def digest_algorithm(name: str) -> bytes:
    """The AlgorithmIdentifier of a digest, without parameters (RFC 5754 §2)."""
    return der.seq(der.oid(DIGESTS[name][0]))


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a key signs: its digest, and RSA's padding."""

    digest: str
    pss: bool = False
    salt: int | None = None
    """Length of the PSS salt; that of the digest unless told."""
    mask_digest: str | None = None
    """Digest of PSS's mask, where a spoilt one differs."""
    user_id: bytes = USER_ID
    """SM2's signer id."""


def usual(family: Family) -> Scheme:
    """The scheme in which authorities of this family sign."""
    match family:
        case Family.SM2:
            return Scheme("sm3")
        case Family.P384:
            return Scheme("sha384")
        case Family.ED25519:
            return Scheme("sha512")
        case _:
            return Scheme("sha256")


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A private key with its family; it never prints itself."""

    family: Family
    private: Private

    @property
    def spki(self) -> bytes:
        """The public half (RFC 5280 §4.1.2.7)."""
        if isinstance(self.private, Sm2Key):
            return self.private.spki
        public = self.private.public_key()
        return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def key_id(self) -> bytes:
        """SHA-1 of the public key's bits (RFC 5280 §4.2.1.2)."""
        return hashlib.sha1(public_bits(self.spki), usedforsecurity=False).digest()

    def sign(self, message: bytes, scheme: Scheme | None = None) -> bytes:
        """Sign a message."""
        scheme = scheme or usual(self.family)
        if isinstance(self.private, Sm2Key):
            return self.private.sign(message, scheme.user_id)
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        return self.sign_digest(digest(scheme.digest, message), scheme)

    def sign_digest(self, value: bytes, scheme: Scheme | None = None) -> bytes:
        """Sign what was digested already; for SM2 that is `e`, for Ed25519 the bytes themselves."""
        scheme = scheme or usual(self.family)
        done = Prehashed(DIGESTS[scheme.digest][1])
        match self.private:
            case Sm2Key():
                return self.private.sign_e(value)
            case ed25519.Ed25519PrivateKey():
                return self.private.sign(value)
            case ec.EllipticCurvePrivateKey():
                return self.private.sign(value, ec.ECDSA(done))
            case _:
                return _rsa(self.private, value, scheme)


def _rsa(private: rsa.RSAPrivateKey, value: bytes, scheme: Scheme) -> bytes:
    """PKCS#1 v1.5 is spelt out where the library knows no DigestInfo of SM3; else it signs."""
    if scheme.pss:
        mask = padding.MGF1(DIGESTS[scheme.mask_digest or scheme.digest][1])
        salt = len(value) if scheme.salt is None else scheme.salt
        return private.sign(value, padding.PSS(mask, salt), Prehashed(DIGESTS[scheme.digest][1]))
    if scheme.digest not in {"sm3", "md5"}:
        return private.sign(value, padding.PKCS1v15(), Prehashed(DIGESTS[scheme.digest][1]))
    information = der.seq(der.seq(der.oid(DIGESTS[scheme.digest][0]), der.NULL), der.octets(value))
    return rsa_raw(private, information)


def rsa_raw(private: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """Pad a block as type 1 and apply the private key (RFC 8017 §9.2, §5.2.1)."""
    size = private.key_size // 8
    padded = b"\x00\x01" + b"\xff" * (size - len(block) - 3) + b"\x00" + block
    numbers = private.private_numbers()
    return pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")


def public_bits(spki: bytes) -> bytes:
    """The bits of the public key inside its SubjectPublicKeyInfo."""
    outer = 2 if spki[1] < 0x80 else 2 + (spki[1] & 0x7F)
    body = spki[outer:]
    algorithm = 2 + body[1]
    string = body[algorithm:]
    head = 2 if string[1] < 0x80 else 2 + (string[1] & 0x7F)
    return string[head + 1 :]


def signature_algorithm(family: Family, scheme: Scheme | None = None) -> bytes:
    """The AlgorithmIdentifier of a signature (RFC 4055, RFC 5758, RFC 8410, GM/T 0006)."""
    scheme = scheme or usual(family)
    match family:
        case Family.SM2:
            return der.seq(der.oid(_SM2_OIDS[scheme.digest]))
        case Family.ED25519:
            return der.seq(der.oid("1.3.101.112"))
        case Family.P256 | Family.P384 | Family.K256:
            return der.seq(der.oid(_ECDSA_OIDS[scheme.digest]))
        case _ if scheme.pss:
            return der.seq(der.oid("1.2.840.113549.1.1.10"), _pss_parameters(scheme))
        case _:
            return der.seq(der.oid(_RSA_OIDS[scheme.digest]), der.NULL)


def _pss_parameters(scheme: Scheme) -> bytes:
    hashed = der.seq(der.oid(DIGESTS[scheme.digest][0]), der.NULL)
    mask = der.seq(der.oid(DIGESTS[scheme.mask_digest or scheme.digest][0]), der.NULL)
    generator = der.seq(der.oid("1.2.840.113549.1.1.8"), mask)
    salt = DIGESTS[scheme.digest][1].digest_size if scheme.salt is None else scheme.salt
    return der.seq(der.explicit(0, hashed), der.explicit(1, generator), der.explicit(2, der.integer(salt)))


def make(family: Family) -> Key:
    """Make a new key."""
    match family:
        case Family.SM2:
            return Key(family, Sm2Key.generate())
        case Family.P256:
            return Key(family, ec.generate_private_key(ec.SECP256R1()))
        case Family.P384:
            return Key(family, ec.generate_private_key(ec.SECP384R1()))
        case Family.K256:
            return Key(family, ec.generate_private_key(ec.SECP256K1()))
        case Family.ED25519:
            return Key(family, ed25519.Ed25519PrivateKey.generate())
        case Family.RSA | Family.RSA_1024 | Family.RSA_3072:
            size = int(family.removeprefix("rsa-"))
            return Key(family, rsa.generate_private_key(65537, size))


class KeyRing:
    """The keys of one world by name; a key is made when it is first asked for, once."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, Family], Key] = {}
        self._lock = threading.Lock()

    def key(self, name: str, family: Family) -> Key:
        """Give the key of this name and family."""
        with self._lock:
            if (name, family) not in self._keys:
                self._keys[name, family] = make(family)
            return self._keys[name, family]
