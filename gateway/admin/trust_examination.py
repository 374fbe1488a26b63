"""Looks at documents that somebody wants to import: proved, compared with what counts, changes in words (4.2, 4.3).

Nothing is written here. A dangerous change has a code made out of the very difference; whoever agrees to it states that
code, so that nobody agrees to another difference than the one that was read.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from certs.trust.equivalence import EquivalenceTable
from certs.trust.list_acceptance import check_update
from certs.trust.list_dangers import Acknowledgement, Diff
from certs.trust.list_diff import compare, compare_roots
from certs.trust.list_errors import ListError
from certs.trust.list_root import Root
from certs.trust.list_signing import DocumentKind, kind_of, payload_of, verify_list, verify_table
from certs.trust.list_statements import Rebase, verify_rebase, verify_root_update
from certs.trust.trust_list import TrustList
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from gateway.signatures.records import EQUIVALENCE, ROOT, TrustDocument
from gateway.signatures.trust_state import TrustState

DOCUMENTS_LIMIT: Final = 16
"""Documents of one import."""


class RefusedDocumentError(Exception):
    """One of the documents breaks a rule of the lists; ``document`` is there when its signatures were good."""

    def __init__(self, error: ListError, document: TrustDocument | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.document = document


@dataclass(frozen=True, slots=True)
class Planned:
    """One document that would be accepted, and what it changes."""

    document: TrustDocument
    value: TrustList | EquivalenceTable | Root = field(repr=False)
    changes: tuple[str, ...]
    dangers: tuple[str, ...]
    code: str
    """What has to be stated to agree to the dangers."""

    def described(self) -> dict[str, Any]:
        """The document's changes as operators read them."""
        return {
            "list": self.document.list_id,
            "sequence": self.document.sequence,
            "changes": list(self.changes),
            "dangers": list(self.dangers),
            "code": self.code if self.dangers else None,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one import would change, and where it found the lists."""

    planned: tuple[Planned, ...]
    expected: Mapping[str, int | None]

    @property
    def dangerous(self) -> tuple[Planned, ...]:
        """The documents that two operators have to agree to."""
        return tuple(one for one in self.planned if one.dangers)

    def lists_after(self, before: Mapping[str, TrustList]) -> Mapping[str, TrustList]:
        """All lists as they would stand."""
        new = {one.document.list_id: one.value for one in self.planned if isinstance(one.value, TrustList)}
        return {**before, **new}


def examine(state: TrustState, tokens: Sequence[bytes], now: datetime, persons: Sequence[str] | None = None) -> Plan:
    """What importing these would change; raises ``RefusedDocumentError`` or ``TrustRefusedError``.

    ``persons`` are the two who agreed to every danger; ``None`` asks what there is to be agreed to.
    """
    if not tokens or len(tokens) > DOCUMENTS_LIMIT:
        raise TrustRefusedError(TrustRefusal.DRAFT, f"1 to {DOCUMENTS_LIMIT} documents are imported at once")
    try:
        changing = tuple(one for one in _all(state, tokens, now, persons) if one is not None)
    except ListError as error:
        raise RefusedDocumentError(error) from error
    if len({one.document.list_id for one in changing}) != len(changing):
        raise TrustRefusedError(TrustRefusal.DRAFT, "two of the documents are of one list")
    heads = {list_id: document.sequence for list_id, document in state.documents.items()}
    return Plan(changing, {one.document.list_id: heads.get(one.document.list_id) for one in changing})


def missing(plan: Plan, stated: Iterable[str]) -> tuple[Planned, ...]:
    """The dangerous documents whose codes were not stated."""
    codes = frozenset(stated)
    return tuple(one for one in plan.dangerous if one.code not in codes)


@dataclass(frozen=True, slots=True)
class _Table:
    """What every document of one import is compared with."""

    state: TrustState
    root: Root
    rebases: Sequence[Rebase]
    now: datetime
    persons: Sequence[str] | None

    def plan(self, new: TrustList | EquivalenceTable, token: bytes) -> Planned | None:
        """What one document changes; nothing if it is the one that counts."""
        document = _document(new.list_id, new.sequence, token, self.now)
        stored = self.state.dated(new.list_id)
        code = compare(stored, new).code
        agreed = [Acknowledgement(code, person) for person in self.persons or ("the first", "the second")]
        rebase = next((one for one in self.rebases if one.list_id == new.list_id), None)
        try:
            diff = check_update(stored, new, now=self.now, acknowledged=agreed, rebase=rebase)
        except ListError as error:
            raise RefusedDocumentError(error, document) from error
        _hold_to_mark(self.state, document)
        return None if diff.is_nothing else _planned(document, new, diff)


def _all(
    state: TrustState, tokens: Sequence[bytes], now: datetime, persons: Sequence[str] | None
) -> list[Planned | None]:
    """Every document, each proved by the root that the same import may have brought."""
    by_kind = _sorted(tokens)
    planned, root = _roots(state, by_kind[DocumentKind.ROOT], now)
    rebases = [verify_rebase(token, root, now) for token in by_kind[DocumentKind.REBASE]]
    table = _Table(state, root, rebases, now, persons)
    for token in by_kind[DocumentKind.LIST]:
        found = verify_list(token, root, now)
        if found.list_id in {ROOT, EQUIVALENCE}:
            raise TrustRefusedError(TrustRefusal.DRAFT, "a list cannot have this name")
        planned.append(table.plan(found, token))
    planned += [table.plan(verify_table(token, root, now), token) for token in by_kind[DocumentKind.EQUIVALENCE]]
    return planned


def _sorted(tokens: Sequence[bytes]) -> Mapping[DocumentKind, list[bytes]]:
    by_kind: dict[DocumentKind, list[bytes]] = {kind: [] for kind in DocumentKind}
    for token in tokens:
        by_kind[kind_of(token)].append(token)
    return by_kind


def _roots(state: TrustState, tokens: Sequence[bytes], now: datetime) -> tuple[list[Planned | None], Root]:
    """New roots, each proved by the one before; which keys may sign is never changed by one operator alone (TL-03)."""
    if len(tokens) > 1:
        raise TrustRefusedError(TrustRefusal.DRAFT, "roots are imported one by one")
    if not tokens:
        return [], state.root
    root = verify_root_update(state.root, tokens[0], now)
    document = _document(ROOT, root.version, tokens[0], now)
    diff = compare_roots(state.root, root)
    changes = tuple(change.words for change in diff.changes)
    return [Planned(document, root, changes, ("The signers of the lists change.",), diff.code)], root


def _planned(document: TrustDocument, new: TrustList | EquivalenceTable, diff: Diff) -> Planned:
    changes = tuple(change.words for change in diff.changes)
    return Planned(document, new, changes, tuple(change.words for change in diff.dangers), diff.code)


def _hold_to_mark(state: TrustState, document: TrustDocument) -> None:
    """A database that was restored from a backup must come back to what was accepted, and to nothing else (TL-08)."""
    highest = None if document.list_id in state.reset else state.mark.highest(document.list_id)
    if highest is not None and highest.sequence == document.sequence and highest.sha256 != document.sha256:
        raise TrustRefusedError(TrustRefusal.MARK, "another document of this sequence was accepted before")


def _document(list_id: str, sequence: int, token: bytes, now: datetime) -> TrustDocument:
    return TrustDocument(list_id, sequence, hashlib.sha256(payload_of(token)).hexdigest(), token, now)
