"""Identifiers in full: indexes under several keys, standings, counters, alerts, notices, operators.

Revision 0002. What was indexed stays findable under key ``1``; nothing has to be opened for it.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FIRST_KEY = "1"


def upgrade() -> None:
    _new_tables()
    _subjects()
    _numbers_and_bindings()
    _history()
    _clients()


def _new_tables() -> None:
    op.create_table(
        "indexes",
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("value", name="pk_indexes"),
    )
    op.create_index("ix_indexes_target_key_id", "indexes", ["target", "key_id"])
    op.create_table(
        "key_states",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("purpose", "id", name="pk_key_states"),
    )
    op.create_table(
        "buckets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_buckets"),
    )
    op.create_index("ix_buckets_given", "buckets", ["given"])
    op.create_table(
        "switches",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_switches"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("settled_by", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["kind", "about", "subject_id"],
        unique=True,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "operators",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_operators"),
        sa.UniqueConstraint("key_hash", name="uq_operators_key_hash"),
    )
    op.create_table(
        "reveals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reveals"),
    )


def _subjects() -> None:
    op.create_index("ix_sessions_subject_id", "sessions", ["subject_id"])
    op.execute(
        f"INSERT INTO indexes (value, key_id, kind, target)"
        f" SELECT upstream_index, '{FIRST_KEY}', 'subject', id FROM subjects"
    )
    with op.batch_alter_table("subjects") as batch:
        batch.drop_constraint("uq_subjects_provider_upstream_index", type_="unique")
        batch.drop_column("upstream_index")
        batch.add_column(sa.Column("erased_at", sa.BigInteger()))


def _numbers_and_bindings() -> None:
    """Rebuild both: their keys were the indexes themselves, which move to a table of their own."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    hexed = "lower(hex(number_index))" if is_sqlite else "encode(number_index, 'hex')"
    op.execute(
        f"INSERT INTO indexes (value, key_id, kind, target)"
        f" SELECT number_index, '{FIRST_KEY}', 'number', {hexed} FROM numbers"
    )
    op.execute(
        f"INSERT INTO indexes (value, key_id, kind, target)"
        f" SELECT permit_index, '{FIRST_KEY}', 'permit', id FROM bindings"
    )
    with op.batch_alter_table("bindings") as batch:
        batch.add_column(sa.Column("number_id", sa.Text()))
        batch.add_column(sa.Column("standing", sa.Text(), nullable=False, server_default="active"))
        batch.add_column(sa.Column("checked_at", sa.BigInteger()))
    op.execute(f"UPDATE bindings SET number_id = {hexed} WHERE number_index IS NOT NULL")
    op.execute("UPDATE bindings SET standing = 'retired' WHERE retired")
    with op.batch_alter_table("bindings") as batch:
        batch.drop_constraint("fk_bindings_number_index", type_="foreignkey")
        batch.drop_constraint("uq_bindings_number_index", type_="unique")
        batch.drop_constraint("uq_bindings_permit_index", type_="unique")
        batch.drop_column("number_index")
        batch.drop_column("permit_index")
        batch.drop_column("retired")
        batch.alter_column("standing", existing_type=sa.Text(), existing_nullable=False, server_default=None)
    op.create_table(
        "numbers_by_id",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("binding_id", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("box", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_numbers_by_id"),
    )
    op.execute(
        f"INSERT INTO numbers_by_id (id, binding_id, first_at) SELECT {hexed}, binding_id, first_at FROM numbers"
    )
    op.drop_table("numbers")
    op.create_table(
        "numbers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("binding_id", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("box", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_numbers"),
    )
    op.execute("INSERT INTO numbers (id, binding_id, first_at) SELECT id, binding_id, first_at FROM numbers_by_id")
    op.drop_table("numbers_by_id")
    op.create_index("ix_numbers_binding_id", "numbers", ["binding_id"])
    with op.batch_alter_table("bindings") as batch:
        batch.create_foreign_key("fk_bindings_number_id", "numbers", ["number_id"], ["id"])
        batch.create_unique_constraint("uq_bindings_number_id", ["number_id"])
    op.create_table(
        "releases",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("number_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "client_id", name="pk_releases"),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name="fk_releases_subject_id"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_releases_client_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_releases_number_id"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("old_number_id", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_notices_client_id"),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name="fk_notices_subject_id"),
        sa.ForeignKeyConstraint(["old_number_id"], ["numbers.id"], name="fk_notices_old_number_id"),
    )
    op.create_index("ix_notices_due_at", "notices", ["due_at"])


def _history() -> None:
    with op.batch_alter_table("binding_history") as batch:
        batch.add_column(sa.Column("actor", sa.Text(), nullable=False, server_default="person"))
    with op.batch_alter_table("binding_history") as batch:
        batch.alter_column("actor", existing_type=sa.Text(), existing_nullable=False, server_default=None)


def _clients() -> None:
    """A client is enrolled for stand-ins by purpose now, names its documents' codes, and may want to be told."""
    clients = sa.table("clients", sa.column("client_id", sa.Text), sa.column("record", sa.Text))
    connection = op.get_bind()
    for client_id, record in connection.execute(sa.select(clients.c.client_id, clients.c.record)).all():
        values = json.loads(record)
        is_enrolled = values.pop("surrogates_allowed", False)
        values |= {
            "surrogate_purposes": [values["purpose"]] if is_enrolled and values["purpose"] else [],
            "document_codes": {},
            "event_uri": None,
        }
        text = json.dumps(values, separators=(",", ":"))
        connection.execute(sa.update(clients).where(clients.c.client_id == client_id).values(record=text))


def downgrade() -> None:
    raise NotImplementedError("there is no way back: it would throw records away; restore a backup instead")
