"""Where Alembic starts: it is handed a connection with a transaction under way, and changes the schema in it."""

from alembic import context

from gateway.store.schema import VERSION_TABLE
from gateway.store.sql.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
