"""Which schema this program needs, and which one a database has."""

from typing import Final

from sqlalchemy import Connection, Text, column, inspect, select, table

HEAD: Final = "0004"
"""The newest revision in ``migrations/versions``; spelt out, because reading them slows every start down."""

VERSION_TABLE: Final = "alembic_version"
_VERSION: Final = select(column("version_num", Text)).select_from(table(VERSION_TABLE))


class SchemaError(Exception):
    """The database's schema is not the one that this program was written for."""

    def __init__(self, found: str | None) -> None:
        super().__init__(f"the database has schema {found or 'none'}, this program needs {HEAD}: run `gate db upgrade`")
        self.found = found


def revision(connection: Connection) -> str | None:
    """The schema's revision; none for an empty database."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(_VERSION).scalar_one_or_none()


def require_head(connection: Connection) -> None:
    """Refuse a database of another schema; nothing is migrated silently (decision 11)."""
    found = revision(connection)
    if found != HEAD:
        raise SchemaError(found)
