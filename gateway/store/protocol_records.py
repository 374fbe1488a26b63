"""Clients, grants and requests without a browser as JSON and back."""

import json
from datetime import datetime
from typing import Any, Final

from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import Client, Grant
from gateway.store.codec import Codec
from gateway.store.fields import Fields, RecordError

_CLIENT: Final = Codec(Client, but={"client_id", "client_secret_hash", "created_at", "disabled_at"})
_GRANT: Final = Codec(Grant, but={"id", "revoked_at"})
DECOUPLED_COLUMNS: Final = frozenset(
    {
        "id",
        "hash",
        "grant_type",
        "client_id",
        "created_at",
        "expires_at",
        "interval",
        "state",
        "user_code_hash",
        "subject_id",
        "grant_id",
        "polled_at",
    }
)
"""What of such a request is a column, because it is looked for, or changes by itself."""
_DECOUPLED: Final = Codec(DecoupledRequest, but=DECOUPLED_COLUMNS)


def write_client(client: Client) -> str:
    """What of a client is not a column of its own."""
    return json.dumps(_CLIENT.write(client), separators=(",", ":"))


def read_client(
    client_id: str, record: str, secret_hash: bytes | None, created_at: datetime | None, disabled_at: datetime | None
) -> Client:
    """A client from its columns."""
    return _CLIENT.read(
        _parsed(record),
        client_id=client_id,
        client_secret_hash=secret_hash,
        created_at=created_at,
        disabled_at=disabled_at,
    )


def write_grant(grant: Grant) -> dict[str, Any]:
    """A grant as JSON, all but its end: what it says of client and subject is sealed with the rest."""
    return _GRANT.write(grant)


def read_grant(grant_id: str, fields: Fields) -> Grant:
    """A grant that has not been ended, from its opened box."""
    return _GRANT.read(fields, id=grant_id)


def write_decoupled(request: DecoupledRequest) -> dict[str, Any]:
    """What of a device's or counter's request is not a column of its own."""
    return _DECOUPLED.write(request)


def read_decoupled(fields: Fields, **columns: Any) -> DecoupledRequest:
    """Such a request from its columns and its opened box."""
    return _DECOUPLED.read(fields, **columns)


def _parsed(record: str) -> Fields:
    try:
        return Fields(json.loads(record))
    except ValueError:
        raise RecordError("client") from None
