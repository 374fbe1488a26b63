"""The records of numbers in memory: one permit, one record, and whoever is tied to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.alerts import AlertKind
from gateway.audit import AuditEvent
from gateway.broker.ports import BindingConflictError, BindingRaceError, Held
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Renew
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Standing
from mapping.vocabulary import Sex


@dataclass
class Row:
    held: Held
    accounts: dict[str, str] = field(default_factory=dict)
    """Subject id -> provider."""


class FakeNumbers:
    """Records by permit; a number given once answers for one permit ever after."""

    def __init__(self, stand_ins: Iterable[MainlandIdentifier] = ()) -> None:
        self.rows: dict[str, Row] = {}
        self.events: list[AuditEvent] = []
        self.applied: list[Decision] = []
        self.evidence: list[Evidence] = []
        self.conflicts: list[tuple[AlertKind, str, TravelPermit]] = []
        self.reserved: list[MainlandIdentifier] = []
        self.checks: list[str] = []
        self.races = 0
        self.refusal: MappingError | None = None
        self._stand_ins: Iterator[MainlandIdentifier] = iter(stand_ins)

    def put(self, binding: Binding, *subjects: str, provider: str = "hong_kong", **state: Any) -> Held:
        held = Held(f"binding-{binding.permit.canonical}", binding, **state)
        self.rows[binding.permit.canonical] = Row(held, dict.fromkeys(subjects, provider))
        return held

    def of(self, permit: TravelPermit) -> Held:
        return self.rows[permit.canonical].held

    async def of_subject(self, subject_id: str) -> Held | None:
        return next((row.held for row in self.rows.values() if subject_id in row.accounts), None)

    async def known(
        self, subject_id: str, permit: TravelPermit, previous: TravelPermit | None, number: MainlandIdentifier | None
    ) -> Known:
        own = self.rows.get(permit.canonical)
        former = self.rows.get(previous.canonical) if previous is not None else None
        holders = [name for name, row in self.rows.items() if number is not None and row.held.binding.number == number]
        return Known(
            binding=_shown(own),
            previous=_shown(former),
            number_holder=next(iter(holders), None),
            standing=own.held.standing if own else Standing.ACTIVE,
            is_holder=own is not None and subject_id in own.accounts,
            previous_standing=former.held.standing if former else Standing.ACTIVE,
        )

    async def apply(  # noqa: PLR0917 - the port's own signature
        self, subject_id: str, provider: str, evidence: Evidence, decision: Decision, now: datetime, event: AuditEvent
    ) -> Held:
        if self.races:
            self.races -= 1
            raise BindingRaceError
        if self.refusal is not None:
            raise self.refusal
        row = self._row(subject_id, provider, evidence, decision, now)
        row.accounts[subject_id] = provider
        if evidence.vouched:
            row.held = replace(row.held, checked_at=now)
        self.events.append(event)
        self.applied.append(decision)
        self.evidence.append(evidence)
        return row.held

    def _row(self, subject_id: str, provider: str, evidence: Evidence, decision: Decision, now: datetime) -> Row:
        assert evidence.permit is not None
        previous = evidence.previous_permit if isinstance(decision, Bind | Allocate) else None
        self._require_no_other_holder(subject_id, provider, evidence.permit, previous)
        own = self.rows.get(evidence.permit.canonical)
        if isinstance(decision, Keep | Renew):
            assert own is not None
            if isinstance(decision, Renew):
                own.held = replace(own.held, binding=replace(own.held.binding, permit=decision.permit))
            return own
        assert isinstance(decision, Bind | Allocate)
        number = decision.number if isinstance(decision, Bind) else next(self._stand_ins)
        assert evidence.birthdate is not None
        sex = Sex(evidence.sex or "")
        binding = Binding(evidence.permit, evidence.birthdate, sex, number, now, decision.replaces)
        former = self.rows.get(previous.canonical) if previous is not None else None
        accounts = {**(own.accounts if own else {}), **(former.accounts if former else {})}
        if former is not None:
            former.held, former.accounts = replace(former.held, standing=Standing.RETIRED), {}
        held = Held(f"binding-{evidence.permit.canonical}", binding)
        self.rows[evidence.permit.canonical] = Row(held, accounts)
        return self.rows[evidence.permit.canonical]

    def _require_no_other_holder(
        self, subject_id: str, provider: str, permit: TravelPermit, previous: TravelPermit | None
    ) -> None:
        own = {document.canonical for document in (permit, previous) if document is not None}
        for name, row in self.rows.items():
            others = {known for subject, known in row.accounts.items() if subject != subject_id}
            if name == permit.canonical and provider in others:
                raise BindingConflictError
            if name not in own and subject_id in row.accounts:
                raise BindingConflictError

    async def checked(self, binding_id: str, now: datetime) -> None:
        self.checks.append(binding_id)
        for row in self.rows.values():
            if row.held.binding_id == binding_id:
                row.held = replace(row.held, checked_at=now)

    async def conflict(
        self, kind: AlertKind, subject_id: str, permit: TravelPermit, now: datetime, event: AuditEvent
    ) -> None:
        self.conflicts.append((kind, subject_id, permit))
        self.events.append(event)
        if kind is AlertKind.TWO_HOLDERS:
            row = self.rows[permit.canonical]
            row.held = replace(row.held, standing=Standing.FROZEN)

    async def reserved_number_seen(self, number: MainlandIdentifier, now: datetime, event: AuditEvent) -> None:
        self.reserved.append(number)
        self.events.append(event)

    async def dispute(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        for row in self.rows.values():
            if subject_id in row.accounts and row.held.standing in {Standing.ACTIVE, Standing.FROZEN}:
                row.held = replace(row.held, standing=Standing.FROZEN)
                self.events.append(event)
                return True
        return False

    async def untie(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        for row in self.rows.values():
            if row.held.standing is not Standing.CLOSED and row.accounts.pop(subject_id, None) is not None:
                self.events.append(event)
                return True
        return False


def _shown(row: Row | None) -> Binding | None:
    if row is None or row.held.standing in {Standing.RETIRED, Standing.CLOSED}:
        return None
    return row.held.binding
