"""Handles: where a private half lies, as ``backend:name``; what a record says of it, and all that it says."""

import re
from typing import Final

from certs.keys.errors import KeyMaterialError, KeyUnavailableError

_SET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def within(handle: str, backend: str) -> str:
    """The name inside one backend; a handle of another one is refused."""
    place, _, name = handle.partition(":")
    if place != backend or not name:
        raise KeyUnavailableError(f"this key does not lie in {backend}")
    return name


def require_set(key_set: str) -> None:
    """Refuse what is no name of a key set: it becomes part of handles, labels and contexts."""
    if not _SET.fullmatch(key_set):
        raise KeyMaterialError("not the name of a key set")
