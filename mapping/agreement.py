"""Do the records describe the person who signs in: every check that a record must pass before it decides anything.

A record that disagrees stops the sign-in and sends it to a person, with one exception: the register confirms the new
birth date, and the account that asks is tied to the record already (mapping specification 10.4).
"""

from dataclasses import dataclass
from datetime import date

from mapping.documents.permits import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Binding, Evidence, Known
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Standing, require_usable
from mapping.vocabulary import Sex


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """Who signs in: the three facts that everything is compared with, all of them present."""

    permit: TravelPermit
    birthdate: date
    sex: Sex

    def require_described_by(self, source: Binding | MainlandIdentifier) -> None:
        """Refuse a record or a number of somebody who was born on another day, or is of the other sex."""
        if source.birthdate != self.birthdate:
            raise MappingError("binding.birthdate_mismatch")
        if source.sex is not self.sex:
            raise MappingError("binding.sex_mismatch")

    def is_described_by(self, source: Binding | MainlandIdentifier) -> bool:
        """Whether birth date and sex are the same."""
        return (source.birthdate, source.sex) == (self.birthdate, self.sex)


@dataclass(frozen=True, slots=True, repr=False)
class Records:
    """The records that may take part in the decision, all of them checked."""

    current: Binding | None
    previous: Binding | None
    """The record of the previous permit, if the link is proved."""
    number_holder: str | None
    is_correction: bool
    """Whether the current record is known to be wrong about its holder, and by whom."""

    @property
    def all(self) -> tuple[Binding, ...]:
        """Oldest first."""
        return tuple(record for record in (self.previous, self.current) if record is not None)


def sound_records(holder: Holder, evidence: Evidence, known: Known) -> Records:
    """Give the records that take part, or refuse: each must be usable, about these permits and about this person."""
    require_usable(known.standing)
    _require_owners(holder, evidence, known)
    is_correction = _is_correction(holder, evidence, known)
    if known.binding is not None and not is_correction:
        _require_agreement(holder, known.binding)
    previous = _linked_previous(evidence, known)
    if previous is not None:
        _require_agreement(holder, previous)
    return Records(known.binding, previous, known.number_holder, is_correction)


def _require_owners(holder: Holder, evidence: Evidence, known: Known) -> None:
    for record, owner in ((known.binding, holder.permit), (known.previous, evidence.previous_permit)):
        if record is not None and record.permit != owner:
            raise MappingError("binding.conflict")


def _require_agreement(holder: Holder, record: Binding) -> None:
    holder.require_described_by(record)
    holder.require_described_by(record.number)


def _is_correction(holder: Holder, evidence: Evidence, known: Known) -> bool:
    """Neither the register alone nor the account alone can change whom a record describes."""
    record = known.binding
    if record is None or not (evidence.vouched and known.is_holder):
        return False
    return not (holder.is_described_by(record) and holder.is_described_by(record.number))


def _linked_previous(evidence: Evidence, known: Known) -> Binding | None:
    """Give the previous permit's record if the link is proved; a claimed link without proof has no effect."""
    if not evidence.same_person or evidence.previous_permit in (None, evidence.permit):
        return None
    if known.previous_standing is not Standing.RETIRED:
        require_usable(known.previous_standing)  # a dispute is not escaped by a new permit, nor is a death
    if known.previous is None and known.binding is None:
        raise MappingError("binding.previous_unknown")
    return known.previous
