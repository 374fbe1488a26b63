"""RP-Initiated Logout 1.0: whose sign-out is asked for, and where the browser may go afterwards.

A relying party that is not proven, or an address that is not registered, means a page of ours and no redirect (§4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from certs.keys.jose import VerifiedClaims
from certs.keys.signing_key import KeySource
from gateway.oidc import id_token_hint
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.parameters import Parameters
from gateway.oidc.ports import ClientStore
from gateway.oidc.reply_url import with_query


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A sign-out that passed every check; without ``sub`` nobody proved whose it is, so the person must be asked."""

    client: Client | None = None
    post_logout_redirect_uri: str | None = None
    state: str | None = field(default=None, repr=False)
    sub: str | None = field(default=None, repr=False)
    sid: str | None = field(default=None, repr=False)


async def validate(
    pairs: Sequence[tuple[str, str]], clients: ClientStore, keys: KeySource, issuer: str, now: datetime
) -> LogoutRequest:
    """Check a logout request (RP-Initiated Logout 1.0 §2, §3)."""
    parameters = Parameters(pairs)
    parameters.check()
    given = parameters.get("id_token_hint")
    hint = id_token_hint.read(given, keys, issuer, now) if given is not None else None
    client = await _client(parameters.get("client_id"), hint, clients)
    return LogoutRequest(
        client=client,
        post_logout_redirect_uri=_return_address(parameters.get("post_logout_redirect_uri"), client),
        state=parameters.get("state"),
        sub=hint["sub"] if hint is not None else None,
        sid=_sid(hint),
    )


def post_logout_url(request: LogoutRequest) -> str | None:
    """Where the browser goes after the sign-out, ``state`` included; ``None`` means a page of ours."""
    if request.post_logout_redirect_uri is None:
        return None
    return with_query(request.post_logout_redirect_uri, state=request.state)


async def _client(client_id: str | None, hint: VerifiedClaims | None, clients: ClientStore) -> Client | None:
    """The client that the hint was issued to; a ``client_id`` beside it must be the same (§2)."""
    named = client_id if hint is None else hint["aud"]
    if named is None:
        return None
    if not isinstance(named, str) or client_id not in {None, named}:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "id_token_hint was issued to another client")
    client = await clients.find(named)
    if client is None or not client.is_active:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "the client is unknown")
    return client


def front_channel_url(client: Client, issuer: str, sid: str) -> str | None:
    """The address that a hidden frame loads to sign the person out there (Front-Channel Logout 1.0 §2).

    ``iss`` and ``sid`` always stand in it: without them somebody else's page could end the session with one image.
    """
    if client.frontchannel_logout_uri is None:
        return None
    return with_query(client.frontchannel_logout_uri, iss=issuer, sid=sid)


def _return_address(asked: str | None, client: Client | None) -> str | None:
    """Byte equality, the port included; an address without a client belongs to nobody (§3.1)."""
    if asked is None:
        return None
    if client is None or asked not in client.post_logout_redirect_uris:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "post_logout_redirect_uri is not registered")
    return asked


def _sid(hint: VerifiedClaims | None) -> str | None:
    sid = hint.get("sid") if hint is not None else None
    return sid if isinstance(sid, str) else None
