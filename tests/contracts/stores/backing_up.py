"""Backups in the tests: made of a database, put into another one, with whatever an operator says about it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Boolean, Connection, Integer, LargeBinary, Table, create_engine, func, insert, select

from gateway.admin import backup, backup_restore
from gateway.admin.acts import Act
from gateway.admin.backup_ports import BackupOffice, BackupRegistry
from gateway.admin.backup_restore import Wish
from gateway.backup_parts import NoRegistry
from gateway.store.sql.address import read_address
from gateway.store.sql.backup_source import SqlBackupSource
from gateway.store.sql.backup_tables import FILLED_BY_PROGRAM, everything
from gateway.store.sql.backup_target import SqlBackupTarget
from gateway.store.sql.columns import Moment
from gateway.store.vault import Vault
from mapping.vocabulary import Realm
from tests.contracts.stores.builders import KEYS, NOW

ISSUER: Final = "https://id.example"
KEY: Final = bytes(range(7, 39))
LATER: Final = NOW + timedelta(hours=1)
ADA: Final = Act("ada", LATER)


def an_office(url: str, folder: Path, registry: BackupRegistry | None = None, **changes: Any) -> BackupOffice:
    values: dict[str, Any] = {
        "issuer": ISSUER,
        "source": SqlBackupSource(url),
        "registry": registry or NoRegistry(),
        "key": KEY,
        "folder": folder,
        "marks": dict,
    }
    return BackupOffice(**(values | changes))


class Forgetful(NoRegistry):
    """Takes whatever is put on record, and keeps nothing."""

    async def add(self, record: object, event: object) -> None:
        pass


def backed_up(url: str, folder: Path, now: datetime = NOW) -> Path:
    """Make a backup of what is there now; gives the file."""
    made = asyncio.run(backup.create(an_office(url, folder, Forgetful()), Act("ada", now)))
    return Path(made["file"])


async def back_up(url: str, folder: Path, now: datetime = NOW) -> Path:
    """The same within a running loop."""
    made = await backup.create(an_office(url, folder, Forgetful()), Act("ada", now))
    return Path(made["file"])


def restored(
    url: str,
    file: Path,
    *,
    keys: Mapping[str, Any] = KEYS,
    dry_run: bool = False,
    marks: Mapping[str, int] | None = None,
    **wishes: Any,
) -> dict[str, Any]:
    """Put it into another database; the keywords are what the operator says."""
    backup_id = file.name.partition("-")[2].partition(".")[0]
    wish = replace(Wish(file, backup_id, Realm.SANDBOX), **wishes)
    target = SqlBackupTarget(url, Vault(**keys))
    return backup_restore.restore(
        an_office(url, file.parent, marks=lambda: marks or {}), target, wish, ADA, dry_run=dry_run
    )


def content(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    engine = create_engine(read_address(url))
    try:
        with engine.connect() as connection:
            return {table.name: _rows(connection, table) for table in everything()}
    finally:
        engine.dispose()


def _rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def is_empty(url: str) -> bool:
    return not any(
        rows for name, rows in content(url).items() if name not in {table.name for table in FILLED_BY_PROGRAM}
    )


def fill_every_table(url: str) -> None:
    """Two rows in every table, of every type, the second one with nothing where nothing may stand."""
    engine = create_engine(read_address(url))
    try:
        with engine.begin() as connection:
            for table in everything():
                if table in FILLED_BY_PROGRAM:
                    continue
                for place in (1, 2):
                    connection.execute(insert(table), _row(table, place))
    finally:
        engine.dispose()


def _row(table: Table, place: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        is_free = column.nullable and not column.primary_key
        row[column.name] = None if is_free and place == 2 else _value(column, place)
    if table.name == "epochs":
        row["record"] = '{"cause": "first"}'
    return row


def _value(column: Any, place: int) -> Any:
    if isinstance(column.type, Moment):
        return NOW + timedelta(microseconds=place)
    if isinstance(column.type, Boolean):
        return place == 1
    if isinstance(column.type, LargeBinary):
        return bytes((0, 255, place, 10, 13))
    if isinstance(column.type, Integer):
        return place
    # The referenced column is filled by the same rule: named alike, whatever the two are called.
    return f'字 "\\\n {place}'


def count(url: str, table: Table) -> int:
    engine = create_engine(read_address(url))
    try:
        with engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()
    finally:
        engine.dispose()
