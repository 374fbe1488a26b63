"""What was signed: bytes, a file too large for memory, or only a digest that the caller computed.

A caller cannot hand us SM3(M) for SM2, whose digest begins with the signer's id and key: it must hand us M, or
e = SM3(ZA ‖ M). Each kind answers what it can and refuses the rest by name.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes

from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason

DIGEST_BYTES: Final = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64, "sm3": 32}
"""Digests that are known, with their sizes; whether one is good enough is the policy's question."""
PIECE: Final = 1_048_576
_SM2_BYTES: Final = 32


class Content(Protocol):
    """Signed content, asked for its digests only; whoever holds bytes never hands them out twice."""

    @property
    def size(self) -> int | None:
        """Bytes, where they are known."""

    def digest(self, algorithm: str, prefix: bytes = b"") -> bytes:
        """Digest ``prefix`` and the content with ``sha256``, ``sha384``, ``sha512``, ``sm3``, or a name of old."""

    def read(self, limit: int) -> bytes:
        """The bytes themselves, for what cannot be computed from a digest; raises `Refused` beyond ``limit``."""


@dataclass(frozen=True, slots=True, repr=False)
class BytesContent:
    """Content in memory; a digest is computed once."""

    data: bytes
    _digests: dict[tuple[str, bytes], bytes] = field(default_factory=dict, init=False, compare=False)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def digest(self, algorithm: str, prefix: bytes = b"") -> bytes:
        """Digest ``prefix`` and the content."""
        known = self._digests.get((algorithm, prefix))
        if known is None:
            known = self._digests[algorithm, prefix] = digest_of(algorithm, (prefix, self.data))
        return known

    def read(self, limit: int) -> bytes:
        """The bytes, unless there are more than ``limit``."""
        _check_size(len(self.data), limit)
        return self.data


@dataclass(frozen=True, slots=True, repr=False)
class FileContent:
    """Content in a file of ours that nobody changes meanwhile, read in pieces; a digest is computed once."""

    path: Path
    _digests: dict[tuple[str, bytes], bytes] = field(default_factory=dict, init=False, compare=False)

    @property
    def size(self) -> int:
        """Bytes."""
        try:
            return self.path.stat().st_size
        except OSError:
            raise _unreadable() from None

    def digest(self, algorithm: str, prefix: bytes = b"") -> bytes:
        """Digest ``prefix`` and the content, piece by piece."""
        known = self._digests.get((algorithm, prefix))
        if known is None:
            known = self._digests[algorithm, prefix] = self._stream(algorithm, prefix)
        return known

    def read(self, limit: int) -> bytes:
        """The bytes, unless there are more than ``limit``; a file that grows meanwhile is caught too."""
        try:
            with self.path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError:
            raise _unreadable() from None
        _check_size(len(data), limit)
        return data

    def _stream(self, algorithm: str, prefix: bytes) -> bytes:
        hasher = _hasher(algorithm)
        hasher.update(prefix)
        piece = memoryview(bytearray(PIECE))
        try:
            with self.path.open("rb", buffering=0) as file:
                while count := file.readinto(piece):
                    hasher.update(piece[:count])
        except OSError:
            raise _unreadable() from None
        return hasher.digest()


@dataclass(frozen=True, slots=True, repr=False)
class DigestContent:
    """Only a digest; it answers for its own algorithm and without a prefix (`E_SM2_NEEDS_E`)."""

    algorithm: str
    value: bytes

    def __post_init__(self) -> None:
        if DIGEST_BYTES.get(self.algorithm) != len(self.value):
            raise Refused(RefusalCode.FORMAT, "the digest does not have the length of its algorithm")

    @property
    def size(self) -> None:
        """Unknown."""
        return None

    def digest(self, algorithm: str, prefix: bytes = b"") -> bytes:
        """The digest that was given, if it is the one asked for."""
        if prefix:
            raise Refused(RefusalCode.SM2_NEEDS_E, "an SM2 signature needs the content, or e = SM3(ZA, content)")
        if algorithm != self.algorithm:
            raise Refused(RefusalCode.UNSUPPORTED, "the signature needs another digest of the content")
        return self.value

    def read(self, limit: int) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Refused: there is only the digest."""
        raise Refused(RefusalCode.UNSUPPORTED, "the signature needs the content itself")


@dataclass(frozen=True, slots=True, repr=False)
class Sm2Digest:
    """e = SM3(ZA ‖ M), 32 bytes; good for one SM2 signature without signed attributes, and for nothing else."""

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != _SM2_BYTES:
            raise Refused(RefusalCode.FORMAT, "e of SM2 has 32 bytes")

    @property
    def size(self) -> None:
        """Unknown."""
        return None

    def digest(self, algorithm: str, prefix: bytes = b"") -> bytes:  # noqa: ARG002 - the protocol's signature
        """Refused: e holds the signer's id and key already, so it is no digest of the content."""
        raise Refused(RefusalCode.UNSUPPORTED, "e answers for an SM2 signature over the content itself only")

    def read(self, limit: int) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Refused: there is only e."""
        raise Refused(RefusalCode.UNSUPPORTED, "the signature needs the content itself")


def digest_of(algorithm: str, pieces: Iterable[bytes]) -> bytes:
    """Digest pieces one after the other; a digest that is not known is a finding about whoever named it."""
    hasher = _hasher(algorithm)
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest()


class _Hasher(Protocol):
    def update(self, data: "bytes | memoryview", /) -> None: ...

    def digest(self) -> bytes: ...


class _Sm3:
    """SM3 of `cryptography`: the interpreter's own library may lack it."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: "bytes | memoryview", /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.finalize()


def _hasher(algorithm: str) -> _Hasher:
    if algorithm not in DIGEST_BYTES:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    return _Sm3() if algorithm == "sm3" else hashlib.new(algorithm, usedforsecurity=False)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise Refused(RefusalCode.SIZE, "the content is larger than this signature's algorithm can take")


def _unreadable() -> Refused:
    return Refused(RefusalCode.BUSY, "the content cannot be read now")
