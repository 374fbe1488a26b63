"""Decide which 18-character number a person is known by: the heart of the mapping (mapping specification 10.4).

Pure: evidence and records in, one decision out, or a refusal after which nothing is written. The order is that of
the specification: a verified residence permit number, the recorded binding, a stand-in, nothing. Names take no part.
Whatever disagrees stops here; two records are joined by explicit proof alone.
"""

from datetime import date
from typing import Final

from mapping.documents.permits import TRAVEL_PERMIT_TYPE, TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Policy, Read
from mapping.identifier import MainlandIdentifier
from mapping.surrogate import block_for
from mapping.vocabulary import HolderClass, IdentifierKind, Sex, Territory

PURPOSES_CLOSED_TO_NON_CHINESE: Final = frozenset({"employment", "study", "social_insurance", "news"})
"""The card of July 2024 is for short stays (Exit and Entry Administration, announcement 6/2024)."""

_SEXES: Final = {sex.value: sex for sex in Sex}


def decide(evidence: Evidence, known: Known, policy: Policy) -> Decision:
    """Judge one sign-in (mapping specification 10.4); raise MappingError where no number may be given."""
    if evidence.permit is None:
        return _read(evidence, policy)
    permit, birthdate, sex = _permit_evidence(evidence)
    if evidence.citizen is not None:
        raise MappingError("binding.conflict")  # nobody holds both; one of the two is someone else's
    _require_assurance(evidence, policy)
    _require_open_purpose(permit, evidence.purpose)
    _require_sound_records(permit, birthdate, sex, evidence, known)
    previous = _linked_previous(evidence, known)
    if evidence.residence_permit is not None:
        _require_residence_permit(evidence.residence_permit, evidence, permit, birthdate, sex)
        return _bind(evidence.residence_permit, known, previous)
    if known.binding is not None:
        return _keep(known.binding, previous, policy)
    if previous is not None and _is_same_series(previous.permit, permit):
        _require_releasable(previous.number, policy)
        return Bind(previous.number, previous.replaces, previous.permit)
    return _allocate(permit, previous, policy)


def _read(evidence: Evidence, policy: Policy) -> Read:
    """Without a permit there is no key to store under: a number that the provider vouches for is only read."""
    number = evidence.citizen or evidence.residence_permit
    if number is None:
        raise MappingError("evidence.missing")
    _require_assurance(evidence, policy)
    if number.kind is IdentifierKind.SURROGATE:
        raise MappingError("surrogate.input_forbidden")
    if number.kind is IdentifierKind.FOREIGN_PR:
        raise MappingError("binding.not_eligible")
    if evidence.citizen is None:
        _require_served_and_verified(number, evidence)
    elif number.kind is not IdentifierKind.RESIDENT_ID:
        raise MappingError("binding.not_eligible")
    if evidence.birthdate is not None and evidence.birthdate != number.birthdate:
        raise MappingError("binding.birthdate_mismatch")
    if evidence.sex is not None and evidence.sex != number.sex:
        raise MappingError("binding.sex_mismatch")
    return Read(number)


def _permit_evidence(evidence: Evidence) -> tuple[TravelPermit, date, Sex]:
    if evidence.declared_type not in (None, TRAVEL_PERMIT_TYPE):
        raise MappingError("permit.type_mismatch")  # passports share the shape: the declaration decides
    if evidence.permit is None or evidence.birthdate is None or evidence.sex is None:
        raise MappingError("evidence.missing")
    sex = _SEXES.get(evidence.sex)
    if sex is None:
        raise MappingError("evidence.sex_unsupported")
    return evidence.permit, evidence.birthdate, sex


def _require_assurance(evidence: Evidence, policy: Policy) -> None:
    if evidence.assurance < policy.min_assurance:
        raise MappingError("assurance.too_low")


def _require_open_purpose(permit: TravelPermit, purpose: str | None) -> None:
    is_restricted = permit.holder_class is HolderClass.NON_CHINESE
    if is_restricted and purpose is not None and purpose.strip().casefold() in PURPOSES_CLOSED_TO_NON_CHINESE:
        raise MappingError("policy.purpose_not_permitted")


def _require_sound_records(
    permit: TravelPermit,
    birthdate: date,
    sex: Sex,
    evidence: Evidence,
    known: Known,
) -> None:
    """Every record that takes part must be about these permits, this birth date and this sex."""
    if known.is_retired:
        raise MappingError("binding.conflict")
    for record, owner in ((known.binding, permit), (known.previous, evidence.previous_permit)):
        if record is None:
            continue
        if record.permit != owner:
            raise MappingError("binding.conflict")
        if record is known.binding or evidence.same_person:
            _require_agreement(record.birthdate, record.sex, birthdate, sex)
            _require_agreement(record.number.birthdate, record.number.sex, birthdate, sex)


def _require_agreement(recorded: date, recorded_sex: Sex, birthdate: date, sex: Sex) -> None:
    if recorded != birthdate:
        raise MappingError("binding.birthdate_mismatch")
    if recorded_sex is not sex:
        raise MappingError("binding.sex_mismatch")


def _linked_previous(evidence: Evidence, known: Known) -> Binding | None:
    """Give the previous permit's record if the link is proved; a claimed link without proof has no effect."""
    if not evidence.same_person or evidence.previous_permit in (None, evidence.permit):
        return None
    if known.previous is None and known.binding is None:
        raise MappingError("binding.previous_unknown")
    return known.previous


def _require_residence_permit(
    number: MainlandIdentifier,
    evidence: Evidence,
    permit: TravelPermit,
    birthdate: date,
    sex: Sex,
) -> None:
    """Let a residence permit number pass only if it is one, is vouched for, and describes the permit's holder."""
    if number.kind is IdentifierKind.SURROGATE:
        raise MappingError("surrogate.input_forbidden")
    if permit.holder_class is HolderClass.NON_CHINESE:
        raise MappingError("binding.not_eligible")
    _require_served_and_verified(number, evidence)
    if number.territory is not permit.territory:
        raise MappingError("binding.territory_mismatch")
    _require_agreement(number.birthdate, number.sex, birthdate, sex)


def _require_served_and_verified(number: MainlandIdentifier, evidence: Evidence) -> None:
    if number.kind is not IdentifierKind.RESIDENCE_PERMIT:
        raise MappingError("binding.not_residence_permit")
    if number.territory is Territory.TAIWAN:
        raise MappingError("binding.territory_not_served")
    if not evidence.residence_permit_verified:
        raise MappingError("assurance.residence_permit_unverified")


def _bind(number: MainlandIdentifier, known: Known, previous: Binding | None) -> Decision:
    """Take the residence permit number over everything known, unless it is another holder's."""
    records = [record for record in (known.binding, previous) if record is not None]
    owners = [record.permit.canonical for record in records]
    if known.number_holder is not None and known.number_holder not in owners:
        raise MappingError("binding.conflict")
    if any(_is_rival(record.number, number) for record in records):
        raise MappingError("binding.conflict")  # the police give one residence number for life
    return _bind_or_keep(number, known.binding, previous)


def _is_rival(recorded: MainlandIdentifier, offered: MainlandIdentifier) -> bool:
    return recorded != offered and (recorded.kind, recorded.territory) == (offered.kind, offered.territory)


def _keep(binding: Binding, previous: Binding | None, policy: Policy) -> Decision:
    """Answer with the record; if a second record turns out to be the same person's, fold it in."""
    if previous is None:
        _require_releasable(binding.number, policy)
        return Keep(binding)
    is_residence_permit = binding.number.kind is IdentifierKind.RESIDENCE_PERMIT
    if is_residence_permit and _is_rival(previous.number, binding.number):
        raise MappingError("binding.conflict")
    number = binding.number
    if not is_residence_permit and _carries_residence_permit(previous, binding.permit):
        number = previous.number
    _require_releasable(number, policy)
    return _bind_or_keep(number, binding, previous)


def _carries_residence_permit(record: Binding, permit: TravelPermit) -> bool:
    return record.number.kind is IdentifierKind.RESIDENCE_PERMIT and _is_same_series(record.permit, permit)


def _bind_or_keep(number: MainlandIdentifier, binding: Binding | None, previous: Binding | None) -> Decision:
    """Write only what is not written yet, so that the same sign-in may be repeated without effect."""
    replaces = _replaced_by(number, [record for record in (previous, binding) if record is not None])
    if binding is not None and (binding.number, binding.replaces) == (number, replaces):
        return Keep(binding)
    return Bind(number, replaces, None if previous is None else previous.permit)


def _allocate(permit: TravelPermit, previous: Binding | None, policy: Policy) -> Allocate:
    _require_surrogates(policy)
    if previous is None:
        return Allocate(block_for(permit, policy.realm))
    replaces = (*previous.replaces, previous.number.value)
    return Allocate(block_for(permit, policy.realm), replaces, previous.permit)


def _require_releasable(number: MainlandIdentifier, policy: Policy) -> None:
    """A recorded stand-in leaves only in its own realm, and only to those who are enrolled for stand-ins."""
    if number.kind is not IdentifierKind.SURROGATE:
        return
    _require_surrogates(policy)
    if number.realm != policy.realm:
        raise MappingError("binding.conflict")


def _require_surrogates(policy: Policy) -> None:
    if not policy.surrogates_allowed:
        raise MappingError("policy.purpose_not_permitted", rule="surrogates_not_enrolled")


def _is_same_series(previous: TravelPermit, permit: TravelPermit) -> bool:
    return (previous.territory, previous.holder_class) == (permit.territory, permit.holder_class)


def _replaced_by(number: MainlandIdentifier, records: list[Binding]) -> tuple[str, ...]:
    """Collect what a number takes over from, oldest first, each once and never itself."""
    values = [value for record in records for value in (*record.replaces, record.number.value)]
    return tuple(dict.fromkeys(value for value in values if value != number.value))
