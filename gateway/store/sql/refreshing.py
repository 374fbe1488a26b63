"""Refresh tokens: each use is judged under a lock on its row, so that parallel uses make one chain (RFC 6749 §6).

A spent token stays known until the absolute end of its family: whoever brings it later is noticed (RT-01, RT-02).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from gateway.oidc.model import Grant, RefreshToken
from gateway.oidc.ports import Refreshing, RefreshSettlement
from gateway.store.sql import audit, grant_ends, token_rows
from gateway.store.sql.columns import NOW, Moment
from gateway.store.sql.tables import grants, refresh_tokens
from gateway.store.sql.token_rows import ACTIVE_GRANTS, HASH, IS_ACTIVE
from gateway.store.vault import Vault

_FIND: Final = (
    select(refresh_tokens, grants.c.box)
    .select_from(refresh_tokens.join(ACTIVE_GRANTS, grants.c.id == refresh_tokens.c.grant_id))
    .where(refresh_tokens.c.hash == HASH, refresh_tokens.c.idle_ends_at > NOW, IS_ACTIVE)
)
_FIND_UNSPENT: Final = _FIND.where(refresh_tokens.c.spent_at.is_(None))
_LOCK: Final = _FIND.with_for_update(of=refresh_tokens)
_IS_UNSPENT: Final = (refresh_tokens.c.hash == HASH) & refresh_tokens.c.spent_at.is_(None)
_SPEND: Final = update(refresh_tokens).where(_IS_UNSPENT).values(spent_at=NOW, idle_ends_at=refresh_tokens.c.ends_at)
_USE: Final = update(refresh_tokens).where(_IS_UNSPENT).values(idle_ends_at=bindparam("idle_end", type_=Moment()))


def find(connection: Connection, vault: Vault, token_hash: bytes, now: datetime) -> tuple[RefreshToken, Grant] | None:
    """The live, unspent token with its grant."""
    row = connection.execute(_FIND_UNSPENT, {"sought": token_hash, "now": now}).one_or_none()
    return None if row is None else _read(vault, token_hash, row)


def refresh(
    connection: Connection,
    vault: Vault,
    token_hash: bytes,
    now: datetime,
    settle: Callable[[Refreshing], RefreshSettlement],
) -> tuple[Refreshing, RefreshSettlement] | None:
    """Lock the token, have it judged, and store what comes of it."""
    row = connection.execute(_LOCK, {"sought": token_hash, "now": now}).one_or_none()
    if row is None:
        return None
    found = Refreshing(*_read(vault, token_hash, row))
    settlement = settle(found)
    _store(connection, found.token, settlement, now)
    audit.record(connection, settlement.event)
    return found, settlement


def _store(connection: Connection, presented: RefreshToken, settlement: RefreshSettlement, now: datetime) -> None:
    if settlement.ends_family:
        grant_ends.one(connection, presented.grant_id, now)
        return
    if settlement.error is not None:
        return
    if settlement.token is not None:
        connection.execute(token_rows.ADD_TOKEN, token_rows.token_row(settlement.token))
    if settlement.successor is not None:
        connection.execute(_SPEND, {"sought": presented.hash, "now": now})
        token_rows.add_refresh_token(connection, settlement.successor)
    elif settlement.idle_ends_at is not None:
        idle_end = min(settlement.idle_ends_at, presented.ends_at)
        connection.execute(_USE, {"sought": presented.hash, "idle_end": idle_end})


def _read(vault: Vault, token_hash: bytes, row: Any) -> tuple[RefreshToken, Grant]:
    return token_rows.refresh_token(token_hash, row), token_rows.opened(vault, row.grant_id, row.box)
