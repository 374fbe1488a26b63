"""Trust lists with their root and authorities, and revocation lists that are kept, as things that end (TL-02)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from certs.trust.certificate import Certificate, read_certificate
from certs.trust.equivalence import EquivalenceTable
from certs.trust.errors import Fault
from certs.trust.freshness import ListState
from certs.trust.trust_list import Entry, ListedCertificate, RecognitionStatus, TrustList
from gateway.admin.inventory import Care, Item, Kind, Severity
from gateway.signatures.trust_state import TrustState

_HISTORY: Final = timedelta(days=30)
"""How long after its end an authority's certificate is told of; older ones are there for old signatures."""
_NOTES: Final = {
    ListState.DUE: "a newer one is due: run `gate trust import`",
    ListState.GRACE: "over: run `gate trust import`",
    ListState.STALE: "over: nothing is judged by it until a newer one is imported",
}


@dataclass(frozen=True, slots=True)
class KeptList:
    """A revocation list that is kept, without its content."""

    url: str
    issuer_key: str
    fetched_at: datetime
    good_until: datetime
    failure: str | None = None
    """Why the last attempt to get a newer one brought nothing."""


def of_trust(state: TrustState, now: datetime) -> Iterator[Item]:
    """The lists, the table, the root with its keys, and the authorities that are recognised now."""
    for list_id in sorted(state.documents):
        dated = state.dated(list_id)
        if dated is not None:
            yield _list(state, list_id, dated, now)
    for list_id in state.unproved:
        yield _unproved(list_id)
    yield from _root(state, now)
    for list_id, found in sorted(state.lists.items()):
        yield from _entries(list_id, found, now)


def of_revocation(kept: Sequence[KeptList], now: datetime) -> Iterator[Item]:
    """Revocation lists: renewed when they are needed, so that only one which cannot be renewed asks for anybody."""
    for one in kept:
        has_failed = one.failure is not None
        yield Item(
            id=f"revocation-list:{one.issuer_key[:16]}:{one.url}",
            name=one.url,
            kind=Kind.REVOCATION_LIST,
            where="revocation cache",
            state="kept" if now < one.good_until else "over",
            not_before=one.fetched_at,
            not_after=one.good_until,
            care=Care.RENEW if has_failed else Care.NONE,
            note=f"the last attempt to renew it failed: {one.failure}"
            if has_failed
            else "fetched anew when it is needed",
        )


def _list(state: TrustState, list_id: str, dated: TrustList | EquivalenceTable, now: datetime) -> Item:
    freshness = state.freshness(list_id, now)
    return Item(
        id=f"trust-list:{list_id}",
        name=list_id,
        kind=Kind.TRUST_LIST,
        where="trust lists",
        state=freshness.state.value,
        not_before=dated.issued,
        not_after=dated.expires,
        renew_by=dated.next_update,
        fingerprint=f"sha256:{dated.sha256}",
        detail=f"sequence {dated.sequence}",
        note=_NOTES.get(freshness.state, ""),
    )


def _unproved(list_id: str) -> Item:
    return Item(
        id=f"trust-list:{list_id}",
        name=list_id,
        kind=Kind.TRUST_LIST,
        where="trust lists",
        state="unproved",
        severity=Severity.EXPIRED,
        note="nobody who may has signed it: nothing is judged by it",
    )


def _root(state: TrustState, now: datetime) -> Iterator[Item]:
    root = state.root
    yield Item(
        id="root",
        name=f"root {root.version}",
        kind=Kind.ROOT,
        where="signatures.trust_root",
        state="in use",
        not_before=root.issued,
        not_after=root.expires,
        fingerprint=f"sha256:{root.sha256}",
        note="no list is accepted under a root that is over" if now >= root.expires else "",
    )
    for kid, key in sorted(root.keys.items()):
        yield Item(
            id=f"root-key:{kid}",
            name=f"root key {kid[:8]}",
            kind=Kind.PEER_KEY,
            where="signatures.trust_root",
            state="listed",
            not_before=key.start,
            not_after=key.end,
            detail=f"{key.algorithm}; signs {', '.join(sorted(key.signs))}",
        )


def _entries(list_id: str, found: TrustList, now: datetime) -> Iterator[Item]:
    """The certificates of entries that are recognised now, each once for a list."""
    listed: Mapping[bytes, tuple[Entry, ListedCertificate]] = {
        one.der: (entry, one)
        for entry in found.entries
        if (period := entry.status_at(now)) is not None and period.status is RecognitionStatus.GRANTED
        for one in (*entry.anchors, *entry.issuers)
    }
    for entry, one in listed.values():
        try:
            yield _entry(list_id, entry, one, read_certificate(one.der), now)
        except Fault:
            continue  # said by `gate trust show`; what cannot be read makes nobody believed


def _entry(list_id: str, entry: Entry, one: ListedCertificate, certificate: Certificate, now: datetime) -> Item:
    end = certificate.not_after if one.end is None else min(one.end, certificate.not_after)
    is_history = now >= end + _HISTORY
    return Item(
        id=f"trust-entry:{list_id}:{certificate.sha256[:16]}",
        name=next((text for kind, text in certificate.names if kind == "CN"), certificate.subject),
        kind=Kind.TRUST_ENTRY,
        where=f"{list_id} {entry.entry_id}",
        state="history" if is_history else "recognised",
        not_before=certificate.not_before,
        not_after=end,
        issuer=certificate.issuer,
        fingerprint=f"sha256:{certificate.sha256}",
        detail=f"serial {certificate.serial:x}",
        care=Care.NONE if is_history else Care.RENEW,
        note="kept for signatures of its time" if is_history else "",
    )
