"""Carries one decision about a number out, step by step, inside one transaction.

Everything is read again first: if the records are not those that the decision was made on, nothing is written and the
caller decides anew.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.ports import BindingConflictError, BindingRaceError
from gateway.store.sql import audit
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Recorded
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Evidence
from mapping.identifier import MainlandIdentifier
from mapping.surrogate import Choose, candidates
from mapping.vocabulary import Sex


@dataclass(frozen=True, slots=True, repr=False)
class BindingWriter:
    """One person's decision being carried out."""

    vault: Vault
    choose: Choose
    subject_id: str
    provider: str
    now: datetime
    event: AuditEvent

    def keep(self, connection: Connection, binding: Binding) -> Binding:
        """Tie the person to the record as it stands; when they are tied already, nothing is written."""
        current = rows.of_permit(connection, self.vault.permit_index(binding.permit))
        if current is None or current.is_retired or current.version != binding.version:
            raise BindingRaceError
        if self._tie(connection, current.id):
            self._record(connection, "tied", "recorded", current, binding)
        return rows.opened(self.vault, current)

    def bind(self, connection: Connection, evidence: Evidence, decision: Bind) -> Binding:
        """Write a known number for the permit, in the place of whatever stood there."""
        permit, birthdate, sex = _proved(evidence)
        current, previous = self._read(connection, permit, decision.previous_permit)
        known = [rows.opened(self.vault, record) for record in (previous, current) if record is not None]
        if _replaced(decision.number, known) != decision.replaces or _is_written(decision.number, current, known):
            raise BindingRaceError
        binding_id = rows.new_id() if current is None else current.id
        index = self.vault.number_index(decision.number)
        if not rows.claim_number(connection, index, binding_id, self.now):
            self._require_own(connection, index, [record.id for record in (previous, current) if record is not None])
        binding = Binding(permit, birthdate, sex, decision.number, self.now, decision.replaces)
        return self._write(connection, binding, binding_id, current, previous)

    def allocate(self, connection: Connection, evidence: Evidence, decision: Allocate) -> Binding:
        """Choose a number that nobody ever had, and write it for the permit."""
        permit, birthdate, sex = _proved(evidence)
        current, previous = self._read(connection, permit, decision.previous_permit)
        known = [] if previous is None else [rows.opened(self.vault, previous)]
        if current is not None or _replaced(None, known) != decision.replaces:
            raise BindingRaceError
        binding_id = rows.new_id()
        for number in candidates(decision.block, birthdate, sex, self.choose):
            if rows.claim_number(connection, self.vault.number_index(number), binding_id, self.now):
                binding = Binding(permit, birthdate, sex, number, self.now, decision.replaces)
                return self._write(connection, binding, binding_id, None, previous)
        raise MappingError("surrogate.capacity")

    def _read(
        self, connection: Connection, permit: TravelPermit, previous_permit: TravelPermit | None
    ) -> tuple[Recorded | None, Recorded | None]:
        """The records at hand; a retired one, or a previous one that is gone, was not what was decided on."""
        current = rows.of_permit(connection, self.vault.permit_index(permit))
        if current is not None and current.is_retired:
            raise BindingRaceError
        if previous_permit is None:
            return current, None
        previous = rows.of_permit(connection, self.vault.permit_index(previous_permit))
        if previous is None or previous.is_retired:
            raise BindingRaceError
        return current, previous

    def _write(
        self,
        connection: Connection,
        binding: Binding,
        binding_id: str,
        current: Recorded | None,
        previous: Recorded | None,
    ) -> Binding:
        if previous is not None and not rows.retire(connection, previous):
            raise BindingRaceError
        index, box = self.vault.number_index(binding.number), rows.sealed(self.vault, binding_id, binding)
        if current is None:
            is_written = rows.add(connection, binding_id, self.vault.permit_index(binding.permit), index, box)
        else:
            is_written = rows.change(connection, current, index, box)
        if not is_written:
            raise BindingRaceError
        version = 1 if current is None else current.version + 1
        written = Recorded(binding_id, version, is_retired=False, box=box)
        if previous is not None:
            self._note(connection, "retired", "previous_permit", previous, rows.opened(self.vault, previous))
            if rows.have_rivals(connection, previous.id, binding_id):
                raise BindingConflictError
            rows.hand_over(connection, previous.id, binding_id)
        self._tie(connection, binding_id)
        what = "bound" if current is None else "superseded"
        self._record(connection, what, binding.number.kind.value, written, binding)
        return replace(binding, version=version)

    def _require_own(self, connection: Connection, number_index: bytes, own: list[str]) -> None:
        """A number that was given before may only come back to those it was given to (G09)."""
        if rows.holder_of_number(connection, number_index) not in own:
            raise BindingConflictError

    def _tie(self, connection: Connection, binding_id: str) -> bool:
        """Tie the person unless they are; two people never share a permit, nor one person two (G07)."""
        if rows.tie(connection, self.subject_id, binding_id, self.provider, self.now):
            return True
        if rows.tie_of(connection, self.subject_id) != binding_id:
            raise BindingConflictError
        return False

    def _record(self, connection: Connection, what: str, word: str, record: Recorded, binding: Binding) -> None:
        self._note(connection, what, word, record, binding)
        audit.record(connection, self.event)
        if what == "superseded":
            audit.record(connection, replace(self.event, action=AuditAction.IDENTIFIER_SUPERSEDED))

    def _note(self, connection: Connection, what: str, word: str, record: Recorded, binding: Binding) -> None:
        values = {
            "binding_id": record.id,
            "version": record.version,
            "at": self.now,
            "what": what,
            "evidence": word,
            "provider": self.provider,
            "subject_id": self.subject_id,
            "correlation_id": self.event.correlation_id,
        }
        rows.note(connection, self.vault, values, binding)


def _proved(evidence: Evidence) -> tuple[TravelPermit, date, Sex]:
    """What ``decide`` has seen to; a decision that was made on less cannot be carried out."""
    if evidence.permit is None or evidence.birthdate is None or evidence.sex is None:
        raise MappingError("evidence.missing")
    try:
        return evidence.permit, evidence.birthdate, Sex(evidence.sex)
    except ValueError:
        raise MappingError("evidence.sex_unsupported") from None


def _is_written(number: MainlandIdentifier, current: Recorded | None, known: list[Binding]) -> bool:
    """Whether somebody else just wrote the same: that the record agrees with the evidence is then still unproved."""
    return current is not None and len(known) == 1 and known[0].number == number


def _replaced(number: MainlandIdentifier | None, known: list[Binding]) -> tuple[str, ...]:
    """Everything that the records at hand come to, oldest first: equal exactly if the decision saw these records."""
    values = [value for record in known for value in (*record.replaces, record.number.value)]
    return tuple(dict.fromkeys(value for value in values if number is None or value != number.value))
