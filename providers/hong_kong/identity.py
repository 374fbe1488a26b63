"""Pure: the verified fields of iAM Smart become the neutral record of a person (identity-providers §1.4 and §6.E)."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from mapping import dates
from mapping.dates import DateFormat
from mapping.documents import HongKongIdentityCard
from mapping.errors import MappingError
from providers.attributes import AttributeTable, matching, name_text, one_of, record
from providers.base import Assurance, PersonName, UpstreamIdentity
from providers.hong_kong.codes import PROVIDER, broken
from providers.hong_kong.wire import OPEN_ID, AccessToken

LEVELS: Final = MappingProxyType({"default": Assurance.THREE, "sign": Assurance.THREE})
"""`sign` vouches for level 4 only together with a step-up, which this sign-in does not make: the lowest hop counts."""
AMR: Final = ("mca", "user")
"""RFC 8176: confirmed on a second channel by a person who was present; which key or biometry was used is not told."""
_SEXES: Final = MappingProxyType({"M": "M", "F": "F", "U": None})
_IDENTIFICATION: Final = matching(r"[A-Z]{1,2}[0-9]{6}")
_CHECK_DIGIT: Final = matching(r"[0-9A]")


def _identity_card(value: object) -> HongKongIdentityCard:
    parts = record(value)
    number = _IDENTIFICATION(parts.get("Identification")) + _CHECK_DIGIT(parts.get("CheckDigit"))
    try:
        return HongKongIdentityCard.parse(number)
    except MappingError:
        raise ValueError("idNo") from None


def _english_name(value: object) -> str:
    return name_text(record(value).get("UnstructuredName"))


def _chinese_name(value: object) -> str:
    return name_text(record(value).get("ChineseName"))


PROFILE: Final = AttributeTable(
    required={
        "idNo": _identity_card,
        "enName": _english_name,
        "birthDate": matching(r"[0-9]{4,8}"),
        "gender": one_of(_SEXES),
    },
    optional={"chName": _chinese_name, "chNameVerified": name_text, "openID": matching(OPEN_ID)},
)
FIELDS: Final = ("idNo", "enName", "chName", "chNameVerified", "birthDate", "gender")
"""What is asked for, and no more."""


def read_identity(token: AccessToken, profile: Mapping[str, object], received_at: datetime) -> UpstreamIdentity:
    """Translate the profile that belongs to a token."""
    fields = PROFILE.read(PROVIDER, profile)
    if fields.get("openID", token.open_id) != token.open_id:
        raise broken("open_id")
    return UpstreamIdentity(
        provider=PROVIDER,
        subject=token.open_id,
        assurance=LEVELS[token.user_type],
        authenticated_at=received_at,  # the code lives for a minute, and no better time is told
        amr=AMR,
        name=_name(fields),
        birthdate=_birthdate(fields["birthDate"], received_at.date()),
        sex=_SEXES[fields["gender"]],
        documents=(fields["idNo"],),
        data_version=token.data_version,
    )


def _name(fields: Mapping[str, Any]) -> PersonName:
    latin: str = fields["enName"]
    surname, comma, given = (part.strip() for part in latin.partition(","))
    split = bool(surname and comma and given)
    # Without `chNameVerified` the Han name was never compared with the card: what is not verified is not passed on.
    return PersonName(
        han=fields.get("chNameVerified"),
        latin=latin,
        family=surname if split else None,
        given=given if split else None,
    )


def _birthdate(text: str, as_of: date) -> date | None:
    try:
        return dates.parse(text, DateFormat.YYYYMMDD, as_of)
    except MappingError as error:
        if error.code == "date.partial":  # some cards know only the year
            return None
        raise broken("field:birthDate") from None
