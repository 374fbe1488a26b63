"""The ports in SQL, on SQLAlchemy Core, for SQLite and PostgreSQL alike.

From the ground up: ``address`` (which engine a URL means), ``tables`` (the only schema), ``sqlite`` and ``postgres``
(how each engine is driven), ``database`` (one face for both), then a module for each group of ports. Statements are
built once, when a module is imported, and take their values as named parameters; what must happen once is one
statement.
"""
