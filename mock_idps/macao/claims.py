"""What the profile says about a person: the claims of section 6.C, by scope and never above the level reached."""

import uuid
from typing import Any, Final

from mock_idps.macao.grants import Grant
from mock_idps.personas import Persona

_NAMESPACE: Final = uuid.UUID("5a0c6a10-0000-4000-8000-0000006d6f00")


def uid_for(client_id: str, persona_id: str) -> str:
    """Give the person's identifier at one client: pairwise, and the same after a restart of the mock."""
    return str(uuid.uuid5(_NAMESPACE, f"{client_id}\n{persona_id}"))


def display_name(persona: Persona, locale: str) -> str:
    """Give the name as a greeting would show it in this language."""
    romanised = f"{persona.given} {persona.surname}".strip()
    return persona.name_han if persona.name_han and locale.startswith("zh") else romanised


def document_of(persona: Persona) -> tuple[str, str]:
    """Give document type and number as the account registered them."""
    if persona.bir is not None:
        kind = "BIRP" if persona.bir_permanent else "BIRNP"
        return kind, f"{persona.bir[:7]}({persona.bir[7]})"
    if persona.hkid is not None:
        return "HKID", f"{persona.hkid[:-1]}({persona.hkid[-1]})"
    if persona.resident_id is not None:
        return "CHNID", persona.resident_id
    raise LookupError("the persona has no document that an account can be opened with")


def claims_of(persona: Persona, grant: Grant, scope: tuple[str, ...], lang: str) -> dict[str, Any]:
    """Tell the person's claims to one client; `identity` adds the document and what stands on it."""
    claims: dict[str, Any] = {
        "uid": uid_for(grant.client_id, persona.id),
        "accountType": "Personal",
        "acr": str(grant.level),
        "lang": lang,
        **_names(persona),
    }
    if "identity" in scope:
        claims |= _identity(persona, grant.client_id)
    return claims


def _names(persona: Persona) -> dict[str, Any]:
    names: dict[str, Any] = {} if persona.name_han is None else {"nameZh": persona.name_han}
    return names | {"namePt": {"apelido": persona.surname, "nome": persona.given}}


def _identity(persona: Persona, client_id: str) -> dict[str, Any]:
    kind, number = document_of(persona)
    year, month, day = persona.birthdate.split("-")
    claims: dict[str, Any] = {
        "docType": kind,
        "docNo": number,
        "birth": f"{day}/{month}/{year}",
        "sex": persona.sex,
        "eidBound": persona.mo_level == 3,
    }
    if persona.mobile is not None:
        claims["mobile"] = f"+853-{persona.mobile}"
    if persona.guardian_of:
        claims["guardianOf"] = [uid_for(client_id, child) for child in persona.guardian_of]
    return claims


def portuguese_only(claims: dict[str, Any]) -> dict[str, Any]:
    """Tell the same person to a Portuguese reader: namePt first, nameZh absent (scenario `lang_pt`)."""
    rest = {name: value for name, value in claims.items() if name not in {"namePt", "nameZh", "lang"}}
    return {"namePt": claims["namePt"], **rest, "lang": "pt"}
