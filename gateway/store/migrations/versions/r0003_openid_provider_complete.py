"""The OpenID Provider, complete: refresh tokens, pushed and decoupled requests, deliveries, initial access, rates.

Revision 0003. What is under way goes on: running sign-ins, sessions, grants and tokens stay as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DAY = 86_400_000_000
"""Microseconds: how long a grant was kept without anything that hangs on it."""


def upgrade() -> None:
    _grants_and_tokens()
    _requests()
    _deliveries()
    _registration()
    for name in ("text_version", "language", "from_region", "to_region", "method"):
        op.add_column("consents", sa.Column(name, sa.Text()))
    op.create_table(
        "rates",
        sa.Column("caller", sa.LargeBinary(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "minute", name="pk_rates"),
    )
    op.create_index("ix_rates_minute", "rates", ["minute"])


def _grants_and_tokens() -> None:
    op.drop_index("ix_grants_created_at", table_name="grants")
    with op.batch_alter_table("grants") as batch:
        batch.add_column(sa.Column("session_id", sa.Text()))
        batch.add_column(sa.Column("keep_until", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(f"UPDATE grants SET keep_until = created_at + {DAY}")
    with op.batch_alter_table("grants") as batch:
        batch.alter_column("keep_until", existing_type=sa.BigInteger(), existing_nullable=False, server_default=None)
    op.create_index("ix_grants_session_id", "grants", ["session_id"])
    op.create_index("ix_grants_keep_until", "grants", ["keep_until"])
    for name in ("confirmation", "audience", "actor"):
        op.add_column("tokens", sa.Column(name, sa.Text()))
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("idle_ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmation", sa.Text()),
        sa.Column("spent_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("hash", name="pk_refresh_tokens"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_refresh_tokens_grant_id"),
    )
    op.create_index("ix_refresh_tokens_grant_id", "refresh_tokens", ["grant_id"])
    op.create_index("ix_refresh_tokens_idle_ends_at", "refresh_tokens", ["idle_ends_at"])


def _requests() -> None:
    op.create_table(
        "pushed_requests",
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger()),
        sa.Column("spent_at", sa.BigInteger()),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("handle", name="pk_pushed_requests"),
    )
    op.create_index("ix_pushed_requests_expires_at", "pushed_requests", ["expires_at"])
    op.create_table(
        "decoupled_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_type", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("user_code_hash", sa.LargeBinary()),
        sa.Column("subject_id", sa.Text()),
        sa.Column("grant_id", sa.Text()),
        sa.Column("polled_at", sa.BigInteger()),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decoupled_requests"),
        sa.UniqueConstraint("hash", name="uq_decoupled_requests_hash"),
        sa.UniqueConstraint("user_code_hash", name="uq_decoupled_requests_user_code_hash"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_decoupled_requests_client_id"),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name="fk_decoupled_requests_subject_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_decoupled_requests_grant_id"),
    )
    for name in ("expires_at", "subject_id", "grant_id"):
        op.create_index(f"ix_decoupled_requests_{name}", "decoupled_requests", [name])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text()),
        sa.Column("grant_id", sa.Text()),
        sa.Column("box", sa.LargeBinary()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.Column("given_up_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_deliveries_client_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_deliveries_grant_id"),
    )
    for name in ("grant_id", "due_at", "delivered_at", "given_up_at"):
        op.create_index(f"ix_deliveries_{name}", "deliveries", [name])
    op.create_index(
        "uq_deliveries_untried",
        "deliveries",
        ["kind", "client_id", "session_id"],
        unique=True,
        sqlite_where=sa.text("tries = 0"),
        postgresql_where=sa.text("tries = 0"),
    )


def _registration() -> None:
    op.create_table(
        "initial_access",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_initial_access"),
        sa.UniqueConstraint("hash", name="uq_initial_access_hash"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: it would throw records away; restore a backup instead")
