"""The rows behind bindings: statements, and one small function for each."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Integer, LargeBinary, Text, bindparam, false, insert, select, update

from gateway.broker.ports import Held
from gateway.oidc.random_values import new_id
from gateway.store.records import read_binding, write_binding
from gateway.store.sql import indexes
from gateway.store.sql.columns import Moment
from gateway.store.sql.number_tables import binding_history, bindings, holders, numbers
from gateway.store.sql.number_tables import indexes as index_rows
from gateway.store.vault import Indexes, Vault
from mapping.evidence import Binding
from mapping.lifecycle import Change, Standing


@dataclass(frozen=True, slots=True, repr=False)
class Recorded:
    """A row of ``bindings``, its box still closed."""

    id: str
    version: int
    standing: Standing
    checked_at: datetime | None
    number_id: str | None
    box: bytes
    is_holder: bool = False
    """Whether the account that was named is tied to it."""


class Author(NamedTuple):
    """Who changes a record, in which request."""

    at: datetime
    correlation_id: str
    actor: str
    """``person``, ``register``, ``gateway``, or ``operator:`` and a name."""
    provider: str = ""
    subject_id: str = ""


_ID: Final = bindparam("of_id", type_=Text())
_ASKER: Final = bindparam("asker", type_=Text())
_COLUMNS: Final = (
    bindings.c.id,
    bindings.c.version,
    bindings.c.standing,
    bindings.c.checked_at,
    bindings.c.number_id,
    bindings.c.box,
)
_LOCK: Final[dict[str, Any]] = {"of": bindings, "key_share": True}
"""What is read to be changed stays as it is until then; rows that refer to it are not held up."""
_OF_SUBJECT: Final = (
    select(*_COLUMNS, holders.c.subject_id == _ID)
    .join(holders, holders.c.binding_id == bindings.c.id)
    .where(holders.c.subject_id == _ID)
)
_OF_ID: Final = select(*_COLUMNS, false()).where(bindings.c.id == _ID)
_ADD: Final = insert(bindings)
_IS_SEEN: Final = (bindings.c.id == _ID) & (bindings.c.version == bindparam("seen_version", type_=Integer()))
_CHANGE: Final = (
    update(bindings)
    .where(_IS_SEEN)
    .values(
        number_id=bindparam("new_number", type_=Text()),
        version=bindings.c.version + 1,
        standing=bindparam("new_standing", type_=Text()),
        checked_at=bindparam("new_check", type_=Moment()),
        box=bindparam("new_box", type_=LargeBinary()),
    )
)
_CHECKED: Final = update(bindings).where(bindings.c.id == _ID).values(checked_at=bindparam("new_check", type_=Moment()))
_NOTE: Final = insert(binding_history)


def of_permit(connection: Connection, wanted: Indexes, asker: str = "", *, lock: bool = False) -> Recorded | None:
    """The record of a permit, whatever its standing, in one read; and whether ``asker`` is tied to it."""
    return _one(connection, _of_permit(len(wanted), lock), {**indexes.values_of(wanted), "asker": asker})


def of_number(connection: Connection, wanted: Indexes, *, lock: bool = False) -> Recorded | None:
    """The record that a number was given to, or that took it over."""
    return _one(connection, _of_number(len(wanted), lock), indexes.values_of(wanted))


def of_subject(connection: Connection, subject_id: str, *, lock: bool = False) -> Recorded | None:
    """The record that a person is tied to."""
    statement = _OF_SUBJECT.with_for_update(**_LOCK) if lock else _OF_SUBJECT
    return _one(connection, statement, {"of_id": subject_id})


def of_id(connection: Connection, binding_id: str, *, lock: bool = False) -> Recorded | None:
    """A record by its id."""
    statement = _OF_ID.with_for_update(**_LOCK) if lock else _OF_ID
    return _one(connection, statement, {"of_id": binding_id})


def opened(vault: Vault, recorded: Recorded) -> Binding:
    """Open the box of a record."""
    return read_binding(recorded.version, vault.open(recorded.box, "bindings", recorded.id))


def held(vault: Vault, recorded: Recorded) -> Held:
    """A record as its holder's sign-in sees it."""
    return Held(recorded.id, opened(vault, recorded), recorded.standing, recorded.checked_at)


def held_by(connection: Connection, vault: Vault, subject_id: str) -> Held | None:
    """The record that a person is tied to, opened."""
    recorded = of_subject(connection, subject_id)
    return None if recorded is None else held(vault, recorded)


def sealed(vault: Vault, binding_id: str, binding: Binding) -> bytes:
    """Close a binding into the box of its row."""
    return vault.seal(write_binding(binding), "bindings", binding_id)


def add(connection: Connection, new: Recorded) -> None:
    """Add the first record of a permit, whose index was claimed before."""
    row = {
        "id": new.id,
        "number_id": new.number_id,
        "version": new.version,
        "standing": new.standing.value,
        "checked_at": new.checked_at,
        "box": new.box,
    }
    connection.execute(_ADD, row)


def change(connection: Connection, new: Recorded) -> bool:
    """Write the next version of a record; false if somebody else just did."""
    values = {
        "of_id": new.id,
        "seen_version": new.version - 1,
        "new_number": new.number_id,
        "new_standing": new.standing.value,
        "new_check": new.checked_at,
        "new_box": new.box,
    }
    return connection.execute(_CHANGE, values).rowcount == 1


def checked(connection: Connection, binding_id: str, now: datetime) -> None:
    """Remember when the register was asked last."""
    connection.execute(_CHECKED, {"of_id": binding_id, "new_check": now})


def note(  # noqa: PLR0917 - one argument for each column that is not the author's
    connection: Connection, vault: Vault, recorded: Recorded, what: Change, evidence: str, author: Author
) -> None:
    """Add a line to the history, which is never changed; the record as it is after the change is sealed in it."""
    history_id = new_id()
    binding = opened(vault, recorded)
    row = {
        "id": history_id,
        "binding_id": recorded.id,
        "version": recorded.version,
        "at": author.at,
        "what": what.value,
        "evidence": evidence,
        "provider": author.provider,
        "subject_id": author.subject_id,
        "actor": author.actor,
        "correlation_id": author.correlation_id,
        "box": vault.seal(write_binding(binding), "binding_history", history_id),
    }
    connection.execute(_NOTE, row)


def _one(connection: Connection, statement: Any, values: dict[str, Any]) -> Recorded | None:
    row = connection.execute(statement, values).first()
    if row is None:
        return None
    record_id, version, standing, checked_at, number_id, box, is_holder = row
    return Recorded(record_id, version, Standing(standing), checked_at, number_id, box, bool(is_holder))


@cache
def _of_permit(count: int, lock: bool) -> Any:  # noqa: FBT001 - the key of a cache
    own = (holders.c.binding_id == bindings.c.id) & (holders.c.subject_id == _ASKER)
    statement = (
        select(*_COLUMNS, holders.c.subject_id.is_not(None))
        .select_from(index_rows)
        .join(bindings, bindings.c.id == index_rows.c.target)
        .outerjoin(holders, own)
        .where(indexes.sought(count))
        .limit(1)
    )
    return statement.with_for_update(**_LOCK) if lock else statement


@cache
def _of_number(count: int, lock: bool) -> Any:  # noqa: FBT001 - the key of a cache
    statement = (
        select(*_COLUMNS, false())
        .select_from(index_rows)
        .join(numbers, numbers.c.id == index_rows.c.target)
        .join(bindings, bindings.c.id == numbers.c.binding_id)
        .where(indexes.sought(count))
        .limit(1)
    )
    return statement.with_for_update(**_LOCK) if lock else statement
