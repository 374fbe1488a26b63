"""What accounts of persons and organisations have in common: level, verification, document, properties (§4.2)."""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind
from providers.base import Assurance, Document
from providers.guangdong.wire import broken

LEVELS: Final = MappingProxyType(
    {"L0": Assurance.ONE, "L1": Assurance.TWO, "L2": Assurance.THREE, "L3": Assurance.FOUR}
)
NONE: Final = "-1"
"""The platform's way to say that there is nothing; never a value (UN-06)."""
PERSON: Final = "1"
ORGANISATION: Final = "2"
MAX_PROPERTIES: Final = 64

_RESIDENT_ID, _PERMIT, _RESIDENCE_PERMIT = "10", "14", "31"
_NUMBERS: Final = MappingProxyType(
    {_RESIDENT_ID: IdentifierKind.RESIDENT_ID, _RESIDENCE_PERMIT: IdentifierKind.RESIDENCE_PERMIT}
)
_WAY: Final = re.compile(r"(L[0-3])@[A-Za-z0-9_]{1,16}@[^@|\x00-\x1f]{0,128}")
_MAX_WAYS: Final = 4_096
_DAY: Final = re.compile(r"[0-9]{8}", re.ASCII)


def ways(value: object) -> tuple[str, ...]:
    """The levels of `level@method@key` items joined by `||`; none where nothing was ever verified."""
    if not isinstance(value, str) or len(value) > _MAX_WAYS:
        raise ValueError("ways")
    if value in {"", NONE}:
        return ()
    items = [_WAY.fullmatch(item) for item in value.split("||")]
    if None in items:
        raise ValueError("ways")
    return tuple(item[1] for item in items if item is not None)


def day(value: str) -> date:
    """A day written `yyyyMMdd`."""
    if not _DAY.fullmatch(value):
        raise ValueError("day")
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))


def assurance_of(values: Mapping[str, Any]) -> Assurance:
    """Believe the lowest of what the account claims: its level, its best verification, its flag (G24)."""
    claimed = LEVELS[values["creditable_level_of_account"]]
    proved = max((LEVELS[level] for level in values["creditable_level_of_account_way"]), default=Assurance.ONE)
    is_real = values.get("isreal", values.get("is_real", "true")) == "true"
    return min(claimed, proved, Assurance.FOUR if is_real else Assurance.ONE)


def document(kind: str, number: str, today: date) -> Document | None:
    """Read the document that an account is bound to, where it is of a kind that leads somewhere."""
    if number == NONE:
        return None
    if kind == _PERMIT:
        return TravelPermit.parse(number)
    return _number(number, _NUMBERS[kind], today) if kind in _NUMBERS else None


def documents(values: Mapping[str, Any], today: date) -> tuple[Document, ...]:
    """The document of the account as a list of none or one; a malformed number breaks the sign-in."""
    try:
        found = document(values["idcardtype"], values["idcardnumber"], today)
    except MappingError:
        raise broken("field:idcardnumber") from None
    return () if found is None else (found,)


def _number(number: str, kind: IdentifierKind, today: date) -> MainlandIdentifier:
    identifier = MainlandIdentifier.parse(number, today)
    if identifier.kind is not kind:
        raise broken("field:idcardtype")
    return identifier
