"""Histories only grow: what was said about a time that has passed stays said (spec 4.1, "history is never deleted").

An entry, a listed certificate or a row never vanishes; a stretch never changes but that its open end is closed; and
what was not recognised at a moment in the past does not become recognised then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol

from certs.trust.equivalence import EquivalenceTable, RowPeriod, RowStatus
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.trust_list import Entry, ListedCertificate, RecognitionPeriod, RecognitionStatus, TrustList

Period = RecognitionPeriod | RowPeriod
_FAVOURABLE = frozenset({RecognitionStatus.GRANTED.value, RowStatus.ENACTED.value})


class _Historic(Protocol):
    def status_at(self, moment: datetime) -> RecognitionPeriod | RowStatus | None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which an update says something else than before: what held and what holds from there on."""

    at: datetime
    old: str | None
    new: str | None

    @property
    def is_gain(self) -> bool:
        """Whether something becomes recognised that was not."""
        return self.new in _FAVOURABLE and self.old not in _FAVOURABLE


def check_list_history(old: TrustList, new: TrustList) -> None:
    """Refuse a list that takes back what an earlier one said."""
    successors = {entry.entry_id: entry for entry in new.entries}
    for number, entry in enumerate(old.entries):
        where = f"entries[{number}]"
        successor = successors.get(entry.entry_id)
        if successor is None:
            _refuse(where, "an entry of the list in force is gone")
        _check_periods(entry.recognition, successor.recognition, f"{where}.recognition")
        _check_past(entry, successor, old.issued, f"{where}.recognition")
        _check_certificates(entry.anchors, successor.anchors, old.issued, f"{where}.anchors")
        _check_certificates(entry.issuers, successor.issuers, old.issued, f"{where}.issuers")


def check_table_history(old: EquivalenceTable, new: EquivalenceTable) -> None:
    """Refuse a table that takes back what an earlier one said."""
    successors = {row.row_id: row for row in new.rows}
    for number, row in enumerate(old.rows):
        where = f"rows[{number}]"
        successor = successors.get(row.row_id)
        if successor is None:
            _refuse(where, "a row of the table in force is gone")
        _check_periods(row.periods, successor.periods, f"{where}.periods")
        if any(s.is_gain and s.at < old.issued for s in steps(row, row.periods, successor, successor.periods)):
            _refuse(f"{where}.periods", "a time that has passed becomes recognised")


def steps(
    old: _Historic, old_periods: Sequence[Period], new: _Historic, new_periods: Sequence[Period]
) -> tuple[Step, ...]:
    """Every moment from which the two say different things, in order."""
    periods = (*old_periods, *new_periods)
    moments = {period.start for period in periods} | {period.end for period in periods if period.end}
    found = (Step(moment, _word(old.status_at(moment)), _word(new.status_at(moment))) for moment in sorted(moments))
    return tuple(step for step in found if step.old != step.new)


def _word(status: RecognitionPeriod | RowStatus | None) -> str | None:
    if isinstance(status, RecognitionPeriod):
        return status.status.value
    return None if status is None else status.value


def _check_periods(old: Sequence[Period], new: Sequence[Period], where: str) -> None:
    if len(new) < len(old):
        _refuse(where, "a stretch of the history is gone")
    for before, after in zip(old, new, strict=False):
        same_end = before.end == after.end or before.end is None
        if not same_end or (before.status, before.start) != (after.status, after.start):
            _refuse(where, "a stretch of the history has changed")


def _check_past(old: Entry, new: Entry, issued: datetime, where: str) -> None:
    for step in steps(old, old.recognition, new, new.recognition):
        # A stretch that nothing was said about may be granted afterwards (lists are transcribed late, and two persons
        # acknowledge it); what was suspended, withdrawn or expired then stays so.
        if step.is_gain and step.old is not None and step.at < issued:
            _refuse(where, "a time that has passed becomes recognised")


def _check_certificates(
    old: Sequence[ListedCertificate], new: Sequence[ListedCertificate], issued: datetime, where: str
) -> None:
    successors = {listed.der: listed for listed in new}
    for before in old:
        after = successors.get(before.der)
        if after is None:
            _refuse(where, "a certificate of the history is gone")
        ended = before.end is not None and before.end < issued
        if before.start != after.start or (ended and before.end != after.end):
            _refuse(where, "a certificate's time in the history has changed")


def _refuse(where: str, detail: str) -> NoReturn:
    raise ListError(ListRefusal.HISTORY_REWRITTEN, detail, where=where)
