"""Initial access tokens (RFC 7591 §1.2): only a hash of each, with what it lets its bearer register."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, select, update

from gateway.admin.records import InitialAccess
from gateway.audit import AuditEvent
from gateway.store.codec import Codec
from gateway.store.fields import Fields
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.tables import initial_access

_RECORD: Final = Codec(InitialAccess, but={"name", "hash", "uses_left", "created_at", "ends_at", "revoked_at"})
_HASH: Final = bindparam("of_hash", type_=LargeBinary())
_IS_LIVE: Final = (
    (initial_access.c.hash == _HASH)
    & initial_access.c.revoked_at.is_(None)
    & (initial_access.c.ends_at > NOW)
    & (initial_access.c.uses_left > 0)
)
_ADD: Final = insert_unless_there(initial_access)
_FIND: Final = select(initial_access).where(_IS_LIVE)
_ALL: Final = select(initial_access).order_by(initial_access.c.name)
_USE_UP: Final = update(initial_access).where(_IS_LIVE).values(uses_left=initial_access.c.uses_left - 1)
_REVOKE: Final = (
    update(initial_access)
    .where(initial_access.c.name == bindparam("of_name", type_=Text()), initial_access.c.revoked_at.is_(None))
    .values(revoked_at=NOW)
)


def use_up(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Use up one use, in the transaction under way; false if there is none left (G03)."""
    return connection.execute(_USE_UP, {"of_hash": token_hash, "now": now}).rowcount == 1


class SqlInitialAccess:
    """``InitialAccessRegistry``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, access: InitialAccess, event: AuditEvent) -> bool:
        """Put one on record; false, and no event, if the name is taken."""
        if not is_key(access.name):
            raise ValueError("an initial access token's name is printable ASCII of at most 256 characters")
        row = {
            "name": access.name,
            "hash": access.hash,
            "record": json.dumps(_RECORD.write(access), separators=(",", ":")),
            "uses_left": access.uses_left,
            "created_at": access.created_at,
            "ends_at": access.ends_at,
            "revoked_at": access.revoked_at,
        }
        return await self._database.run(
            lambda connection: audit.if_changed(connection, _ADD[connection.dialect.name], row, event)
        )

    async def find(self, token_hash: bytes, now: datetime) -> InitialAccess | None:
        """The one that may still be used: neither revoked, nor over, nor used up."""
        values = {"of_hash": token_hash, "now": now}
        row = await self._database.read(lambda connection: connection.execute(_FIND, values).one_or_none())
        return None if row is None else _access(row)

    async def all(self) -> Sequence[InitialAccess]:
        """Every one on record, by name."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return [_access(row) for row in rows]

    async def revoke(self, name: str, now: datetime, event: AuditEvent) -> bool:
        """Take one back; false, and no event, if unknown or revoked already."""
        if not is_key(name):
            return False
        values = {"of_name": name, "now": now}
        return await self._database.run(lambda connection: audit.if_changed(connection, _REVOKE, values, event))


def _access(row: Any) -> InitialAccess:
    return _RECORD.read(
        Fields(json.loads(row.record)),
        name=row.name,
        hash=row.hash,
        uses_left=row.uses_left,
        created_at=row.created_at,
        ends_at=row.ends_at,
        revoked_at=row.revoked_at,
    )
