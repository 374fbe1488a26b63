"""Requests of devices and counters in memory, and deliveries to relying parties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.audit import AuditEvent
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.model import Grant
from gateway.oidc.ports import Delivery, Fetched, FetchError, Settlement


class FakeDecoupled:
    def __init__(self, *requests: DecoupledRequest) -> None:
        self.by_its_id = {request.id: request for request in requests}
        self.events: list[AuditEvent] = []

    async def begin(self, request: DecoupledRequest, event: AuditEvent) -> bool:
        self.by_its_id[request.id] = request
        return True

    async def by_user_code(self, user_code_hash: bytes, now: datetime) -> DecoupledRequest | None:
        return next((one for one in self._pending(now) if one.user_code_hash == user_code_hash), None)

    async def of_subject(self, subject_id: str, now: datetime) -> Sequence[DecoupledRequest]:
        return [one for one in self._pending(now) if one.subject_id == subject_id]

    async def by_id(self, request_id: str, now: datetime) -> DecoupledRequest | None:
        found = self.by_its_id.get(request_id)
        return found if found is not None and found.expires_at > now else None

    async def deny(self, request_id: str, now: datetime, event: AuditEvent) -> bool:
        found = await self.by_id(request_id, now)
        if found is None or found.state is not DecoupledState.PENDING:
            return False
        self.by_its_id[request_id] = replace(found, state=DecoupledState.DENIED)
        self.events.append(event)
        return True

    async def poll(self, request_hash: bytes, now: datetime) -> DecoupledRequest | None:
        raise NotImplementedError

    async def slow_down(self, request_hash: bytes, interval: timedelta) -> None:
        raise NotImplementedError

    async def redeem(
        self, request_hash: bytes, now: datetime, settle: Callable[[DecoupledRequest, Grant], Settlement]
    ) -> tuple[Grant, Settlement] | None:
        raise NotImplementedError

    async def subject_of(self, sector: str, sub: str) -> str | None:
        raise NotImplementedError

    def _pending(self, now: datetime) -> list[DecoupledRequest]:
        return [one for one in self.by_its_id.values() if one.state is DecoupledState.PENDING and one.expires_at > now]


class FakeDeliveries:
    def __init__(self, *deliveries: Delivery) -> None:
        self.waiting = list(deliveries)
        self.leases: list[tuple[timedelta, int]] = []
        self.taken: list[str] = []
        self.later: dict[str, datetime] = {}
        self.dead: list[str] = []
        self.events: list[AuditEvent] = []

    async def due(self, now: datetime, lease: timedelta, most: int) -> Sequence[Delivery]:
        self.leases.append((lease, most))
        found, self.waiting = self.waiting[:most], self.waiting[most:]
        return found

    async def delivered(self, delivery_id: str, event: AuditEvent, now: datetime) -> None:
        self.taken.append(delivery_id)
        self.events.append(event)

    async def try_again(self, delivery_id: str, due_at: datetime) -> None:
        self.later[delivery_id] = due_at

    async def give_up(self, delivery_id: str, event: AuditEvent, now: datetime) -> None:
        self.dead.append(delivery_id)
        self.events.append(event)


class FakeReceivers:
    """Relying parties' endpoints: status by address; ``None`` is one that does not answer."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, int | None] = dict(answers)
        self.calls: list[tuple[str, bytes, Mapping[str, str]]] = []

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        raise NotImplementedError

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Fetched:
        self.calls.append((url, content, headers))
        status = self.answers.get(url, 200)
        if status is None:
            raise FetchError("unreachable")
        return Fetched(status, b"", "text/plain")
