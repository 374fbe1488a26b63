"""What relying parties are told: the number with its kind, and the document (mapping specification 10.6).

The kind travels with the number always, so that a stand-in is never taken for a citizen's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from mapping.document_codes import DocumentType, code_map, type_of
from mapping.documents.permits import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind, Realm

DEFAULT: Final = code_map({})
"""The document codes of a relying party that has none of its own."""

_SCHEMES: Final = {
    IdentifierKind.SURROGATE: "urn:gba-gateway:cnid:surrogate:v1",
    IdentifierKind.RESIDENCE_PERMIT: "urn:gba-gateway:cnid:residence-permit:v1",
    IdentifierKind.RESIDENT_ID: "urn:gba-gateway:cnid:resident-id:v1",
}


def scheme(kind: IdentifierKind) -> str:
    """Name the rules under which a number of this kind was made; foreign residents' numbers are not released."""
    name = _SCHEMES.get(kind)
    if name is None:
        raise MappingError("binding.not_eligible")
    return name


@dataclass(frozen=True, slots=True)
class Resolution:
    """A number as it is released: read, linked or standing in, and on which evidence."""

    number: MainlandIdentifier
    kind: IdentifierKind
    realm: Realm
    replaces: tuple[str, ...] = field(default=(), repr=False)
    issued_at: datetime | None = None
    """When the number was bound, with its zone; a number that is only read has no such moment."""
    evidence: str = ""
    """The word for the audit trail: which evidence decided. It is not released."""

    def as_claim(self) -> dict[str, Any]:
        """Give the claim `gba_cn_id`."""
        claim: dict[str, Any] = {
            "value": self.number.value,
            "kind": self.kind.value,
            "scheme": scheme(self.kind),
            "realm": Realm(self.realm).value,
            "verifiable_with_police_data": self.is_verifiable,
            "replaces": list(self.replaces),
        }
        if self.issued_at is not None:
            claim["issued_at"] = _as_utc(self.issued_at)
        return claim

    @property
    def is_verifiable(self) -> bool:
        """Whether police data could know a number of this kind: never a stand-in.

        The sandbox answers as production does, so that relying parties meet both; ``realm`` says where it is from.
        """
        return self.kind is not IdentifierKind.SURROGATE


def document_claim(permit: TravelPermit, codes: Mapping[DocumentType, str] = DEFAULT) -> dict[str, Any]:
    """Give the claim `gba_doc`, in both forms if the renewal count is known, since platforms differ.

    The type is the relying party's own code, if it has one (`document_codes.code_map`).
    """
    claim = {
        "type": codes[type_of(permit)],
        "number9": permit.canonical,
        "nationality_class": permit.holder_class.value,
    }
    if permit.issue_count is not None:
        claim |= {"number11": permit.canonical + permit.issue_count, "issue_count": permit.issue_count}
    return claim


def _as_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
