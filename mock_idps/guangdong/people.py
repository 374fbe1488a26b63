"""What the platform says about a person: `userobj`, the ways of verification and their levels (section 4.2)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_idps.personas import Persona

NONE: Final = "-1"
LEVELS: Final = ("L0", "L1", "L2", "L3")
PASSWORD: Final = "1"
QR_CODE: Final = "3"
RESIDENT_ID: Final = "10"
PERMIT: Final = "14"
RESIDENCE_PERMIT: Final = "31"
_CREATED: Final = "20231102093000"
_VERIFIED: Final = "20231102094512"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which the person was verified, and the level that it gave."""

    level: str
    code: str
    key: str
    text: str
    verified_at: str | None

    def __str__(self) -> str:
        return f"{self.level}@{self.code}@{self.key}"


def account_holders(personas: Iterable[Persona]) -> tuple[Persona, ...]:
    """Give the personas that can sign in here: an account, and a document to bind it to."""
    return tuple(persona for persona in personas if persona.gd_level is not None and document(persona))


def document(persona: Persona) -> tuple[str, str] | None:
    """Give `idcardtype` and `idcardnumber`; a residence permit is preferred to the travel permit."""
    if persona.resident_id:
        return RESIDENT_ID, persona.resident_id
    if persona.residence_permit:
        return RESIDENCE_PERMIT, persona.residence_permit
    return (PERMIT, persona.permit) if persona.permit else None


def subject_key(persona: Persona) -> str:
    """Give `useridcode`, the platform's stable key of a person: the same for every application, over every restart."""
    return hashlib.blake2b(persona.id.encode(), digest_size=16, person=b"gd-tyrz-user").hexdigest()


def display_name(persona: Persona) -> str:
    """Give `cn`: the Han name, or the romanised one of people who have no other."""
    return persona.name_han or f"{persona.surname} {persona.given}".upper()


def level_of(persona: Persona) -> str:
    """Give the highest level that the account has reached."""
    return persona.gd_level or LEVELS[0]


def ways(persona: Persona) -> tuple[Way, ...]:
    """List how the person was verified, strongest first, up to the level of the account."""
    face = {"hong_kong": ("IAM", "iAM Smart"), "macao": ("MOA", "One Account")}.get(
        persona.home, ("YSS", "粤省事实人认证")
    )
    ladder = (
        ("L0", "IDV", "身份信息格式核验", None),
        ("L1", "IDV", "身份信息比对核验", _VERIFIED),
        ("L2", *face, _VERIFIED),
        ("L3", "GW", "政务窗口核验", _VERIFIED),
    )
    reached = [rung for rung in ladder if rung[0] <= level_of(persona)]
    return tuple(Way(level, code, _way_key(persona, level), text, at) for level, code, text, at in reversed(reached))


def user_data(
    persona: Persona,
    *,
    sign_in_way: str,
    parent: Mapping[str, Any] | None = None,
    conflict: bool = False,
    gbk: bool = False,
) -> dict[str, Any]:
    """Build `userobj`, `pareobj` and `user_creditable_level`; `conflict` and `gbk` are the scenarios of that name."""
    reached = ways(persona)
    if conflict:
        reached = tuple(way for way in reached if way.level < LEVELS[-1])
    level = LEVELS[-1] if conflict else level_of(persona)
    name = display_name(persona)
    if gbk:
        name = name.encode("gbk", "replace").decode("gbk")
    return {
        "userobj": _userobj(persona, name, level, reached, sign_in_way),
        "pareobj": dict(parent or {}),
        "user_creditable_level": {
            "creditable_level_of_account_way_list": [_way_entry(way, persona, name) for way in reached],
        },
    }


def _userobj(persona: Persona, name: str, level: str, reached: tuple[Way, ...], way: str) -> dict[str, Any]:
    kind, number = document(persona) or (NONE, NONE)
    return {
        "uid": f"gd-{persona.id}",
        "useridcode": subject_key(persona),
        "usertype": "1",
        "cn": name,
        "idcardtype": kind,
        "idcardnumber": number,
        "telephonenumber": persona.mobile or NONE,
        "mail": NONE,
        "address": NONE,
        "sex": {"M": "1", "F": "2"}[persona.sex],
        "area": "guangzhou",
        "createtime": _CREATED,
        "uversion": "3.0",
        "origin": "gdbs",
        "accout_type": way,
        "isreal": "true" if level >= "L1" else "false",
        "realtype": "PLV" if kind == RESIDENT_ID and level >= "L1" else NONE,
        "creditable_level_of_account": level,
        "creditable_level_of_account_way": "||".join(str(item) for item in reached),
        "extproperties": _extproperties(persona, way),
    }


def _extproperties(persona: Persona, way: str) -> list[str]:
    empty = ("address", "legal_person", "legal_id_type", "legal_code", "link_person_type", "link_person_code")
    more = ("ent_type", "unit_type", "tax_code", "cert_ca", "cert_data", "cert_notbefore", "cert_notafter")
    known = {"area": "guangzhou", "uversion": "3.0", "accout_type": way, "user_typeext": NONE}
    # Our own addition to the dialect: a permit number holds no birth date, and the register asks for one.
    known["birth"] = persona.birthdate.replace("-", "")
    return [f"{name}={NONE}" for name in empty + more] + [f"{name}={value}" for name, value in known.items()]


def _way_entry(way: Way, persona: Persona, name: str) -> dict[str, Any]:
    _, number = document(persona) or (NONE, NONE)
    return {
        "auth_time": way.verified_at,
        "uniqueid": way.key,
        "user_name": name,
        "auth_identification": way.text,
        "identity_level": way.level,
        "credential_no": number,
        "way_code": way.code,
    }


def _way_key(persona: Persona, level: str) -> str:
    return hashlib.blake2b(f"{persona.id}/{level}".encode(), digest_size=12, person=b"gd-tyrz-way").hexdigest()
