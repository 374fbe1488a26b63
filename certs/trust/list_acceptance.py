"""Whether a signed document may follow the one in force (spec 4.2): every rule has its own code.

Signatures were checked before (`list_signing`); here are numbers, chain, times, history and the two persons.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from certs.trust.equivalence import EquivalenceTable
from certs.trust.list_dangers import Acknowledgement, Diff
from certs.trust.list_diff import Document, compare
from certs.trust.list_errors import Equivocation, ListError, ListRefusal
from certs.trust.list_history import check_list_history, check_table_history
from certs.trust.list_root import Root
from certs.trust.list_signing import signers_of
from certs.trust.list_statements import SKEW_SECONDS, Rebase
from certs.trust.trust_list import TrustList

__all__ = ["MAX_STEP", "Acknowledgement", "check_update", "surviving"]

MAX_STEP: Final = 100
"""Numbers that an update may skip: whoever signs once must not be able to use all numbers up (fast-forward)."""


def check_update(
    stored: Document | None,
    new: Document,
    *,
    now: datetime,
    acknowledged: Iterable[Acknowledgement] = (),
    rebase: Rebase | None = None,
) -> Diff:
    """Give what the update changes, or raise `ListError`; the list in force again is a diff of nothing."""
    if stored is not None and stored.sha256 == new.sha256:
        return Diff(stored.sha256, new.sha256, ())
    if stored is not None:
        _check_same_list(stored, new)
        _check_number(stored, new)
    _check_times(stored, new, now)
    _check_chain(stored, new, rebase)
    _check_history(stored, new)
    found = compare(stored, new)
    if not found.is_acknowledged(acknowledged):
        raise ListError(ListRefusal.NOT_ACKNOWLEDGED, "two persons must acknowledge the dangerous changes")
    return found


def surviving(history: Sequence[bytes], root: Root) -> bytes | None:
    """The newest of one list's accepted documents, oldest first, that not only compromised keys signed.

    After the theft of a key its numbers never happened: a thief who signed a far higher number would otherwise have
    shut every later list out (fast-forward). `None` when nothing is left; the next list is then a first one.
    """
    for token in reversed(history):
        if not signers_of(token) <= root.compromised:
            return token
    return None


def _check_same_list(stored: Document, new: Document) -> None:
    same = stored.list_id == new.list_id
    if isinstance(stored, TrustList) and isinstance(new, TrustList):
        same = same and (stored.scheme, stored.issuing_jurisdiction) == (new.scheme, new.issuing_jurisdiction)
    if not same or isinstance(stored, TrustList) != isinstance(new, TrustList):
        raise ListError(ListRefusal.ANOTHER_LIST, "this is another list than the one in force")


def _check_number(stored: Document, new: Document) -> None:
    if new.sequence < stored.sequence:
        raise ListError(ListRefusal.ROLLBACK, "the list in force has a higher number", where="sequence")
    if new.sequence == stored.sequence:
        evidence = Equivocation(new.list_id, new.sequence, stored.sha256, new.sha256)
        detail = "the list in force has this number and other content"
        raise ListError(ListRefusal.EQUIVOCATION, detail, where="sequence", evidence=evidence)


def _check_times(stored: Document | None, new: Document, now: datetime) -> None:
    if new.issued > now + timedelta(seconds=SKEW_SECONDS):
        raise ListError(ListRefusal.ISSUED_IN_FUTURE, "the list is from the future", where="issued")
    if new.expires <= now:
        raise ListError(ListRefusal.EXPIRED, "the list has expired", where="expires")
    if stored is not None and new.issued < stored.issued:
        raise ListError(ListRefusal.ISSUED_EARLIER, "the list in force was made later", where="issued")


def _check_chain(stored: Document | None, new: Document, rebase: Rebase | None) -> None:
    if rebase is not None:
        in_force = None if stored is None else stored.sha256
        if (rebase.list_id, rebase.previous_sha256, rebase.sha256) != (new.list_id, in_force, new.sha256):
            raise ListError(ListRefusal.REBASE_REFUSED, "the rebase statement speaks of other lists")
        return
    if stored is None:  # the first list here may be the hundredth of its authority
        return
    if new.previous_sha256 != stored.sha256:
        raise ListError(ListRefusal.FORK, "the list follows another one than that in force", where="previous_sha256")
    if new.sequence > stored.sequence + MAX_STEP:
        raise ListError(ListRefusal.FAST_FORWARD, "the number leaps further than any update may", where="sequence")


def _check_history(stored: Document | None, new: Document) -> None:
    if isinstance(stored, TrustList) and isinstance(new, TrustList):
        check_list_history(stored, new)
    elif isinstance(stored, EquivalenceTable) and isinstance(new, EquivalenceTable):
        check_table_history(stored, new)
