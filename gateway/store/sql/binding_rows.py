"""The rows behind bindings: statements, and one small function for each."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Integer, LargeBinary, Text, bindparam, insert, select, update
from sqlalchemy.sql.selectable import Select

from gateway.store.records import read_binding, write_binding
from gateway.store.sql.database import insert_unless_there
from gateway.store.sql.tables import binding_history, bindings, holders, numbers
from gateway.store.vault import Vault
from mapping.evidence import Binding


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row of ``bindings``, its box still closed."""

    id: str
    version: int
    is_retired: bool
    box: bytes


_INDEX: Final = bindparam("sought", type_=LargeBinary())
_ID: Final = bindparam("of_id", type_=Text())
_OTHER_ID: Final = bindparam("to_id", type_=Text())
_VERSION: Final = bindparam("seen_version", type_=Integer())
_COLUMNS: Final = (bindings.c.id, bindings.c.version, bindings.c.retired, bindings.c.box)

_OF_PERMIT: Final = select(*_COLUMNS).where(bindings.c.permit_index == _INDEX)
_OF_NUMBER: Final = (
    select(*_COLUMNS).join(numbers, numbers.c.binding_id == bindings.c.id).where(numbers.c.number_index == _INDEX)
)
_OF_SUBJECT: Final = (
    select(*_COLUMNS).join(holders, holders.c.binding_id == bindings.c.id).where(holders.c.subject_id == _ID)
)
_TIE_OF: Final = select(holders.c.binding_id).where(holders.c.subject_id == _ID)
_HOLDER_OF_NUMBER: Final = select(numbers.c.binding_id).where(numbers.c.number_index == _INDEX)
_CLAIM: Final = insert_unless_there(numbers, "number_index")
_ADD: Final = insert_unless_there(bindings, "permit_index")
_TIE: Final = insert_unless_there(holders)
_IS_SEEN: Final = (bindings.c.id == _ID) & (bindings.c.version == _VERSION)
_CHANGE: Final = (
    update(bindings)
    .where(_IS_SEEN)
    .values(number_index=bindparam("new_index"), version=bindings.c.version + 1, box=bindparam("new_box"))
)
_RETIRE: Final = (
    update(bindings).where(_IS_SEEN).values(number_index=None, version=bindings.c.version + 1, retired=True)
)
_OTHERS: Final = holders.alias("others")
_SHARED_PROVIDER: Final = (
    select(holders.c.provider)
    .join(_OTHERS, _OTHERS.c.provider == holders.c.provider)
    .where(holders.c.binding_id == _ID, _OTHERS.c.binding_id == _OTHER_ID)
    .limit(1)
)
_MOVE_NUMBERS: Final = update(numbers).where(numbers.c.binding_id == _ID).values(binding_id=_OTHER_ID)
_MOVE_HOLDERS: Final = update(holders).where(holders.c.binding_id == _ID).values(binding_id=_OTHER_ID)
_NOTE: Final = insert(binding_history)


def of_permit(connection: Connection, permit_index: bytes) -> Recorded | None:
    """The record of a permit, retired or not."""
    return _one(connection, _OF_PERMIT, {"sought": permit_index})


def of_number(connection: Connection, number_index: bytes) -> Recorded | None:
    """The record that a number was given to, or that took it over."""
    return _one(connection, _OF_NUMBER, {"sought": number_index})


def of_subject(connection: Connection, subject_id: str) -> Recorded | None:
    """The record that a person is tied to."""
    return _one(connection, _OF_SUBJECT, {"of_id": subject_id})


def opened(vault: Vault, recorded: Recorded) -> Binding:
    """Open the box of a record."""
    return read_binding(recorded.version, vault.open(recorded.box, "bindings", recorded.id))


def sealed(vault: Vault, binding_id: str, binding: Binding) -> bytes:
    """Close a binding into the box of its row."""
    return vault.seal(write_binding(binding), "bindings", binding_id)


def claim_number(connection: Connection, number_index: bytes, binding_id: str, now: datetime) -> bool:
    """Take a number that nobody ever had; one statement, so that exactly one caller gets it."""
    values = {"number_index": number_index, "binding_id": binding_id, "first_at": now}
    return connection.execute(_CLAIM[connection.dialect.name], values).rowcount == 1


def holder_of_number(connection: Connection, number_index: bytes) -> str | None:
    """The id of the record that has or had a number."""
    return connection.execute(_HOLDER_OF_NUMBER, {"sought": number_index}).scalar_one_or_none()


def add(connection: Connection, binding_id: str, permit_index: bytes, number_index: bytes, box: bytes) -> bool:
    """Add the first record of a permit; false if somebody else just did."""
    values = {
        "id": binding_id,
        "permit_index": permit_index,
        "number_index": number_index,
        "version": 1,
        "retired": False,
        "box": box,
    }
    return connection.execute(_ADD[connection.dialect.name], values).rowcount == 1


def change(connection: Connection, seen: Recorded, number_index: bytes, box: bytes) -> bool:
    """Give a record another number; false if somebody else changed it."""
    values = {"of_id": seen.id, "seen_version": seen.version, "new_index": number_index, "new_box": box}
    return connection.execute(_CHANGE, values).rowcount == 1


def retire(connection: Connection, seen: Recorded) -> bool:
    """Let a record go, of a permit whose holder has another now; false if somebody else changed it."""
    return connection.execute(_RETIRE, {"of_id": seen.id, "seen_version": seen.version}).rowcount == 1


def have_rivals(connection: Connection, old_id: str, new_id: str) -> bool:
    """Whether two accounts of one provider hold these two records: then they are not one person's for sure."""
    return connection.execute(_SHARED_PROVIDER, {"of_id": old_id, "to_id": new_id}).first() is not None


def hand_over(connection: Connection, old_id: str, new_id: str) -> None:
    """Give everything that hung on a retired record to its successor: numbers and people."""
    values = {"of_id": old_id, "to_id": new_id}
    connection.execute(_MOVE_NUMBERS, values)
    connection.execute(_MOVE_HOLDERS, values)


def tie_of(connection: Connection, subject_id: str) -> str | None:
    """The id of the record that a person is tied to."""
    return connection.execute(_TIE_OF, {"of_id": subject_id}).scalar_one_or_none()


def tie(connection: Connection, subject_id: str, binding_id: str, provider: str, now: datetime) -> bool:
    """Tie a person to a record; false if they are tied already, or another account of that provider is."""
    values = {"subject_id": subject_id, "binding_id": binding_id, "provider": provider, "tied_at": now}
    return connection.execute(_TIE[connection.dialect.name], values).rowcount == 1


def note(connection: Connection, vault: Vault, values: dict[str, Any], binding: Binding) -> None:
    """Add a line to the history, which is never changed; the numbers in it are sealed."""
    history_id = secrets.token_urlsafe(12)
    box = vault.seal(write_binding(binding), "binding_history", history_id)
    connection.execute(_NOTE, {"id": history_id, "box": box, **values})


def new_id() -> str:
    """An id for a new record."""
    return secrets.token_urlsafe(12)


def _one(connection: Connection, statement: Select[Any], values: dict[str, Any]) -> Recorded | None:
    row = connection.execute(statement, values).one_or_none()
    return None if row is None else Recorded(*row)
