"""The registered relying parties: read by every request, written by operators."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Integer, LargeBinary, Text, bindparam, select, update

from gateway.audit import AuditEvent
from gateway.oidc.model import Client
from gateway.store.protocol_records import read_client, write_client
from gateway.store.sql import audit, grant_ends, initial_access
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.tables import clients

CACHE_SECONDS: Final = 5.0
"""How long a client is remembered; switching one off must be felt by every worker within 60 s (G18)."""
CACHE_SIZE: Final = 1_024

_COLUMNS: Final = (
    clients.c.client_id,
    clients.c.record,
    clients.c.secret_hash,
    clients.c.created_at,
    clients.c.disabled_at,
)
_ID: Final = bindparam("sought", type_=Text())
_FIND: Final = select(*_COLUMNS).where(clients.c.client_id == _ID)
_PAGE: Final = (
    select(*_COLUMNS)
    .where(clients.c.client_id > _ID)
    .order_by(clients.c.client_id)
    .limit(bindparam("most", type_=Integer()))
)
_ADD: Final = insert_unless_there(clients)
_DISABLE: Final = (
    update(clients).where(clients.c.client_id == _ID, clients.c.disabled_at.is_(None)).values(disabled_at=NOW)
)
_REPLACE: Final = (
    update(clients)
    .where(clients.c.client_id == _ID)
    .values(record=bindparam("new_record", type_=Text()), secret_hash=bindparam("new_hash", type_=LargeBinary()))
)


class UsedUpError(Exception):
    """There is no use left of an initial access token; the database rolls everything back."""


class SqlClients:
    """``ClientStore`` and ``ClientRegistry``; what was found is remembered for a few seconds, what was not is not."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._cache: dict[str, tuple[float, Client]] = {}

    async def find(self, client_id: str) -> Client | None:
        """The client, also when disabled; an id that cannot be one of ours finds nothing."""
        cached = self._cache.get(client_id)
        if cached is not None and self._clock() < cached[0]:
            return cached[1]
        if not is_key(client_id):
            return None
        client = await self._database.read(lambda connection: _find(connection, client_id))
        if client is not None:
            self._remember(client)
        return client

    async def save(self, client: Client, event: AuditEvent) -> bool:
        """Add a new client; false if the ``client_id`` is taken."""
        _require_key(client)
        return await self._database.run(lambda connection: _save(connection, client, event))

    async def register(self, client: Client, initial_access: bytes | None, now: datetime, event: AuditEvent) -> bool:
        """Add a new client and use up one use of an initial access token, both or neither."""
        _require_key(client)
        try:
            return await self._database.run(
                lambda connection: _register(connection, client, initial_access, now, event),
            )
        except UsedUpError:
            return False

    async def replace(self, client: Client, event: AuditEvent) -> bool:
        """Write a client anew, all but ``created_at`` and ``disabled_at``; false, and no event, if unknown."""
        _require_key(client)
        values = {
            "sought": client.client_id,
            "new_record": write_client(client),
            "new_hash": client.client_secret_hash,
        }
        is_known = await self._database.run(
            lambda connection: audit.if_changed(connection, _REPLACE, values, event),
        )
        self._cache.pop(client.client_id, None)
        return is_known

    async def page(self, after: str | None, limit: int) -> list[Client]:
        """Clients in the order of ``client_id``, from the one behind ``after`` on."""
        values = {"sought": after or "", "most": limit}
        return await self._database.read(lambda connection: [_client(row) for row in connection.execute(_PAGE, values)])

    async def disable(self, client_id: str, now: datetime, event: AuditEvent) -> bool:
        """Switch a client off, with all its grants; true also when it was off already, and nothing is written then."""
        if not is_key(client_id):
            return False
        is_known = await self._database.run(lambda connection: _disable(connection, client_id, now, event))
        self._cache.pop(client_id, None)
        return is_known

    def _remember(self, client: Client) -> None:
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[client.client_id] = (self._clock() + CACHE_SECONDS, client)


def _find(connection: Connection, client_id: str) -> Client | None:
    row = connection.execute(_FIND, {"sought": client_id}).first()
    return None if row is None else _client(row)


def _client(row: Iterable[Any]) -> Client:
    client_id, record, secret_hash, created_at, disabled_at = row
    return read_client(client_id, record, secret_hash, created_at, disabled_at)


def _save(connection: Connection, client: Client, event: AuditEvent) -> bool:
    values = {
        "client_id": client.client_id,
        "record": write_client(client),
        "secret_hash": client.client_secret_hash,
        "created_at": client.created_at,
        "disabled_at": client.disabled_at,
    }
    if connection.execute(_ADD[connection.dialect.name], values).rowcount == 0:
        return False
    audit.record(connection, event)
    return True


def _register(
    connection: Connection, client: Client, token_hash: bytes | None, now: datetime, event: AuditEvent
) -> bool:
    if not _save(connection, client, event):
        return False
    if token_hash is not None and not initial_access.use_up(connection, token_hash, now):
        raise UsedUpError
    return True


def _require_key(client: Client) -> None:
    if not is_key(client.client_id):
        raise ValueError("a client_id is printable ASCII of at most 256 characters")


def _disable(connection: Connection, client_id: str, now: datetime, event: AuditEvent) -> bool:
    values = {"sought": client_id, "now": now}
    if connection.execute(_DISABLE, values).rowcount == 0:
        return _find(connection, client_id) is not None
    grant_ends.of_client(connection, client_id, now)
    audit.record(connection, event)
    return True
