"""Every table: the only schema; ``migrations`` leads to exactly this.

Personal values stand in ``box`` columns only, sealed for their row, or as keyed indexes (bytes of an HMAC). Codes,
tokens and cookies stand as hashes. Moments are 64-bit counts of microseconds since 1970 in UTC: the same, sortable
and quickly compared in both engines, with no zone that a driver could guess at.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from gateway.store.sql.columns import SERIAL, Moment, metadata

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
    Column("id", Text, primary_key=True),  # found by ``indexes``, kind ``subject``: provider and upstream subject
    Column("provider", Text, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("erased_at", Moment),
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
    Column("subject_id", Text, ForeignKey("subjects.id"), nullable=False, index=True),
    Column("seen_at", Moment, nullable=False),
    # The earlier of the two ends, idle and absolute: one comparison when read, one index when purged.
    Column("ends_at", Moment, nullable=False, index=True),
    Column("box", LargeBinary, nullable=False),
)

consents: Final = Table(
    "consents",
    metadata,
    Column("seq", SERIAL, primary_key=True),
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

audit: Final = Table(
    "audit",
    metadata,
    Column("seq", SERIAL, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("action", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("client_id", Text),
    Column("subject_id", Text),
    Column("provider", Text),
    Column("details", Text, nullable=False),
)
