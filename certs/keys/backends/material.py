"""Private halves as bytes: made for an algorithm, read again, and their public halves shown (RFC 7517, RFC 7638).

``secret`` and ``A256GCM`` are bytes without a public half; ``SM2`` and ``RSA-OAEP-256`` are held for dialects of the
providers; the others sign in the sense of RFC 7518.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc.jwk import ECKey, RSAKey

from certs.keys import base64url
from certs.keys.backends import NewKey
from certs.keys.backends.public_half import RSA_LARGEST, RSA_OAEP, members_of, require_kind, thumbprint
from certs.keys.errors import KeyMaterialError, KeyUnavailableError, SmError, SmUnavailableError
from certs.keys.signing_key import RSA_BITS, Algorithm, LocalSigner
from certs.keys.sm import Sm2PrivateKey

SM2: Final = "SM2"
SECRET: Final = "secret"  # noqa: S105 - the name of an algorithm
SECRETS: Final = {SECRET: 1, "A256GCM": 32}
"""Algorithms of keys that are nothing but bytes, and how many they need at least."""
DIALECT: Final = frozenset({RSA_OAEP, SM2, *SECRETS})
"""Algorithms of keys that a dialect has to hold in its hands: no token and no cloud can keep them."""
_PEM_LARGEST: Final = 16_384
_SECRET_LARGEST: Final = 4_096
_COORDINATE: Final = 32
_RSA: Final = frozenset({Algorithm.RS256.value, Algorithm.PS256.value, RSA_OAEP})


def make(algorithm: str) -> bytes:
    """A new private half; raises ``KeyMaterialError`` for an algorithm of which none are made here."""
    if algorithm == SECRET:
        return secrets.token_urlsafe(_COORDINATE).encode("ascii")
    if algorithm in SECRETS:
        return secrets.token_bytes(_COORDINATE)
    if algorithm == SM2:
        return _make_sm2()
    native: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == Algorithm.ES256:
        native = ec.generate_private_key(ec.SECP256R1())
    elif algorithm in _RSA:
        native = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        raise KeyMaterialError("no keys of this algorithm are made here")
    return native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def new_key(algorithm: str, material: bytes, handle: str, *, vouched: bool = False) -> NewKey:
    """What is put on record of a private half: its name, its public half and where it lies."""
    public = public_of(algorithm, material, vouched=vouched)
    name = thumbprint(public) if public else base64url.encode(secrets.token_bytes(_COORDINATE))
    return NewKey(name, algorithm, handle, public)


def public_of(algorithm: str, material: bytes, *, vouched: bool = False) -> Mapping[str, Any]:
    """The public members; none for secrets. Raises ``KeyMaterialError`` where the bytes are no such key."""
    if algorithm in SECRETS:
        if not SECRETS[algorithm] <= len(material) <= _SECRET_LARGEST:
            raise KeyMaterialError("a secret of this length is not kept")
        if algorithm == SECRET and not _is_text(material):
            raise KeyMaterialError("a secret is text in UTF-8")
        return {}
    if algorithm == SM2:
        return _sm2_members(material)
    return members_of(algorithm, signer_of(algorithm, material, vouched=vouched).private)


def signer_of(algorithm: str, material: bytes, *, vouched: bool = False) -> LocalSigner:
    """What signs with a private half in memory; an encipherment key signs the request for its own certificate.

    The numbers of an RSA key are checked against each other, which takes a tenth of a second; ``vouched`` says that
    it was made here just now, comes out of a box, or is proven by a signature before it is used.
    """
    if algorithm in SECRETS or algorithm == SM2:
        raise KeyMaterialError("a key of this algorithm makes no signature in the form of JSON Web Signatures")
    if len(material) > _PEM_LARGEST:
        raise KeyMaterialError("too long for a private key")
    try:
        native = load_pem_private_key(material, password=None, unsafe_skip_rsa_key_validation=vouched)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyMaterialError("not an unencrypted private key in PEM") from None
    if isinstance(native, ec.EllipticCurvePrivateKey) and isinstance(native.curve, ec.SECP256R1):
        return _fitting(algorithm, LocalSigner(ECKey.import_key(native)))
    if isinstance(native, rsa.RSAPrivateKey) and RSA_BITS <= native.key_size <= RSA_LARGEST:
        return _fitting(algorithm, LocalSigner(RSAKey.import_key(native)))
    raise KeyMaterialError("neither a key on P-256 nor an RSA key of 2048 to 4096 bits")


def public_name(pem: bytes) -> str | None:
    """A name for the key pair that a private key in PEM belongs to, whatever its form; ``None`` for what is none.

    The numbers are not checked against each other here: that takes longer than everything else at a start.
    """
    try:
        native = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        spki = native.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return _sm2_name(pem)
    return hashlib.sha256(spki).hexdigest()


def _sm2_name(pem: bytes) -> str | None:
    try:
        return thumbprint(_sm2_members(pem))
    except KeyMaterialError:
        return None


def _is_text(material: bytes) -> bool:
    try:
        material.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fitting(algorithm: str, signer: LocalSigner) -> LocalSigner:
    require_kind(algorithm, signer.private)
    return signer


def _make_sm2() -> bytes:
    try:
        return Sm2PrivateKey.generate().to_pem()
    except SmUnavailableError:
        raise KeyUnavailableError("this machine offers no trustworthy SM2") from None


def _sm2_members(material: bytes) -> Mapping[str, Any]:
    try:
        point = bytes.fromhex(Sm2PrivateKey.from_pem(material).public_key.to_hex())
    except SmUnavailableError:
        raise KeyUnavailableError("this machine offers no trustworthy SM2") from None
    except SmError:
        raise KeyMaterialError("not an unencrypted SM2 key in PEM") from None
    x, y = point[1 : 1 + _COORDINATE], point[1 + _COORDINATE :]
    return {"kty": "EC", "crv": "SM2", "x": base64url.encode(x), "y": base64url.encode(y)}
