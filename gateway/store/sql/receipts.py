"""When the gateway first saw a signature: one row to a digest, whose moment only ever gets earlier (section 7)."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import LargeBinary, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.sql.database import Database
from gateway.store.sql.signature_tables import receipts

_SEEN: Final = select(receipts.c.first_seen_at).where(receipts.c.digest == bindparam("of_digest", type_=LargeBinary()))


def _first_seen(insert: Any) -> Any:
    """One statement, so that two workers that see a digest at once agree on the earlier moment."""
    new, old = insert.excluded, receipts.c
    return insert.on_conflict_do_update(
        index_elements=["digest"],
        set_={
            "first_seen_at": case((new.first_seen_at < old.first_seen_at, new.first_seen_at), else_=old.first_seen_at),
            "keep_until": case((new.keep_until > old.keep_until, new.keep_until), else_=old.keep_until),
        },
    ).returning(receipts.c.first_seen_at)


_FIRST_SEEN: Final = {
    "sqlite": _first_seen(sqlite.insert(receipts)),
    "postgresql": _first_seen(postgresql.insert(receipts)),
}


class SqlReceipts:
    """``ReceiptStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first_seen(self, digest_sha256: bytes, now: datetime, keep_until: datetime) -> datetime:
        """The earliest moment at which anybody showed this digest, now included."""
        row = {"digest": digest_sha256, "first_seen_at": now, "keep_until": keep_until}
        return await self._database.run(
            lambda connection: connection.execute(_FIRST_SEEN[connection.dialect.name], row).scalar_one()
        )

    async def seen(self, digest_sha256: bytes) -> datetime | None:
        """That moment without showing the digest anew."""
        values = {"of_digest": digest_sha256}
        return await self._database.read(lambda connection: connection.execute(_SEEN, values).scalar_one_or_none())
