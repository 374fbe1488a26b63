"""The tables of operation: managed keys, running instances, the chain over the audit, operators' sessions, backups.

The same rules as in ``tables``. No private half of a key stands in any of them: a record names its handle.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text

from gateway.store.sql.columns import Moment, metadata

key_sets: Final = Table(
    "key_sets",
    metadata,
    # The version moves with every change of the set: whoever writes says which one they have read.
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)

managed_keys: Final = Table(
    "managed_keys",
    metadata,
    Column("kid", Text, primary_key=True),  # of all sets together: a name is never given twice
    Column("key_set", Text, ForeignKey("key_sets.name"), nullable=False, index=True),
    Column("serial", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("record", Text, nullable=False),
)

key_operations: Final = Table(
    "key_operations",
    metadata,
    # What was done under an operation id: asked for again, it is told again and not done again.
    Column("id", Text, primary_key=True),
    Column("key_set", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
)

instances: Final = Table(
    "instances",
    metadata,
    # Every running worker says from time to time that it lives, which keys it can sign with, and what its clock says.
    Column("id", Text, primary_key=True),
    Column("seen_at", Moment, nullable=False, index=True),
    Column("record", Text, nullable=False),
)

audit_links: Final = Table(
    "audit_links",
    metadata,
    # The chain over ``audit``: gap-free positions, each with the hash over its event and the link before it (G11).
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
)

audit_checkpoints: Final = Table(
    "audit_checkpoints",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("token", Text, nullable=False),
)

audit_hours: Final = Table(
    "audit_hours",
    metadata,
    # How many linked events of each kind an hour has, and where in ``audit`` they stand: what the dashboard counts,
    # and what lets a search begin near its hour. A convenience, and no evidence.
    Column("hour", Moment, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("provider", Text, primary_key=True),  # empty for none
    Column("count", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
)

operator_credentials: Final = Table(
    "operator_credentials",
    metadata,
    # What a person signs in with at the operators' listener: a password's Argon2id hash, the secret of one-time codes
    # in the sealed box, the thumbprint of a client certificate; the row holds nothing that could be used by itself.
    Column("name", Text, ForeignKey("operators.name"), primary_key=True),
    Column("password", Text),
    Column("box", LargeBinary, nullable=False),
    Column("totp_step", BigInteger),  # of the last code that was taken: none is taken twice
    Column("certificate", Text, unique=True),
    Column("changed_at", Moment, nullable=False),
)

operator_sessions: Final = Table(
    "operator_sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("name", Text, ForeignKey("operators.name"), nullable=False, index=True),
    Column("record", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
)

joint_acts: Final = Table(
    "joint_acts",
    metadata,
    # Acts that take two persons: asked for by one, agreed to by another, done once, within a short while (AD-05).
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
    Column("agreed_by", Text),
    Column("agreed_at", Moment),
    Column("over_at", Moment),
)

outages: Final = Table(
    "outages",
    metadata,
    # Planned times during which a provider is not there, as people are told of them.
    Column("id", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
    Column("record", Text, nullable=False),
)

epochs: Final = Table(
    "epochs",
    metadata,
    # One row for each life of this database: the first, and one more for every backup that was restored.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("began_at", Moment, nullable=False),
    Column("record", Text, nullable=False),
)

backups: Final = Table(
    "backups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("record", Text, nullable=False),
)

gateway_facts: Final = Table(
    "gateway_facts",
    metadata,
    # What a database says of itself: ``schema_floor``, the oldest program that it still serves (written by migrations,
    # so no backup carries it), and ``issuer``, the address whose tokens are in it.
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
