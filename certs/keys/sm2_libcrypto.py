"""SM2 arithmetic from the system's OpenSSL library, version 3 or later, called through ctypes (decision 9).

Callers have checked every range already. Each object that the library makes is freed where it was made, or with the
Python object that owns it; calls release the interpreter lock, and keys are only read, so threads may share them.
"""

import ctypes
import ctypes.util
import weakref
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_uint, c_void_p
from typing import Any, Final

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2_der import MAX_SIGNATURE, POINT_BYTES, write_secret, write_spki
from certs.keys.sm2_digest import DIGEST_BYTES

_NAMES: Final = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib", "libcrypto-3-x64.dll")
_OLDEST: Final = 3
_BYTES: Final = POINTER(c_char_p)
_SIGNATURES: Final[dict[str, tuple[Any, list[Any]]]] = {
    "OPENSSL_version_major": (c_uint, []),
    "OpenSSL_version": (c_char_p, [c_int]),
    "d2i_PUBKEY": (c_void_p, [c_void_p, _BYTES, c_long]),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, _BYTES, c_long]),
    "i2d_PUBKEY": (c_int, [c_void_p, c_void_p]),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_MD_CTX_new": (c_void_p, []),
    "EVP_MD_CTX_free": (None, [c_void_p]),
    "EVP_sm3": (c_void_p, []),
    "EVP_PKEY_CTX_set1_id": (c_int, [c_void_p, c_char_p, c_size_t]),
    "EVP_DigestSignInit": (c_int, [c_void_p, POINTER(c_void_p), c_void_p, c_void_p, c_void_p]),
    "EVP_DigestSign": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_DigestVerifyInit": (c_int, [c_void_p, POINTER(c_void_p), c_void_p, c_void_p, c_void_p]),
    "EVP_DigestVerify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_verify_init": (c_int, [c_void_p]),
    "EVP_PKEY_verify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "ERR_clear_error": (None, []),
}


class LibraryKey:
    """A key inside the library, freed together with this object."""

    __slots__ = ("__weakref__", "pointer")

    def __init__(self, library: ctypes.CDLL, pointer: int) -> None:
        self.pointer = pointer
        # At the end of the process the system frees it; the library may be gone before.
        weakref.finalize(self, library.EVP_PKEY_free, pointer).atexit = False


class Libcrypto:
    """What SM2 needs of the library: take a key, show its public half, sign, verify."""

    __slots__ = ("_library", "version")

    signs: Final[bool] = True

    def __init__(self, library: ctypes.CDLL) -> None:
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        if library.OPENSSL_version_major() < _OLDEST:
            raise SmUnavailableError("the cryptographic library is older than OpenSSL 3.0")
        self._library = library
        self.version: str = library.OpenSSL_version(0).decode("ascii", "replace")

    def load_public(self, point: bytes) -> LibraryKey:
        """Hand a checked point to the library."""
        return self._load(self._library.d2i_PUBKEY, write_spki(point), "public key refused")

    def load_secret(self, secret: bytes) -> LibraryKey:
        """Hand a checked private key to the library, which computes the public half."""
        return self._load(self._library.d2i_AutoPrivateKey, write_secret(secret), "private key refused")

    def _load(self, parse: Any, der: bytes, refusal: str) -> LibraryKey:
        text = c_char_p(der)
        pointer = parse(None, byref(text), len(der))
        if not pointer:
            self._library.ERR_clear_error()
            raise SmError(refusal)
        return LibraryKey(self._library, pointer)

    def public_point(self, key: LibraryKey) -> bytes:
        """Give the public half of a key."""
        length = self._library.i2d_PUBKEY(key.pointer, None)
        if length < POINT_BYTES:
            raise SmError("private key refused")
        der = ctypes.create_string_buffer(length)
        position = c_void_p(ctypes.addressof(der))
        self._library.i2d_PUBKEY(key.pointer, byref(position))
        return der.raw[-POINT_BYTES:]

    def sign(self, key: LibraryKey, message: bytes, user_id: bytes) -> bytes:
        """Sign SM3(ZA ‖ message), where ZA binds the user id and the key (GB/T 32918.2 §6.1)."""
        context = self._library.EVP_MD_CTX_new()
        try:
            self._begin(self._library.EVP_DigestSignInit, context, key, user_id)
            signature = ctypes.create_string_buffer(MAX_SIGNATURE)
            length = c_size_t(MAX_SIGNATURE)
            if self._library.EVP_DigestSign(context, signature, byref(length), message, len(message)) != 1:
                raise SmError("signing failed")
            return signature.raw[: length.value]
        finally:
            self._library.EVP_MD_CTX_free(context)
            self._library.ERR_clear_error()

    def verify(self, key: LibraryKey, message: bytes, signature: bytes, user_id: bytes) -> bool:
        """Say whether a signature is good; a failure inside the library counts as bad (GB/T 32918.2 §7.1)."""
        context = self._library.EVP_MD_CTX_new()
        try:
            self._begin(self._library.EVP_DigestVerifyInit, context, key, user_id)
            verdict = self._library.EVP_DigestVerify(context, signature, len(signature), message, len(message))
            return bool(verdict == 1)
        finally:
            self._library.EVP_MD_CTX_free(context)
            self._library.ERR_clear_error()

    def verify_digest(self, key: LibraryKey, e: bytes, signature: bytes) -> bool:
        """Say whether a signature is good for e = SM3(ZA ‖ M); the message itself is not needed."""
        context = self._library.EVP_PKEY_CTX_new(key.pointer, None)
        if not context:
            raise SmError("the library refused the key")
        try:
            if len(e) != DIGEST_BYTES or self._library.EVP_PKEY_verify_init(context) != 1:
                return False
            return bool(self._library.EVP_PKEY_verify(context, signature, len(signature), e, len(e)) == 1)
        finally:
            self._library.EVP_PKEY_CTX_free(context)
            self._library.ERR_clear_error()

    def _begin(self, initialise: Any, context: int | None, key: LibraryKey, user_id: bytes) -> None:
        # The key context belongs to the digest context. The library's silent default is the empty id: always set ours.
        key_context = c_void_p()
        if not context or initialise(context, byref(key_context), self._library.EVP_sm3(), None, key.pointer) != 1:
            raise SmError("the library refused the key")
        if self._library.EVP_PKEY_CTX_set1_id(key_context, user_id, len(user_id)) != 1:
            raise SmError("the library refused the user id")


def find() -> Libcrypto:
    """Open the system's library, or say that there is none."""
    for name in (*_NAMES, ctypes.util.find_library("crypto")):
        if name is None:
            continue
        try:
            return Libcrypto(ctypes.CDLL(name))
        except (OSError, AttributeError, SmUnavailableError):  # absent, or older than 3.0
            continue
    raise SmUnavailableError("no OpenSSL library of version 3.0 or later with SM2 was found")
