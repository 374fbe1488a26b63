"""Registered relying parties: create, list, show, disable; the same for command line and operator API."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.admin.ports import ClientRegistry
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.client_auth import hash_secret
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.registration import check_client, with_sector

SECRET_METHODS = frozenset({ClientAuthMethod.BASIC, ClientAuthMethod.POST})
"""Methods whose clients get a generated secret."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A new client, with its secret: shown once, remembered only as a keyed hash."""

    client: Client
    client_secret: str | None = field(repr=False)


class ClientTakenError(Exception):
    """The ``client_id`` is in use."""


async def create(
    registry: ClientRegistry,
    draft: Client,
    secret_key: bytes,
    operator: str,
    now: datetime,
    *,
    allow_loopback: bool = False,
    dry_run: bool = False,
) -> Registered:
    """Check and add a client; raises ``MetadataError`` for a bad draft, ``ClientTakenError`` for a double.

    ``allow_loopback`` lets events go to this machine, which is for development.
    """
    client = replace(draft if draft.sector else with_sector(draft), created_at=now)
    secret = secrets.token_urlsafe(32) if client.token_endpoint_auth_method in SECRET_METHODS else None
    if secret is not None:
        client = replace(client, client_secret_hash=hash_secret(secret_key, secret))
    check_client(client, allow_loopback=allow_loopback)
    event = _event(AuditAction.CLIENT_CREATED, client.client_id, operator, now)
    if not dry_run and not await registry.save(client, event):
        raise ClientTakenError
    return Registered(client, secret)


async def disable(registry: ClientRegistry, client_id: str, operator: str, now: datetime) -> bool:
    """Switch a client off with all its grants; false if there is none of that id."""
    return await registry.disable(client_id, now, _event(AuditAction.CLIENT_DISABLED, client_id, operator, now))


def described(client: Client) -> dict[str, object]:
    """A client as operators see it; no secret, not even its hash."""
    return {
        "client_id": client.client_id,
        "client_name": client.client_name,
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris),
        "token_endpoint_auth_method": client.token_endpoint_auth_method.value,
        "scope": " ".join(client.scopes),
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "sector": client.sector,
        "jurisdiction": client.jurisdiction,
        "purpose": client.purpose,
        "surrogate_purposes": list(client.surrogate_purposes),
        "surrogates_allowed": client.surrogates_allowed,
        "document_codes": dict(client.document_codes),
        "event_uri": client.event_uri,
        "providers": list(client.providers),
        "active": client.is_active,
        "created_at": client.created_at.isoformat() if client.created_at else None,
    }


def _event(action: AuditAction, client_id: str, operator: str, now: datetime) -> AuditEvent:
    return AuditEvent(action, now, secrets.token_hex(8), client_id=client_id, details={"operator": operator})
