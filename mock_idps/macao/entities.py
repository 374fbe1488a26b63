"""Staff logins of entities: for whom a person may sign in, and what the profile then says beside them (§3.1, §6.C).

`entity`, `role`, `services` and `until` are claims of this simulation: how the platform tells them is not public.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_idps.macao.call import Call
from mock_idps.macao.grants import Grant
from mock_idps.personas import REPRESENTATIVE, Mandate, Organisation

SCOPE: Final = "entity"
PERSONAL: Final = "Personal"
PRIVATE_ENTITY: Final = "Corp-Entity"
PUBLIC_BODY: Final = "Gov-Entity"
TOKEN_CLIENTS: Final = {
    PERSONAL: "MacauGovService",
    PRIVATE_ENTITY: "MacauCorpEntityService",
    PUBLIC_BODY: "MacauGovEntityService",
}
"""The main token of each family of accounts, as the platform names it."""
_PAST: Final = "31/12/2020"
_WRONG_NUMBER: Final = "0000018"


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """One person's login at one entity."""

    organisation: Organisation
    mandate: Mandate


def find_by_code(call: Call, persona: str, entity_code: str) -> StaffLogin | None:
    """Find the login that a person has at the entity with this code."""
    directory = call.account.directory
    code = entity_code.strip().upper()
    organisation = next((known for known in directory.organisations if known.entity_code == code), None)
    mandate = directory.mandate(persona, organisation.id) if organisation else None
    return StaffLogin(organisation, mandate) if organisation and mandate else None


def find_by_id(call: Call, persona: str, organisation_id: str) -> StaffLogin | None:
    """Find the login that a person has at this organisation."""
    directory = call.account.directory
    organisation, mandate = directory.organisation(organisation_id), directory.mandate(persona, organisation_id)
    return StaffLogin(organisation, mandate) if organisation and mandate else None


def chosen(call: Call, persona: str, scope: tuple[str, ...]) -> str | None:
    """Say for whom a sign-in without pages is: nobody, unless a tester has armed it (scenario `org_chosen`)."""
    wish = call.take("org_chosen", persona) if SCOPE in scope else None
    if wish is None:
        return None
    first = next((mandate.organisation for mandate in call.account.directory.of(persona)), None)
    wanted = wish.get("organisation", first)
    return wanted if isinstance(wanted, str) and find_by_id(call, persona, wanted) else None


def account_type(call: Call, grant: Grant) -> str:
    """Give the family of account that the person signed in with."""
    if grant.organisation is None:
        return PERSONAL
    return PUBLIC_BODY if call.take("org_public_body") is not None else PRIVATE_ENTITY


def entity_claims(call: Call, grant: Grant) -> dict[str, Any]:
    """Tell for whom the person acts, as what, in which services and until when."""
    login = None if grant.organisation is None else find_by_id(call, grant.persona, grant.organisation)
    if login is None:
        return {}
    organisation, mandate = login.organisation, login.mandate
    claims: dict[str, Any] = {
        "accountType": account_type(call, grant),
        "entity": _entity(organisation),
        "role": "representative" if mandate.role == REPRESENTATIVE else "staff",
    }
    if mandate.role != REPRESENTATIVE:
        claims["services"] = list(mandate.scope)
    if mandate.until:
        year, month, day = mandate.until.split("-")
        claims["until"] = f"{day}/{month}/{year}"
    return _spoilt(call, organisation, claims)


def _entity(organisation: Organisation) -> dict[str, Any]:
    return {
        "code": organisation.entity_code,
        "taxpayerNo": organisation.taxpayer_number,
        "nameZh": organisation.name_han,
        "namePt": organisation.name_latin,
        "kind": "company",
        "status": "cancelled" if organisation.is_struck_off else "active",
    }


def _spoilt(call: Call, organisation: Organisation, claims: dict[str, Any]) -> dict[str, Any]:
    """Play what a tester has armed about the entity."""
    entity: Mapping[str, Any] = claims["entity"]
    if call.take("org_of_another") is not None:
        others = call.account.directory.organisations
        entity = _entity(next(other for other in others if other.id != organisation.id)) | {"status": "active"}
    if call.take("org_struck_off") is not None:
        entity = {**entity, "status": "cancelled"}
    if call.take("org_wrong_number") is not None:
        entity = {**entity, "taxpayerNo": _WRONG_NUMBER}
    if call.take("org_mandate_expired") is not None:
        claims = {**claims, "until": _PAST}
    if call.take("org_absent") is not None:
        return {name: value for name, value in claims.items() if name != "entity"}
    return {**claims, "entity": dict(entity), **(call.take("org_weird") or {})}


def entities_of(call: Call) -> list[dict[str, str]]:
    """List the staff logins of the simulation, for the page."""
    return [
        {"person": person.id, "code": organisation.entity_code or "", "name": organisation.name_latin}
        | {"id": organisation.id, "note": organisation.note}
        for person in call.account.people
        for mandate in call.account.directory.of(person.id)
        if (organisation := call.account.directory.organisation(mandate.organisation)) is not None
    ]
