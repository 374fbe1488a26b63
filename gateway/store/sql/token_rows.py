"""Access tokens, refresh tokens and the grants they hang on, as rows: what every grant of the protocol shares."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, insert, select, update

from gateway.oidc.model import AccessToken, Confirmation, Grant, RefreshToken
from gateway.oidc.names import ConfirmationMethod
from gateway.oidc.ports import Settlement
from gateway.store.fields import RecordError
from gateway.store.protocol_records import read_grant
from gateway.store.sql import audit
from gateway.store.sql.columns import Moment
from gateway.store.sql.database import insert_unless_there
from gateway.store.sql.subjects import IS_WELCOME
from gateway.store.sql.tables import clients, grants, refresh_tokens, subjects, tokens
from gateway.store.vault import Vault

ACTIVE_GRANTS: Final = grants.join(subjects, subjects.c.id == grants.c.subject_id).join(
    clients, clients.c.client_id == grants.c.client_id
)
IS_ACTIVE: Final = grants.c.revoked_at.is_(None) & IS_WELCOME & clients.c.disabled_at.is_(None)
"""Neither the grant has ended, nor its person or their provider, nor its client been switched off."""

HASH: Final = bindparam("sought", type_=LargeBinary())
ADD_TOKEN: Final = insert(tokens)
_GRANT_ID: Final = bindparam("of_grant", type_=Text())
_UNTIL: Final = bindparam("until", type_=Moment())
_ADD_REFRESH_TOKEN: Final = insert_unless_there(refresh_tokens, "hash")
_KEEP_GRANT: Final = (
    update(grants).where(grants.c.id == _GRANT_ID, grants.c.keep_until < _UNTIL).values(keep_until=_UNTIL)
)


def active(grant_id: Any) -> Any:
    """The condition that the grant of a row in an enclosing statement is active."""
    return select(grants.c.id).select_from(ACTIVE_GRANTS).where(grants.c.id == grant_id, IS_ACTIVE).exists()


def box_of(grant_id: Any) -> Any:
    """The box of the grant of a row that is returned: SQLite returns no join, but a subquery."""
    return select(grants.c.box).where(grants.c.id == grant_id).scalar_subquery()


def opened(vault: Vault, grant_id: str, box: bytes) -> Grant:
    """Open a grant's box."""
    return read_grant(grant_id, vault.open(box, "grants", grant_id))


def settle(connection: Connection, settlement: Settlement) -> None:
    """Store what became of a redemption."""
    if settlement.token is not None:
        connection.execute(ADD_TOKEN, token_row(settlement.token))
    if settlement.refresh_token is not None:
        add_refresh_token(connection, settlement.refresh_token)
        keep(connection, settlement.refresh_token.grant_id, settlement.refresh_token.ends_at)
    audit.record(connection, settlement.event)


def add_refresh_token(connection: Connection, token: RefreshToken) -> None:
    """Add a refresh token, unless it is there: two requests at once make one successor (RT-02)."""
    connection.execute(_ADD_REFRESH_TOKEN[connection.dialect.name], _refresh_row(token))


def keep(connection: Connection, grant_id: str, until: datetime) -> None:
    """Keep a grant as long as its refresh tokens may live."""
    connection.execute(_KEEP_GRANT, {"of_grant": grant_id, "until": until})


def token_row(token: AccessToken) -> dict[str, Any]:
    """An access token as a row."""
    return {
        "hash": token.hash,
        "grant_id": token.grant_id,
        "client_id": token.client_id,
        "scopes": " ".join(token.scopes),
        "expires_at": token.expires_at,
        "confirmation": _written(token.confirmation),
        "audience": token.audience,
        "actor": token.actor,
    }


def access_token(token_hash: bytes, row: Any) -> AccessToken:
    """An access token from its row."""
    return AccessToken(
        hash=token_hash,
        grant_id=row.grant_id,
        client_id=row.client_id,
        scopes=tuple(row.scopes.split()),
        expires_at=row.expires_at,
        confirmation=_read(row.confirmation),
        audience=row.audience,
        actor=row.actor,
    )


def refresh_token(token_hash: bytes, row: Any) -> RefreshToken:
    """A refresh token from its row."""
    return RefreshToken(
        hash=token_hash,
        grant_id=row.grant_id,
        client_id=row.client_id,
        scopes=tuple(row.scopes.split()),
        created_at=row.created_at,
        idle_ends_at=row.idle_ends_at,
        ends_at=row.ends_at,
        confirmation=_read(row.confirmation),
        spent_at=row.spent_at,
    )


def _refresh_row(token: RefreshToken) -> dict[str, Any]:
    return {
        "hash": token.hash,
        "grant_id": token.grant_id,
        "client_id": token.client_id,
        "scopes": " ".join(token.scopes),
        "created_at": token.created_at,
        "idle_ends_at": min(token.idle_ends_at, token.ends_at),
        "ends_at": token.ends_at,
        "confirmation": _written(token.confirmation),
        "spent_at": token.spent_at,
    }


def _written(confirmation: Confirmation | None) -> str | None:
    return None if confirmation is None else f"{confirmation.method.value}:{confirmation.thumbprint}"


def _read(text: str | None) -> Confirmation | None:
    if text is None:
        return None
    method, _, thumbprint = text.partition(":")
    try:
        return Confirmation(ConfirmationMethod(method), thumbprint)
    except ValueError:
        raise RecordError("confirmation") from None
