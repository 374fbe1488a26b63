"""Mutually recognised signatures: trust documents, proposals, reports, receipts, cached statuses, signing requests.

Revision 0004. Nothing that is there already changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _trust()
    _proposals()
    _reports()
    _receipts_and_statuses()
    _signing_requests()


def _trust() -> None:
    op.create_table(
        "trust_documents",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_trust_documents"),
    )
    op.create_index("ix_trust_documents_list_id", "trust_documents", ["list_id"])
    op.create_table(
        "trust_heads",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("document", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("list_id", name="pk_trust_heads"),
        sa.ForeignKeyConstraint(["document"], ["trust_documents.serial"], name="fk_trust_heads_document"),
    )
    op.create_table(
        "trust_evidence",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_trust_evidence"),
        sa.UniqueConstraint("list_id", "sequence", "sha256", name="uq_trust_evidence_list_id_sequence_sha256"),
    )


def _proposals() -> None:
    op.create_table(
        "trust_proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trust_proposals"),
    )
    op.create_index("ix_trust_proposals_state", "trust_proposals", ["state"])


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("produced_at", sa.BigInteger(), nullable=False),
        sa.Column("keep_until", sa.BigInteger(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
    )
    for name in ("produced_at", "keep_until"):
        op.create_index(f"ix_reports_{name}", "reports", [name])
    op.create_table(
        "report_evidence",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_report_evidence"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_evidence_report_id"),
    )


def _receipts_and_statuses() -> None:
    op.create_table(
        "receipts",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("keep_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_receipts"),
    )
    op.create_index("ix_receipts_keep_until", "receipts", ["keep_until"])
    op.create_table(
        "revocation_cache",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer_key", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("good_until", sa.BigInteger(), nullable=False),
        sa.Column("failed_until", sa.BigInteger()),
        sa.Column("is_revoked", sa.Boolean(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "issuer_key", "serial", "url", name="pk_revocation_cache"),
    )
    op.create_index("ix_revocation_cache_good_until", "revocation_cache", ["good_until"])


def _signing_requests() -> None:
    op.create_table(
        "signing_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("login_hash", sa.LargeBinary()),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signing_requests"),
        sa.UniqueConstraint("login_hash", name="uq_signing_requests_login_hash"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_signing_requests_client_id"),
    )
    op.create_index("ix_signing_requests_expires_at", "signing_requests", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("there is no way back: it would throw records away; restore a backup instead")
