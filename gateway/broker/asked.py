"""What a request asks for: scopes and single claims as one list of entries, each with one tick of its own."""

from typing import Final

from gateway.oidc.claims_request import wishes
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import Scope

CLAIM: Final = "claim:"
"""How the entry of a single claim begins (``claims`` parameter, OpenID Connect Core §5.5)."""
VERIFIED: Final = f"{CLAIM}verified_claims"

_NUMBERS: Final = frozenset({Scope.CN_ID.value, Scope.CN_DOC.value, f"{CLAIM}gba_cn_id", f"{CLAIM}gba_doc"})
_CN_ID: Final = frozenset({Scope.CN_ID.value, f"{CLAIM}gba_cn_id"})
_ORGANISATIONS: Final = frozenset({Scope.ORGANISATION.value})


def entries(request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
    """The scopes in our own order, then the claims that the scopes do not hold."""
    scopes = tuple(scope.value for scope in Scope if scope in request.scopes)
    return (*scopes, *wishes(request, client)) if request.claims else scopes


def asks_for_numbers(request: AuthorizationRequest, client: Client) -> bool:
    """Whether the person's documents are needed."""
    return not _NUMBERS.isdisjoint(entries(request, client))


def asks_for_identifier(request: AuthorizationRequest, client: Client) -> bool:
    """Whether the 18-character identifier itself is asked for."""
    return not _CN_ID.isdisjoint(entries(request, client))


def asks_for_organisation(request: AuthorizationRequest) -> bool:
    """Whether the organisation that the person acts for may be the subject."""
    return not _ORGANISATIONS.isdisjoint(request.scopes)
