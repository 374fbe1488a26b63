"""Which schemas this program works with, and which one a database has.

During an upgrade without an outage two versions of the program share one database: the newer one's migration has run,
and the older one goes on as long as nothing was taken away that it needs. Only a migration can know that, so it writes
into the database which is the oldest program that may still use it (docs/decisions/0023).
"""

from typing import Final

from sqlalchemy import Connection, Text, column, inspect, select, table

HEAD: Final = "0005"
"""The newest revision in ``migrations/versions``; spelt out, because reading them slows every start down."""

VERSION_TABLE: Final = "alembic_version"
FACTS_TABLE: Final = "gateway_facts"
FLOOR: Final = "schema_floor"
_VERSION: Final = select(column("version_num", Text)).select_from(table(VERSION_TABLE))
_FLOOR: Final = (
    select(column("value", Text)).select_from(table(FACTS_TABLE, column("name"))).where(column("name") == FLOOR)
)


class SchemaError(Exception):
    """The database's schema is none that this program can work with."""

    def __init__(self, found: str | None, floor: str | None = None) -> None:
        super().__init__(
            f"the database has schema {found or 'none'}, this program needs {HEAD}: run `gate db upgrade`"
            if not is_newer(found)
            else f"the database has schema {found}, which serves programs from schema {floor or found} on; this one "
            f"has {HEAD}: start a newer version, or restore a backup of before the upgrade"
        )
        self.found = found


def is_newer(found: str | None) -> bool:
    """Whether a newer program has migrated the database."""
    return found is not None and found > HEAD


def revision(connection: Connection) -> str | None:
    """The schema's revision; none for an empty database."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(_VERSION).scalar_one_or_none()


def floor(connection: Connection) -> str | None:
    """The schema of the oldest program that may still use the database; none where it does not say so."""
    if not inspect(connection).has_table(FACTS_TABLE):
        return None
    return connection.execute(_FLOOR).scalar_one_or_none()


def require_head(connection: Connection) -> None:
    """Refuse a schema that this program cannot work with; nothing is migrated silently (decision 11)."""
    found = revision(connection)
    if found == HEAD:
        return
    oldest = floor(connection) if is_newer(found) else None
    if oldest is None or oldest > HEAD:
        raise SchemaError(found, oldest)
