"""What only a gateway of this kind says: documents, and the organisation that a person acts for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from certs.keys.jose import VerifiedClaims
from mapping.documents import TravelPermit, UnifiedSocialCreditCode
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from providers.attributes import AttributeTable, matching, name_text, one_of, text
from providers.base import Document, Mandate, MandateRole, Organisation, Register
from providers.errors import ProviderError, ProviderFailure

_NEAR_SHANGHAI: Final = timezone(timedelta(hours=8))
_VOUCHED_KINDS: Final = frozenset({"resident_id", "residence_permit"})
"""A stand-in number of the other gateway's is no number here: this one gives out its own."""
_LATEST: Final = 253_402_300_799  # the end of the year 9999, in seconds
_MOST_MATTERS: Final = 64


def _matters(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_MATTERS:
        raise ValueError("matters")
    return tuple(text(matter) for matter in value)


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LATEST:
        raise ValueError("moment")
    return datetime.fromtimestamp(value, UTC)


_PERMIT: Final = AttributeTable(
    required={"number9": text},
    optional={"issue_count": matching(r"[0-9]{2}")},
    ignored={"type", "number11", "nationality_class"},
)
_NUMBER: Final = AttributeTable(
    required={"value": text, "kind": text},
    ignored={"scheme", "realm", "verifiable_with_police_data", "replaces", "issued_at"},
)
_ORGANISATION: Final = AttributeTable(
    required={"register": one_of(frozenset(Register)), "identifier": matching(r"[0-9A-Z]{1,32}"), "name": name_text}
)
_MANDATE: Final = AttributeTable(
    required={"role": one_of(frozenset(MandateRole))}, optional={"scope": _matters, "expires_at": _moment}
)


@dataclass(frozen=True, slots=True, repr=False)
class GatewayClaims:
    """What was there of them."""

    documents: tuple[Document, ...] = ()
    organisation: Organisation | None = None
    mandate: Mandate | None = None


NOTHING: Final = GatewayClaims()


def read(provider: str, claims: Mapping[str, Any], received_at: datetime) -> GatewayClaims:
    """Read the ``gba_`` claims; a malformed one breaks the sign-in, as with every other dialect."""
    documents: list[Document] = []
    if (permit := _object(provider, claims, "gba_doc")) is not None:
        documents.append(_permit(provider, permit))
    if (number := _object(provider, claims, "gba_cn_id")) is not None:
        documents.extend(_number(provider, number, received_at))
    organisation = _object(provider, claims, "gba_organisation")
    mandate = _object(provider, claims, "gba_mandate")
    if organisation is None or mandate is None:  # nobody acts without a mandate
        return GatewayClaims(tuple(documents))
    return GatewayClaims(tuple(documents), _organisation(provider, organisation), _mandate(provider, mandate))


def person_of(provider: str, token: VerifiedClaims) -> str:
    """The person who acts: with an organisation as the subject, the actor (RFC 8693 §4.1)."""
    if "act" not in token:
        return str(token["sub"])
    actor = token["act"]
    subject = actor.get("sub") if isinstance(actor, Mapping) else None
    if not isinstance(subject, str) or not subject or not subject.isprintable():
        raise ProviderError(provider, ProviderFailure.BROKEN, "field:act")
    return subject


def _object(provider: str, claims: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise ProviderError(provider, ProviderFailure.BROKEN, f"field:{name}")
    return value


def _permit(provider: str, claim: Mapping[str, Any]) -> TravelPermit:
    values = _PERMIT.read(provider, claim)
    try:
        return TravelPermit.parse(values["number9"], values.get("issue_count"))
    except MappingError:
        raise ProviderError(provider, ProviderFailure.BROKEN, "field:gba_doc") from None


def _number(provider: str, claim: Mapping[str, Any], received_at: datetime) -> list[Document]:
    values = _NUMBER.read(provider, claim)
    if values["kind"] not in _VOUCHED_KINDS:
        return []
    try:
        return [MainlandIdentifier.parse(values["value"], received_at.astimezone(_NEAR_SHANGHAI).date())]
    except MappingError:
        raise ProviderError(provider, ProviderFailure.BROKEN, "field:gba_cn_id") from None


def _organisation(provider: str, claim: Mapping[str, Any]) -> Organisation:
    values = _ORGANISATION.read(provider, claim)
    register = Register(values["register"])
    if register is Register.UNIFIED_SOCIAL_CREDIT:
        try:
            UnifiedSocialCreditCode.parse(values["identifier"])
        except MappingError:
            raise ProviderError(provider, ProviderFailure.BROKEN, "field:gba_organisation") from None
    return Organisation(register, values["identifier"], values["name"])


def _mandate(provider: str, claim: Mapping[str, Any]) -> Mandate:
    values = _MANDATE.read(provider, claim)
    return Mandate(MandateRole(values["role"]), values.get("scope", ()), values.get("expires_at"))
