"""What would be passed on, and whether the person has agreed to it before (G08, G10)."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.broker.identifier import Findings
from gateway.broker.model import Consent, Person, Release
from gateway.broker.own_client import is_own
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import Scope
from mapping.claims import document_claim
from mapping.document_codes import code_map
from mapping.documents import TravelPermit


def release_of(request: AuthorizationRequest, client: Client, person: Person, findings: Findings) -> Release:
    """The claims that the asked-for scopes come to for this person; a scope without a value holds nothing."""
    by_scope: dict[str, Mapping[str, Any]] = {Scope.OPENID: {}}
    missing: dict[str, str] = {}
    if Scope.PROFILE in request.scopes:
        by_scope[Scope.PROFILE] = _profile(person)
    if Scope.CN_ID in request.scopes:
        if findings.resolution is not None:
            by_scope[Scope.CN_ID] = {"gba_cn_id": findings.resolution.as_claim()}
        else:
            missing[Scope.CN_ID] = findings.reason or "evidence.missing"
    if Scope.CN_DOC in request.scopes:
        if findings.permit is not None:
            by_scope[Scope.CN_DOC] = {"gba_doc": _document(findings.permit, client)}
        else:
            missing[Scope.CN_DOC] = findings.reason or "evidence.missing"
    return Release(tuple(by_scope), by_scope, missing, is_recorded=findings.is_recorded)


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


def remembered(consent: Consent | None, client: Client, release: Release) -> bool:
    """True if the person decided about all of this before, for the same purpose, or nothing leaves the gateway."""
    if is_own(client) and set(release.scopes) == {Scope.OPENID}:
        return True
    if consent is None or consent.purpose != client.purpose:
        return False
    return set(release.scopes) <= {*consent.granted, *consent.withheld}


def decided(person: Person, client: Client, release: Release, withheld: frozenset[str], now: datetime) -> Consent:
    """The person's decision as it is put on record; ``openid`` cannot be left out of a sign-in."""
    left_out = frozenset(release.scopes) & withheld - {Scope.OPENID}
    return Consent(
        id=secrets.token_urlsafe(18),
        subject_id=person.subject_id,
        client_id=client.client_id,
        granted=tuple(scope for scope in release.scopes if scope not in left_out),
        withheld=tuple(sorted(left_out)),
        purpose=client.purpose,
        given_at=now,
    )
