"""An item of the list as a record for programs and tables: times in RFC 3339, nothing left out."""

from datetime import UTC, datetime
from typing import Any

from gateway.admin.inventory import Item


def described(item: Item, now: datetime) -> dict[str, Any]:
    """One item; ``days_left`` is rounded down, and negative once it is over."""
    return {
        "id": item.id,
        "name": item.name,
        "kind": item.kind.value,
        "where": item.where,
        "state": item.state,
        "severity": item.severity.value,
        "not_before": _written(item.not_before),
        "not_after": _written(item.not_after),
        "renew_by": _written(item.renew_by),
        "days_left": None if item.not_after is None else (item.not_after - now).days,
        "issuer": item.issuer,
        "fingerprint": item.fingerprint,
        "detail": item.detail,
        "care": item.care.value,
        "note": item.note,
    }


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
