"""Relying parties register themselves, and keep their registration (RFC 7591, RFC 7592, OpenID Connect Registration).

Nobody registers without an initial access token, which an operator made and which says how far its bearer may go.
Every refusal of a token is the same, so that nobody learns which clients there are (RFC 7592 §2.1).
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from certs.keys import JsonError, strict_json
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc import software_statement
from gateway.oidc.client_auth import hash_secret
from gateway.oidc.client_metadata import member_name, metadata_of
from gateway.oidc.client_proofs import SECRET_METHODS
from gateway.oidc.errors import OAuthError
from gateway.oidc.metadata import PATHS
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, ErrorCode
from gateway.oidc.pairwise import SectorError, check_sector
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from gateway.oidc.random_values import new_id, new_value
from gateway.oidc.registrar import Registrar
from gateway.oidc.registration import MetadataError, check_client, check_keys, with_sector
from gateway.oidc.registration_policy import DYNAMIC, Limits, check_limits, draft
from gateway.oidc.registration_tokens import initial_access_hash, presented, refused, registration_hash

__all__ = ["Registrar", "delete", "read", "register", "update"]

_NOT_SENT: Final = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)
"""Members of our answers that no request may hold (RFC 7592 §2.2)."""
_MUTUAL_TLS: Final = frozenset({ClientAuthMethod.TLS, ClientAuthMethod.SELF_SIGNED_TLS})


async def register(body: bytes, call: BackChannelCall, op: OpenIDProvider, registrar: Registrar) -> dict[str, Any]:
    """Register a client (RFC 7591 §3); the answer shows its secrets this once."""
    token_hash = initial_access_hash(op.secret_key, presented(call.authorization))
    access = await registrar.initial_access.find(token_hash, call.now)
    if access is None:
        raise refused()
    limits = Limits(frozenset(access.scopes), access.jurisdiction, access.purpose, access.profile)
    members, statement = _with_statement(_parsed(body), None, call, op, registrar)
    client = replace(_drafted(new_id(), members, limits, None), software_statement=statement, created_at=call.now)
    client, secret = _with_secret(client, op)
    await _check(client, limits, None, op, registrar)
    token = new_value()
    client = replace(client, registration_token_hash=registration_hash(op.secret_key, token))
    event = _event(AuditAction.CLIENT_CREATED, client, call, initial_access=access.name)
    if not await registrar.registry.register(client, access.hash, call.now, event):
        raise refused()  # its last use went to somebody else a moment ago
    return _information(client, op, token, secret)


async def read(client_id: str, call: BackChannelCall, op: OpenIDProvider) -> dict[str, Any]:
    """What is registered of the client (RFC 7592 §2.1)."""
    client, token = await _registered(client_id, call, op)
    return _information(client, op, token)


async def update(
    client_id: str, body: bytes, call: BackChannelCall, op: OpenIDProvider, registrar: Registrar
) -> dict[str, Any]:
    """Replace all metadata of the client (RFC 7592 §2.2)."""
    before, token = await _registered(client_id, call, op)
    members = _parsed(body)
    _check_own_words(members, before, op)
    limits = Limits.of(before)
    members, statement = _with_statement(members, before.software_statement, call, op, registrar)
    client = replace(_drafted(client_id, members, limits, before), software_statement=statement)
    client, secret = _with_secret(client, op)
    await _check(client, limits, before, op, registrar)
    if not await registrar.registry.replace(client, _event(AuditAction.CLIENT_UPDATED, client, call)):
        raise refused()
    return _information(client, op, token, secret)


async def delete(client_id: str, call: BackChannelCall, op: OpenIDProvider, registrar: Registrar) -> None:
    """Switch the client off for good, with all that hangs on it (RFC 7592 §2.3)."""
    client, _ = await _registered(client_id, call, op)
    await registrar.registry.disable(client_id, call.now, _event(AuditAction.CLIENT_DISABLED, client, call))


async def _registered(client_id: str, call: BackChannelCall, op: OpenIDProvider) -> tuple[Client, str]:
    """The client behind a registration access token, with the token; one refusal for everything else."""
    token = presented(call.authorization)
    given = registration_hash(op.secret_key, token)
    client = await op.clients.find(client_id)
    expected = client.registration_token_hash if client is not None and client.is_active else None
    # Compared in any case, so that an unknown client takes as long as a wrong token.
    is_same = hmac.compare_digest(given, expected or bytes(len(given)))
    if client is None or expected is None or not is_same or client.registered_by != DYNAMIC:
        raise refused()
    if op.admit is not None:
        await op.admit(client, call)
    return client, token


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return strict_json.parse_object(body)
    except JsonError:
        raise _unacceptable("the body must be one JSON object") from None


def _check_own_words(members: Mapping[str, Any], client: Client, op: OpenIDProvider) -> None:
    """The request names its client, and nothing that is ours to give (RFC 7592 §2.2)."""
    if members.get("client_id") != client.client_id:
        raise _unacceptable("client_id must be that of the client")
    if any(name in members for name in _NOT_SENT):
        raise _unacceptable("the request holds members that only this server sets")
    secret = members.get("client_secret")
    if secret is None:
        return
    known = client.client_secret_hash or b""
    if not isinstance(secret, str) or not hmac.compare_digest(_hashed(secret, op), known):
        raise _unacceptable("client_secret must be the present one; a client does not choose it")


def _hashed(secret: str, op: OpenIDProvider) -> bytes:
    return hash_secret(op.secret_key, secret)


def _with_statement(
    members: dict[str, Any],
    on_record: str | None,
    call: BackChannelCall,
    op: OpenIDProvider,
    registrar: Registrar,
) -> tuple[dict[str, Any], str | None]:
    """The members, those that a vouching party signed in their place, and what it signed (RFC 7591 §3.1.1)."""
    token = members.get(software_statement.MEMBER)
    if token is None:
        token = on_record
    if token is None:
        return members, None
    if not isinstance(token, str):
        raise OAuthError(ErrorCode.INVALID_SOFTWARE_STATEMENT, "the software statement is not valid")
    is_on_record = token == on_record
    claims = software_statement.stated(token, registrar.statement_keys, op.issuer, call.now, is_on_record=is_on_record)
    return members | claims, token


def _drafted(client_id: str, members: Mapping[str, Any], limits: Limits, before: Client | None) -> Client:
    try:
        return with_sector(draft(client_id, members, limits, before))
    except MetadataError as error:
        raise _refusal(error) from error


def _with_secret(client: Client, op: OpenIDProvider) -> tuple[Client, str | None]:
    """The client with a new secret where its method wants one and there is none; without one where it must not."""
    if client.token_endpoint_auth_method not in SECRET_METHODS:
        return replace(client, client_secret_hash=None, retiring_secret_hash=None, retiring_secret_until=None), None
    if client.client_secret_hash is not None:
        return client, None
    secret = new_value()
    return replace(client, client_secret_hash=_hashed(secret, op)), secret


async def _check(
    client: Client, limits: Limits, before: Client | None, op: OpenIDProvider, registrar: Registrar
) -> None:
    """Everything that could speak against the client; what needs a call to somebody comes last."""
    try:
        check_client(client, allow_loopback=registrar.allow_loopback)
        check_keys(client, op.keys)
        check_limits(client, limits, before)
        _check_fit(client, before, op)
        if before is None or _sector_source(client) != _sector_source(before):
            await check_sector(client, op.fetch)
    except MetadataError as error:
        raise _refusal(error) from error
    except SectorError as error:
        raise _unacceptable("sector_identifier_uri is not acceptable: its document must list every address") from error


def _check_fit(client: Client, before: Client | None, op: OpenIDProvider) -> None:
    """What depends on this provider, and on what the client was."""
    if client.token_endpoint_auth_method in _MUTUAL_TLS and op.certificates is None:
        raise MetadataError("token_endpoint_auth_method", "mutual TLS is not offered here")
    if before is not None and client.sector != before.sector:
        raise MetadataError("redirect_uris", "the sector of a client stays, or its people would change")


def _sector_source(client: Client) -> tuple[Any, ...]:
    return client.sector_identifier_uri, client.redirect_uris, client.jwks_uri


def _information(client: Client, op: OpenIDProvider, token: str, secret: str | None = None) -> dict[str, Any]:
    """The client information response (RFC 7591 §3.2.1, RFC 7592 §3); a secret is in it once, when it is made."""
    issued = {"client_secret": secret, "client_secret_expires_at": 0} if secret is not None else {}
    vouched = {software_statement.MEMBER: client.software_statement} if client.software_statement else {}
    return {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created_at.timestamp()) if client.created_at else 0,
        **issued,
        "registration_access_token": token,
        "registration_client_uri": f"{op.issuer}{PATHS['registration']}/{client.client_id}",
        **metadata_of(client),
        **vouched,
    }


def _event(action: AuditAction, client: Client, call: BackChannelCall, **details: str) -> AuditEvent:
    return AuditEvent(
        action, call.now, call.correlation_id, client_id=client.client_id, details={"by": DYNAMIC, **details}
    )


def _refusal(error: MetadataError) -> OAuthError:
    because = f": {error.reason}" if error.reason else ""
    return OAuthError(error.code, f"{member_name(error.field)} is not acceptable{because}")


def _unacceptable(description: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_CLIENT_METADATA, description)
