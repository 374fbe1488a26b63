"""The root of the sandbox's lists: three holders, two of whom must sign, and how it is changed step by step."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from mock_idps.authority import lists
from mock_idps.authority.listed import LISTS, when
from mock_idps.authority.world import World

TYPE: Final = "gba-root+json"
DOCUMENTS: Final = ("root", "equivalence", *LISTS)
"""What the holders sign."""


def root(
    world: World,
    *,
    version: int = 1,
    previous: Mapping[str, Any] | None = None,
    holders: Mapping[str, str] = lists.HOLDERS,
    **changes: Any,
) -> dict[str, Any]:
    """Write a version of the root; `changes` set its members."""
    document = {
        "version": version,
        "previous_sha256": None if previous is None else lists.sha256(previous),
        "issued": when(world.now - timedelta(days=30)),
        "expires": when(world.now + timedelta(days=700)),
        "keys": [key_entry(world, name, holder) for name, holder in holders.items()],
        "thresholds": dict.fromkeys(DOCUMENTS, 2),
        "compromised": [],
    }
    return document | changes


def key_entry(world: World, name: str, holder: str, **changes: Any) -> dict[str, Any]:
    """Write one key of the root; `changes` set its members."""
    entry = {
        "kid": lists.kid(world, name),
        "jwk": lists.jwk(world, name),
        "holder": holder,
        "signs": list(DOCUMENTS),
        "start": when(world.now - timedelta(days=400)),
        "end": when(world.now + timedelta(days=700)),
    }
    return entry | changes


def signed_root(world: World, document: Mapping[str, Any] | None = None, signers: Sequence[str] = lists.TWO) -> bytes:
    """Sign a root; the first one unless told."""
    return lists.sign(world, root(world) if document is None else document, signers, typ=TYPE)


def digest(world: World) -> str:
    """The digest of the first root's payload, as operators compare it."""
    return lists.sha256(root(world))
