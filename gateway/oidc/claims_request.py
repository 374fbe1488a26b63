"""The ``claims`` parameter: single claims asked for, with wishes about their values (OpenID Connect Core §5.5).

``read`` checks it once and keeps only what is understood; the questions below are what sign-in and tokens ask of it.
A name that nobody knows is ignored, as the standard wants; a shape that nobody can read refuses the request.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from certs.keys import JsonError
from certs.keys.strict_json import parse_object
from gateway.oidc.claims import CLAIMS_OF, VERIFIED_CLAIMS
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.verified_claims import VERIFIABLE
from gateway.oidc.verified_claims_request import check_verified_claims

USERINFO: Final = "userinfo"
ID_TOKEN: Final = "id_token"  # noqa: S105 - a member's name
MEMBERS: Final = (USERINFO, ID_TOKEN)
ENTRY: Final = "claim:"
"""What an entry of a release begins with that stands for one claim by itself."""
MAX_CLAIMS: Final = 64
"""Claims in one member of the parameter."""
MAX_VALUES: Final = 16
PURPOSE: Final = (3, 300)
"""Characters of a ``purpose``, least and most."""

SCOPES_OF: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(scope for scope, names in CLAIMS_OF.items() if name in names)
    for names in CLAIMS_OF.values()
    for name in names
}
"""Claim name -> the scopes that hold it: a client may ask for the claim if it may ask for one of them."""

_KNOWN: Final = frozenset({"sub", "acr", VERIFIED_CLAIMS, *SCOPES_OF})


def read(text: str | None) -> dict[str, dict[str, Any]]:
    """The parameter, checked; empty when it is absent."""
    if text is None:
        return {}
    try:
        document = parse_object(text.encode("utf-8"))
    except JsonError:
        raise _refused("claims is not one JSON object") from None
    return {member: _read_member(document[member]) for member in MEMBERS if member in document}


def expected_sub(claims: Mapping[str, Any]) -> str | None:
    """The one subject that the answer must be about (OpenID Connect Core §5.5.1)."""
    if not claims:
        return None
    found = _texts([wish["value"] for wish in _wishes_for(claims, "sub") if wish.get("value") is not None])
    if len(found) > 1:
        raise _refused("claims asks for more than one sub")
    return found[0] if found else None


def acr_values(claims: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """The levels that are asked for, in order, and whether one of them is essential (OpenID Connect Core §5.5.1.1)."""
    if not claims:
        return (), False
    wishes = list(_wishes_for(claims, "acr"))
    is_essential = any(wish.get("essential") is True for wish in wishes)
    counted = [wish for wish in wishes if wish.get("essential") is True] if is_essential else wishes
    return _texts([value for wish in counted for value in _values(wish)]), is_essential


def essential_acr(request: AuthorizationRequest) -> tuple[str, ...]:
    """Levels of which one must be reached, or the request fails; empty when none is essential."""
    values, is_essential = acr_values(request.claims)
    return values if is_essential else ()


def wishes(request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
    """The entries of the release beyond the scopes: ``claim:<name>`` for what the client may be given at all (G08)."""
    covered = {name for scope in request.scopes for name in CLAIMS_OF.get(scope, ())}
    allowed = {name for name in SCOPES_OF if SCOPES_OF[name] & set(client.scopes)}
    asked = dict.fromkeys((*in_userinfo(request), *in_id_token(request)))
    names = [name for name in asked if name in allowed and name not in covered]  # verified_claims is in no scope
    if any(allowed & set(VERIFIABLE) & set(wanted["claims"]) for wanted in verified(request)):
        names.append(VERIFIED_CLAIMS)
    return tuple(f"{ENTRY}{name}" for name in names)


def in_userinfo(request: AuthorizationRequest) -> tuple[str, ...]:
    """Names of a person's claims that are asked for from userinfo."""
    return _personal(request, USERINFO)


def in_id_token(request: AuthorizationRequest) -> tuple[str, ...]:
    """Names of a person's claims that are asked for in the ID token."""
    return _personal(request, ID_TOKEN)


def verified(request: AuthorizationRequest, member: str | None = None) -> tuple[Mapping[str, Any], ...]:
    """The elements of ``verified_claims`` that are asked for, in one member or in both, each once."""
    found: list[Mapping[str, Any]] = []
    for each in MEMBERS if member is None else (member,):
        asked = request.claims.get(each, {}).get(VERIFIED_CLAIMS)
        elements = asked if isinstance(asked, list) else [asked] if asked is not None else []
        found.extend(element for element in elements if element not in found)
    return tuple(found)


def accepts(request: AuthorizationRequest, name: str, value: object) -> bool:
    """Whether a claim's value is one that the request wants; one that is not is left out (OpenID Connect Core §5.5.1).

    Our own claims about documents are objects: a wish about the number compares with their ``value``.
    """
    given = value.get("value", value) if isinstance(value, Mapping) else value
    wanted = [values for wish in _wishes_for(request.claims, name) if (values := _values(wish))]
    return all(value in values or given in values for values in wanted)


def _read_member(member: object) -> dict[str, Any]:
    if not isinstance(member, dict) or len(member) > MAX_CLAIMS:
        raise _refused("claims has a member that is not an object of claims")
    known = {name: wish for name, wish in member.items() if name in _KNOWN}
    for name, wish in known.items():
        if name == VERIFIED_CLAIMS:
            check_verified_claims(wish)
        else:
            _check_wish(wish)
    return known


def _check_wish(wish: object) -> None:
    """``null``, or an object whose known members have their types; members that we do not know are ignored."""
    if wish is None:
        return
    if not isinstance(wish, dict) or not isinstance(wish.get("essential", False), bool):
        raise _refused("claims asks for a claim in a way that cannot be read")
    values = wish.get("values", [None])
    if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES:
        raise _refused("claims lists values in a way that cannot be read")
    purpose = wish.get("purpose", "none")
    if not isinstance(purpose, str) or not PURPOSE[0] <= len(purpose) <= PURPOSE[1]:
        raise _refused("claims gives a purpose that is too short or too long")


def _wishes_for(claims: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    for member in MEMBERS:
        wish = claims.get(member, {}).get(name)
        if isinstance(wish, Mapping):
            yield wish


def _values(wish: Mapping[str, Any]) -> list[Any]:
    """``value`` and ``values`` as one list; empty when the value does not matter."""
    single = [wish["value"]] if wish.get("value") is not None else []
    return [*single, *wish.get("values", [])]


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    """Values that have to be text, each once."""
    texts = [value for value in values if isinstance(value, str) and value]
    if len(texts) != len(values):
        raise _refused("claims gives a value that is not text")
    return tuple(dict.fromkeys(texts))


def _personal(request: AuthorizationRequest, member: str) -> tuple[str, ...]:
    return tuple(name for name in request.claims.get(member, {}) if name in SCOPES_OF or name == VERIFIED_CLAIMS)


def _refused(description: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_REQUEST, description)
