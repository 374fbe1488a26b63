"""The tables of identifiers: who has which number, what became of it, and what operators have to know of it.

The same rules as in ``tables``: personal values stand sealed in ``box`` columns or as keyed indexes, moments as counts.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from gateway.store.sql.columns import Moment, metadata

indexes: Final = Table(
    "indexes",
    metadata,
    # Every blind index of whatever kind, one row for each key that is in use: whoever writes, writes under all of
    # them, so that two workers between two keys still meet on one unique value (MP-09).
    Column("value", LargeBinary, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Index(None, "target", "key_id"),
)

key_states: Final = Table(
    "key_states",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    # A keyed hash of a fixed text: a wrong key under a known name is noticed before anything is written with it.
    Column("fingerprint", LargeBinary, nullable=False),
    Column("since", Moment, nullable=False),
    Column("retired_at", Moment),
)

numbers: Final = Table(
    "numbers",
    metadata,
    # Every number that was ever given: rows are never deleted, so no number is ever given again (G09).
    Column("id", Text, primary_key=True),
    Column("binding_id", Text, nullable=False, index=True),
    Column("first_at", Moment, nullable=False),
    Column("box", LargeBinary),  # none in rows of the first schema: their numbers stand in the binding's box
)

bindings: Final = Table(
    "bindings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number_id", Text, ForeignKey("numbers.id"), unique=True),
    Column("version", Integer, nullable=False),
    Column("standing", Text, nullable=False),
    Column("checked_at", Moment),
    Column("box", LargeBinary, nullable=False),
)

buckets: Final = Table(
    "buckets",
    metadata,
    # How many stand-ins one region code has given to one sex of one birth date; which, stands in the box.
    Column("id", Text, primary_key=True),
    Column("given", Integer, nullable=False, index=True),
    Column("box", LargeBinary, nullable=False),
)

switches: Final = Table(
    "switches",
    metadata,
    # What operators or alarms have switched off: a provider, a region code of the reserved blocks.
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("settled_at", Moment),
    Column("settled_by", Text),
    Column("outcome", Text),
)
Index(
    "uq_alerts_open",
    alerts.c.kind,
    alerts.c.about,
    alerts.c.subject_id,
    unique=True,  # the same trouble is told once, until somebody has settled it
    sqlite_where=alerts.c.settled_at.is_(None),
    postgresql_where=alerts.c.settled_at.is_(None),
)

releases: Final = Table(
    "releases",
    metadata,
    # Which number a relying party was given last for a person: whom to tell when another takes its place.
    Column("subject_id", Text, ForeignKey("subjects.id"), primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id"), primary_key=True),
    Column("number_id", Text, ForeignKey("numbers.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

notices: Final = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, ForeignKey("clients.client_id"), nullable=False),
    Column("subject_id", Text, ForeignKey("subjects.id"), nullable=False),
    Column("old_number_id", Text, ForeignKey("numbers.id"), nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("due_at", Moment, index=True),  # none once it is delivered or given up
    Column("tries", Integer, nullable=False),
    Column("delivered_at", Moment),
)

operators: Final = Table(
    "operators",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("jurisdictions", Text),  # none: every one
)

reveals: Final = Table(
    "reveals",
    metadata,
    # A number is traced back to its permit by two operators together, for a stated purpose, for a short while (MP-03).
    Column("id", Text, primary_key=True),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("approved_by", Text),
    Column("ends_at", Moment, nullable=False),
    Column("used_at", Moment),
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
    Column("actor", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Index(None, "binding_id", "version"),
)
