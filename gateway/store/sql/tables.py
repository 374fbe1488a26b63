"""Every table: the only schema; ``migrations`` leads to exactly this.

Personal values stand in ``box`` columns only, sealed for their row, or as keyed indexes (bytes of an HMAC). Codes,
tokens and cookies stand as hashes. Moments are 64-bit counts of microseconds since 1970 in UTC: the same, sortable
and quickly compared in both engines, with no zone that a driver could guess at.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

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
    # What the person had before their eyes; none of it for decisions from before schema 0003.
    Column("text_version", Text),
    Column("language", Text),
    Column("from_region", Text),
    Column("to_region", Text),
    Column("method", Text),
    Index(None, "subject_id", "client_id", "seq"),
)

grants: Final = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id"), nullable=False, index=True),
    Column("subject_id", Text, ForeignKey("subjects.id"), nullable=False, index=True),
    Column("session_id", Text, index=True),  # none in rows of the first schemas
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    # Nothing of the grant is purged before: a day from its beginning, or the end of its refresh tokens.
    Column("keep_until", Moment, nullable=False, index=True),
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
    Column("confirmation", Text),  # method and thumbprint: ``jkt:…``, ``x5t#S256:…``
    Column("audience", Text),
    Column("actor", Text),
)

refresh_tokens: Final = Table(
    "refresh_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("grant_id", Text, ForeignKey("grants.id"), nullable=False, index=True),
    Column("client_id", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    # Never behind ``ends_at``, so that one comparison tells; that of a spent token is ``ends_at``, so that its reuse
    # is noticed for as long as its family may live.
    Column("idle_ends_at", Moment, nullable=False, index=True),
    Column("ends_at", Moment, nullable=False),
    Column("confirmation", Text),
    Column("spent_at", Moment),
)

pushed_requests: Final = Table(
    "pushed_requests",
    metadata,
    Column("handle", LargeBinary, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("opened_at", Moment),  # once a browser has come with it, a sign-in may end after ``expires_at``
    Column("spent_at", Moment),
    Column("box", LargeBinary, nullable=False),
)

decoupled_requests: Final = Table(
    "decoupled_requests",
    metadata,
    # Requests of devices and counters, decided elsewhere than where they were made (RFC 8628, CIBA).
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("grant_type", Text, nullable=False),
    Column("client_id", Text, ForeignKey("clients.client_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("interval", Integer, nullable=False),  # milliseconds
    Column("state", Text, nullable=False),
    Column("user_code_hash", LargeBinary, unique=True),  # none once it is over: codes are short and come again
    Column("subject_id", Text, ForeignKey("subjects.id"), index=True),
    Column("grant_id", Text, ForeignKey("grants.id"), index=True),
    Column("polled_at", Moment),
    Column("box", LargeBinary, nullable=False),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    # What relying parties' servers are told, until they take it: sign-outs, and that a request was decided.
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, ForeignKey("clients.client_id"), nullable=False),
    Column("session_id", Text),
    Column("grant_id", Text, ForeignKey("grants.id"), index=True),  # what is told of a sign-out stands in its box
    Column("box", LargeBinary),
    Column("at", Moment, nullable=False),
    Column("due_at", Moment, index=True),  # none once it is delivered or given up
    Column("tries", Integer, nullable=False),
    Column("delivered_at", Moment, index=True),
    Column("given_up_at", Moment, index=True),
)
Index(
    "uq_deliveries_untried",
    deliveries.c.kind,
    deliveries.c.client_id,
    deliveries.c.session_id,
    unique=True,  # two ends of one session tell a relying party once, unless it has heard of the first already
    sqlite_where=text("tries = 0"),
    postgresql_where=text("tries = 0"),
)

initial_access: Final = Table(
    "initial_access",
    metadata,
    Column("name", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("record", Text, nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

rates: Final = Table(
    "rates",
    metadata,
    # How many requests of one client's minute the workers have taken for themselves; who it is stands as an index.
    Column("caller", LargeBinary, primary_key=True),
    Column("minute", Moment, primary_key=True, index=True),
    Column("taken", Integer, nullable=False),
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
