"""What would be passed on: the entries that a request asks for, each with what is known for it (G08)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway.broker.asked import CLAIM, VERIFIED, asks_for_organisation, entries
from gateway.broker.identifier import Findings
from gateway.broker.model import Person, Release
from gateway.broker.organisation import organisation_claims
from gateway.broker.vouching import facts_of
from gateway.oidc.claims import CLAIMS_OF
from gateway.oidc.claims_request import accepts, verified
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import Scope
from gateway.oidc.verified_claims import answers
from mapping.claims import document_claim
from mapping.document_codes import code_map
from mapping.documents import TravelPermit

_ALWAYS: Final = frozenset({Scope.OPENID.value, Scope.PROFILE.value, Scope.OFFLINE_ACCESS.value})
"""Entries that stand for something even without a claim."""
_NUMBERS: Final = frozenset({Scope.CN_ID.value, Scope.CN_DOC.value, f"{CLAIM}gba_cn_id", f"{CLAIM}gba_doc"})
NO_ORGANISATION: Final = "organisation.none"


def release_of(
    request: AuthorizationRequest, client: Client, person: Person, findings: Findings, asked_at: datetime
) -> Release:
    """The claims that the asked-for entries come to for this person; an entry without a value holds nothing.

    ``asked_at`` is the moment of the request, so that a page and its answer come to the same.
    """
    known = _known(request, client, person, findings)
    by_entry: dict[str, Mapping[str, Any]] = {}
    missing: dict[str, str] = {}
    for entry in entries(request, client):
        held = _held(entry, request, known)
        if entry == VERIFIED:
            held = _verified(request, person, findings, known, asked_at)
        if held or entry in _ALWAYS:
            by_entry[entry] = held
        elif entry in _NUMBERS:
            missing[entry] = findings.reason or "evidence.missing"
        elif entry == Scope.ORGANISATION:
            missing[entry] = NO_ORGANISATION
    return Release(tuple(by_entry), by_entry, missing, is_recorded=findings.is_recorded)


def names_of(entry: str) -> tuple[str, ...]:
    """The claims that an entry stands for."""
    return (entry.removeprefix(CLAIM),) if entry.startswith(CLAIM) else CLAIMS_OF.get(entry, ())


def plain_scopes(release: Release) -> tuple[str, ...]:
    """The scopes among the entries."""
    return tuple(entry for entry in release.scopes if not entry.startswith(CLAIM))


def _known(request: AuthorizationRequest, client: Client, person: Person, findings: Findings) -> Mapping[str, Any]:
    """Everything that there is to release of this person, by claim name."""
    known: dict[str, Any] = dict(_profile(person))
    if asks_for_organisation(request):  # no single claim brings what makes the organisation the subject
        known |= organisation_claims(person)
    if findings.resolution is not None:
        known["gba_cn_id"] = findings.resolution.as_claim()
    if findings.permit is not None:
        known["gba_doc"] = _document(findings.permit, client)
    return known


def _held(entry: str, request: AuthorizationRequest, known: Mapping[str, Any]) -> dict[str, Any]:
    """The values for an entry; one that the request would not accept is left out (OpenID Connect Core §5.5.1)."""
    held = _those(names_of(entry), known)
    if not request.claims:
        return held
    return {name: value for name, value in held.items() if accepts(request, name, value)}


def _verified(
    request: AuthorizationRequest, person: Person, findings: Findings, known: Mapping[str, Any], asked_at: datetime
) -> dict[str, Any]:
    facts = facts_of(person, findings.permit or person.permit, _those(CLAIMS_OF[Scope.PROFILE], known))
    found = None if facts is None else answers(verified(request), facts, asked_at)
    return {} if found is None else {"verified_claims": found}


def _those(names: Iterable[str], known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in names if name in known}


def _document(permit: TravelPermit, client: Client) -> dict[str, Any]:
    """The permit, under the relying party's own code for its kind where it has one (identifiers.md §5)."""
    return document_claim(permit, code_map(client.document_codes))


def _profile(person: Person) -> dict[str, str]:
    """The standard claims of scope ``profile`` (OpenID Connect Core §5.1), as the home document gives them."""
    claims = {
        "name": person.name.display,
        "family_name": person.name.family,
        "given_name": person.name.given,
        "birthdate": person.birthdate.isoformat() if person.birthdate else None,
        "gender": {"F": "female", "M": "male"}.get(person.sex or ""),
    }
    return {name: value for name, value in claims.items() if value}
