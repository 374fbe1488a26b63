"""How the record of a permit stands, and what may still happen to it: from the first number to the last word.

A number that was given once is never given to anybody else, so no record is ever deleted: it is frozen while somebody
looks at it, closed when its holder has died or withdrawn, and retired when its holder has moved on to another permit
(mapping specification 10.4 and 10.5).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from mapping.errors import ErrorCode, MappingError


class Standing(StrEnum):
    """Whether a record may be used, and whether it ever may be again."""

    ACTIVE = "active"
    FROZEN = "frozen"
    """Somebody looks at it; nothing is released from it or written to it until then."""
    CLOSED = "closed"
    """Its holder has died or withdrawn; final."""
    RETIRED = "retired"
    """Its holder is known by another permit now; final."""


class Change(StrEnum):
    """The words of a record's history."""

    BOUND = "bound"
    """The first number of a holder."""
    TIED = "tied"
    """Another account of the same holder uses the record."""
    RENEWED = "renewed"
    """The same permit on a newer card: the renewal count has moved on."""
    SUPERSEDED = "superseded"
    """A residence permit number takes the place of a stand-in."""
    REISSUED = "reissued"
    """The record goes on under a new permit of the same territory and class; the number stays."""
    MOVED = "moved"
    """The new permit is of another territory or class: a new number."""
    CORRECTED = "corrected"
    """The register corrected birth date or sex: a new number."""
    DISPUTED = "disputed"
    """A holder says that the record is not theirs."""
    UNTIED = "untied"
    """An account lets go of the record."""
    FROZEN = "frozen"
    RELEASED = "released"
    """A frozen record may be used again."""
    CLOSED = "closed"
    RETIRED = "retired"


_REFUSALS: Final[Mapping[Standing, ErrorCode]] = {
    Standing.FROZEN: "binding.frozen",
    Standing.CLOSED: "binding.closed",
    Standing.RETIRED: "binding.conflict",  # whoever still shows the old permit may not be its holder
}
_LEADS_TO: Final[Mapping[Change, Standing]] = {
    Change.DISPUTED: Standing.FROZEN,
    Change.FROZEN: Standing.FROZEN,
    Change.RELEASED: Standing.ACTIVE,
    Change.CLOSED: Standing.CLOSED,
    Change.RETIRED: Standing.RETIRED,
}
_POSSIBLE_WHILE_FROZEN: Final = frozenset(
    {Change.RELEASED, Change.CLOSED, Change.UNTIED, Change.FROZEN, Change.DISPUTED},
)


def standing_after(standing: Standing, change: Change) -> Standing:
    """Say how a record stands after a change, or refuse the change; a change that is told twice has no more effect."""
    if standing is Standing.ACTIVE:
        if change is Change.RELEASED:
            raise MappingError("binding.conflict")  # nothing was frozen: the operator looks at another record
        return _LEADS_TO.get(change, standing)
    if standing is Standing.FROZEN and change in _POSSIBLE_WHILE_FROZEN:
        return _LEADS_TO.get(change, standing)
    raise MappingError(_REFUSALS[standing])


def require_usable(standing: Standing) -> None:
    """Let nothing be decided from a record that stands still."""
    if standing is not Standing.ACTIVE:
        raise MappingError(_REFUSALS[standing])
