"""Every list and the equivalence table as they were at one moment: one validation reads one snapshot (TL-05).

It never changes; a new list makes a new snapshot, whole. Issuing certificates are found by name and key identifier.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Self

from certs.trust import trust_slice
from certs.trust.certificate import Certificate
from certs.trust.equivalence import NO_TABLE, EquivalenceTable
from certs.trust.freshness import Freshness, ListState, judge_freshness
from certs.trust.list_certificates import parsed
from certs.trust.list_header import Sequenced
from certs.trust.list_writer import write_time
from certs.trust.trust_list import Entry, TrustList

MAX_CANDIDATES: Final = 64
"""Entries that one certificate can meet; an authority lists a handful of types under one issuing certificate."""
MAX_HINTS: Final = 16

Candidate = tuple[TrustList, Entry]
_Index = Mapping[bytes, tuple[tuple[bytes | None, int], ...]]


@dataclass(frozen=True, slots=True, repr=False)
class TrustSnapshot:
    """The lists in order of their identifiers, the table (empty where there is none), and the grace that they have."""

    lists: tuple[TrustList, ...]
    table: InitVar[EquivalenceTable | None] = None
    grace: timedelta = timedelta(0)
    equivalence: EquivalenceTable = field(init=False)
    sm2_user_ids: Mapping[bytes, bytes] = field(init=False, compare=False)
    """Signer id of SM2 signatures by the issuing certificate's subject, where an entry states one."""
    _entries: tuple[Candidate, ...] = field(init=False, compare=False)
    _index: _Index = field(init=False, compare=False)

    def __post_init__(self, table: EquivalenceTable | None) -> None:
        lists = tuple(sorted(self.lists, key=lambda one: one.list_id))
        if len({one.list_id for one in lists}) != len(lists):
            raise ValueError("a list stands twice in a snapshot")
        entries = tuple((one, entry) for one in lists for entry in one.entries)
        object.__setattr__(self, "lists", lists)
        object.__setattr__(self, "equivalence", table or NO_TABLE)
        object.__setattr__(self, "sm2_user_ids", MappingProxyType(dict(_user_ids(entries))))
        object.__setattr__(self, "_entries", entries)
        object.__setattr__(self, "_index", _index_of(entries))

    def candidates(self, leaf: Certificate, hints: Sequence[Certificate] = ()) -> tuple[Candidate, ...]:
        """Entries with a root or issuer that the leaf, or a hint above it, names as its issuer, in list order."""
        numbers = {number for asked in _issuers_named(leaf, hints) for number in self._numbers(*asked)}
        return tuple(self._entries[number] for number in sorted(numbers)[:MAX_CANDIDATES])

    def entries_for(self, issuer_name: bytes, authority_key_id: bytes | None) -> tuple[Candidate, ...]:
        """Entries with a root or issuer of this name and, where both say one, this key identifier."""
        numbers = sorted(set(self._numbers(issuer_name, authority_key_id)))
        return tuple(self._entries[number] for number in numbers[:MAX_CANDIDATES])

    def freshness(self, document: Sequenced, now: datetime) -> Freshness:
        """How old a list or the table is."""
        return judge_freshness(document, now, self.grace)

    def state(self, document: Sequenced, now: datetime) -> ListState:
        """Whether a list or the table is believed now."""
        return self.freshness(document, now).state

    def is_stale(self, document: Sequenced, now: datetime) -> bool:
        """Whether nothing is recognised by it any more (list-stale): it has expired, and its grace has too."""
        return self.state(document, now) is ListState.STALE

    def identity(self, now: datetime) -> dict[str, Any]:
        """The numbers that a report prints, so that everyone can tell which lists it rests on."""
        table = self.equivalence
        return {
            "lists": [self._identity(one, now) for one in self.lists],
            "equivalence": None if table is NO_TABLE else self._identity(table, now),
            "grace_seconds": int(self.grace.total_seconds()),
        }

    def slice(self, entries: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Cut the snapshot down to some entries (list, entry), keeping every list's numbers: for evidence."""
        table = None if self.equivalence is NO_TABLE else self.equivalence
        return trust_slice.write(self.lists, table, self.grace, frozenset(entries))

    @classmethod
    def from_slice(cls, members: object) -> Self:
        """Read a slice back; raises `Refused`."""
        lists, table, grace = trust_slice.read(members)
        return cls(lists, table, grace)

    def _identity(self, document: Sequenced, now: datetime) -> dict[str, Any]:
        return {
            "id": document.list_id,
            "sequence": document.sequence,
            "sha256": document.sha256,
            "issued": write_time(document.issued),
            "next_update": write_time(document.next_update),
            "expires": write_time(document.expires),
            "state": self.state(document, now).value,
        }

    def _numbers(self, name: bytes, key_id: bytes | None) -> Iterator[int]:
        for listed_id, number in self._index.get(name, ()):
            if key_id is None or listed_id is None or listed_id == key_id:
                yield number

    def __repr__(self) -> str:
        named = ", ".join(f"{one.list_id} {one.sequence}" for one in self.lists)
        return f"TrustSnapshot({named})"


def _index_of(entries: Sequence[Candidate]) -> _Index:
    index: dict[bytes, list[tuple[bytes | None, int]]] = {}
    for number, (_, entry) in enumerate(entries):
        for der in dict.fromkeys(listed.der for listed in (*entry.issuers, *entry.anchors)):
            certificate = parsed(der)
            index.setdefault(certificate.subject_der, []).append((certificate.subject_key_id, number))
    return MappingProxyType({name: tuple(found) for name, found in index.items()})


def _user_ids(entries: Sequence[Candidate]) -> Iterator[tuple[bytes, bytes]]:
    for _, entry in entries:
        if entry.rules.sm2_user_id is not None:
            for listed in entry.issuers:
                yield parsed(listed.der).subject_der, entry.rules.sm2_user_id


def _issuers_named(leaf: Certificate, hints: Sequence[Certificate]) -> list[tuple[bytes, bytes | None]]:
    asked = [(leaf.issuer_der, leaf.authority_key_id)]
    left = list(hints[:MAX_HINTS])
    for name, key_id in asked:  # grows while it is walked, by each hint once
        for hint in [one for one in left if one.subject_der == name and _may_be(one.subject_key_id, key_id)]:
            left.remove(hint)
            asked.append((hint.issuer_der, hint.authority_key_id))
    return asked


def _may_be(own: bytes | None, asked: bytes | None) -> bool:
    return own is None or asked is None or own == asked
