"""For whom a person acts: the organisation's account beside theirs, as `pareobj` of the signed data (§4.2, §4.4).

A representative is known by the document that the register names; an agent by the appointment that names their account.
How an appointment stands on the wire is not public: the properties `agent_*` and `ent_status` are the simulation's own.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from mapping.documents import UnifiedSocialCreditCode
from mapping.errors import MappingError
from providers.attributes import AttributeTable, matching, name_text, one_of, text
from providers.base import Assurance, Document, Mandate, MandateRole, Organisation, Register
from providers.errors import ProviderFailure
from providers.guangdong import account
from providers.guangdong.account import LEVELS, MAX_PROPERTIES, NONE
from providers.guangdong.wire import BEIJING, PROVIDER, broken

IN_GOOD_STANDING: Final = "active"
ACCEPTED: Final = "ACTIVE"
ALL_MATTERS: Final = "all"
_CREDIT_CODE_TYPE: Final = "49"
_MAX_MATTERS: Final = 32

Properties: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Acting:
    """An organisation, what it lets the person do, and how well it was verified itself."""

    organisation: Organisation
    mandate: Mandate
    assurance: Assurance


def _credit_code(value: object) -> str:
    try:
        return UnifiedSocialCreditCode.parse(text(value)).canonical
    except MappingError:
        raise ValueError("credit code") from None


def _properties(value: object) -> Properties:
    """The entries `key=value`, each key once: which of two would count is nobody's guess to make."""
    if not isinstance(value, list) or len(value) > MAX_PROPERTIES:
        raise ValueError("extproperties")
    found: dict[str, str] = {}
    for entry in value:
        name, mark, content = text(entry).partition("=")
        if not mark or name in found:
            raise ValueError("extproperties")
        found[name] = content
    return found


PARENT: Final = AttributeTable(
    required={
        "useridcode": matching(r"[0-9A-Fa-f]{32}"),
        "cn": name_text,
        "idcardnumber": _credit_code,
        "creditable_level_of_account": one_of(LEVELS),
        "creditable_level_of_account_way": account.ways,
        "extproperties": _properties,
    },
    optional={"isreal": one_of({"true", "false"}), "is_real": one_of({"true", "false"})},
    ignored={
        *("usertype", "idcardtype"),  # looked at before anything else is read
        *("uid", "telephonenumber", "mail", "address", "area", "createtime", "uversion", "origin", "realtype"),
        *("accout_type", "link_person_name", "link_person_type", "link_person_code", "parent_uidcode", "sex"),
    },
)


def read_acting(
    parent: Mapping[str, object], useridcode: str, documents: tuple[Document, ...], received_at: datetime
) -> Acting:
    """Translate the organisation of a signed answer; `documents` are what the platform verified of the person."""
    if parent.get("usertype") != account.ORGANISATION or parent.get("idcardtype") != _CREDIT_CODE_TYPE:
        raise broken("pareobj", ProviderFailure.NOT_ELIGIBLE)  # a person's sub-account, or no unified credit code
    values = PARENT.read(PROVIDER, parent)
    properties: Properties = values["extproperties"]
    if values["cn"] == NONE:
        raise broken("field:cn")
    assurance = account.assurance_of(values)
    if assurance is Assurance.ONE:  # nobody compared it with the register of enterprises
        raise broken("org_level", ProviderFailure.NOT_ELIGIBLE)
    if properties.get("ent_status") != IN_GOOD_STANDING:
        raise broken("org_status", ProviderFailure.NOT_ELIGIBLE)
    organisation = Organisation(Register.UNIFIED_SOCIAL_CREDIT, values["idcardnumber"], values["cn"])
    return Acting(organisation, _mandate(properties, useridcode, documents, received_at), assurance)


def _mandate(
    properties: Properties, useridcode: str, documents: tuple[Document, ...], received_at: datetime
) -> Mandate:
    if _is_representative(properties, documents, received_at.astimezone(BEIJING).date()):
        return Mandate(MandateRole.LEGAL_REPRESENTATIVE)
    # The appointment must name this account: an organisation of somebody else's is no mandate at all.
    if not hmac.compare_digest(properties.get("agent_useridcode", "").encode(), useridcode.encode()):
        raise broken("org_mandate", ProviderFailure.NOT_ELIGIBLE)
    if properties.get("agent_status") != ACCEPTED:  # an agent has to accept, and either side may end it
        raise broken("org_agent_status", ProviderFailure.NOT_ELIGIBLE)
    return Mandate(MandateRole.AGENT, _matters(properties), _end(properties))


def _is_representative(properties: Properties, documents: tuple[Document, ...], today: date) -> bool:
    """Whether the register names the very document to which the person's account is bound."""
    kind, number = properties.get("legal_id_type", NONE), properties.get("legal_code", NONE)
    try:
        named = account.document(kind, number, today)
    except MappingError:
        raise broken("org_legal_code") from None
    return named is not None and named in documents


def _matters(properties: Properties) -> tuple[str, ...]:
    """What an agent may do: a list, or the word for everything; that it is not told does not mean everything."""
    told = properties.get("agent_scope", NONE)
    if told == ALL_MATTERS:
        return ()
    matters = tuple(matter.strip() for matter in told.split(","))
    if told == NONE or not all(matters) or len(matters) > _MAX_MATTERS:
        raise broken("org_agent_scope")
    return matters


def _end(properties: Properties) -> datetime | None:
    """The end of an appointment's last day in Beijing; the period must be told, even if it has no end."""
    until = properties.get("agent_until")
    if until == NONE:
        return None
    try:
        last_day = account.day(until or "")
        return datetime.combine(last_day, time(), BEIJING) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise broken("org_agent_until") from None
