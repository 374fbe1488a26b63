"""The trust lists as they count now: read in one snapshot, proved from the pinned root on, compared with the marks.

A document that the high-water file has on record was proved when it was accepted, and the file's code says that it is
the same one. Any other is proved here: a database is not believed by itself (TL-08, G12).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self, TypeAlias

from certs.trust.equivalence import EquivalenceTable
from certs.trust.equivalence_document import read_table
from certs.trust.freshness import Freshness, ListState, judge_freshness
from certs.trust.high_water import Comparison, HighWaterMark
from certs.trust.list_document import read_list
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_root import Root, read_root
from certs.trust.list_signing import payload_of, signers_of, verify_list, verify_table
from certs.trust.list_statements import pin_root, verify_root_update
from certs.trust.snapshot import TrustSnapshot
from certs.trust.trust_list import TrustList
from gateway.signatures.ports import TrustListStore
from gateway.signatures.records import EQUIVALENCE, ROOT, TrustDocument

LOOK_EVERY: Final = timedelta(seconds=5)
"""Between two looks at the database: workers agree on an import within this time (F-TLST-03)."""

Accepted: TypeAlias = tuple[datetime | None, Root]
"""A root with the moment of its acceptance; none for the pinned one."""

_DOMAIN: Final = b"gba-gateway|high-water|v1"


@dataclass(frozen=True, slots=True)
class TrustState:
    """Everything that trust hangs on at one moment."""

    root: Root
    lists: Mapping[str, TrustList]
    equivalence: EquivalenceTable | None
    snapshot: TrustSnapshot = field(repr=False)
    documents: Mapping[str, TrustDocument] = field(repr=False)
    mark: HighWaterMark = field(repr=False)
    comparison: Comparison
    unproved: tuple[str, ...] = ()
    """Lists that are in the database and are not believed."""
    reset: frozenset[str] = frozenset()
    """Lists whose newest document only stolen keys have signed: an earlier one counts, and numbers go on from it."""

    @property
    def is_read_only(self) -> bool:
        """Whether nothing may be validated: the database is older than what was accepted before (TL-08)."""
        return self.comparison is Comparison.FILE_AHEAD

    def dated(self, list_id: str) -> TrustList | EquivalenceTable | None:
        """A list or the table, for its times; none for the root and for what is not believed."""
        return self.equivalence if list_id == EQUIVALENCE else self.lists.get(list_id)

    def freshness(self, list_id: str, now: datetime) -> Freshness:
        """How a list stands at a moment, and the warning that is due (TL-02)."""
        dated = self.dated(list_id)
        if dated is not None:
            return judge_freshness(dated, now)
        is_over = now >= self.root.expires
        return Freshness(ListState.STALE if is_over else ListState.FRESH, 0, 100 if is_over else None)

    @property
    def heads(self) -> Mapping[str, tuple[int, str]]:
        """Where every list stands."""
        return {list_id: (document.sequence, document.sha256) for list_id, document in self.documents.items()}


@dataclass(frozen=True, slots=True)
class TrustFiles:
    """What lies outside the database: the pinned root and the high-water file."""

    pinned_root: bytes = field(repr=False)
    high_water: Path
    mac_key: bytes = field(repr=False)

    @classmethod
    def of(cls, pinned_root: bytes, high_water: Path, key: bytes) -> Self:
        """Made by the composition root; the file's code hangs on ``key``, apart from all else that does (G19)."""
        return cls(pinned_root, high_water, hmac.digest(key, _DOMAIN, hashlib.sha256))

    def mark(self) -> HighWaterMark:
        """The high-water file as it is now; another process may have written to it."""
        return HighWaterMark.load(self.high_water, self.mac_key)


async def load(store: TrustListStore, files: TrustFiles) -> TrustState:
    """Read and prove everything; raises ``ListError`` only for the roots and the file: nothing stands without them."""
    mark = files.mark()  # first: what is accepted meanwhile is in the database before it is in the file
    documents = await store.current()
    chain = _root_chain(files.pinned_root, await store.history(ROOT) if ROOT in documents else ())
    root = chain[-1][1]
    counting, stolen = await _counting(store, documents, root)
    values, unproved = _values(counting, chain, mark)
    lists = {list_id: value for list_id, value in values.items() if isinstance(value, TrustList)}
    table = next((value for value in values.values() if isinstance(value, EquivalenceTable)), None)
    return TrustState(
        root=root,
        lists=lists,
        equivalence=table,
        snapshot=TrustSnapshot(tuple(lists.values()), table),
        documents=documents,
        mark=mark,
        comparison=mark.compare({name: (document.sequence, document.sha256) for name, document in documents.items()}),
        unproved=unproved,
        reset=stolen,
    )


async def _counting(
    store: TrustListStore, documents: Mapping[str, TrustDocument], root: Root
) -> tuple[list[TrustDocument], frozenset[str]]:
    """The documents that count, and the lists for which that is an earlier one than the last, or none."""
    counting, stolen = [], []
    for list_id, document in documents.items():
        if list_id == ROOT:
            continue
        found: TrustDocument | None = document
        if is_stolen(document, root):
            stolen.append(list_id)
            found = next((one for one in await store.history(list_id) if not is_stolen(one, root)), None)
        if found is not None:
            counting.append(found)
    return counting, frozenset(stolen)


def _values(
    documents: Sequence[TrustDocument], chain: Sequence[Accepted], mark: HighWaterMark
) -> tuple[dict[str, TrustList | EquivalenceTable], tuple[str, ...]]:
    """The documents read, and the names of those that cannot be proved."""
    values: dict[str, TrustList | EquivalenceTable] = {}
    unproved = []
    for document in documents:
        try:
            values[document.list_id] = _value(document, _root_at(chain, document), mark)
        except ListError:
            unproved.append(document.list_id)
    return values, tuple(unproved)


def is_stolen(document: TrustDocument, root: Root) -> bool:
    """Whether only keys have signed a document that others may hold: then it never happened (specification 4.2)."""
    return bool(root.compromised) and signers_of(document.token) <= root.compromised


class TrustReader:
    """The state for a serving process: looked for every few seconds, and read anew only when something has moved."""

    def __init__(self, store: TrustListStore, files: TrustFiles) -> None:
        self._store = store
        self._files = files
        self._state: TrustState | None = None
        self._looked_at: datetime | None = None

    async def current(self, now: datetime) -> TrustState:
        """The state for one piece of work; whoever holds it keeps it, whatever is imported meanwhile."""
        state, looked_at = self._state, self._looked_at
        if state is not None and looked_at is not None and abs(now - looked_at) < LOOK_EVERY:
            return state
        if state is None or state.is_read_only or dict(await self._store.heads()) != dict(state.heads):
            state = await load(self._store, self._files)
        self._state, self._looked_at = state, now
        return state


def _root_chain(pinned: bytes, newest_first: Sequence[TrustDocument]) -> list[Accepted]:
    """The pinned root and every later one with the moment of its acceptance, each proved by the one before."""
    # Pinned by hand, perhaps long ago: looked at as of its own day. Under a root that is over nothing new is accepted.
    root = pin_root(pinned, read_root(payload_of(pinned)).issued)
    chain: list[Accepted] = [(None, root)]
    for document in reversed(newest_first):
        if document.sequence > root.version:
            root = verify_root_update(root, document.token, document.at)
            chain.append((document.at, root))
    return chain


def _root_at(chain: Sequence[Accepted], document: TrustDocument) -> Root:
    """The root that a document was accepted under; an import that brings both has them at one moment."""
    return next(root for at, root in reversed(chain) if at is None or at <= document.at)


def _value(document: TrustDocument, root: Root, mark: HighWaterMark) -> TrustList | EquivalenceTable:
    """A document read, after a look at the mark or else at its signatures."""
    highest = mark.highest(document.list_id)
    is_marked = highest is not None and (highest.sequence, highest.sha256) == (document.sequence, document.sha256)
    if document.list_id == EQUIVALENCE:
        return read_table(_proved(document)) if is_marked else verify_table(document.token, root, document.at)
    found = read_list(_proved(document)) if is_marked else verify_list(document.token, root, document.at)
    if (found.list_id, found.sequence) != (document.list_id, document.sequence):
        raise ListError(ListRefusal.ANOTHER_LIST, "the document is kept under another name or number")
    return found


def _proved(document: TrustDocument) -> bytes:
    """The payload of a document that is on record in the file, after a look that it is the one."""
    payload = payload_of(document.token)
    if hashlib.sha256(payload).hexdigest() != document.sha256:
        raise ListError(ListRefusal.SCHEMA, "the document is another than the one that was accepted")
    return payload
