"""What all tables are made of: moments as counts, serial numbers, the naming of constraints."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, TypeDecorator, bindparam

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
KEY_LIMIT: Final = 256
"""Characters of a text that something is looked up by."""


class Moment(TypeDecorator[datetime]):
    """A moment as microseconds since 1970; one without a zone is refused by the subtraction."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - inherited
        """Count."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - inherited
        """Read the count."""
        return None if value is None else EPOCH + value * MICROSECOND


NOW: Final = bindparam("now", type_=Moment())
"""The caller's moment; the databases' own clocks decide nothing (G21)."""

SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def is_key(text: str) -> bool:
    """Say whether a text from outside could be one of our ids at all; others are not shown to an engine."""
    return 0 < len(text) <= KEY_LIMIT and text.isascii() and text.isprintable()
