"""Fills an empty database from a backup and begins a new epoch: one transaction, so a crash leaves it empty."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select

from gateway.admin.backup_file import BackupError
from gateway.admin.backup_ports import Report, Restored, Restoring, Row, TableDump
from gateway.admin.operation_records import BackupRecord
from gateway.oidc.ports import StoreUnavailableError
from gateway.store.codec import Codec
from gateway.store.schema import HEAD, SchemaError, revision
from gateway.store.sql import backup_epoch
from gateway.store.sql.address import is_sqlite, read_address, sqlite_file
from gateway.store.sql.backup_engine import writing
from gateway.store.sql.backup_tables import (
    FILLED_BY_PROGRAM,
    NOT_CARRIED,
    SCHEMA_FLOOR,
    by_name,
    columns_of,
    everything,
    unpacked,
)
from gateway.store.sql.columns import Moment
from gateway.store.sql.database import StatementError
from gateway.store.sql.keys_in_use import adopt
from gateway.store.sql.operation_tables import backups, gateway_facts, instances
from gateway.store.vault import KeyNotHeldError, Vault

_SILENCE: Final = timedelta(minutes=1)
"""A gateway that was not heard of for so long does not run any more."""
_ALIVE: Final = select(instances.c.id).where(instances.c.seen_at > bindparam("since", type_=Moment())).limit(1)
_PORTION: Final = 1_000
"""Rows in one statement of an embedded database."""
_DOES_NOT_FIT: Final = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    psycopg.IntegrityError,
    psycopg.DataError,
)
RECORD: Final = Codec(BackupRecord, but={"id", "at"})


class SqlBackupTarget:
    """``BackupTarget``."""

    def __init__(self, database_url: str, vault: Vault) -> None:
        self._url = read_address(database_url)
        self._vault = vault

    def filled(self, now: datetime) -> Mapping[str, int]:
        """The tables that are not empty."""
        if is_sqlite(self._url) and not sqlite_file(self._url).is_file():
            raise SchemaError(None)  # looking must not make a file
        with writing(self._url) as connection:
            return _filled(connection, now)

    def restore(self, tables: Iterator[TableDump], told: Restoring, report: Report) -> Restored:
        """Fill it and begin a new epoch."""
        try:
            with writing(self._url) as connection:
                if _filled(connection, told.at):
                    raise BackupError("the database is not empty any more")
                return self._fill(connection, tables, told, report)
        except StatementError:
            raise BackupError("the backup's rows contradict one another: it does not come from this program") from None
        except KeyNotHeldError:
            raise BackupError(
                "the backup's records are sealed under keys that are not in the keys folder: put the folder of that "
                "time in its place first"
            ) from None

    def _fill(self, connection: Connection, tables: Iterator[TableDump], told: Restoring, report: Report) -> Restored:
        ended: dict[str, int] = {}
        done = rows = 0
        for table in FILLED_BY_PROGRAM - {gateway_facts}:
            connection.execute(delete(table))
        connection.execute(delete(gateway_facts).where(gateway_facts.c.name != SCHEMA_FLOOR))
        for dump in tables:
            table = _known(dump)
            if table in NOT_CARRIED:
                count = sum(1 for _ in dump.rows)
                ended |= {dump.name: count} if count else {}
            else:
                count = _load(connection, table, _wanted(table, dump.rows))
                rows += count
            done += told.facts.rows[dump.name]
            report(dump.name, done, told.facts.total)
        adopt(connection, self._vault)
        begun = backup_epoch.begin(connection, self._vault, told)
        note(connection, told.proved())
        return Restored(begun.epoch, rows, ended, begun.changed)


def note(connection: Connection, record: BackupRecord) -> None:
    """Put a backup on record, over what was known of it."""
    connection.execute(delete(backups).where(backups.c.id == record.id))
    row = {"id": record.id, "at": record.at, "record": json.dumps(RECORD.write(record), separators=(",", ":"))}
    connection.execute(insert(backups), row)


def _filled(connection: Connection, now: datetime) -> dict[str, int]:
    found = revision(connection)
    if found != HEAD:
        raise SchemaError(found)
    if connection.execute(_ALIVE, {"since": now - _SILENCE}).first() is not None:
        raise BackupError("a gateway works with this database: stop it first, and wait a minute")
    counts = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in everything()
        if table not in FILLED_BY_PROGRAM
    }
    return {name: count for name, count in counts.items() if count}


def _known(dump: TableDump) -> Table:
    try:
        table = by_name(dump.name)
    except KeyError:
        raise BackupError("the backup holds a table that this program does not know") from None
    if dump.columns != columns_of(table):
        raise BackupError(f"the backup's table {dump.name} has other columns than this program's")
    return table


def _wanted(table: Table, rows: Iterator[Row]) -> Iterator[Row]:
    if table is gateway_facts:
        return (row for row in rows if row[0] != SCHEMA_FLOOR)
    return rows


def _load(connection: Connection, table: Table, rows: Iterator[Row]) -> int:
    """Write rows in the engine's fastest way; through SQLAlchemy it would take several times as long."""
    values = unpacked(table, rows)
    load = _copy if connection.dialect.name == "postgresql" else _insert
    try:
        return load(connection, table, values)
    except (ValueError, *_DOES_NOT_FIT):
        raise BackupError(f"the rows of the backup's table {table.name} do not fit into this database") from None
    except psycopg.OperationalError as error:
        raise StoreUnavailableError("the database does not answer") from error


def _copy(connection: Connection, table: Table, rows: Iterator[Row]) -> int:
    raw: Any = connection.connection.driver_connection
    count = 0
    with raw.cursor() as cursor, cursor.copy(f"COPY {_named(table)} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _insert(connection: Connection, table: Table, rows: Iterator[Row]) -> int:
    raw: Any = connection.connection.driver_connection
    marks = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {_named(table)} VALUES ({marks})"  # noqa: S608 - names of ours
    count = 0
    while portion := list(islice(rows, _PORTION)):
        raw.executemany(statement, portion)
        count += len(portion)
    return count


def _named(table: Table) -> str:
    columns = ", ".join(f'"{name}"' for name in columns_of(table))
    return f'"{table.name}" ({columns})'
