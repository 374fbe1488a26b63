"""The tables of the signature service: accepted trust documents, reports, receipts, cached statuses, signing requests.

The same rules as in ``tables``: personal values stand sealed in ``box`` columns, moments as counts.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, Table, Text, UniqueConstraint

from gateway.store.sql.columns import SERIAL, Moment, metadata

trust_documents: Final = Table(
    "trust_documents",
    metadata,
    # Every list, equivalence table and root that was ever accepted; rows only come, none goes (G12).
    Column("serial", SERIAL, primary_key=True),
    Column("list_id", Text, nullable=False, index=True),
    Column("sequence", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

trust_heads: Final = Table(
    "trust_heads",
    metadata,
    # Which document of a list counts; all heads of one import move in one transaction (TL-05).
    Column("list_id", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("document", SERIAL, ForeignKey("trust_documents.serial"), nullable=False),
)

trust_evidence: Final = Table(
    "trust_evidence",
    metadata,
    # Documents that were refused and prove something: two contents under one sequence, attempts to go back (TL-04).
    Column("serial", SERIAL, primary_key=True),
    Column("list_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("list_id", "sequence", "sha256"),
)

trust_proposals: Final = Table(
    "trust_proposals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Column("record", Text, nullable=False),
)

reports: Final = Table(
    "reports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("produced_at", Moment, nullable=False, index=True),
    Column("keep_until", Moment, nullable=False, index=True),
    Column("box", LargeBinary, nullable=False),
)

report_evidence: Final = Table(
    "report_evidence",
    metadata,
    # Apart from the reports, which are walked through in their thousands when a list is about to change.
    Column("report_id", Text, ForeignKey("reports.id"), primary_key=True),
    Column("box", LargeBinary, nullable=False),
)

receipts: Final = Table(
    "receipts",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("first_seen_at", Moment, nullable=False),
    Column("keep_until", Moment, nullable=False, index=True),
)

revocation_cache: Final = Table(
    "revocation_cache",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("issuer_key", Text, primary_key=True),
    Column("serial", Text, primary_key=True),  # empty for a list, which answers for all of an issuer's certificates
    Column("url", Text, primary_key=True),  # an issuer may publish its list in parts
    Column("der", LargeBinary, nullable=False),
    Column("good_until", Moment, nullable=False, index=True),
    Column("failed_until", Moment),
    Column("is_revoked", Boolean, nullable=False),
    Column("record", Text, nullable=False),
)

signing_requests: Final = Table(
    "signing_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("login_hash", LargeBinary, unique=True),  # the browser's before the person is sent away, then the way back's
    Column("box", LargeBinary, nullable=False),
)
