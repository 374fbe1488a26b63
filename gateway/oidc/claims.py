"""Which claims a scope stands for; nothing outside this table ever leaves (OpenID Connect Core §5.4, G08)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from gateway.oidc.model import Grant
from gateway.oidc.names import Scope

CLAIMS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    Scope.OPENID: (),
    Scope.PROFILE: ("name", "family_name", "given_name", "birthdate", "gender"),
    Scope.CN_ID: ("gba_cn_id",),
    Scope.CN_DOC: ("gba_doc",),
    Scope.ORGANISATION: ("gba_organisation", "gba_mandate"),
    Scope.OFFLINE_ACCESS: (),
}
"""Scope -> claim names; ``sub`` belongs to every token and is no personal claim."""

VERIFIED_CLAIMS: Final = "verified_claims"
"""Asked for by the ``claims`` parameter alone (OpenID Connect for Identity Assurance §5)."""

ID_TOKEN_SCOPES: Final = frozenset({Scope.CN_ID, Scope.CN_DOC, Scope.ORGANISATION})
"""Scopes whose claims stand in the ID token as well: signed, because a relying party may have to show them later.

The others come from userinfo only (OpenID Connect Core §5.4), so that names do not lie about in session stores.
"""

NUMBERED: Final = frozenset({"gba_cn_id", "gba_doc", "gba_organisation"})
"""Claims that hold official numbers: from userinfo, or in an ID token that is encrypted, and nowhere else (PR-05)."""

_NUMBERS: Final = NUMBERED | {"document_number", "personal_number", "serial_number"}
"""Members that make any claim around them one of those."""
_MANDATE: Final = "gba_mandate"
_KNOWN: Final = frozenset(name for names in CLAIMS_OF.values() for name in names) | {VERIFIED_CLAIMS}


def released(claims: Mapping[str, Any], scopes: Collection[str]) -> dict[str, Any]:
    """The claims that the scopes stand for, as far as the grant holds them."""
    names = (name for scope in scopes for name in CLAIMS_OF.get(scope, ()))
    return {name: claims[name] for name in names if name in claims}


def released_by_userinfo(grant: Grant, scopes: Collection[str]) -> dict[str, Any]:
    """What the scopes stand for, and what the ``claims`` parameter wants beyond them (OpenID Connect Core §5.5)."""
    return {**released(grant.claims, scopes), **_asked_for(grant, grant.userinfo_claims, scopes)}


def released_in_id_token(grant: Grant, scopes: Collection[str], *, is_encrypted: bool) -> dict[str, Any]:
    """Those of the released claims that the ID token carries; numbers only where nobody but its reader sees them."""
    by_scope = released(grant.claims, [scope for scope in scopes if scope in ID_TOKEN_SCOPES])
    claims = {**by_scope, **_asked_for(grant, grant.id_token_claims, scopes)}
    return claims if is_encrypted else {name: value for name, value in claims.items() if not _is_numbered(name, value)}


def mandate_end(grant: Grant) -> datetime | None:
    """When the mandate ends that the person acted under: nothing on the grant outlives it."""
    mandate = grant.claims.get(_MANDATE)
    ends_at = mandate.get("expires_at") if isinstance(mandate, Mapping) else None
    if isinstance(ends_at, str):
        return datetime.fromisoformat(ends_at)
    return datetime.fromtimestamp(ends_at, UTC) if isinstance(ends_at, int | float) else None


def _asked_for(grant: Grant, names: Collection[str], scopes: Collection[str]) -> dict[str, Any]:
    """Claims asked for one by one belong to no scope: a token that was narrowed does not bring them."""
    if not names or not set(grant.scopes) <= set(scopes):
        return {}
    return {name: grant.claims[name] for name in names if name in _KNOWN and name in grant.claims}


def _is_numbered(name: str, value: object) -> bool:
    """Whether an official number stands in a claim, however deep."""
    if name in _NUMBERS:
        return True
    if isinstance(value, Mapping):
        return any(_is_numbered(str(inner), each) for inner, each in value.items())
    return isinstance(value, list | tuple) and any(_is_numbered("", each) for each in value)
