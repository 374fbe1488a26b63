"""The little that the simulated services read of DER: which certificate is asked about, and what is to be stamped.

They read as far as they must and take no care of what else is there; a request that is not understood is `None`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mock_idps.authority import der
from mock_idps.authority.keys import DIGESTS

_NONCE: Final = der.oid("1.3.6.1.5.5.7.48.1.2")
_DIGEST_NAMES: Final = {der.oid(oid): name for name, (oid, _) in DIGESTS.items()}


@dataclass(frozen=True, slots=True)
class Node:
    """One encoded value."""

    tag: int
    content: bytes
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What an OCSP request asks."""

    digest_name: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    nonce: bytes | None


@dataclass(frozen=True, slots=True)
class StampQuery:
    """What a timestamp request asks for."""

    digest_name: str
    imprint: bytes
    nonce: int | None
    policy: str | None = None


def nodes(data: bytes) -> Iterator[Node]:
    """Give the values that stand one after another; raises ValueError where the bytes end too soon."""
    at = 0
    while at < len(data):
        start = at
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            raise ValueError("truncated")
        yield Node(tag, data[at : at + length], data[start : at + length])
        at += length


def _children(node: Node) -> list[Node]:
    return list(nodes(node.content))


def read_ocsp_request(data: bytes) -> Asked | None:
    """Read the first certificate that is asked about (RFC 6960 §4.1.1)."""
    try:
        (outer,) = nodes(data)
        parts = _children(_children(outer)[0])
        asked = next(part for part in parts if part.tag == 0x30)
        algorithm, name, key, serial = _children(_children(_children(asked)[0])[0])
        digest_name = _DIGEST_NAMES[_children(algorithm)[0].encoded]
        number = int.from_bytes(serial.content, "big", signed=True)
        return Asked(digest_name, name.content, key.content, number, _nonce(parts))
    except (ValueError, IndexError, KeyError, StopIteration):
        return None


def _nonce(parts: list[Node]) -> bytes | None:
    for part in parts:
        if part.tag != 0xA2:
            continue
        for extension in _children(_children(part)[0]):
            members = _children(extension)
            if members[0].encoded == _NONCE:
                return _children(members[-1])[0].content
    return None


def read_stamp_query(data: bytes) -> StampQuery | None:
    """Read what is to be stamped (RFC 3161 §2.4.1)."""
    try:
        (outer,) = nodes(data)
        _version, imprint, *rest = _children(outer)
        algorithm, value = _children(imprint)
        name = _DIGEST_NAMES[_children(algorithm)[0].encoded]
        numbers = [int.from_bytes(part.content, "big", signed=True) for part in rest if part.tag == 0x02]
        return StampQuery(name, value.content, numbers[0] if numbers else None)
    except (ValueError, IndexError, KeyError):
        return None
