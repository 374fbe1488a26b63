"""What a human has to look at: told once, in the very transaction in which it was noticed."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.random_values import new_id
from gateway.store.sql import audit
from gateway.store.sql.database import insert_unless_there
from gateway.store.sql.number_tables import alerts

_TELL: Final = insert_unless_there(alerts)


def tell(connection: Connection, kind: AlertKind, about: str, subject_id: str, event: AuditEvent) -> bool:
    """Raise an alert unless the same one is open; false if it is. ``event`` says when and in which request."""
    row = {
        "id": new_id(),
        "at": event.at,
        "kind": kind.value,
        "about": about,
        "subject_id": subject_id,
        "correlation_id": event.correlation_id,
    }
    if connection.execute(_TELL[connection.dialect.name], row).rowcount == 0:
        return False
    audit.record(connection, replace(event, action=AuditAction.ALERT_RAISED, details={"kind": kind.value}))
    return True
