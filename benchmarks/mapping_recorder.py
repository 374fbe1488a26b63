"""Lets the store's own code write one person after another, onto paper instead of into a database.

A table of ten million people cannot be filled by ten million transactions. So the functions that bind a number are run
on a connection that takes their rows down and answers what an empty database would. The rows are written elsewhere, in
bulk. Whatever the store learns to write is written here too, without anybody copying it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.sql.dml import Insert, Update

from gateway.store.sql.buckets import Counted
from gateway.store.sql.columns import EPOCH, MICROSECOND, Moment
from gateway.store.sql.number_tables import key_states
from gateway.store.vault import Vault

Row = tuple[Any, ...]
Portion = dict[str, list[Row]]
"""By name of the table: rows in the order of `columns`."""


class Key(NamedTuple):
    """A key in use."""

    purpose: str
    id: str


class Dialect(NamedTuple):
    """What a connection says of its engine."""

    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a statement, as far as anybody asks."""

    rows: Sequence[Key] = ()
    rowcount: int = 0
    row: Counted | None = None

    def first(self) -> Counted | None:
        """The bucket that was counted up, or no row."""
        return self.row

    one_or_none = scalar_one_or_none = first

    def all(self) -> Sequence[Key]:
        """The rows."""
        return self.rows

    def scalars(self) -> Sequence[str]:
        """The first column; nobody asks for that of the keys."""
        return ()


class Recorder:
    """A connection to nowhere; use it as ``as_connection()``."""

    def __init__(self, engine: str, vault: Vault, *, is_counting: bool) -> None:
        """Say whether each number's bucket is new, or, as far as the store can tell, somebody else's business."""
        self.dialect = Dialect(engine)
        self._bucket = None if is_counting else Counted("", 1)
        self._keys = [Key("index", key_id) for key_id in vault.index_keys] + [Key("sealing", vault.sealing_key)]
        self._rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def as_connection(self) -> Connection:
        """What the store's functions expect to be given."""
        anything: Any = self
        connection: Connection = anything
        return connection

    def execute(self, statement: Any, values: Any = None) -> Answer:
        """Take the rows of an insert down; answer anything else with nothing, but for the keys in use."""
        if isinstance(statement, Insert):
            rows = values if isinstance(values, list) else [values]
            self._rows[_table(statement).name] += rows
            return Answer(rowcount=len(rows))
        if isinstance(statement, Update):
            return Answer(row=self._bucket)
        return Answer(self._keys if _is_about_keys(statement) else ())

    def taken(self) -> dict[str, list[dict[str, Any]]]:
        """What was written since the last time."""
        rows = dict(self._rows)
        self._rows.clear()
        return rows


def columns(table: Table) -> list[str]:
    """The columns that are written; the engine counts the serial ones itself."""
    return [name for name, _ in _plan(table)]


def as_row(table: Table, values: Mapping[str, Any]) -> Row:
    """Values in the order of the columns, moments as the database counts them."""
    return tuple(_counted(values.get(name)) if is_moment else values.get(name) for name, is_moment in _plan(table))


@cache
def _plan(table: Table) -> Sequence[tuple[str, bool]]:
    return [(column.name, isinstance(column.type, Moment)) for column in table.columns if column.name != "seq"]


def _counted(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=64)
def _is_about_keys(statement: Any) -> bool:
    # Finding out costs more than all the rest of a person; the store makes its statements once.
    return bool(statement.is_select and key_states in statement.get_final_froms())


def _table(statement: Insert) -> Table:
    if not isinstance(statement.table, Table):
        raise TypeError("rows go into tables")
    return statement.table
