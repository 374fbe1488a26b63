"""Pure: CorpID's verified fields become an organisation and what it lets a person do (identity-providers §2, §6.B).

The profile fields are documented; `representation` is the simulation's own, because how powers travel is not public.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from mapping.documents import HongKongBusinessIdentifier
from mapping.errors import MappingError
from providers.attributes import AttributeTable, matching, name_text, one_of, record, text
from providers.base import Mandate, MandateRole, Organisation, Register
from providers.errors import ProviderFailure
from providers.hong_kong.codes import PROVIDER, broken
from providers.hong_kong.wire import OPEN_ID, AccessToken, moment

CORP_FIELDS: Final = ("corpID", "brn", "corpNameEN", "corpNameTC", "corpNameSC")
E_CORP_FIELDS: Final = ("corpStatusEN",)
REPRESENTATION_FIELDS: Final = ("role", "powers", "validUntil")
"""What is asked for, and no more."""
WITH_IAM_SMART: Final = "iam"
IN_GOOD_STANDING: Final = "Live"
MAY_SIGN_IN: Final = "login"
ROLES: Final = MappingProxyType(
    {"responsible_person": MandateRole.LEGAL_REPRESENTATIVE, "authorised_rep": MandateRole.AGENT}
)
_POWER: Final = matching(r"[a-z_]{1,32}")
_MAX_POWERS: Final = 16


def _business_identifier(value: object) -> HongKongBusinessIdentifier:
    try:
        return HongKongBusinessIdentifier.parse(text(value))
    except MappingError:
        raise ValueError("brn") from None


def _powers(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MAX_POWERS:
        raise ValueError("powers")
    found = tuple(_POWER(power) for power in value)
    if len(set(found)) != len(found):
        raise ValueError("powers")
    return found


PROFILE: Final = AttributeTable(
    required={
        "openID": matching(OPEN_ID),
        "corpID": matching(r"[A-Za-z0-9-]{1,64}"),
        "brn": _business_identifier,
        "corpStatusEN": text,
        "representation": record,
    },
    optional={"corpNameTC": name_text, "corpNameSC": name_text, "corpNameEN": name_text},
)
REPRESENTATION: Final = AttributeTable(
    required={"role": one_of(ROLES), "powers": _powers}, optional={"validUntil": moment}
)


def read_acting(token: AccessToken, profile: Mapping[str, object]) -> tuple[Organisation, Mandate]:
    """Translate the company's profile that belongs to a token of CorpID."""
    if token.user_type != WITH_IAM_SMART:  # a company's certificate file says nothing about who holds it
        raise broken("corp_user_type", ProviderFailure.NOT_ELIGIBLE)
    fields = PROFILE.read(PROVIDER, profile)
    if fields["openID"] != token.open_id:
        raise broken("corp_open_id")
    if fields["corpStatusEN"] != IN_GOOD_STANDING:
        raise broken("corp_status", ProviderFailure.NOT_ELIGIBLE)
    identifier: HongKongBusinessIdentifier = fields["brn"]
    if identifier.is_dummy:  # an entity without business registration stands in no register of ours
        raise broken("corp_unregistered", ProviderFailure.NOT_ELIGIBLE)
    organisation = Organisation(Register.BUSINESS_REGISTRATION, identifier.canonical, _name(fields))
    return organisation, _mandate(REPRESENTATION.read(PROVIDER, fields["representation"]))


def _name(fields: Mapping[str, Any]) -> str:
    name: str | None = fields.get("corpNameTC") or fields.get("corpNameSC") or fields.get("corpNameEN")
    if name is None:
        raise broken("missing:corpName")
    return name


def _mandate(fields: Mapping[str, Any]) -> Mandate:
    role, powers = ROLES[fields["role"]], fields["powers"]
    ends_at = datetime.fromtimestamp(fields["validUntil"] / 1000, UTC) if "validUntil" in fields else None
    if role is MandateRole.LEGAL_REPRESENTATIVE:
        return Mandate(role, (), ends_at)
    if MAY_SIGN_IN not in powers:
        raise broken("corp_powers", ProviderFailure.NOT_ELIGIBLE)
    if ends_at is None:  # a representative is authorised for a time, and it must be told
        raise broken("missing:validUntil")
    return Mandate(role, powers, ends_at)
