"""Faults are played on SQLite and on PostgreSQL, with real processes; GATE_HEAVY decides how long (``weight``)."""

from tests.contracts.conftest import (  # noqa: F401 - pytest finds fixtures and hooks by their names here
    postgres,
    postgres_url,
    pytest_collection_modifyitems,
)
from tests.contracts.stores.conftest import (  # noqa: F401 - the same
    database_url,
    desk,
    migrated_file,
    migrated_template,
    second,
    stores,
)
from tests.faults.weight import IS_HEAVY


def pytest_report_header() -> str:
    """Say in the first lines which run this is."""
    return f"faults: {'heavy' if IS_HEAVY else 'quick'} rounds (GATE_HEAVY)"
