"""Every number that was ever given: taken once, handed on to the same holder's next record, and never given again."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, insert, select, update

from gateway.oidc.random_values import new_id
from gateway.store.fields import RecordError
from gateway.store.records import read_number
from gateway.store.sql import indexes
from gateway.store.sql.binding_rows import of_id, opened
from gateway.store.sql.number_tables import numbers
from gateway.store.vault import Vault
from mapping.evidence import Binding
from mapping.identifier import MainlandIdentifier

_ID: Final = bindparam("of_id", type_=Text())
_ADD: Final = insert(numbers)
_ROW: Final = select(numbers.c.binding_id, numbers.c.box).where(numbers.c.id == _ID)
_HAND_OVER: Final = (
    update(numbers).where(numbers.c.binding_id == _ID).values(binding_id=bindparam("to_id", type_=Text()))
)
_FILL: Final = (
    update(numbers)
    .where(numbers.c.id == _ID, numbers.c.box.is_(None))
    .values(box=bindparam("new_box", type_=LargeBinary()))
)


def claim(
    connection: Connection, vault: Vault, number: MainlandIdentifier, binding_id: str, now: datetime
) -> str | None:
    """Take a number that nobody ever had, and give its id; its unique index lets exactly one caller have it."""
    number_id = new_id()
    if not indexes.claim(connection, indexes.NUMBER, vault.number_index(number), number_id):
        return None
    row = {"id": number_id, "binding_id": binding_id, "first_at": now, "box": sealed(vault, number_id, number)}
    connection.execute(_ADD, row)
    return number_id


def owner(connection: Connection, vault: Vault, number: MainlandIdentifier) -> tuple[str, str] | None:
    """The id of a number, and the id of the record that has or had it."""
    number_id = indexes.find(connection, vault.number_index(number))
    row = None if number_id is None else connection.execute(_ROW, {"of_id": number_id}).first()
    return None if number_id is None or row is None else (number_id, row.binding_id)


def number_of(connection: Connection, vault: Vault, number_id: str) -> MainlandIdentifier:
    """The number behind an id; raises ``LookupError`` for an id that no number has."""
    row = connection.execute(_ROW, {"of_id": number_id}).first()
    if row is None:
        raise LookupError("there is no such number")
    if row.box is not None:
        return opened_number(vault, number_id, row.box)
    recorded = of_id(connection, row.binding_id)
    if recorded is None:
        raise LookupError("there is no record of the number")
    return number_of_first_schema(vault, number_id, opened(vault, recorded))


def number_of_first_schema(vault: Vault, number_id: str, binding: Binding) -> MainlandIdentifier:
    """Which of a record's numbers a row without a box is: the first schema named it by its index."""
    for number in (binding.number, *(read_number(value) for value in binding.replaces)):
        if any(indexed.value.hex() == number_id for indexed in vault.number_index(number)):
            return number
    raise RecordError("number")


def opened_number(vault: Vault, number_id: str, box: bytes) -> MainlandIdentifier:
    """Open the box of a number."""
    fields = vault.open(box, "numbers", number_id)
    number = read_number(fields.text("number"))
    fields.end()
    return number


def sealed(vault: Vault, number_id: str, number: MainlandIdentifier) -> bytes:
    """Close a number into the box of its row."""
    return vault.seal({"number": number.value}, "numbers", number_id)


def fill(connection: Connection, vault: Vault, number_id: str, number: MainlandIdentifier) -> None:
    """Give a row of the first schema its box, while the number is known from its record."""
    connection.execute(_FILL, {"of_id": number_id, "new_box": sealed(vault, number_id, number)})


def hand_over(connection: Connection, old_id: str, successor_id: str) -> None:
    """Give all numbers of a retired record to its successor."""
    connection.execute(_HAND_OVER, {"of_id": old_id, "to_id": successor_id})
