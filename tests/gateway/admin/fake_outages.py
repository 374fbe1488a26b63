"""Planned outages in memory, and the events that they left."""

from collections.abc import Sequence
from datetime import datetime

from gateway.admin.operation_records import Outage
from gateway.audit import AuditEvent


class FakeOutages:
    def __init__(self, *planned: Outage) -> None:
        self.planned = list(planned)
        self.events: list[AuditEvent] = []

    async def plan(self, outage: Outage, event: AuditEvent) -> None:
        self.planned.append(outage)
        self.events.append(event)

    async def withdraw(self, outage_id: str, event: AuditEvent) -> bool:
        before = len(self.planned)
        self.planned = [outage for outage in self.planned if outage.id != outage_id]
        if len(self.planned) == before:
            return False
        self.events.append(event)
        return True

    async def coming(self, now: datetime) -> Sequence[Outage]:
        return [outage for outage in self.planned if outage.ends_at > now]
