"""What somebody has to look at: list it with the record it is about, and put it aside with what came of it."""

from typing import Any, Final

from gateway.admin.acts import Act, checked_words
from gateway.admin.numbers import moment
from gateway.admin.ports import AlertRegistry, NumberRegistry
from gateway.admin.records import Alert
from gateway.alerts import AlertKind
from gateway.audit import AuditAction

PAGE: Final = 200
_ABOUT_A_LIST: Final = {
    AlertKind.TRUST_ROLLBACK,
    AlertKind.TRUST_EQUIVOCATION,
    AlertKind.TRUST_STALE,
    AlertKind.TRUST_RESTORED,
    AlertKind.TRUST_UNPROVED,
}
_ABOUT_A_RECORD: Final = (
    frozenset(AlertKind) - {AlertKind.CAPACITY, AlertKind.GENERATOR, AlertKind.RESERVED_BLOCK} - _ABOUT_A_LIST
)


async def page(
    registry: AlertRegistry, numbers: NumberRegistry, *, open_only: bool, after: str | None, limit: int
) -> list[dict[str, Any]]:
    """Alerts, newest first, each with its record's permit (masked) and standing where it is about one."""
    return [
        {**described(alert), **await _record(numbers, alert)}
        for alert in await registry.page(open_only=open_only, after=after, limit=limit)
    ]


async def settle(registry: AlertRegistry, alert_id: str, outcome: str, act: Act, *, dry_run: bool = False) -> bool:
    """Put an alert aside; false if there is no such open one. The record stays as it is: release it apart."""
    words = checked_words(outcome, "the outcome")
    if dry_run:
        return await _is_open(registry, alert_id)
    event = act.event(AuditAction.ALERT_SETTLED, alert=alert_id)
    return await registry.settle(alert_id, words, act.operator, act.now, event)


async def open_count(registry: AlertRegistry, limit: int = PAGE) -> int:
    """How many alerts are open, counted up to ``limit``."""
    return len(await registry.page(open_only=True, after=None, limit=limit))


def described(alert: Alert) -> dict[str, Any]:
    """An alert as operators see it: opaque ids, no numbers."""
    return {
        "id": alert.id,
        "at": moment(alert.at),
        "kind": alert.kind.value,
        "about": alert.about,
        "subject": alert.subject_id,
        "correlation_id": alert.correlation_id,
        "settled_at": moment(alert.settled_at),
        "settled_by": alert.settled_by,
        "outcome": alert.outcome,
    }


async def _record(numbers: NumberRegistry, alert: Alert) -> dict[str, Any]:
    record = await numbers.of_id(alert.about) if alert.kind in _ABOUT_A_RECORD else None
    if record is None:
        return {"permit": None, "standing": None}
    return {"permit": record.binding.permit.masked, "standing": record.standing.value}


async def _is_open(registry: AlertRegistry, alert_id: str) -> bool:
    """Look through the open ones, page by page: a dry run may take its time."""
    after = None
    while True:
        alerts = await registry.page(open_only=True, after=after, limit=PAGE)
        if any(alert.id == alert_id for alert in alerts):
            return True
        if len(alerts) < PAGE:
            return False
        after = alerts[-1].id
