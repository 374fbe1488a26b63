"""Audit events, appended in the very transaction that they tell of (G11)."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, insert

from gateway.audit import AuditEvent
from gateway.store.sql.columns import is_key
from gateway.store.sql.database import Database
from gateway.store.sql.tables import audit

_APPEND: Final = insert(audit).inline()  # nobody asks for the number, so it need not travel back
_UNREADABLE: Final = "(unreadable)"


class SqlAuditLog:
    """The log for events that belong to no other transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, event: AuditEvent) -> None:
        """Durably add one event."""
        await self._database.run(lambda connection: record(connection, event))


def record(connection: Connection, *events: AuditEvent) -> None:
    """Add events to the transaction under way, in one statement."""
    if events:
        connection.execute(_APPEND, rows(events))


def if_changed(connection: Connection, statement: Any, values: dict[str, Any], event: AuditEvent) -> bool:
    """Execute a change of rows, and add its event if there was anything to change."""
    if connection.execute(statement, values).rowcount == 0:
        return False
    record(connection, event)
    return True


def rows(events: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    """The events as rows."""
    return [
        {
            "at": event.at,
            "action": event.action.value,
            "correlation_id": _id(event.correlation_id),
            "client_id": _id(event.client_id),
            "subject_id": _id(event.subject_id),
            "provider": event.provider,
            "details": json.dumps(dict(event.details), separators=(",", ":")),
        }
        for event in events
    ]


def _id(text: str | None) -> str | None:
    # A refused request may have named anything; it must not keep its own refusal from being recorded.
    return text if text is None or is_key(text) else _UNREADABLE
