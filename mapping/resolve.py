"""Decide which 18-character number a person is known by: the heart of the mapping (mapping specification 10.4).

Pure: evidence and records in, one decision out, or a refusal after which nothing is written. The order is that of
the specification: a verified residence permit number, the recorded binding, a stand-in, nothing. Names take no part.
Whatever disagrees stops in `agreement`; two records are joined by explicit proof alone, in `succession`.
"""

from typing import Final

from mapping.agreement import Holder, Records, sound_records
from mapping.documents.permits import TRAVEL_PERMIT_TYPE, TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Decision, Evidence, Keep, Known, Policy, Read, Renew
from mapping.identifier import MainlandIdentifier
from mapping.succession import begin, correct, go_on, take_residence_number
from mapping.vocabulary import HolderClass, IdentifierKind, Sex, Territory

PURPOSES_CLOSED_TO_NON_CHINESE: Final = frozenset({"employment", "study", "social_insurance", "news"})
"""The card of July 2024 is for short stays (Exit and Entry Administration, announcement 6/2024)."""

_SEXES: Final = {sex.value: sex for sex in Sex}


def decide(evidence: Evidence, known: Known, policy: Policy) -> Decision:
    """Judge one sign-in (mapping specification 10.4); raise MappingError where no number may be given."""
    if evidence.permit is None:
        return _read(evidence, policy)
    holder = _holder(evidence, evidence.permit)
    if evidence.citizen is not None:
        raise MappingError("binding.conflict")  # nobody holds both; one of the two is someone else's
    _require_assurance(evidence, policy)
    _require_open_purpose(holder.permit, evidence.purpose)
    records = sound_records(holder, evidence, known)
    return _with_newer_card(_decide_on(records, holder, evidence, policy), holder.permit)


def _decide_on(records: Records, holder: Holder, evidence: Evidence, policy: Policy) -> Decision:
    """Go through the order of resolution."""
    if evidence.residence_permit is not None:
        _require_residence_permit(evidence.residence_permit, evidence, holder)
        return take_residence_number(evidence.residence_permit, holder, records)
    if records.current is None:
        return begin(holder, records, policy)
    if records.is_correction:
        return correct(records.current, holder, records, policy)
    return go_on(records.current, records, policy)


def _with_newer_card(decision: Decision, permit: TravelPermit) -> Decision:
    """The record stands, but the card has been renewed: that much is written."""
    if isinstance(decision, Keep) and permit.is_newer_than(decision.binding.permit):
        return Renew(decision.binding, permit)
    return decision


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


def _holder(evidence: Evidence, permit: TravelPermit) -> Holder:
    if evidence.declared_type not in (None, TRAVEL_PERMIT_TYPE):
        raise MappingError("permit.type_mismatch")  # passports share the shape: the declaration decides
    if evidence.birthdate is None or evidence.sex is None:
        raise MappingError("evidence.missing")
    sex = _SEXES.get(evidence.sex)
    if sex is None:
        raise MappingError("evidence.sex_unsupported")
    return Holder(permit, evidence.birthdate, sex)


def _require_assurance(evidence: Evidence, policy: Policy) -> None:
    if evidence.assurance < policy.min_assurance:
        raise MappingError("assurance.too_low")


def _require_open_purpose(permit: TravelPermit, purpose: str | None) -> None:
    is_restricted = permit.holder_class is HolderClass.NON_CHINESE
    if is_restricted and purpose is not None and purpose.strip().casefold() in PURPOSES_CLOSED_TO_NON_CHINESE:
        raise MappingError("policy.purpose_not_permitted")


def _require_residence_permit(number: MainlandIdentifier, evidence: Evidence, holder: Holder) -> None:
    """Let a residence permit number pass only if it is one, is vouched for, and describes the permit's holder."""
    if number.kind is IdentifierKind.SURROGATE:
        raise MappingError("surrogate.input_forbidden")
    if holder.permit.holder_class is HolderClass.NON_CHINESE:
        raise MappingError("binding.not_eligible")
    _require_served_and_verified(number, evidence)
    if number.territory is not holder.permit.territory:
        raise MappingError("binding.territory_mismatch")
    holder.require_described_by(number)


def _require_served_and_verified(number: MainlandIdentifier, evidence: Evidence) -> None:
    if number.kind is not IdentifierKind.RESIDENCE_PERMIT:
        raise MappingError("binding.not_residence_permit")
    if number.territory is Territory.TAIWAN:
        raise MappingError("binding.territory_not_served")
    if not evidence.residence_permit_verified:
        raise MappingError("assurance.residence_permit_unverified")
