"""Brings together what is known of the providers: operators' plans, other workers' experience, this worker's breakers.

Done every few seconds; between two rounds the pages go by what was known at the last one, and by this worker's own
breakers at once.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gateway.admin.operation_ports import InstanceRegistry, OutageRegistry
from gateway.admin.operation_records import Instance
from gateway.audit import AuditAction, AuditEvent, AuditLog
from gateway.broker.provider_notices import PlannedOutage, ProviderNotices
from providers.breaker import BreakerState
from providers.breakers import Breakers

LIVING: Final = timedelta(seconds=20)
"""How recent the word of another worker has to be to count."""
_SERVING: Final = "gateway"


async def refresh(known: ProviderNotices, outages: OutageRegistry, instances: InstanceRegistry, now: datetime) -> None:
    """Learn what is planned, and what most workers cannot reach."""
    planned = await outages.coming(now)
    known.outages = tuple(PlannedOutage(one.provider, one.starts_at, one.ends_at) for one in planned)
    known.silent_elsewhere = silent_for_most(await instances.living(now - LIVING))


def silent_for_most(instances: Iterable[Instance]) -> frozenset[str]:
    """The far sides that more than half of the workers leave alone: one worker's own network is nobody's outage."""
    serving = [one for one in instances if one.kind == _SERVING]
    votes = Counter(name for one in serving for name, state in one.breakers.items() if state == BreakerState.OPEN.value)
    return frozenset(name for name, count in votes.items() if 2 * count > len(serving))


async def put_on_record(breakers: Breakers, log: AuditLog, now: datetime) -> None:
    """One audit event for every breaker that opened or closed; what cannot be written now is written next time."""
    while (change := breakers.next_change()) is not None:
        action = AuditAction.BREAKER_OPENED if change.is_open else AuditAction.BREAKER_CLOSED
        at = now - timedelta(seconds=change.age)
        await log.append(AuditEvent(action, at, secrets.token_hex(8), provider=change.name))
        breakers.told()
