"""Which number goes on, and which it takes over from: the decision once evidence and records are known to be sound.

A number follows its holder from permit to permit as long as territory and class stay; a residence permit number
takes the place of any stand-in; whatever was replaced is remembered and never issued again (mapping specification
10.4 and 10.5). Only what is not written yet is written, so that a sign-in may be repeated without effect.
"""

from mapping.agreement import Holder, Records
from mapping.documents.permits import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Keep, Policy
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change
from mapping.surrogate import block_for
from mapping.vocabulary import IdentifierKind


def take_residence_number(number: MainlandIdentifier, holder: Holder, records: Records) -> Decision:
    """Take the residence permit number over everything known, unless it is another holder's."""
    owners = {record.permit.canonical for record in records.all}
    if records.number_holder is not None and records.number_holder not in owners:
        raise MappingError("binding.conflict")
    if any(_is_rival(record.number, number) for record in records.all if not _is_corrected(record, records)):
        raise MappingError("binding.conflict")  # the police give one residence number for life
    return _bind_or_keep(number, holder.permit, records)


def go_on(binding: Binding, records: Records, policy: Policy) -> Decision:
    """Answer with the record; if a second record turns out to be the same person's, fold it in."""
    if records.previous is None:
        _require_releasable(binding.number, policy)
        return Keep(binding)
    number, is_residence_permit = binding.number, binding.number.kind is IdentifierKind.RESIDENCE_PERMIT
    if is_residence_permit and _is_rival(records.previous.number, number):
        raise MappingError("binding.conflict")
    if not is_residence_permit and _carries_residence_permit(records.previous, binding.permit):
        number = records.previous.number
    _require_releasable(number, policy)
    return _bind_or_keep(number, binding.permit, records)


def correct(binding: Binding, holder: Holder, records: Records, policy: Policy) -> Decision:
    """Give a new number to a holder whose birth date or sex was wrong: both are part of every number."""
    if records.previous is not None and _carries_residence_permit(records.previous, holder.permit):
        return _bind_or_keep(records.previous.number, holder.permit, records)
    _require_surrogates(policy)
    _require_releasable(binding.number, policy)
    return _allocate(holder.permit, records, policy, Change.CORRECTED)


def begin(holder: Holder, records: Records, policy: Policy) -> Decision:
    """Serve a permit without a record: by the number of the previous permit, else by a new stand-in."""
    previous = records.previous
    if previous is None:
        return _allocate(holder.permit, records, policy, Change.BOUND)
    if not _is_same_series(previous.permit, holder.permit):
        return _allocate(holder.permit, records, policy, Change.MOVED)
    _require_releasable(previous.number, policy)
    return Bind(previous.number, previous.replaces, previous.permit, Change.REISSUED)


def _bind_or_keep(number: MainlandIdentifier, permit: TravelPermit, records: Records) -> Decision:
    current, previous = records.current, records.previous
    replaces = _replaced_by(number, records)
    if current is not None and not records.is_correction and (current.number, current.replaces) == (number, replaces):
        return Keep(current)
    change = _change(number, permit, records)
    return Bind(number, replaces, None if previous is None else previous.permit, change)


def _change(number: MainlandIdentifier, permit: TravelPermit, records: Records) -> Change:
    """Find the word for the history: the gravest of what happens at once."""
    held = records.current or records.previous
    if held is None:
        return Change.BOUND
    if records.is_correction:
        return Change.CORRECTED
    if records.previous is not None and not _is_same_series(records.previous.permit, permit):
        return Change.MOVED
    return Change.REISSUED if held.number == number else Change.SUPERSEDED


def _allocate(permit: TravelPermit, records: Records, policy: Policy, change: Change) -> Allocate:
    _require_surrogates(policy)
    previous = None if records.previous is None else records.previous.permit
    return Allocate(block_for(permit, policy.realm), _replaced_by(None, records), previous, change)


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


def _is_rival(recorded: MainlandIdentifier, offered: MainlandIdentifier) -> bool:
    return recorded != offered and (recorded.kind, recorded.territory) == (offered.kind, offered.territory)


def _is_corrected(record: Binding, records: Records) -> bool:
    """The register re-issues a residence number with the right birth date; only then may there be a second one."""
    return records.is_correction and record is records.current


def _carries_residence_permit(record: Binding, permit: TravelPermit) -> bool:
    return record.number.kind is IdentifierKind.RESIDENCE_PERMIT and _is_same_series(record.permit, permit)


def _is_same_series(previous: TravelPermit, permit: TravelPermit) -> bool:
    return (previous.territory, previous.holder_class) == (permit.territory, permit.holder_class)


def _replaced_by(number: MainlandIdentifier | None, records: Records) -> tuple[str, ...]:
    """Collect what a number takes over from, oldest first, each once and never itself."""
    values = [value for record in records.all for value in (*record.replaces, record.number.value)]
    return tuple(dict.fromkeys(value for value in values if number is None or value != number.value))
