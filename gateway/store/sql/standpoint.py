"""The records that a decision about a number is made on, read again and locked before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from gateway.broker.ports import BindingRaceError
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Recorded
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Evidence
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing, standing_after
from mapping.vocabulary import Sex


@dataclass(frozen=True, slots=True, repr=False)
class Proved:
    """The three facts that every record rests on."""

    permit: TravelPermit
    birthdate: date
    sex: Sex


@dataclass(frozen=True, slots=True, repr=False)
class Standpoint:
    """The records that a decision is about, read again and locked, their boxes open."""

    current: Recorded | None
    previous: Recorded | None
    current_binding: Binding | None
    previous_binding: Binding | None

    @property
    def version(self) -> int:
        """The version that is written next."""
        return 1 if self.current is None else self.current.version + 1

    @property
    def checked_at(self) -> datetime | None:
        """When the register was last asked about the record."""
        return None if self.current is None else self.current.checked_at

    @property
    def bindings(self) -> Sequence[Binding]:
        """Oldest first."""
        return [known for known in (self.previous_binding, self.current_binding) if known is not None]

    @property
    def ids(self) -> Sequence[str]:
        """The ids of both."""
        return [record.id for record in (self.previous, self.current) if record is not None]

    def replaced_by(self, number: MainlandIdentifier | None) -> tuple[str, ...]:
        """Everything that the records come to, oldest first: equal exactly if the decision saw these records."""
        values = [value for known in self.bindings for value in (*known.replaces, known.number.value)]
        return tuple(dict.fromkeys(value for value in values if number is None or value != number.value))

    def carried_over(self, binding: Binding) -> Binding:
        """The new binding with what stays of the records: the newer card, and since when the number is theirs."""
        known = self.current_binding
        if known is not None and not binding.permit.is_newer_than(known.permit):
            binding = replace(binding, permit=known.permit)
        for record in self.bindings:
            if record.number == binding.number:
                return replace(binding, issued_at=record.issued_at)
        return binding

    def has_it_already(self, decision: Bind) -> bool:
        """Whether somebody else just wrote the same: that the record agrees with the evidence is then unproved."""
        known = self.current_binding
        is_same = known is not None and self.previous is None and known.number == decision.number
        return is_same and decision.change is not Change.CORRECTED


def look(
    connection: Connection, vault: Vault, asker: str, permit: TravelPermit, decision: Bind | Allocate
) -> Standpoint:
    """Read the records at hand; one that stands still, or is gone, was not what was decided on."""
    current, previous = locked(connection, vault, asker, permit), None
    if current is not None:
        require_open(current, decision.change)
        if decision.change is Change.CORRECTED and not current.is_holder:
            raise BindingRaceError
    if decision.previous_permit is not None:
        previous = locked(connection, vault, asker, decision.previous_permit)
        if previous is None:
            raise BindingRaceError
        require_open(previous, Change.RETIRED)
    return Standpoint(current, previous, _opened(vault, current), _opened(vault, previous))


def locked(connection: Connection, vault: Vault, asker: str, permit: TravelPermit) -> Recorded | None:
    """The record of a permit; it stays as it is until the end of the transaction."""
    return rows.of_permit(connection, vault.permit_index(permit), asker, lock=True)


def require_open(recorded: Recorded, change: Change) -> None:
    """Refuse what is frozen or closed; a retired record was none when the decision was made."""
    if recorded.standing is Standing.RETIRED:
        raise BindingRaceError
    standing_after(recorded.standing, change)


def proved(evidence: Evidence) -> Proved:
    """What ``decide`` has seen to; a decision that was made on less cannot be carried out."""
    if evidence.permit is None or evidence.birthdate is None or evidence.sex is None:
        raise MappingError("evidence.missing")
    try:
        return Proved(evidence.permit, evidence.birthdate, Sex(evidence.sex))
    except ValueError:
        raise MappingError("evidence.sex_unsupported") from None


def _opened(vault: Vault, recorded: Recorded | None) -> Binding | None:
    return None if recorded is None else rows.opened(vault, recorded)
