"""The trust lists for people: which lists there are, how fresh, who is recognised where, and since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.trust.equivalence import NO_TABLE, EquivalenceRow
from certs.trust.snapshot import TrustSnapshot
from certs.trust.trust_list import Entry, RecognitionPeriod, TrustList
from gateway.web.local_time import local_date
from gateway.web.pages import Page
from gateway.web.reason_texts import Localised
from gateway.web.signature_pages import PLACES

HOME: Final = "/trust"


@dataclass(frozen=True, slots=True)
class ListSummary:
    """One list: between which places it speaks, how fresh it is, what it is called in signed documents."""

    list_id: str
    issuing: str
    relying: tuple[str, ...]
    """Places in which its certificates count; the issuing place alone for a list of home."""
    state: str
    """``fresh``, ``due``, ``grace``, ``stale``."""
    sequence: int
    issued: str
    next_update: str
    expires: str
    entries: int
    sha256: str

    @property
    def is_home(self) -> bool:
        """Whether it says who counts at home."""
        return self.relying == (self.issuing,)


@dataclass(frozen=True, slots=True)
class RowShown:
    """One rule of the equivalence table: certificates from here count there as this, or no longer."""

    issuing: str
    relying: str
    signature_class: str
    effect_class: str
    status: str
    """``enacted``, ``suspended``, ``repealed``, ``draft``."""
    since: str | None
    purposes: tuple[str, ...]
    legal_reference: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeriodShown:
    """One stretch of an entry's history."""

    status: str
    start: str
    end: str | None
    reason: str
    reference: str


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One recognised kind of certificate."""

    entry_id: str
    names: tuple[Localised, ...]
    certificate_type: str
    status: str
    """What counts today; ``none`` where the history says nothing of today."""
    holder: str
    signature_class: str
    services: tuple[str, ...]
    policies: tuple[str, ...]
    history: tuple[PeriodShown, ...]
    reliance_limit: str
    notes: str
    licence: str


@dataclass(frozen=True, slots=True)
class TrustPage(Page):
    """Every list and rule; links ``list-<id>``."""

    template = "trust.html"
    lists: tuple[ListSummary, ...]
    rows: tuple[RowShown, ...]
    table_state: str | None
    """How fresh the equivalence table is; `None` where there is none, and nothing is recognised."""


@dataclass(frozen=True, slots=True)
class TrustListPage(Page):
    """One list with its entries, boxes ``entry-<id>``."""

    template = "trust_list.html"
    summary: ListSummary
    operator: tuple[Localised, ...]
    entries: tuple[EntryShown, ...]
    sources: tuple[tuple[str, str], ...]
    """(address, day of retrieval) of what was transcribed."""
    back: str = HOME


def trust_page(trust: TrustSnapshot, now: datetime) -> TrustPage:
    """The browser's front page."""
    table = trust.equivalence
    return TrustPage(
        service=None,
        switch=HOME,
        lists=tuple(_summary(trust, one, now) for one in trust.lists),
        rows=tuple(_row(row, now) for row in table.rows),
        table_state=None if table is NO_TABLE else trust.state(table, now).value,
    )


def trust_list_page(trust: TrustSnapshot, list_id: str, now: datetime) -> TrustListPage | None:
    """One list, or `None` where there is no such list."""
    found = next((one for one in trust.lists if one.list_id == list_id), None)
    if found is None:
        return None
    return TrustListPage(
        service=None,
        switch=f"{HOME}/{found.list_id}",
        summary=_summary(trust, found, now),
        operator=_localised(found.operator),
        entries=tuple(_entry(entry, now) for entry in found.entries),
        sources=tuple((source.url, local_date(source.retrieved_at)) for source in found.sources),
    )


def _summary(trust: TrustSnapshot, one: TrustList, now: datetime) -> ListSummary:
    issuing = one.issuing_jurisdiction.value
    parties = [code for code in one.scheme.split("-") if code in PLACES]
    relying = [code for code in parties if code != issuing] or [issuing]
    return ListSummary(
        list_id=one.list_id,
        issuing=PLACES[issuing],
        relying=_places(relying),
        state=trust.state(one, now).value,
        sequence=one.sequence,
        issued=local_date(one.issued),
        next_update=local_date(one.next_update),
        expires=local_date(one.expires),
        entries=len(one.entries),
        sha256=one.sha256,
    )


def _row(row: EquivalenceRow, now: datetime) -> RowShown:
    covering = [period for period in row.periods if period.start <= now and (period.end is None or now < period.end)]
    return RowShown(
        issuing=PLACES[row.issuing.value],
        relying=PLACES[row.relying.value],
        signature_class=row.signature_class.value,
        effect_class=row.effect_class.value,
        status=covering[-1].status.value if covering else "none",
        since=local_date(covering[-1].start) if covering else None,
        purposes=tuple(row.purposes),
        legal_reference=row.legal_reference,
        conditions=row.conditions,
    )


def _entry(entry: Entry, now: datetime) -> EntryShown:
    period = entry.status_at(now)
    return EntryShown(
        entry_id=entry.entry_id,
        names=_localised(entry.ca_name),
        certificate_type=entry.certificate_type,
        status="none" if period is None else period.status.value,
        holder=entry.holder_kind.value,
        signature_class=entry.signature_class.value,
        services=entry.services,
        policies=tuple(f"{rule.oid}.*" if rule.prefix else rule.oid for rule in entry.policies),
        history=tuple(_period(one) for one in reversed(entry.recognition)),
        reliance_limit=entry.reliance_limit,
        notes=entry.notes,
        licence=entry.licence,
    )


def _period(period: RecognitionPeriod) -> PeriodShown:
    end = None if period.end is None else local_date(period.end)
    return PeriodShown(period.status.value, local_date(period.start), end, period.reason, period.reference)


def _places(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(PLACES[code] for code in codes)


def _localised(names: Mapping[str, str]) -> tuple[Localised, ...]:
    return tuple(names.items())
