"""Carries one decision about a number out, step by step, inside one transaction.

Everything is read again first, and locked: if the records are not those that the decision was made on, nothing is
written and the caller decides anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.ports import BindingConflictError, BindingRaceError, Held, NoticeKind
from gateway.oidc.random_values import new_id
from gateway.store.sql import allocation, audit, indexes, notices, number_rows, subjects, ties
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Author, Recorded
from gateway.store.sql.standpoint import Standpoint, locked, look, proved, require_open
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.evidence import Allocate, Bind, Binding, Evidence, Keep, Renew
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing
from mapping.surrogate import Choose

PERSON: Final = "person"
REGISTER: Final = "register"
GATEWAY: Final = "gateway"
FROM_RECORD: Final = "record:"
"""Evidence of a number that came over: the id of the record that it came from follows."""

_SAME_CARD: Final = "same_home_card"
_ALSO_TOLD: Final[Mapping[Change, AuditAction]] = {
    Change.SUPERSEDED: AuditAction.IDENTIFIER_SUPERSEDED,
    Change.CORRECTED: AuditAction.IDENTIFIER_CORRECTED,
    Change.RENEWED: AuditAction.IDENTIFIER_RENEWED,
}


@dataclass(frozen=True, slots=True, repr=False)
class BindingWriter:
    """One person's decision being carried out."""

    vault: Vault
    choose: Choose
    subject_id: str
    provider: str
    evidence: Evidence
    now: datetime
    event: AuditEvent

    def keep(self, connection: Connection, decision: Keep | Renew) -> Held:
        """Tie the person to the record as it stands; when they are tied already, and nothing is new, write nothing."""
        current = locked(connection, self.vault, self.subject_id, decision.binding.permit)
        if current is None:
            raise BindingRaceError
        require_open(current, Change.TIED)
        if current.version != decision.binding.version:
            raise BindingRaceError
        if not current.is_holder and self._tie(connection, current):
            self._record(connection, Change.TIED, "recorded", current)
        if isinstance(decision, Renew):
            current = self._renewed(connection, current, decision)
        elif self.evidence.vouched:
            rows.checked(connection, current.id, self.now)
            current = replace(current, checked_at=self.now)
        return rows.held(self.vault, current)

    def bind(self, connection: Connection, decision: Bind) -> Held:
        """Write a known number for the permit, in the place of whatever stood there."""
        indexes.require_keys(connection, self.vault)
        facts = proved(self.evidence)
        seen = look(connection, self.vault, self.subject_id, facts.permit, decision)
        if seen.replaced_by(decision.number) != decision.replaces or seen.has_it_already(decision):
            raise BindingRaceError
        binding_id = self._id_for(connection, facts.permit, seen)
        number_id = number_rows.claim(connection, self.vault, decision.number, binding_id, self.now)
        if number_id is None:
            number_id = self._own(connection, decision.number, seen)
        binding = Binding(facts.permit, facts.birthdate, facts.sex, decision.number, self.now, decision.replaces)
        return self._write(connection, seen, decision, binding, (binding_id, number_id))

    def allocate(self, connection: Connection, decision: Allocate) -> Held:
        """Choose a number that nobody ever had, and write it for the permit."""
        indexes.require_keys(connection, self.vault)
        facts = proved(self.evidence)
        seen = look(connection, self.vault, self.subject_id, facts.permit, decision)
        is_correction = decision.change is Change.CORRECTED
        if seen.replaced_by(None) != decision.replaces or (seen.current is not None) != is_correction:
            raise BindingRaceError
        binding_id = self._id_for(connection, facts.permit, seen)
        place = allocation.Place(decision.block, facts.birthdate, facts.sex)
        number_id, number = allocation.give(
            connection, self.vault, self.choose, place, binding_id=binding_id, event=self.event
        )
        binding = Binding(facts.permit, facts.birthdate, facts.sex, number, self.now, decision.replaces)
        return self._write(connection, seen, decision, binding, (binding_id, number_id))

    def _id_for(self, connection: Connection, permit: TravelPermit, seen: Standpoint) -> str:
        """The id of the record, or that of a new one, whose permit is then taken."""
        if seen.current is not None:
            return seen.current.id
        binding_id = new_id()
        if not indexes.claim(connection, indexes.PERMIT, self.vault.permit_index(permit), binding_id):
            raise BindingRaceError
        return binding_id

    def _own(self, connection: Connection, number: MainlandIdentifier, seen: Standpoint) -> str:
        """A number that was given before may only come back to those it was given to (G09)."""
        found = number_rows.owner(connection, self.vault, number)
        if found is None or found[1] not in seen.ids:
            raise BindingConflictError
        return found[0]

    def _write(
        self,
        connection: Connection,
        seen: Standpoint,
        decision: Bind | Allocate,
        binding: Binding,
        ids: tuple[str, str],
    ) -> Held:
        """Put the binding in its place: the previous record retires first, for a number stands in one record only."""
        binding_id, number_id = ids
        if seen.previous is not None:
            self._retire(connection, seen.previous, binding_id)
        binding = seen.carried_over(binding)
        written = Recorded(
            id=binding_id,
            version=seen.version,
            standing=Standing.ACTIVE,
            checked_at=self.now if self.evidence.vouched else seen.checked_at,
            number_id=number_id,
            box=rows.sealed(self.vault, binding_id, binding),
        )
        if seen.current is None:
            rows.add(connection, written)
        elif not rows.change(connection, written):
            raise BindingRaceError
        if seen.previous is not None:
            self._hand_over(connection, seen.previous, written)
        self._tie(connection, written)
        self._record(connection, decision.change, self._evidence_word(binding, seen), written)
        self._tell_receivers(connection, seen, written)
        return rows.held(self.vault, written)

    def _renewed(self, connection: Connection, current: Recorded, decision: Renew) -> Recorded:
        """Write the newer card's renewal count, and nothing else."""
        known = rows.opened(self.vault, current)
        if not decision.permit.is_newer_than(known.permit):
            raise BindingRaceError
        box = rows.sealed(self.vault, current.id, replace(known, permit=decision.permit))
        checked_at = self.now if self.evidence.vouched else current.checked_at
        written = replace(current, version=current.version + 1, box=box, checked_at=checked_at)
        if not rows.change(connection, written):
            raise BindingRaceError
        self._record(connection, Change.RENEWED, "newer_card", written)
        return written

    def _retire(self, connection: Connection, previous: Recorded, successor_id: str) -> None:
        retired = replace(previous, version=previous.version + 1, standing=Standing.RETIRED, number_id=None)
        if not rows.change(connection, retired):
            raise BindingRaceError
        author = self._author(PERSON)
        rows.note(connection, self.vault, retired, Change.RETIRED, f"{FROM_RECORD}{successor_id}", author)

    def _hand_over(self, connection: Connection, previous: Recorded, written: Recorded) -> None:
        """Give everything that hung on a retired record to its successor: numbers and people."""
        for pair in ties.rivals(connection, previous.id, written.id):
            if not subjects.same_home_card(connection, self.vault, pair.elder, pair.younger):
                raise BindingConflictError
            ties.release(connection, self.vault, written, pair.elder, evidence=_SAME_CARD, author=self._author(GATEWAY))
        number_rows.hand_over(connection, previous.id, written.id)
        ties.move(connection, previous.id, written.id)

    def _tie(self, connection: Connection, recorded: Recorded) -> bool:
        """Tie the person unless they are; two people never share a permit, nor one person two (G07)."""
        if ties.tie(connection, self.subject_id, recorded.id, self.provider, self.now):
            return True
        own = ties.tie_of(connection, self.subject_id)
        if own is not None:
            if own != recorded.id:
                raise BindingConflictError
            return False
        elder = ties.account(connection, recorded.id, self.provider)
        if elder is None or not subjects.same_home_card(connection, self.vault, elder, self.subject_id):
            raise BindingConflictError
        # Two accounts with one home card are one person, who came back with a new account (AL-10).
        ties.release(connection, self.vault, recorded, elder, evidence=_SAME_CARD, author=self._author(GATEWAY))
        if not ties.tie(connection, self.subject_id, recorded.id, self.provider, self.now):
            raise BindingRaceError
        return True

    def _tell_receivers(self, connection: Connection, seen: Standpoint, written: Recorded) -> None:
        """Whoever was given a number that is replaced now has to hear of it (mapping specification 10.6)."""
        replaced = False
        for record, known in ((seen.previous, seen.previous_binding), (seen.current, seen.current_binding)):
            if record is None or known is None or record.number_id in {None, written.number_id}:
                continue
            number_rows.fill(connection, self.vault, str(record.number_id), known.number)
            replaced = True
        if replaced:
            notices.write(connection, NoticeKind.SUPERSEDED, written.id, self.now, self.event.correlation_id)

    def _evidence_word(self, binding: Binding, seen: Standpoint) -> str:
        return binding.number.kind.value if seen.previous is None else f"{FROM_RECORD}{seen.previous.id}"

    def _record(self, connection: Connection, what: Change, evidence: str, record: Recorded) -> None:
        is_registers = self.evidence.vouched and what in {Change.CORRECTED, Change.SUPERSEDED}
        author = self._author(REGISTER if is_registers else PERSON)
        rows.note(connection, self.vault, record, what, evidence, author)
        audit.record(connection, self.event)
        also = _ALSO_TOLD.get(what)
        if also is not None and also is not self.event.action:  # one change is one event of its name
            audit.record(connection, replace(self.event, action=also))

    def _author(self, actor: str) -> Author:
        return Author(self.now, self.event.correlation_id, actor, self.provider, self.subject_id)
