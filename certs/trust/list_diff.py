"""What an update of a list, of the equivalence table or of the root changes, in words (spec 4.3)."""

from collections.abc import Iterator

from certs.trust.equivalence import EquivalenceRow, EquivalenceTable
from certs.trust.list_dangers import Change, DangerCode, Diff
from certs.trust.list_entry_diff import entry_changes, new_entry
from certs.trust.list_history import steps
from certs.trust.list_root import Root, RootKey
from certs.trust.list_words import day
from certs.trust.trust_list import TrustList

__all__ = ["Change", "DangerCode", "Diff", "Document", "compare", "compare_roots", "diff"]

Document = TrustList | EquivalenceTable


def compare(old: Document | None, new: Document) -> Diff:
    """Tell everything that changes when ``new`` follows ``old``; the same two give the same words and code."""
    return Diff(None if old is None else old.sha256, new.sha256, diff(old, new))


def diff(old: Document | None, new: Document) -> tuple[Change, ...]:
    """The changes alone; of another kind of document than ``old`` everything is new."""
    times = tuple(_times(old, new))
    if isinstance(new, TrustList):
        return times + tuple(_list_changes(old if isinstance(old, TrustList) else None, new))
    return times + tuple(_table_changes(old if isinstance(old, EquivalenceTable) else None, new))


def compare_roots(old: Root | None, new: Root) -> Diff:
    """Tell who may sign what after a change of the root."""
    return Diff(None if old is None else old.sha256, new.sha256, tuple(_root_changes(old, new)))


def _times(old: Document | None, new: Document) -> Iterator[Change]:
    if old is None:
        yield Change("", f"{new.list_id} is new, with number {new.sequence}; it is believed until {day(new.expires)}.")
    elif old.expires != new.expires:
        yield Change("", f"{new.list_id} is believed until {day(new.expires)} (before: {day(old.expires)}).")


def _list_changes(old: TrustList | None, new: TrustList) -> Iterator[Change]:
    before = {} if old is None else {entry.entry_id: entry for entry in old.entries}
    for entry in new.entries:
        earlier = before.pop(entry.entry_id, None)
        yield from new_entry(entry) if earlier is None else entry_changes(earlier, entry)
    for entry_id in before:
        yield Change(entry_id, "The entry is gone.")


def _table_changes(old: EquivalenceTable | None, new: EquivalenceTable) -> Iterator[Change]:
    before = {} if old is None else {row.row_id: row for row in old.rows}
    for row in new.rows:
        earlier = before.pop(row.row_id, None)
        if earlier is None:
            yield Change(row.row_id, f"{_row_name(row)} is added.", DangerCode.NEW_ROW)
        elif earlier != row:
            yield from _row_changes(earlier, row)
    for row_id in before:
        yield Change(row_id, "The row is gone.")


def _row_changes(old: EquivalenceRow, new: EquivalenceRow) -> Iterator[Change]:
    for step in steps(old, old.periods, new, new.periods):
        words = f"{_row_name(new)} is {step.new or 'without effect'} from {day(step.at)} (before: {step.old or 'not'})."
        yield Change(new.row_id, words, DangerCode.LIFTED if step.is_gain else None)
    if not set(new.keys()) <= set(old.keys()):
        yield Change(new.row_id, f"{_row_name(new)} covers more than before.", DangerCode.WIDER_ROW)
    elif set(new.keys()) != set(old.keys()):
        yield Change(new.row_id, f"{_row_name(new)} covers less than before.")
    if new.effect_class != old.effect_class:
        danger = DangerCode.HIGHER_CLASS if new.effect_class > old.effect_class else None
        yield Change(new.row_id, f"{_row_name(new)} has another effect (before: {old.effect_class}).", danger)
    if set(old.conditions) - set(new.conditions):
        yield Change(new.row_id, f"{_row_name(new)} has fewer conditions.", DangerCode.LOOSER_RULES)
    if set(new.conditions) - set(old.conditions):
        yield Change(new.row_id, f"{_row_name(new)} has more conditions.")
    if new.legal_reference != old.legal_reference:
        yield Change(new.row_id, f"{_row_name(new)} refers to {new.legal_reference}.")


def _row_name(row: EquivalenceRow) -> str:
    purposes, families = ", ".join(row.purposes), ", ".join(row.families)
    shown = f"{row.signature_class} of {row.issuing} shown in {row.relying} as {row.effect_class}"
    return f"{shown} (scheme {row.scheme}; purposes {purposes}; keys {families})"


def _root_changes(old: Root | None, new: Root) -> Iterator[Change]:
    yield Change("", f"The root has version {new.version} and is believed until {day(new.expires)}.")
    thresholds = {} if old is None else old.thresholds
    for document, needed in new.thresholds.items():
        before = thresholds.get(document)
        if before != needed:
            lower = before is None or needed < before
            words = f"{document} needs {needed} persons (before: {before or 'not known'})."
            yield Change(document, words, DangerCode.LOWER_THRESHOLD if lower else None)
    for document in thresholds:
        if document not in new.thresholds:
            yield Change(document, f"{document} cannot be signed any more.")
    yield from _key_changes({} if old is None else dict(old.keys), new)


def _key_changes(before: dict[str, RootKey], new: Root) -> Iterator[Change]:
    for kid, key in new.keys.items():
        earlier = before.pop(kid, None)
        if key != earlier:
            words = f"{key.holder} may sign {', '.join(sorted(key.signs))} from {day(key.start)} until {day(key.end)}."
            yield Change(kid, words, DangerCode.NEW_SIGNER)
    for kid, key in before.items():
        why = "because others may hold the key" if kid in new.compromised else "with the key that there was"
        yield Change(kid, f"{key.holder} does not sign any more {why}.")
