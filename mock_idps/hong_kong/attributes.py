"""What iAM Smart tells about a person: the pairwise identifier and the profile fields (identity-providers 1.1, 1.4)."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from mock_idps.people.persona import Persona

UNCHANGED_SINCE: Final = 1_700_000_000_000
"""`lastModifiedDate` of everybody until the scenario `data_changed` moves it."""


def open_id(client_id: str, persona_id: str) -> str:
    """One value for each person and service, percent-encoded as on the wire; the same after every restart."""
    service_key = hashlib.sha256(f"hk-iamsmart openID {client_id}".encode()).digest()
    digest = hmac.digest(service_key, persona_id.encode(), hashlib.sha256)
    return quote(base64.b64encode(digest), safe="")


def profile(persona: Persona, fields: list[str]) -> dict[str, Any]:
    """Give the fields asked for; one that the person does not have is left out."""
    values = {name: PROFILE_FIELDS[name](persona) for name in fields}
    return {name: value for name, value in values.items() if value is not None}


def _identity_card(persona: Persona) -> Mapping[str, str] | None:
    if persona.hkid is None:
        return None
    return {"Identification": persona.hkid[:-1], "CheckDigit": persona.hkid[-1]}


def _english_name(persona: Persona) -> Mapping[str, str]:
    return {"UnstructuredName": f"{persona.surname}, {persona.given}"}


def _chinese_name(persona: Persona) -> Mapping[str, str] | None:
    return None if persona.name_han is None else {"ChineseName": persona.name_han}


def _verified_chinese_name(persona: Persona) -> str | None:
    return persona.name_han


def _birth_date(persona: Persona) -> str:
    return persona.birthdate.replace("-", "")


def _gender(persona: Persona) -> str:
    return persona.sex


PROFILE_FIELDS: Final[Mapping[str, Callable[[Persona], Any]]] = {
    "idNo": _identity_card,
    "enName": _english_name,
    "chName": _chinese_name,
    "chNameVerified": _verified_chinese_name,
    "birthDate": _birth_date,
    "gender": _gender,
}
"""The verified fields; the user-maintained ones of form filling are not simulated."""
