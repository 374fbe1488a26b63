"""Clients and grants as JSON and back."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.oidc.model import Client, Grant
from gateway.oidc.names import ClientAuthMethod
from gateway.store.fields import Fields, RecordError


def write_client(client: Client) -> str:
    """What of a client is not a column of its own."""
    record: Mapping[str, Any] = {
        "client_name": client.client_name,
        "redirect_uris": client.redirect_uris,
        "token_endpoint_auth_method": client.token_endpoint_auth_method.value,
        "jwks": None if client.jwks is None else dict(client.jwks),
        "scopes": client.scopes,
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "client_uri": client.client_uri,
        "policy_uri": client.policy_uri,
        "sector": client.sector,
        "jurisdiction": client.jurisdiction,
        "purpose": client.purpose,
        "surrogate_purposes": client.surrogate_purposes,
        "document_codes": dict(client.document_codes),
        "event_uri": client.event_uri,
        "providers": client.providers,
    }
    return json.dumps(record, separators=(",", ":"))


def read_client(
    client_id: str, record: str, secret_hash: bytes | None, created_at: datetime | None, disabled_at: datetime | None
) -> Client:
    """A client from its columns."""
    fields = _parsed(record)
    client = Client(
        client_id=client_id,
        client_name=fields.text("client_name"),
        redirect_uris=fields.texts("redirect_uris"),
        token_endpoint_auth_method=fields.member("token_endpoint_auth_method", ClientAuthMethod),
        client_secret_hash=secret_hash,
        jwks=fields.optional_mapping("jwks"),
        scopes=fields.texts("scopes"),
        id_token_signed_response_alg=fields.text("id_token_signed_response_alg"),
        post_logout_redirect_uris=fields.texts("post_logout_redirect_uris"),
        client_uri=fields.optional_text("client_uri"),
        policy_uri=fields.optional_text("policy_uri"),
        sector=fields.text("sector"),
        jurisdiction=fields.text("jurisdiction"),
        purpose=fields.text("purpose"),
        surrogate_purposes=fields.texts("surrogate_purposes"),
        document_codes=fields.text_mapping("document_codes"),
        event_uri=fields.optional_text("event_uri"),
        providers=fields.texts("providers"),
        created_at=created_at,
        disabled_at=disabled_at,
    )
    fields.end()
    return client


def write_grant(grant: Grant) -> dict[str, Any]:
    """A grant as JSON, all but its end: what it says of client and subject is sealed with the rest."""
    return {
        "client_id": grant.client_id,
        "subject_id": grant.subject_id,
        "sub": grant.sub,
        "scopes": list(grant.scopes),
        "claims": dict(grant.claims),
        "acr": grant.acr,
        "amr": list(grant.amr),
        "auth_time": grant.auth_time.isoformat(),
        "sid": grant.sid,
        "created_at": grant.created_at.isoformat(),
        "nonce": grant.nonce,
    }


def read_grant(grant_id: str, fields: Fields) -> Grant:
    """A grant that has not been ended, from its opened box."""
    grant = Grant(
        id=grant_id,
        client_id=fields.text("client_id"),
        subject_id=fields.text("subject_id"),
        sub=fields.text("sub"),
        scopes=fields.texts("scopes"),
        claims=fields.mapping("claims"),
        acr=fields.text("acr"),
        amr=fields.texts("amr"),
        auth_time=fields.moment("auth_time"),
        sid=fields.text("sid"),
        created_at=fields.moment("created_at"),
        nonce=fields.optional_text("nonce"),
    )
    fields.end()
    return grant


def _parsed(record: str) -> Fields:
    try:
        return Fields(json.loads(record))
    except ValueError:
        raise RecordError("client") from None
