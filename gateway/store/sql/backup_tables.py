"""Which tables a backup has, in which form their rows travel, and which of them do not come back to life.

A backup holds everything. A restore leaves out what somebody could still use: every session, grant, code, token and
request under way is dead in the new epoch, whether it was made before the backup or after it (F-BK-01).
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, Select, Table, select, type_coerce

from gateway.admin.backup_ports import Row
from gateway.store.sql import number_tables, operation_tables, signature_tables, tables
from gateway.store.sql.columns import Moment, metadata

NOT_CARRIED: Final = frozenset(
    {
        tables.transactions,
        tables.sessions,
        tables.grants,
        tables.codes,
        tables.tokens,
        tables.refresh_tokens,
        tables.pushed_requests,
        tables.decoupled_requests,
        tables.deliveries,  # they hang on grants, and tell of sign-outs that the restore makes of everything
        tables.rates,
        signature_tables.signing_requests,
        operation_tables.operator_sessions,
        operation_tables.joint_acts,
        operation_tables.instances,
    }
)
FILLED_BY_PROGRAM: Final = frozenset(
    {number_tables.key_states, operation_tables.instances, operation_tables.gateway_facts}
)
"""Tables in which a database has rows before anybody has used it; those of the backup take their place."""
SCHEMA_FLOOR: Final = "schema_floor"
"""The one fact that belongs to the schema and not to the data: that of the new database stays."""


@cache
def everything() -> tuple[Table, ...]:
    """Every table of the schema; what others refer to comes first."""
    return tuple(metadata.sorted_tables)


def by_name(name: str) -> Table:
    """A table that a backup names; raises ``KeyError`` for one that this schema does not have."""
    return metadata.tables[name]


def columns_of(table: Table) -> tuple[str, ...]:
    """The names of a table's columns, in the order in which their values travel."""
    return tuple(column.name for column in table.columns)


def selected(table: Table) -> Select[Any]:
    """Every row in the order of the primary key; moments as the counts that they are kept as."""
    values = [
        type_coerce(column, BigInteger).label(column.name) if isinstance(column.type, Moment) else column
        for column in table.columns
    ]
    return select(*values).order_by(*table.primary_key.columns)


def packed(table: Table, rows: Iterator[Sequence[Any]]) -> Iterator[Row]:
    """Rows as they travel: bytes in base64, all else as it is."""
    places = _places(table, LargeBinary)
    for row in rows:
        values = list(row)
        for place in places:
            if values[place] is not None:
                values[place] = b64encode(values[place]).decode("ascii")
        yield values


def unpacked(table: Table, rows: Iterator[Row]) -> Iterator[Row]:
    """The same, back again; raises ``ValueError`` for a value that no column of ours has."""
    places, numbers, flags = _places(table, LargeBinary), _places(table, BigInteger), _places(table, Boolean)
    for values in rows:
        for place in places:
            if values[place] is not None:
                values[place] = b64decode(values[place], validate=True)
        if any(values[place] is not None and type(values[place]) is not int for place in numbers):
            raise ValueError("a number is none")
        if any(values[place] is not None and type(values[place]) is not bool for place in flags):
            raise ValueError("a flag is none")
        yield values


def _places(table: Table, kind: type[Any]) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(table.columns) if isinstance(_type(column), kind))


def _type(column: Column[Any]) -> Any:
    return column.type.impl_instance if isinstance(column.type, Moment) else column.type
