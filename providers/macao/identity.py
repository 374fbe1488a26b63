"""Macao's profile as a person: the attribute table and its translation, on verified claims only (§3.2, §6.C, §6.E)."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from certs.keys.jose import VerifiedClaims
from mapping import dates
from mapping.dates import DateFormat
from mapping.documents import HongKongIdentityCard, MacaoIdentityCard
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind
from providers.attributes import AttributeTable, matching, name_text, one_of, record, text
from providers.base import Assurance, Document, Organisation, PersonName, UpstreamIdentity
from providers.errors import ProviderFailure
from providers.macao.entity import MACAO_TIME, ROLES, last_day, read_mandate, read_organisation, services
from providers.macao.wire import ACCOUNT_TYPES, PERSONAL, PROVIDER, TOKEN_CLIENTS, UID, broken

LEVELS: Final = MappingProxyType({"1": Assurance.ONE, "2": Assurance.TWO, "3": Assurance.THREE})
METHODS: Final = MappingProxyType({"1": ("pwd",), "2": ("pwd", "otp", "mfa"), "3": ("mfa",)})
"""Registered names (RFC 8176 §2): a password, with the soft token, with the face or the bound e-identity."""
DOCUMENT_TYPES: Final = frozenset({"BIRP", "BIRNP", "TNR", "HKID", "CHNPASS", "CHNID", "PASS"})
_OF_ENTITIES: Final = frozenset({"entity", "role", "services", "until"})

PROFILE: Final = AttributeTable(
    required={
        "uid": matching(UID),
        "accountType": one_of(ACCOUNT_TYPES),
        "docType": one_of(DOCUMENT_TYPES),
        "docNo": text,
        "birth": text,
        "sex": one_of({"M", "F"}),
        "acr": one_of(LEVELS),
    },
    optional={
        "nameZh": name_text,
        "namePt": record,
        "entity": record,
        "role": one_of(ROLES),
        "services": services,
        "until": last_day,
    },
    # A guardian signs in as themselves; nobody acts for a child here.
    ignored={"mobile", "eidBound", "guardianOf", "lang"},
)
ROMANISED: Final = AttributeTable(required={}, optional={"apelido": name_text, "nome": name_text})


def read_identity(profile: VerifiedClaims, received_at: datetime, entity_code: str | None = None) -> UpstreamIdentity:
    """Translate a profile; it is verified when it gets here. `entity_code` is what the token's answer named."""
    values = PROFILE.read(PROVIDER, profile.claims)
    organisation = _organisation(values, entity_code)
    today = received_at.astimezone(MACAO_TIME).date()
    return UpstreamIdentity(
        provider=PROVIDER,
        subject=values["uid"],
        assurance=LEVELS[values["acr"]],
        authenticated_at=received_at,
        amr=METHODS[values["acr"]],
        name=_name(values),
        birthdate=_birthdate(values["birth"], today),
        sex=values["sex"],
        documents=_documents(values["docType"], values["docNo"], today),
        organisation=organisation,
        mandate=None if organisation is None else read_mandate(values),
    )


def _organisation(values: Mapping[str, Any], entity_code: str | None) -> Organisation | None:
    """The entity that the person signed in for, told alike by token and profile; a person's profile names none."""
    kind = values["accountType"]
    if kind not in TOKEN_CLIENTS or (kind != PERSONAL and entity_code is None):
        raise broken("account_type", ProviderFailure.NOT_ELIGIBLE)
    if kind == PERSONAL:
        if entity_code is not None or not values.keys().isdisjoint(_OF_ENTITIES):
            raise broken("account_type")
        return None
    if "entity" not in values or entity_code is None:
        raise broken("missing:entity")
    return read_organisation(values["entity"], entity_code)


def _name(values: Mapping[str, Any]) -> PersonName:
    parts = ROMANISED.read(PROVIDER, values.get("namePt", {}))
    family, given = parts.get("apelido"), parts.get("nome")
    # Surname, comma, given names: the order in which permits and the register write a romanised name.
    latin = ", ".join(part for part in (family, given) if part) or None
    if latin is None and "nameZh" not in values:
        raise broken("missing:name")
    return PersonName(han=values.get("nameZh"), latin=latin, family=family, given=given)


def _birthdate(value: str, today: date) -> date:
    try:
        return dates.parse(value, DateFormat.DDMMYYYY_SLASH, today)
    except MappingError:
        raise broken("field:birth") from None


def _documents(kind: str, number: str, today: date) -> tuple[Document, ...]:
    """Read the document that the account was opened with; passports and workers' cards lead nowhere here."""
    try:
        match kind:
            case "BIRP" | "BIRNP":
                return (MacaoIdentityCard.parse(number),)
            case "HKID":
                return (HongKongIdentityCard.parse(number),)
            case "CHNID":
                return (_resident_number(number, today),)
            case _:
                return ()
    except MappingError:
        raise broken("field:docNo") from None


def _resident_number(number: str, today: date) -> MainlandIdentifier:
    identifier = MainlandIdentifier.parse(number, today)
    if identifier.kind is not IdentifierKind.RESIDENT_ID:  # a residence permit, or one of our own stand-ins
        raise broken("field:docNo")
    return identifier
