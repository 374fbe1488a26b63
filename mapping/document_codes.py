"""What a document is called: our own closed list, and each relying party's codes for it (mapping specification 5).

The national list (GA/T 2000.156) knows some of our documents, and every platform re-numbers. So the words here are
ours, the codes of the list are the default, and a relying party's own codes are configuration.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

from mapping.documents.foreign_residents import ForeignPermanentResidentCard
from mapping.documents.identity_cards import HongKongIdentityCard, MacaoIdentityCard
from mapping.documents.permits import TRAVEL_PERMIT_TYPE, TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import HolderClass, IdentifierKind, Territory


class DocumentType(StrEnum):
    """Every document that can be named to a relying party."""

    RESIDENT_ID = "resident_id"
    RESIDENCE_PERMIT_HK = "residence_permit_hk"
    RESIDENCE_PERMIT_MO = "residence_permit_mo"
    PERMIT_CN = "permit_cn"
    PERMIT_NONCN = "permit_noncn"
    HKID = "hkid"
    BIR = "bir"
    FOREIGN_PR = "foreign_pr"


IdentifyingDocument = (
    TravelPermit | HongKongIdentityCard | MacaoIdentityCard | ForeignPermanentResidentCard | MainlandIdentifier
)
"""A parsed number that belongs to one document of a person."""

DEFAULT_CODES: Final[Mapping[DocumentType, str | None]] = MappingProxyType(
    {
        DocumentType.RESIDENT_ID: "111",
        DocumentType.RESIDENCE_PERMIT_HK: "550",  # younger than the list of 2016; in use among banks and insurers
        DocumentType.RESIDENCE_PERMIT_MO: "550",
        DocumentType.PERMIT_CN: TRAVEL_PERMIT_TYPE,
        DocumentType.PERMIT_NONCN: TRAVEL_PERMIT_TYPE,  # no code of its own was found; vendors use this one
        DocumentType.HKID: None,
        DocumentType.BIR: None,
        DocumentType.FOREIGN_PR: "553",
    },
)
"""The codes of the national list; none where none is known."""

_CODE: Final = re.compile(r"[0-9A-Za-z_-]{1,16}")
_RESIDENCE_PERMITS: Final = {
    Territory.HONG_KONG: DocumentType.RESIDENCE_PERMIT_HK,
    Territory.MACAO: DocumentType.RESIDENCE_PERMIT_MO,
}


def code_map(overrides: Mapping[str, str]) -> Mapping[DocumentType, str]:
    """Lay a relying party's codes over the default ones; a document for which nobody has a code is left out."""
    known = {kind: code for kind, code in DEFAULT_CODES.items() if code is not None}
    return MappingProxyType(known | {_type(name): _checked(code) for name, code in overrides.items()})


def type_of(document: IdentifyingDocument) -> DocumentType:
    """Name the document that a parsed number belongs to; a stand-in belongs to none."""
    match document:
        case TravelPermit():
            is_chinese = document.holder_class is HolderClass.CHINESE
            return DocumentType.PERMIT_CN if is_chinese else DocumentType.PERMIT_NONCN
        case HongKongIdentityCard():
            return DocumentType.HKID
        case MacaoIdentityCard():
            return DocumentType.BIR
        case ForeignPermanentResidentCard():
            return DocumentType.FOREIGN_PR
        case MainlandIdentifier():
            return _type_of_number(document)
        case _:
            assert_never(document)


def _type_of_number(number: MainlandIdentifier) -> DocumentType:
    match number.kind:
        case IdentifierKind.RESIDENT_ID:
            return DocumentType.RESIDENT_ID
        case IdentifierKind.FOREIGN_PR:
            return DocumentType.FOREIGN_PR
        case IdentifierKind.SURROGATE:
            raise MappingError("surrogate.input_forbidden")  # it was never printed on anything
        case IdentifierKind.RESIDENCE_PERMIT:
            if number.territory not in _RESIDENCE_PERMITS:
                raise MappingError("binding.territory_not_served")
            return _RESIDENCE_PERMITS[number.territory]
        case _:
            assert_never(number.kind)


def _type(name: str) -> DocumentType:
    if name not in set(DocumentType):
        raise ValueError("unknown document type")
    return DocumentType(name)


def _checked(code: object) -> str:
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ValueError("a document code has 1 to 16 letters, digits, hyphens or underscores")
    return code
