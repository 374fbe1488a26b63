"""Moves what is sealed and indexed from old keys to the newest ones, while everybody goes on working (MP-09).

First the new keys are put into use beside the old ones: from then on all writers index under both. Then row after row
is sealed and indexed anew; where that was interrupted is seen from the rows themselves. When nothing lies under the old
keys alone they are retired, and what was indexed under them is taken away: after that they find nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, LargeBinary, bindparam, delete, insert, select, update

from certs.keys.errors import SealError
from gateway.admin.records import Remaining
from gateway.audit import AuditEvent
from gateway.store.fields import RecordError
from gateway.store.sql import audit, buckets, number_rows
from gateway.store.sql import indexes as blind
from gateway.store.sql.columns import NOW
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.keys_in_use import PURPOSES, KeysInUse
from gateway.store.sql.number_tables import indexes, key_states
from gateway.store.sql.rekey_sources import NUMBERS, SOURCES, Source, window_end, within
from gateway.store.vault import KeyNotHeldError, Vault, newest, newest_first
from mapping.vocabulary import IdentifierKind

_IS_IN_USE: Final = key_states.c.retired_at.is_(None)
_ALL: Final = select(key_states).with_for_update()
_TAKE_OUT: Final = delete(key_states).where(_IS_IN_USE)
_PUT_IN: Final = insert(key_states)
_RETIRE: Final = (
    update(key_states)
    .where(_IS_IN_USE, key_states.c.purpose == bindparam("of_purpose"), key_states.c.id != bindparam("but"))
    .values(retired_at=NOW)
)
_INDEX: Final = insert_unless_there(indexes, "value")


class _Moved(NamedTuple):
    """What one window came to."""

    rows: int
    end: Any
    """The key to go on behind; none at the end of the table."""


@dataclass(slots=True)
class _Place:
    """Where a walk through all tables stands."""

    source: int = 0
    after: Any = None
    moved_in_round: int = 0


class SqlRekeying:
    """``Rekeying``; several may run at once, and each may be killed at any point."""

    def __init__(self, database: Database, vault: Vault, keys: KeysInUse) -> None:
        self._database = database
        self._vault = vault
        self._keys = keys
        self._place = _Place()

    async def begin(self, now: datetime, event: AuditEvent) -> bool:
        """Put the newest keys into use beside the old ones; false when they were in use already, or have been."""
        has_begun = await self._keys.run(lambda: partial(_begin, self._vault, now, event))
        await self._keys.refresh()
        return has_begun

    async def remaining(self) -> Remaining:
        """What still lies under older keys alone, counted window by window."""
        boxes = unfound = 0
        for source in SOURCES:
            after = None
            while True:
                count = partial(_count, self._vault, source, after)
                stale, missing, after = await self._database.read(count)
                boxes, unfound = boxes + stale, unfound + missing
                if after is None:
                    break
        return Remaining(boxes, unfound)

    async def step(self, batch: int) -> int:
        """Move up to ``batch`` rows of one table in one short transaction; 0 after a whole round that moved none.

        Gives the boxes and indexes moved, which is what ``remaining`` counts.
        """
        place = self._place
        while True:
            moved = await self._keys.run(lambda: partial(_move, self._vault, SOURCES[place.source], place.after, batch))
            place.after = moved.end
            place.moved_in_round += moved.rows
            if moved.end is None:
                place.source = (place.source + 1) % len(SOURCES)
            if moved.rows:
                return moved.rows
            if moved.end is None and place.source == 0:
                is_round_idle, place.moved_in_round = place.moved_in_round == 0, 0
                if is_round_idle:
                    return 0

    async def finish(self, now: datetime, event: AuditEvent) -> bool:
        """Retire the old keys and drop their indexes; false (and nothing done) while anything is left under them.

        Nothing can come under the old keys alone after ``begin``, so what was counted as moved stays moved. True, and
        no event, when all that was done before; an interrupted clearing away is completed.
        """
        if (await self.remaining()).total:
            return False
        await self._database.run(partial(_retire, self._vault, now, event))
        await self._keys.refresh()
        after = None
        while True:
            after = await self._database.run(partial(_clear, self._keys.in_use["index"], after))
            if after is None:
                return True


def _begin(vault: Vault, now: datetime, event: AuditEvent, connection: Connection) -> bool:
    known = connection.execute(_ALL).mappings().all()
    in_use = [dict(row) for row in known if row["retired_at"] is None]
    if not in_use:
        raise KeyNotHeldError("somebody else is changing the keys in use")
    added = []
    for purpose in PURPOSES:
        held, heard_of = vault.held[purpose], [row["id"] for row in known if row["purpose"] == purpose]
        key_id = newest(held)
        if key_id not in heard_of and key_id == newest_first([*heard_of, key_id])[0]:
            added.append({"purpose": purpose, "id": key_id, "fingerprint": held[key_id], "since": now})
    if added:
        # The rows are made anew: a writer that waits for them finds none, and has to read what is in use again.
        connection.execute(_TAKE_OUT)
        connection.execute(_PUT_IN, [{"retired_at": None, **row} for row in (*in_use, *added)])
        audit.record(connection, event)
    return bool(added)


def _retire(vault: Vault, now: datetime, event: AuditEvent, connection: Connection) -> None:
    """Retire all but the newest keys; this waits for whoever is just writing under them."""
    newest_keys = {"sealing": vault.sealing_key, "index": vault.index_keys[0]}
    retired = 0
    for purpose, key_id in newest_keys.items():
        values = {"of_purpose": purpose, "but": key_id, "now": now}
        retired += connection.execute(_RETIRE, values).rowcount
    if retired:
        audit.record(connection, event)


def _clear(in_use: tuple[str, ...], after: Any, connection: Connection) -> Any:
    """Take the indexes of retired keys out of one window."""
    value = indexes.c.value
    end = connection.execute(window_end(value, after)).scalar_one_or_none()
    gone = delete(indexes).where(indexes.c.key_id.not_in(in_use))
    if after is not None:
        gone = gone.where(value > after)
    connection.execute(gone if end is None else gone.where(value <= end))
    return end


def _count(vault: Vault, source: Source, after: Any, connection: Connection) -> tuple[int, int, Any]:
    end = connection.execute(window_end(source.key, after)).scalar_one_or_none()
    statement = within(source.counted(vault.head, vault.index_keys[0]), source.key, after, end)
    stale, unfound = connection.execute(statement).one()
    return stale, unfound, end


def _move(vault: Vault, source: Source, after: Any, batch: int, connection: Connection) -> _Moved:
    """Move what is left in one window."""
    blind.require_keys(connection, vault)
    end = connection.execute(window_end(source.key, after)).scalar_one_or_none()
    statement = within(source.left(vault.head, vault.index_keys[0]), source.key, after, end).limit(batch)
    rows = connection.execute(statement).all()
    boxes, found = [], []
    for row in rows:
        try:
            box = _box(connection, vault, source, row)
            if box is not None:
                boxes.append({"of_key": row.key, "new_box": box})
            if row.is_unfound and source.read is not None:
                found += _entries(vault, source, row, row.box if box is None else box)
        except (SealError, RecordError, KeyNotHeldError):
            continue  # it stays where it is, and keeps its key from being retired
    _write(connection, source, boxes, found)
    return _Moved(len(boxes) + len(found), rows[-1].key if len(rows) == batch else end)


def _box(connection: Connection, vault: Vault, source: Source, row: Any) -> bytes | None:
    """The box under the newest key; none if it is there already."""
    if row.box is not None:
        return vault.reseal(row.box, source.name, source.row_id(row.key))
    if source is not NUMBERS:
        return None
    number = number_rows.number_of(connection, vault, row.key)
    if number.kind is IdentifierKind.SURROGATE:
        buckets.count(connection, vault, number)  # the first schema did not count
    return number_rows.sealed(vault, row.key, number)


def _entries(vault: Vault, source: Source, row: Any, box: bytes) -> list[dict[str, Any]]:
    """What a row is found by under the newest key."""
    if source.read is None or source.kind is None:
        return []
    newest_entry = source.read(vault, row, box)[0]
    return [{"value": newest_entry.value, "key_id": newest_entry.key_id, "kind": source.kind, "target": row.key}]


def _write(connection: Connection, source: Source, boxes: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    if boxes:
        new = {"box": bindparam("new_box", type_=LargeBinary())}
        connection.execute(update(source.table).where(source.key == bindparam("of_key")).values(new), boxes)
    if found:
        connection.execute(_INDEX[connection.dialect.name], found)
