"""The last step of every grant that a person's answer stands behind: what the answer is worth in tokens.

``prepare`` before anything is spent, ``settle`` inside the store's transaction, ``respond`` afterwards.
"""

from dataclasses import dataclass

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc import access_token, protection
from gateway.oidc.access_token import Issued, Terms
from gateway.oidc.claims import mandate_end
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import id_token, new_refresh_token
from gateway.oidc.model import Grant, RefreshToken, TokenResponse
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.ports import Settlement
from gateway.oidc.protection import Envelope
from gateway.oidc.provider import OpenIDProvider, TokenRequest
from gateway.oidc.random_values import new_value


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """All that can fail, done; and the values, made once however often the transaction is repeated."""

    request: TokenRequest
    op: OpenIDProvider
    envelope: Envelope
    audience: str | None
    """The resource server that the request names."""
    access_value: str
    refresh_value: str


async def prepare(request: TokenRequest, op: OpenIDProvider) -> Prepared:
    """Find the keys and make the values; refuses what would otherwise spend a code for nothing."""
    asked = access_token.asked_audience(request.form, request.client, op)
    if asked is not None or request.client.resources:
        access_token.signing_key(op)
    envelope = await protection.for_id_tokens(request.client, op, request.now)
    return Prepared(request, op, envelope, asked, new_value(), new_value())


def settle(prepared: Prepared, grant: Grant, about: str) -> Settlement:
    """The tokens that the grant is worth; raises ``OAuthError`` when it is worth none."""
    request, op = prepared.request, prepared.op
    check_mandate(grant, request)
    terms = Terms(
        client_id=request.client.client_id,
        scopes=grant.scopes,
        audience=access_token.audience(prepared.audience, grant.resources, op),
        confirmation=request.confirmation,
    )
    issued = access_token.issue(prepared.access_value, grant, terms, op, request.now)
    event = event_of(AuditAction.TOKEN_ISSUED, request, grant, about)
    return Settlement(event, token=issued.token, text=issued.text, refresh_token=_refresh_token(prepared, grant))


def refused(error: OAuthError, request: TokenRequest, grant: Grant) -> Settlement:
    """A redemption that was refused after it was spent."""
    return Settlement(event_of(AuditAction.TOKEN_REFUSED, request, grant, error.description), error=error)


def respond(prepared: Prepared, grant: Grant, settlement: Settlement) -> TokenResponse:
    """The answer, with what was stored in it; raises the error that was settled."""
    if settlement.error is not None:
        raise OAuthError(settlement.error.code, settlement.error.description, audited=True)
    if settlement.token is None or settlement.text is None:
        raise OAuthError(ErrorCode.SERVER_ERROR, "nothing was issued")
    request, op, text = prepared.request, prepared.op, settlement.text
    return Issued(text, settlement.token).response(
        request.now,
        id_token=id_token(grant, request.client, text, op, request.now, envelope=prepared.envelope),
        refresh_token=prepared.refresh_value if settlement.refresh_token is not None else None,
    )


def check_mandate(grant: Grant, request: TokenRequest) -> None:
    """Refuse what would outlive the organisation's mandate."""
    ends_at = mandate_end(grant)
    if ends_at is not None and ends_at <= request.now:
        raise OAuthError(ErrorCode.INVALID_GRANT, "the mandate has ended")


def event_of(action: AuditAction, request: TokenRequest, grant: Grant, about: str) -> AuditEvent:
    """What goes on record of a token request."""
    return AuditEvent(
        action,
        request.now,
        request.correlation_id,
        client_id=request.client.client_id,
        subject_id=grant.subject_id,
        details={"about": about},
    )


def _refresh_token(prepared: Prepared, grant: Grant) -> RefreshToken | None:
    """Only for a person's word (``offline_access``) and a client that may use it (OpenID Connect Core §11).

    A client that proves itself at every refresh may change its DPoP key; for one that cannot, the key is all there is
    (RFC 9449 §5, RFC 8705 §4).
    """
    request, client = prepared.request, prepared.request.client
    if not grant.is_offline or GrantType.REFRESH_TOKEN not in client.grant_types:
        return None
    bound_to = request.confirmation if client.is_public else None
    return new_refresh_token(prepared.refresh_value, grant, request.now, prepared.op.lifetimes, bound_to)
