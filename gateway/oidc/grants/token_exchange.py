"""The token exchange grant: a service of one relying party calls another on a person's behalf (RFC 8693).

The person agreed that this relying party may act; so the exchange stays within it, never widens what was granted,
never outlives the token it starts from, and each service on the way is named in the result (``act``).
"""

from typing import Final

from gateway.audit import AuditAction
from gateway.oidc import access_token, granting
from gateway.oidc.access_token import Issued, Terms
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AccessToken, Client, Grant, TokenResponse
from gateway.oidc.names import ErrorCode, Scope, TokenType
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import OpenIDProvider, TokenRequest
from gateway.oidc.random_values import new_value

MAX_ACTORS: Final = 4
"""Services in one chain; a longer one is a loop or an accident."""
NOT_VALID: Final = "the subject_token is not valid"
"""Unknown, expired, another relying party's: the text is one, so that trying teaches nothing."""


async def redeem(request: TokenRequest, op: OpenIDProvider) -> TokenResponse:
    """Exchange a live access token for one that is for another resource server (RFC 8693 §2)."""
    subject_token = _subject_token(request.form)
    audience = _audience(request, op)
    access_token.signing_key(op)
    found = await access_token.find(subject_token, op, request.now)
    if found is None:
        raise _refused(NOT_VALID)
    token, grant = found
    await _check_subject(token, request, op)
    granting.check_mandate(grant, request)
    issued = access_token.issue(new_value(), grant, _terms(token, audience, request), op, request.now)
    await _store(issued, grant, request, op)
    return issued.response(request.now, issued_token_type=TokenType.ACCESS_TOKEN.value)


def _subject_token(form: Parameters) -> str:
    """The token to start from; only access tokens, in and out, and nobody acts but the client that asks (§2.1)."""
    subject_token, kind = form.get("subject_token"), form.get("subject_token_type")
    if subject_token is None or kind is None:
        raise _refused("subject_token and subject_token_type are required")
    if kind != TokenType.ACCESS_TOKEN or form.get("requested_token_type") not in {None, TokenType.ACCESS_TOKEN}:
        raise _refused("only access tokens are exchanged, and only for access tokens")
    if form.get("actor_token") is not None or form.get("actor_token_type") is not None:
        raise _refused("actor_token is not supported: the client itself is the actor")
    return subject_token


def _audience(request: TokenRequest, op: OpenIDProvider) -> str:
    """The one resource server that the new token is for; ``audience`` is another spelling of ``resource`` here."""
    asked = set(request.form.all("resource")) | set(request.form.all("audience"))
    if len(asked) != 1:
        raise OAuthError(ErrorCode.INVALID_TARGET, "name exactly one resource")
    (audience,) = asked
    # The issuer is no resource server here: what a person released is for the client they released it to (PR-03).
    if audience == op.issuer or audience not in request.client.resources:
        raise OAuthError(ErrorCode.INVALID_TARGET, "this client may not ask for the resource")
    return audience


async def _check_subject(token: AccessToken, request: TokenRequest, op: OpenIDProvider) -> None:
    """The token is one that the client may have: its own, or a fellow's that was meant for it (TN-01)."""
    client = request.client
    if token.client_id != client.client_id:
        holder = await op.clients.find(token.client_id)
        if holder is None or not holder.is_active or not _are_of_one_party(holder, client):
            raise _refused(NOT_VALID)
        if token.audience is not None and token.audience != client.serves:
            raise _refused(NOT_VALID)
        if holder.sector != client.sector or holder.subject_type is not client.subject_type:
            raise _refused("the two clients know the person under different subjects")
    if token.confirmation is not None and request.confirmation is None:
        raise _refused("a token bound to a key is exchanged for none that is not")  # no way around DP-01


def _are_of_one_party(holder: Client, client: Client) -> bool:
    return client.relying_party is not None and holder.relying_party == client.relying_party


def _terms(token: AccessToken, audience: str, request: TokenRequest) -> Terms:
    actors = [request.client.client_id, *(token.actor or "").split()]
    if len(actors) > MAX_ACTORS:
        raise _refused("too many services act in one chain")
    return Terms(
        client_id=request.client.client_id,
        scopes=_scopes(token, request),
        audience=audience,
        confirmation=request.confirmation,
        actor=" ".join(actors),
        not_after=token.expires_at,
    )


def _scopes(token: AccessToken, request: TokenRequest) -> tuple[str, ...]:
    """What both the token and the client may have; staying signed in is not handed on."""
    most = tuple(scope for scope in token.scopes if scope in request.client.scopes and scope != Scope.OFFLINE_ACCESS)
    asked = tuple(dict.fromkeys((request.form.get("scope") or "").split()))
    if not set(asked) <= set(most):
        raise OAuthError(ErrorCode.INVALID_SCOPE, "scope goes beyond the subject_token or the client")
    return asked or most


async def _store(issued: Issued, grant: Grant, request: TokenRequest, op: OpenIDProvider) -> None:
    event = granting.event_of(AuditAction.TOKEN_EXCHANGED, request, grant, "token_exchange")
    if not await op.tokens.add_access_token(issued.token, event, request.now):
        raise _refused(NOT_VALID)  # it ended between reading and writing


def _refused(description: str) -> OAuthError:
    """RFC 8693 §2.2.2 wants this code for a token that cannot be exchanged."""
    return OAuthError(ErrorCode.INVALID_REQUEST, description)
