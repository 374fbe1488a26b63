"""What has to be moved when keys change: every table with a box, and the indexes by which boxes' owners are found.

Tables are walked in windows of their primary key, so that no statement ever looks at more than a window's rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, ColumnElement, Select, Table, exists, func, or_, select, true

from gateway.store.records import read_binding
from gateway.store.sql import buckets, indexes, number_rows, subjects, tables
from gateway.store.sql import number_tables as numbered
from gateway.store.sql import operation_tables as operated
from gateway.store.sql import signature_tables as signed
from gateway.store.vault import Indexes, Vault

WINDOW: Final = 20_000
"""Rows that one statement looks at."""

_ALL: Final = true()

Read: TypeAlias = Callable[[Vault, Any, bytes], Indexes]
"""Computes what a row is found by, from the row and its box."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One table with a box."""

    table: Table
    key: Column[Any]
    kind: str | None = None
    """The kind of index that its rows are found by, if they are found by one at all."""
    read: Read | None = None
    extra: tuple[Column[Any], ...] = ()
    is_alive: ColumnElement[bool] = _ALL
    """Which rows matter: an erased account must never be found again."""

    @property
    def name(self) -> str:
        """The table's name, which is part of the context of its boxes."""
        return self.table.name

    def row_id(self, key: Any) -> str:
        """The name of a row in the context of its box."""
        return key.hex() if isinstance(key, bytes) else str(key)

    def is_stale(self, head: bytes) -> ColumnElement[bool]:
        """The condition that a box is under another key, or that there is none yet."""
        box = self.table.c.box
        return or_(box.is_(None), func.substr(box, 1, len(head)) != head)

    def is_unfound(self, key_id: str) -> ColumnElement[bool]:
        """The condition that a row has no index under a key."""
        if self.read is None:
            return ~true()
        rows = numbered.indexes
        return ~exists().where(rows.c.target == self.key, rows.c.key_id == key_id).correlate(self.table)

    def left(self, head: bytes, key_id: str) -> Select[Any]:
        """The rows that lie under older keys alone, locked; those that somebody else is writing come next time."""
        unfound = self.is_unfound(key_id)
        columns = (self.key.label("key"), self.table.c.box.label("box"), unfound.label("is_unfound"), *self.extra)
        rows = select(*columns).where(self.is_alive, or_(self.is_stale(head), unfound)).order_by(self.key)
        return rows.with_for_update(of=self.table, key_share=True, skip_locked=True)

    def counted(self, head: bytes, key_id: str) -> Select[int, int]:
        """How many boxes, and how many indexes, lie under older keys alone."""
        stale = func.count().filter(self.is_stale(head))
        unfound = func.count().filter(self.is_unfound(key_id))
        return select(stale, unfound).select_from(self.table).where(self.is_alive)


def window_end(key: Column[Any], after: Any) -> Any:
    """The last key of the window behind ``after``; none when there are fewer rows."""
    return within(select(key).order_by(key).offset(WINDOW - 1).limit(1), key, after, None)


def within(statement: Any, key: Column[Any], after: Any, end: Any) -> Any:
    """Look at one window only."""
    if after is not None:
        statement = statement.where(key > after)
    return statement if end is None else statement.where(key <= end)


def _of_subject(vault: Vault, row: Any, box: bytes) -> Indexes:
    return vault.text_index("subject", row.provider, subjects.opened(vault, row.key, box).upstream_subject)


def _of_binding(vault: Vault, row: Any, box: bytes) -> Indexes:
    return vault.permit_index(read_binding(1, vault.open(box, "bindings", row.key)).permit)


def _of_number(vault: Vault, row: Any, box: bytes) -> Indexes:
    return vault.number_index(number_rows.opened_number(vault, row.key, box))


def _of_bucket(vault: Vault, row: Any, box: bytes) -> Indexes:
    return buckets.index_of(vault, buckets.opened(vault, row.key, 0, box))


SUBJECTS: Final = Source(
    tables.subjects,
    tables.subjects.c.id,
    indexes.SUBJECT,
    _of_subject,
    (tables.subjects.c.provider,),
    tables.subjects.c.erased_at.is_(None),
)
BINDINGS: Final = Source(numbered.bindings, numbered.bindings.c.id, indexes.PERMIT, _of_binding)
NUMBERS: Final = Source(numbered.numbers, numbered.numbers.c.id, indexes.NUMBER, _of_number)
BUCKETS: Final = Source(numbered.buckets, numbered.buckets.c.id, indexes.BUCKET, _of_bucket)
SOURCES: Final = (
    SUBJECTS,
    BINDINGS,
    NUMBERS,
    BUCKETS,
    Source(numbered.binding_history, numbered.binding_history.c.id),
    Source(numbered.reveals, numbered.reveals.c.id),
    Source(operated.operator_credentials, operated.operator_credentials.c.name),
    Source(tables.grants, tables.grants.c.id),
    Source(tables.sessions, tables.sessions.c.cookie_hash),
    Source(tables.transactions, tables.transactions.c.id),
    Source(tables.pushed_requests, tables.pushed_requests.c.handle),
    Source(tables.decoupled_requests, tables.decoupled_requests.c.id),
    # Without a box, what is told stands in the box of the grant, or is forgotten.
    Source(tables.deliveries, tables.deliveries.c.id, is_alive=tables.deliveries.c.box.is_not(None)),
    Source(signed.reports, signed.reports.c.id),
    Source(signed.report_evidence, signed.report_evidence.c.report_id),
    Source(signed.signing_requests, signed.signing_requests.c.id),
)
