"""Which claims a scope stands for; nothing outside this table ever leaves (OpenID Connect Core §5.4, G08)."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from gateway.oidc.names import Scope

CLAIMS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    Scope.OPENID: (),
    Scope.PROFILE: ("name", "family_name", "given_name", "birthdate", "gender"),
    Scope.CN_ID: ("gba_cn_id",),
    Scope.CN_DOC: ("gba_doc",),
}
"""Scope -> claim names; ``sub`` belongs to every token and is no personal claim."""

ID_TOKEN_SCOPES: Final = frozenset({Scope.CN_ID, Scope.CN_DOC})
"""Scopes whose claims stand in the ID token as well: signed, because a relying party may have to show them later.

The others come from userinfo only (OpenID Connect Core §5.4), so that names do not lie about in session stores.
"""


def released(claims: Mapping[str, Any], scopes: Collection[str]) -> dict[str, Any]:
    """The claims that the scopes stand for, as far as the grant holds them."""
    names = (name for scope in scopes for name in CLAIMS_OF.get(scope, ()))
    return {name: claims[name] for name in names if name in claims}


def released_in_id_token(claims: Mapping[str, Any], scopes: Collection[str]) -> dict[str, Any]:
    """Those of the released claims that the ID token carries."""
    return released(claims, [scope for scope in scopes if scope in ID_TOKEN_SCOPES])
