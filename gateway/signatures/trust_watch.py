"""Keeps the high-water file and the alarms in step with the lists: at every start, after every import, once a while.

The file is behind after a crash between the database's commit and its own line: repaired, on record. The database is
behind after a restored backup: alarmed, and nothing is validated until the newest lists are imported again (TL-08).
"""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from certs.trust.freshness import ListState
from certs.trust.high_water import Comparison
from certs.trust.list_errors import ListError
from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent, AuditLog
from gateway.signatures.ports import TrustListStore
from gateway.signatures.records import TrustDocument
from gateway.signatures.trust_state import TrustFiles, TrustState, is_stolen, load

_TRIES: Final = 3


def advance(files: TrustFiles, documents: Iterable[TrustDocument], reset: Collection[str] = ()) -> None:
    """Write what was accepted into the high-water file; what it has already, or has newer, is left as it is.

    ``reset`` names the lists whose numbers go on from an earlier one, because the later ones were signed by thieves.
    """
    for document in documents:
        for _ in range(_TRIES - 1):
            try:
                _advance(files, document, is_reset=document.list_id in reset)
                break
            except ListError:
                continue  # another process has written meanwhile: its lines are read first
        else:
            _advance(files, document, is_reset=document.list_id in reset)


def _advance(files: TrustFiles, document: TrustDocument, *, is_reset: bool) -> None:
    mark = files.mark()
    highest = mark.highest(document.list_id)
    if highest is None or highest.sequence < document.sequence or is_reset:
        mark.advance(document.list_id, document.sequence, document.sha256, document.at, reset=is_reset)


async def watch(store: TrustListStore, files: TrustFiles, log: AuditLog, now: datetime) -> TrustState:
    """Look at everything once: repair the file, alarm what has to be alarmed; gives the state as it is then."""
    state = await load(store, files)
    if state.comparison is Comparison.DATABASE_AHEAD:
        state = await load(store, files)  # an import that is under way is no crash
    if state.comparison is Comparison.DATABASE_AHEAD and not state.unproved:
        await log.append(_event(AuditAction.TRUST_MARK_REPAIRED, now, ", ".join(sorted(_behind(state)))))
        advance(files, state.documents.values())
        state = await load(store, files)
    if state.comparison is Comparison.FILE_AHEAD and await _finish_reset(store, files, state):
        state = await load(store, files)
    if state.comparison is Comparison.FILE_AHEAD:
        await store.alarm(AlertKind.TRUST_RESTORED, "lists", _event(AuditAction.TRUST_ALARM, now, "restored"))
    for list_id in state.unproved:
        await store.alarm(AlertKind.TRUST_UNPROVED, list_id, _event(AuditAction.TRUST_ALARM, now, list_id))
    for list_id in _late(state, now):
        await store.alarm(AlertKind.TRUST_STALE, list_id, _event(AuditAction.TRUST_ALARM, now, list_id))
    return state


async def _finish_reset(store: TrustListStore, files: TrustFiles, state: TrustState) -> bool:
    """Write down that numbers have gone back after a theft of keys, where a crash has kept that from the file."""
    done = False
    for list_id, document in state.documents.items():
        highest = state.mark.highest(list_id)
        if highest is None or highest.sequence <= document.sequence or list_id in state.unproved:
            continue
        older = await store.history(list_id)
        if any(one.sha256 == highest.sha256 and is_stolen(one, state.root) for one in older):
            advance(files, [document], {list_id})
            done = True
    return done


def _behind(state: TrustState) -> list[str]:
    """The lists that the file does not have as they stand."""
    found = []
    for list_id, document in state.documents.items():
        highest = state.mark.highest(list_id)
        if highest is None or highest.sequence < document.sequence:
            found.append(list_id)
    return found


def _late(state: TrustState, now: datetime) -> list[str]:
    """The lists whose next update has passed (TL-02)."""
    return [list_id for list_id in state.documents if state.freshness(list_id, now).state is not ListState.FRESH]


def _event(action: AuditAction, now: datetime, lists: str) -> AuditEvent:
    return AuditEvent(action, now, secrets.token_hex(8), details={"lists": lists})
