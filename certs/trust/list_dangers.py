"""What an update changes, in words, and which changes two persons must acknowledge by a code of this very update."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from certs.keys.canonical import canonical

_CODE_BYTES: Final = 10
PERSONS: Final = 2
"""Persons who must state an update's code."""


class DangerCode(StrEnum):
    """Changes that can make something recognised that was not."""

    NEW_ANCHOR = "new-anchor"
    NEW_ISSUER = "new-issuer"
    WIDER_ARC = "wider-arc"
    LOOSER_TYPE = "looser-type"
    LIFTED = "lifted"
    LONGER_RECOGNITION = "longer-recognition"
    LONGER_CERTIFICATE = "longer-certificate"
    WEAKER_KEYS = "weaker-keys"
    LOOSER_RULES = "looser-rules"
    NEW_SOURCE = "new-source"
    HIGHER_CLASS = "higher-class"
    NEW_SERVICE = "new-service"
    NEW_ROW = "new-row"
    WIDER_ROW = "wider-row"
    LOWER_THRESHOLD = "lower-threshold"
    NEW_SIGNER = "new-signer"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: ``subject`` is an entry, a row or a key, or empty for the document itself."""

    subject: str
    words: str
    danger: DangerCode | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One person states the code of an update whose changes that person has read."""

    code: str
    person: str


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that an update changes."""

    old_sha256: str | None
    new_sha256: str
    changes: tuple[Change, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether the document offered is the one in force."""
        return self.old_sha256 == self.new_sha256

    @property
    def dangers(self) -> tuple[Change, ...]:
        """Changes that need two persons' acknowledgement."""
        return tuple(change for change in self.changes if change.danger)

    @property
    def code(self) -> str:
        """What the two must state; another update, or this one after another list, has another code."""
        digest = hashlib.sha256(canonical([self.old_sha256, self.new_sha256, self._members()])).digest()
        text = base64.b32encode(digest[:_CODE_BYTES]).decode("ascii")
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))

    def is_acknowledged(self, acknowledged: Iterable[Acknowledgement]) -> bool:
        """Whether two different persons stated this update's code, or nothing in it needs them."""
        persons = {given.person for given in acknowledged if given.person and given.code == self.code}
        return not self.dangers or len(persons) >= PERSONS

    def _members(self) -> list[list[str | None]]:
        return [[change.subject, change.words, change.danger] for change in self.changes]
