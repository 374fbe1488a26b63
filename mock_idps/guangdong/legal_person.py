"""What the platform says about an organisation that somebody signs in for: `pareobj` (sections 4.2, 4.4).

Only the account's fields are public; how an agent's appointment travels is not. `agent_useridcode`, `agent_scope`,
`agent_until`, `agent_status` and `ent_status` among the properties are additions of this simulation.
"""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mock_idps.guangdong.people import NONE, display_name, document, subject_key
from mock_idps.guangdong.province import Call, Province
from mock_idps.personas import AGENT, Mandate, Organisation, Persona

CREDIT_CODE: Final = "49"
LEVEL: Final = "L2"
_CREATED: Final = "20231102093000"
_PAST: Final = "2020-12-31"
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Acting:
    """One person who acts for one organisation, and how the answer about it is spoilt."""

    organisation: Organisation
    mandate: Mandate
    representative: Persona
    agent: Persona
    faults: frozenset[str] = field(default_factory=frozenset)


def acting(province: Province, persona: Persona, organisation: str | None, call: Call) -> Acting | None:
    """Find what lets the person act; a tester may have it name other people, or spoil it."""
    mandate = province.directory.mandate(persona.id, organisation) if organisation else None
    known = province.directory.organisation(mandate.organisation) if mandate else None
    if mandate is None or known is None:
        return None
    agent, representative = persona, province.account_holder(province.directory.representative(known.id)) or persona
    if province.take("org_of_another", call) is not None:
        agent, representative, *_ = (other for other in province.account_holders if other.id != persona.id)
    if province.take("org_mandate_expired", call) is not None:
        mandate = replace(mandate, until=_PAST)
    names = ("org_struck_off", "org_level_low", "org_agent_pending", "org_wrong_number", "org_doubled")
    faults = frozenset(name for name in names if province.take(name, call) is not None)
    return Acting(known, mandate, representative, agent, faults)


def pareobj(acting: Acting) -> dict[str, Any]:
    """Build the organisation's account; strings everywhere, as the platform writes them."""
    organisation, faults = acting.organisation, acting.faults
    level = "L0" if "org_level_low" in faults else LEVEL
    return {
        "uid": f"gd-{organisation.id}",
        "useridcode": hashlib.blake2b(organisation.id.encode(), digest_size=16, person=b"gd-tyrz-org").hexdigest(),
        "usertype": "2",
        "cn": organisation.name_han,
        "idcardtype": CREDIT_CODE,
        "idcardnumber": _credit_code(organisation, is_wrong="org_wrong_number" in faults),
        "telephonenumber": NONE,
        "mail": NONE,
        "address": NONE,
        "area": "guangzhou",
        "createtime": _CREATED,
        "uversion": "1.0",
        "origin": "gdbs",
        "accout_type": "1",
        "is_real": "false" if level == "L0" else "true",
        "realtype": NONE if level == "L0" else "IC",
        "creditable_level_of_account": level,
        "creditable_level_of_account_way": f"{level}@IDV@{organisation.id}",
        "extproperties": _extproperties(acting),
    }


def _credit_code(organisation: Organisation, *, is_wrong: bool) -> str:
    code = organisation.uscc or NONE
    return code[:-1] + _ALPHABET[(_ALPHABET.index(code[-1]) + 1) % len(_ALPHABET)] if is_wrong else code


def _extproperties(acting: Acting) -> list[str]:
    kind, number = document(acting.representative) or (NONE, NONE)
    is_struck_off = acting.organisation.is_struck_off or "org_struck_off" in acting.faults
    known = {
        "legal_person": display_name(acting.representative),
        "legal_id_type": kind,
        "legal_code": number,
        "link_person_type": NONE,
        "link_person_code": NONE,
        "ent_type": "1",
        "unit_type": NONE,
        "tax_code": NONE,
        "ent_status": "revoked" if is_struck_off else "active",
        **(_appointment(acting) if acting.mandate.role == AGENT else {}),
    }
    doubled = ["legal_code=" + (document(acting.agent) or (NONE, NONE))[1]] if "org_doubled" in acting.faults else []
    return [f"{name}={value}" for name, value in known.items()] + doubled


def _appointment(acting: Acting) -> dict[str, str]:
    """What an agent was appointed to, for how long, and whether they have accepted."""
    until = acting.mandate.until
    return {
        "agent_useridcode": subject_key(acting.agent),
        "agent_scope": ",".join(acting.mandate.scope) or "all",
        "agent_until": until.replace("-", "") if until else NONE,
        "agent_status": "PENDING" if "org_agent_pending" in acting.faults else "ACTIVE",
    }
