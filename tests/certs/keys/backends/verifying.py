"""Signatures verified by libraries that share no code with what made them, by the public members alone."""

from collections.abc import Mapping
from typing import Any

import rsa as pure_rsa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from jose.backends.ecdsa_backend import ECDSAECKey
from jose.utils import base64url_decode

TEXT = b"a text to be signed"


def verifies(public: Mapping[str, Any], algorithm: str, signature: bytes, text: bytes = TEXT) -> bool:
    """Whether a pure Python library takes the signature; for PS256, which none does, `cryptography`."""
    if algorithm == "ES256":
        return bool(ECDSAECKey({**public, "alg": "ES256"}, "ES256").verify(text, signature))
    if algorithm == "RS256":
        return _verifies_in_python(public, signature, text)
    return _verifies_pss(public, signature, text)


def _verifies_in_python(public: Mapping[str, Any], signature: bytes, text: bytes) -> bool:
    # The library below python-jose: its own module for RSA takes RSA-OAEP out of all of python-jose when it is imported.
    try:
        return bool(pure_rsa.verify(text, signature, pure_rsa.PublicKey(*_numbers(public))) == "SHA-256")
    except pure_rsa.VerificationError:
        return False


def _numbers(public: Mapping[str, Any]) -> tuple[int, int]:
    n, e = (int.from_bytes(base64url_decode(public[name].encode()), "big") for name in ("n", "e"))
    return n, e


def _verifies_pss(public: Mapping[str, Any], signature: bytes, text: bytes) -> bool:
    n, e = _numbers(public)
    try:
        rsa.RSAPublicNumbers(e, n).public_key().verify(
            signature, text, padding.PSS(padding.MGF1(SHA256()), 32), SHA256()
        )
    except InvalidSignature:
        return False
    return True
