"""In-memory stand-ins for the registries of operators' work, and builders that are valid unless a keyword spoils them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.records import (
    Alert,
    Bucket,
    HistoryLine,
    NumberRecord,
    Operator,
    Remaining,
    Reveal,
    Switch,
    SwitchKind,
)
from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent
from mapping.documents import TravelPermit
from mapping.evidence import Binding, Known
from mapping.identifier import MainlandIdentifier, check_character
from mapping.lifecycle import Change, Standing, standing_after
from mapping.vocabulary import Sex

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
BORN: Final = date(1905, 6, 7)
PERMIT: Final = TravelPermit.parse("H1234567801")
OTHER: Final = TravelPermit.parse("H87654321")
REASON: Final = "case 2026/17"


def a_number(body: str = "81005019050607002") -> MainlandIdentifier:
    return MainlandIdentifier.parse(body + check_character(body), date(2026, 3, 2))


def an_act(**changes: Any) -> Act:
    return Act(**({"operator": "ada", "now": NOW, "reason": REASON} | changes))


def a_binding(**changes: Any) -> Binding:
    values = {"permit": PERMIT, "birthdate": BORN, "sex": Sex.FEMALE, "number": a_number(), "issued_at": NOW - DAY}
    return Binding(**(values | changes))


def a_record(**changes: Any) -> NumberRecord:
    values = {
        "binding_id": "r-1",
        "binding": a_binding(),
        "standing": Standing.ACTIVE,
        "checked_at": NOW,
        "providers": ("hong_kong",),
        "subject_ids": ("s-1",),
    }
    return NumberRecord(**(values | changes))


def an_alert(alert_id: str = "a-1", **changes: Any) -> Alert:
    values = {
        "id": alert_id,
        "at": NOW,
        "kind": AlertKind.TWO_HOLDERS,
        "about": "r-1",
        "subject_id": "s-2",
        "correlation_id": "c0ffee",
    }
    return Alert(**(values | changes))


class FakeAudit:
    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def append(self, event: AuditEvent) -> None:
        self.events.append(event)

    @property
    def actions(self) -> list[AuditAction]:
        return [event.action for event in self.events]


class FakeNumbers(FakeAudit):
    def __init__(self, *records: NumberRecord, buckets: Sequence[Bucket] = ()) -> None:
        super().__init__()
        self.records = {record.binding_id: record for record in records}
        self.lines: list[HistoryLine] = []
        self.buckets = list(buckets)

    async def of_permit(self, permit: TravelPermit) -> NumberRecord | None:
        return next((record for record in self.records.values() if record.binding.permit == permit), None)

    async def of_number(self, number: MainlandIdentifier) -> NumberRecord | None:
        raise AssertionError("nobody asks for a number's record here")

    async def of_id(self, binding_id: str) -> NumberRecord | None:
        return self.records.get(binding_id)

    async def history(self, binding_id: str) -> Sequence[HistoryLine]:
        return self.lines

    async def change(self, binding_id: str, change: Change, reason: str, now: datetime, event: AuditEvent) -> Standing:
        record = self.records[binding_id]
        standing = standing_after(record.standing, change)
        self.records[binding_id] = replace(record, standing=standing)
        actor = f"operator:{event.details['operator']}"
        self.lines.append(HistoryLine(2, now, change, reason, actor, "", "", event.correlation_id, record.binding))
        self.events.append(event)
        return standing

    async def fullest(self, limit: int) -> Sequence[Bucket]:
        return self.buckets[:limit]


class FakeAlerts(FakeAudit):
    def __init__(self, *alerts: Alert) -> None:
        super().__init__()
        self.alerts = {alert.id: alert for alert in alerts}

    async def page(self, *, open_only: bool, after: str | None, limit: int) -> Sequence[Alert]:
        rows = [alert for alert in self.alerts.values() if not open_only or alert.settled_at is None]
        begin = 0 if after is None else [alert.id for alert in rows].index(after) + 1
        return rows[begin : begin + limit]

    async def is_there(self, alert_id: str) -> bool:
        return alert_id in self.alerts

    async def settle(self, alert_id: str, outcome: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        alert = self.alerts.get(alert_id)
        if alert is None or alert.settled_at is not None:
            return False
        self.alerts[alert_id] = replace(alert, settled_at=now, settled_by=operator, outcome=outcome)
        self.events.append(event)
        return True


class FakeSwitches(FakeAudit):
    def __init__(self) -> None:
        super().__init__()
        self.off: dict[tuple[SwitchKind, str], Switch] = {}

    async def all(self) -> Sequence[Switch]:
        return list(self.off.values())

    async def turn_off(self, switch: Switch, event: AuditEvent) -> bool:
        if (switch.kind, switch.name) in self.off:
            return False
        self.off[switch.kind, switch.name] = switch
        self.events.append(event)
        return True

    async def turn_on(self, kind: SwitchKind, name: str, event: AuditEvent) -> bool:
        if self.off.pop((kind, name), None) is None:
            return False
        self.events.append(event)
        return True


@dataclass(frozen=True, slots=True)
class FakeConsent:
    client_id: str = "shop"
    granted: tuple[str, ...] = ("openid", "cn_id")
    given_at: datetime = NOW


class FakePeople(FakeAudit):
    """One person, ``s-1``; registry and view at once."""

    def __init__(self, state: str | None = "active") -> None:
        super().__init__()
        self.states = {"s-1": state}

    async def state(self, subject_id: str) -> str | None:
        return self.states.get(subject_id)

    async def block(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        if self.states.get(subject_id) is None:
            return False
        self.states[subject_id] = "blocked"
        self.events.append(event)
        return True

    async def unblock(self, subject_id: str, event: AuditEvent) -> bool:
        if self.states.get(subject_id) != "blocked":
            return False
        self.states[subject_id] = "active"
        self.events.append(event)
        return True

    async def untie(self, subject_id: str, reason: str, now: datetime, event: AuditEvent) -> bool:
        if self.states.get(subject_id) is None:
            return False
        self.events.append(event)
        return True

    async def accounts(self, subject_id: str) -> Sequence[str]:
        return ["hong_kong", "macao"]

    async def consents(self, subject_id: str) -> Sequence[FakeConsent]:
        return [FakeConsent()]

    async def receivers(self, subject_id: str) -> Mapping[str, datetime]:
        return {"shop": NOW}


@dataclass(frozen=True, slots=True)
class FakeHeld:
    binding_id: str
    binding: Binding
    standing: Standing = Standing.ACTIVE


class FakeKnown:
    """What a sign-in reads: persons with their records, and what is known of the permit at hand."""

    def __init__(self, held: FakeHeld | None = None, known: Known | None = None) -> None:
        self.held = held
        self.answer = known or Known()
        self.asked: list[tuple[Any, ...]] = []

    async def of_subject(self, subject_id: str) -> FakeHeld | None:
        return self.held

    async def known(
        self, subject_id: str, permit: TravelPermit, previous: TravelPermit | None, number: MainlandIdentifier | None
    ) -> Known:
        self.asked.append((subject_id, permit, previous, number))
        return self.answer


class FakeOperators(FakeAudit):
    def __init__(self) -> None:
        super().__init__()
        self.by_hash: dict[bytes, Operator] = {}

    async def save(self, operator: Operator, key_hash: bytes, event: AuditEvent) -> bool:
        if any(one.name == operator.name for one in self.by_hash.values()):
            return False
        self.by_hash[key_hash] = operator
        self.events.append(event)
        return True

    async def of_key(self, key_hash: bytes) -> Operator | None:
        return self.by_hash.get(key_hash)

    async def find(self, name: str) -> Operator | None:
        return next((one for one in self.by_hash.values() if one.name == name), None)

    async def change(self, before: Operator, after: Operator, event: AuditEvent) -> bool:
        for key_hash, operator in self.by_hash.items():
            if operator == before and operator.disabled_at is None:
                self.by_hash[key_hash] = after
                self.events.append(event)
                return True
        return False

    async def all(self) -> Sequence[Operator]:
        return list(self.by_hash.values())

    async def disable(self, name: str, now: datetime, event: AuditEvent) -> bool:
        for key_hash, operator in self.by_hash.items():
            if operator.name == name and operator.disabled_at is None:
                self.by_hash[key_hash] = replace(operator, disabled_at=now)
                self.events.append(event)
                return True
        return False


class FakeReveals(FakeAudit):
    def __init__(self, record: NumberRecord | None = None) -> None:
        super().__init__()
        self.reveals: dict[str, Reveal] = {}
        self.record = record

    async def ask(self, reveal: Reveal, event: AuditEvent) -> None:
        self.reveals[reveal.id] = reveal
        self.events.append(event)

    async def find(self, reveal_id: str) -> Reveal | None:
        return self.reveals.get(reveal_id)

    async def approve(self, reveal_id: str, operator: str, ends_at: datetime, now: datetime, event: AuditEvent) -> bool:
        reveal = self.reveals[reveal_id]
        if operator == reveal.asked_by or reveal.approved_by is not None or reveal.ends_at <= now:
            return False
        self.reveals[reveal_id] = replace(reveal, approved_by=operator, ends_at=ends_at)
        self.events.append(event)
        return True

    async def use(self, reveal_id: str, operator: str, now: datetime, event: AuditEvent) -> NumberRecord | None:
        reveal = self.reveals[reveal_id]
        is_usable = reveal.approved_by is not None and reveal.used_at is None and reveal.ends_at > now
        if not is_usable or operator != reveal.asked_by or self.record is None:
            return None
        self.reveals[reveal_id] = replace(reveal, used_at=now)
        self.events.append(event)
        return self.record

    async def used_since(self, operator: str, since: datetime) -> int:
        return sum(1 for one in self.reveals.values() if one.asked_by == operator and one.asked_at > since)


class FakeRekeying(FakeAudit):
    """So many rows under an old key; ``stragglers`` arrive each time it seems to be over."""

    def __init__(self, rows: int = 0, *, stragglers: Sequence[int] = (), is_new: bool = True) -> None:
        super().__init__()
        self.rows, self.stragglers, self.is_new = rows, list(stragglers), is_new
        self.finished = False

    async def begin(self, now: datetime, event: AuditEvent) -> bool:
        was_new, self.is_new = self.is_new, False
        if was_new:
            self.events.append(event)
        return was_new

    async def remaining(self) -> Remaining:
        return Remaining(self.rows, 0)

    async def step(self, batch: int) -> int:
        done = min(batch, self.rows)
        self.rows -= done
        return done

    async def finish(self, now: datetime, event: AuditEvent) -> bool:
        if self.stragglers:
            self.rows += self.stragglers.pop(0)
        self.finished = self.rows == 0
        if self.finished:
            self.events.append(event)
        return self.finished
