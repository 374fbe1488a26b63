"""Reads one consistent state of a database out, whichever engine it is (``BackupSource``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Table, func, select

from gateway.admin.backup_facts import Facts
from gateway.admin.backup_ports import TableDump
from gateway.store.schema import HEAD, SchemaError, revision
from gateway.store.sql.address import read_address
from gateway.store.sql.backup_engine import reading
from gateway.store.sql.backup_tables import columns_of, everything, packed, selected
from gateway.store.sql.operation_tables import audit_links, epochs, key_sets
from gateway.store.sql.signature_tables import trust_heads
from gateway.store.sql.tables import audit

FIRST_EPOCH: Final = 1
"""That of a database in which nothing was ever restored; it has no row."""

_PORTION: Final = 1_000
"""Rows that are held at once."""
_EPOCH: Final = select(func.coalesce(func.max(epochs.c.number), FIRST_EPOCH))
_SEQ: Final = select(func.coalesce(func.max(audit.c.seq), 0))
_LINK: Final = select(audit_links.c.position, audit_links.c.hash).order_by(audit_links.c.position.desc()).limit(1)
_KEY_SETS: Final = select(key_sets.c.name, key_sets.c.version).order_by(key_sets.c.name)
_HEADS: Final = select(trust_heads.c.list_id, trust_heads.c.sequence).order_by(trust_heads.c.list_id)


class SqlBackupSource:
    """``BackupSource``: a repeatable read on a server, a copy of the file of an embedded database."""

    def __init__(self, database_url: str) -> None:
        self._url: URL = read_address(database_url)

    @contextmanager
    def snapshot(self, scratch: Path) -> Iterator["SqlSnapshot"]:
        """Hold one state; the copy is taken away, whatever happens."""
        try:
            with reading(self._url, scratch) as connection:
                found = revision(connection)
                if found != HEAD:
                    raise SchemaError(found)
                yield SqlSnapshot(connection)
        finally:
            for path in scratch.parent.glob(f"{scratch.name}*"):  # a journal beside it as well
                path.unlink(missing_ok=True)


class SqlSnapshot:
    """``Snapshot`` on one connection, whose transaction shows one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def facts(self) -> Facts:
        """What the state holds."""
        connection = self._connection
        link = connection.execute(_LINK).first()
        return Facts(
            schema=HEAD,
            engine=connection.dialect.name,
            epoch=connection.execute(_EPOCH).scalar_one(),
            rows={table.name: _count(connection, table) for table in everything()},
            audit_seq=connection.execute(_SEQ).scalar_one(),
            chain_position=0 if link is None else link.position,
            chain_hash="" if link is None else link.hash.hex(),
            key_sets={row.name: row.version for row in connection.execute(_KEY_SETS)},
            trust_heads={row.list_id: row.sequence for row in connection.execute(_HEADS)},
        )

    def tables(self) -> Iterator[TableDump]:
        """Every table, streamed."""
        streaming = self._connection.execution_options(stream_results=True, yield_per=_PORTION)
        for table in everything():
            rows = streaming.execute(selected(table))
            yield TableDump(table.name, columns_of(table), packed(table, (tuple(row) for row in rows)))


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
