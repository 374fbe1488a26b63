"""Every table: the only schema; ``migrations`` leads to exactly this.

Personal values stand in ``box`` columns only, sealed for their row, or as keyed indexes (bytes of an HMAC). Codes,
tokens and cookies stand as hashes. Moments are 64-bit counts of microseconds since 1970 in UTC: the same, sortable
and quickly compared in both engines, with no zone that a driver could guess at.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    bindparam,
)

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

_SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")

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


clients: Final = Table(
    "clients",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("record", Text, nullable=False),
    Column("secret_hash", LargeBinary),
    Column("created_at", Moment),
    Column("disabled_at", Moment),
)

subjects: Final = Table(
    "subjects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("upstream_index", LargeBinary, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    UniqueConstraint("provider", "upstream_index"),
)

pairwise: Final = Table(
    "pairwise",
    metadata,
    Column("subject_id", Text, ForeignKey("subjects.id"), primary_key=True),
    Column("sector", Text, primary_key=True),
    Column("sub", Text, nullable=False),
    UniqueConstraint("sector", "sub"),  # two people of one sector can never become one account
)

transactions: Final = Table(
    "transactions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("browser", LargeBinary, nullable=False),
    Column("login_id", Text, unique=True),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("box", LargeBinary, nullable=False),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("cookie_hash", LargeBinary, primary_key=True),
    Column("subject_id", Text, ForeignKey("subjects.id"), nullable=False),
    Column("seen_at", Moment, nullable=False),
    # The earlier of the two ends, idle and absolute: one comparison when read, one index when purged.
    Column("ends_at", Moment, nullable=False, index=True),
    Column("box", LargeBinary, nullable=False),
)

consents: Final = Table(
    "consents",
    metadata,
    Column("seq", _SERIAL, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("subject_id", Text, ForeignKey("subjects.id"), nullable=False),
    Column("client_id", Text, ForeignKey("clients.client_id"), nullable=False),
    Column("granted", Text, nullable=False),
    Column("withheld", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Index(None, "subject_id", "client_id", "seq"),
)

grants: Final = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id"), nullable=False, index=True),
    Column("subject_id", Text, ForeignKey("subjects.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False, index=True),
    Column("revoked_at", Moment),
    Column("box", LargeBinary, nullable=False),
)

codes: Final = Table(
    "codes",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("grant_id", Text, ForeignKey("grants.id"), nullable=False, index=True),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", Text, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("spent_at", Moment),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("grant_id", Text, ForeignKey("grants.id"), nullable=False, index=True),
    Column("client_id", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

replays: Final = Table(
    "replays",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", LargeBinary, primary_key=True),
    Column("expires_at", Moment, nullable=False, index=True),
)

attempts: Final = Table(
    "attempts",
    metadata,
    Column("key_index", LargeBinary, primary_key=True),
    Column("tries", Text, nullable=False),
    Column("locked_until", Moment),
    Column("ends_at", Moment, nullable=False, index=True),
)

numbers: Final = Table(
    "numbers",
    metadata,
    # Every number that was ever given: rows are never deleted, so no number is ever given again (G09).
    Column("number_index", LargeBinary, primary_key=True),
    Column("binding_id", Text, nullable=False, index=True),
    Column("first_at", Moment, nullable=False),
)

bindings: Final = Table(
    "bindings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("permit_index", LargeBinary, nullable=False, unique=True),
    Column("number_index", LargeBinary, ForeignKey("numbers.number_index"), unique=True),
    Column("version", Integer, nullable=False),
    Column("retired", Boolean(create_constraint=False), nullable=False),
    Column("box", LargeBinary, nullable=False),
)

holders: Final = Table(
    "holders",
    metadata,
    Column("subject_id", Text, ForeignKey("subjects.id"), primary_key=True),
    Column("binding_id", Text, ForeignKey("bindings.id"), nullable=False),
    Column("provider", Text, nullable=False),
    Column("tied_at", Moment, nullable=False),
    UniqueConstraint("binding_id", "provider"),  # one account of each provider for one permit
)

binding_history: Final = Table(
    "binding_history",
    metadata,
    Column("id", Text, primary_key=True),
    Column("binding_id", Text, ForeignKey("bindings.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Index(None, "binding_id", "version"),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("seq", _SERIAL, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("action", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("client_id", Text),
    Column("subject_id", Text),
    Column("provider", Text),
    Column("details", Text, nullable=False),
)
