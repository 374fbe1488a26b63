"""Answers of responders and revocation lists that were fetched, shared by all workers (signatures specification 6)."""

import json
from typing import Any, Final

from sqlalchemy import Text, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from certs.trust.revocation.cache import CacheKey, Kept
from gateway.store.codec import Codec
from gateway.store.fields import Fields
from gateway.store.sql.database import Database
from gateway.store.sql.signature_tables import revocation_cache

_COLUMNS: Final = ("der", "good_until", "failed_until", "is_revoked")
_RECORD: Final = Codec(Kept, but=set(_COLUMNS))
_KEY: Final = ("kind", "issuer_key", "serial", "url")
_GET: Final = select(revocation_cache).where(
    *(revocation_cache.c[name] == bindparam(f"of_{name}", type_=Text()) for name in _KEY)
)


def _put(insert: Any) -> Any:
    """Replace the whole record: what is kept of a certificate is one piece."""
    new = {name: insert.excluded[name] for name in (*_COLUMNS, "record")}
    return insert.on_conflict_do_update(index_elements=list(_KEY), set_=new)


_PUT: Final = {
    "sqlite": _put(sqlite.insert(revocation_cache)),
    "postgresql": _put(postgresql.insert(revocation_cache)),
}


class SqlRevocationCache:
    """``certs.trust.revocation.cache.RevocationCache``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: CacheKey) -> Kept | None:
        """What is kept, however old: the caller judges."""
        values = {f"of_{name}": value for name, value in _key(key).items()}
        row = await self._database.read(lambda connection: connection.execute(_GET, values).one_or_none())
        if row is None:
            return None
        columns = {name: getattr(row, name) for name in _COLUMNS}
        return _RECORD.read(Fields(json.loads(row.record)), **columns)

    async def put(self, key: CacheKey, kept: Kept) -> None:
        """Keep this in place of what was there."""
        row = _key(key) | {name: getattr(kept, name) for name in _COLUMNS}
        row["record"] = json.dumps(_RECORD.write(kept), separators=(",", ":"))
        await self._database.run(lambda connection: connection.execute(_PUT[connection.dialect.name], row).rowcount)


def _key(key: CacheKey) -> dict[str, Any]:
    return {"kind": key.kind.value, "issuer_key": key.issuer_key, "serial": key.serial, "url": key.url}
