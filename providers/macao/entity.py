"""For whom a person acts: the entity of a staff login, out of the verified profile (identity providers §3.1, §6.C).

That a staff login names an entity, its code and its services is public; the claims `entity`, `role`, `services` and
`until` are the simulation's own.
"""

import hmac
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from types import MappingProxyType
from typing import Any, Final

from providers.attributes import AttributeTable, matching, name_text, text
from providers.base import Mandate, MandateRole, Organisation, Register
from providers.errors import ProviderFailure
from providers.macao.wire import ENTITY_CODE, PROVIDER, broken

REPRESENTATIVE: Final = "representative"
ROLES: Final = MappingProxyType(
    {
        REPRESENTATIVE: MandateRole.LEGAL_REPRESENTATIVE,
        "administrator": MandateRole.AGENT,
        "staff": MandateRole.AGENT,
    }
)
IN_GOOD_STANDING: Final = "active"
MACAO_TIME: Final = timezone(timedelta(hours=8))
_MAX_SERVICES: Final = 32
_LAST_DAY: Final = matching(r"[0-9]{2}/[0-9]{2}/[0-9]{4}")


def services(value: object) -> tuple[str, ...]:
    """The services that a staff login was given, each once; a login without any has nothing to do elsewhere."""
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_SERVICES:
        raise ValueError("services")
    found = tuple(text(service) for service in value)
    if len(set(found)) != len(found):
        raise ValueError("services")
    return found


def last_day(value: object) -> date:
    """The last day of a mandate, `dd/MM/yyyy`; it may have passed."""
    found: str = _LAST_DAY(value)
    return date(int(found[6:]), int(found[3:5]), int(found[:2]))


ENTITY: Final = AttributeTable(
    required={"code": matching(ENTITY_CODE), "taxpayerNo": matching(r"[0-9]{8}"), "status": text},
    optional={"nameZh": name_text, "namePt": name_text},
    ignored={"kind"},
)


def read_organisation(entity: Mapping[str, object], entity_code: str) -> Organisation:
    """Translate the entity of a profile; it must be the one that the token's answer named."""
    values = ENTITY.read(PROVIDER, entity)
    if not hmac.compare_digest(values["code"].encode(), entity_code.encode()):
        raise broken("entity")
    if values["status"] != IN_GOOD_STANDING:
        raise broken("entity_status", ProviderFailure.NOT_ELIGIBLE)
    name = values.get("nameZh") or values.get("namePt")
    if name is None:
        raise broken("missing:entity_name")
    return Organisation(Register.MACAO_TAXPAYER, values["taxpayerNo"], name)


def read_mandate(values: Mapping[str, Any]) -> Mandate:
    """Translate role, services and end; whoever does not represent the entity may do what is listed, and no more."""
    if "role" not in values:
        raise broken("missing:role")
    role = ROLES[values["role"]]
    scope: tuple[str, ...] = values.get("services", ())
    if role is MandateRole.AGENT and not scope:
        raise broken("missing:services")
    return Mandate(role, scope, _end(values["until"]) if "until" in values else None)


def _end(day: date) -> datetime:
    """The moment at which the last day is over in Macao."""
    try:
        return datetime.combine(day, time(), MACAO_TIME) + timedelta(days=1)
    except OverflowError:
        raise broken("field:until") from None
