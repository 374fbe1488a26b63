"""The history of the schema, revision by revision, for Alembic; run through ``gateway.store.migrate``.

A revision is written by hand and never changed once released; each one works while the program before it still runs.
"""
