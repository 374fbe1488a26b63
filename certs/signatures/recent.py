"""A short memory beside one snapshot of the lists: what was worked out a moment ago is the same to the last byte.

Validations come in crowds: the same certificate, policy and second again and again. Whatever is kept here is a pure
function of its key and the snapshot; another snapshot empties it.
"""

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from certs.trust.snapshot import TrustSnapshot

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_KEPT: Final = 2_048


class Recent(Generic[K, V]):
    """Values by key, for the snapshot that was asked about last."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: tuple[TrustSnapshot | None, dict[K, V]] = (None, {})

    def get(self, trust: TrustSnapshot, key: K, make: Callable[[], V]) -> V:
        """Remember, or make."""
        asked, kept = self._kept
        if asked is not trust or len(kept) >= _KEPT:
            kept = {}
            self._kept = (trust, kept)  # in one step: a thread with another snapshot keeps the memory it began with
        known = kept.get(key)
        if known is None:
            known = kept[key] = make()
        return known
