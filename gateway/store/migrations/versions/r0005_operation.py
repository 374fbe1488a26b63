"""Operation: managed keys, instances, the chain over the audit, operators' sign-in, joint acts, outages, backups.

Revision 0005. Operators get jurisdictions; nothing else that is there already changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keys()
    _audit()
    _operators()
    _running()


def _keys() -> None:
    op.create_table(
        "key_sets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_key_sets"),
    )
    op.create_table(
        "managed_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("key_set", sa.Text(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_managed_keys"),
        sa.ForeignKeyConstraint(["key_set"], ["key_sets.name"], name="fk_managed_keys_key_set"),
    )
    op.create_index("ix_managed_keys_key_set", "managed_keys", ["key_set"])
    op.create_table(
        "key_operations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key_set", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_operations"),
    )
    op.create_index("ix_key_operations_at", "key_operations", ["at"])


def _audit() -> None:
    op.create_table(
        "audit_links",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_links"),
        sa.UniqueConstraint("seq", name="uq_audit_links_seq"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_checkpoints"),
    )
    op.create_table(
        "audit_hours",
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "action", "provider", name="pk_audit_hours"),
    )


def _operators() -> None:
    op.add_column("operators", sa.Column("jurisdictions", sa.Text()))
    op.create_table(
        "operator_credentials",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text()),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.Column("totp_step", sa.BigInteger()),
        sa.Column("certificate", sa.Text()),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_operator_credentials"),
        sa.UniqueConstraint("certificate", name="uq_operator_credentials_certificate"),
        sa.ForeignKeyConstraint(["name"], ["operators.name"], name="fk_operator_credentials_name"),
    )
    op.create_table(
        "operator_sessions",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_operator_sessions"),
        sa.ForeignKeyConstraint(["name"], ["operators.name"], name="fk_operator_sessions_name"),
    )
    for name in ("name", "ends_at"):
        op.create_index(f"ix_operator_sessions_{name}", "operator_sessions", [name])
    op.create_table(
        "joint_acts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("agreed_by", sa.Text()),
        sa.Column("agreed_at", sa.BigInteger()),
        sa.Column("over_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_joint_acts"),
    )
    op.create_index("ix_joint_acts_ends_at", "joint_acts", ["ends_at"])


def _running() -> None:
    op.create_table(
        "instances",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instances"),
    )
    op.create_index("ix_instances_seen_at", "instances", ["seen_at"])
    op.create_table(
        "outages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outages"),
    )
    op.create_index("ix_outages_ends_at", "outages", ["ends_at"])
    op.create_table(
        "epochs",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_epochs"),
    )
    op.create_table(
        "backups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backups"),
    )
    op.create_index("ix_backups_at", "backups", ["at"])
    facts = op.create_table(
        "gateway_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_gateway_facts"),
    )
    # Older programs accept no schema but their own. A later revision that only adds leaves this as it is; one that
    # takes something away that older programs need raises it (docs/decisions/0023).
    op.bulk_insert(facts, [{"name": "schema_floor", "value": "0005"}])


def downgrade() -> None:
    raise NotImplementedError("there is no way back: it would throw records away; restore a backup instead")
