"""The national algorithms behind one small face: SM2 signatures, the SM3 digest and the SM4 cipher.

SM3 (GB/T 32905) and SM4 (GB/T 32907) come from `cryptography`; SM2, which it lacks, from `sm2`.
"""

import os
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2 import USER_ID, Sm2PrivateKey, Sm2PublicKey, backend, self_test

__all__ = [
    "MAX_SM4_TEXT",
    "SM4_KEY_BYTES",
    "USER_ID",
    "Sm2PrivateKey",
    "Sm2PublicKey",
    "SmError",
    "SmUnavailableError",
    "backend",
    "self_test",
    "sm3",
    "sm4_cbc_decrypt",
    "sm4_cbc_encrypt",
]

SM4_KEY_BYTES: Final = 16
MAX_SM4_TEXT: Final = 1_048_576
_BLOCK: Final = 16


def sm3(message: bytes) -> bytes:
    """Digest a message (GB/T 32905)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(message)
    return digest.finalize()


def sm4_cbc_encrypt(key: bytes, plain: bytes, iv: bytes | None = None) -> bytes:
    """Encrypt with PKCS #7 padding; the fresh random IV stands before the ciphertext. One is only given for vectors."""
    first = os.urandom(_BLOCK) if iv is None else iv
    if len(plain) > MAX_SM4_TEXT:
        raise SmError("too large for SM4")
    padder, encryptor = PKCS7(8 * _BLOCK).padder(), _cipher(key, first).encryptor()
    padded = padder.update(plain) + padder.finalize()
    return first + encryptor.update(padded) + encryptor.finalize()


def sm4_cbc_decrypt(key: bytes, box: bytes) -> bytes:
    """Decrypt IV and ciphertext, with one refusal for every fault.

    CBC proves nothing about its sender and tells padding faults apart by nature: check the signature around it first.
    """
    if len(box) < 2 * _BLOCK or len(box) % _BLOCK or len(box) > MAX_SM4_TEXT + 2 * _BLOCK:
        raise SmError("SM4 text refused")
    decryptor, unpadder = _cipher(key, box[:_BLOCK]).decryptor(), PKCS7(8 * _BLOCK).unpadder()
    padded = decryptor.update(box[_BLOCK:]) + decryptor.finalize()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise SmError("SM4 text refused") from None


def _cipher(key: bytes, iv: bytes) -> Cipher[modes.CBC]:
    if len(key) != SM4_KEY_BYTES or len(iv) != _BLOCK:
        raise SmError("SM4 needs a key and an IV of 16 bytes")
    return Cipher(algorithms.SM4(key), modes.CBC(iv))
