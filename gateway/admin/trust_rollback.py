"""Drafts the way back to an earlier list: its content under a higher sequence, with a history that only grows (4.3).

What a list once said of a time stays said. So an entry that came later is not taken out but withdrawn from now on, a
later certificate ends now, and a status that changed since gets one more period that says again what was said then.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certs.trust.list_document import read_list
from certs.trust.trust_list import Entry, RecognitionStatus
from gateway.admin.acts import Act
from gateway.admin.trust_drafts import FRESH_FOR, GOOD_FOR, document_of, pretty, written
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError


def put_back(current: bytes, old: bytes, act: Act) -> bytes:
    """A draft that recognises from now on what the old list recognises; it is signed and imported like any other."""
    now, before, after = act.now.replace(microsecond=0), read_list(current), read_list(old)
    if before.list_id != after.list_id or after.sequence >= before.sequence:
        raise TrustRefusedError(TrustRefusal.DRAFT, "the two are not an earlier and a later list of one name")
    reason = f"back to sequence {after.sequence}"
    raw_before = {entry["entry_id"]: entry for entry in document_of(current)["entries"]}
    raw_after = {entry["entry_id"]: entry for entry in document_of(old)["entries"]}
    entries_after = {entry.entry_id: entry for entry in after.entries}
    draft = dict(document_of(old)) | {
        "sequence": before.sequence + 1,
        "previous_sha256": hashlib.sha256(current).hexdigest(),
        "issued": written(now),
        "next_update": written(now + FRESH_FOR),
        "expires": written(now + GOOD_FOR),
        "entries": [
            _entry(entry, raw_before[entry.entry_id], entries_after.get(entry.entry_id), raw_after, (now, reason))
            for entry in before.entries
        ],
    }
    return pretty(draft).encode("utf-8")


def _entry(
    entry: Entry,
    raw: Mapping[str, Any],
    earlier: Entry | None,
    raw_earlier: Mapping[str, Mapping[str, Any]],
    since: tuple[datetime, str],
) -> dict[str, Any]:
    """One entry: the old one's content over the current one's history."""
    now, reason = since
    wanted = RecognitionStatus.WITHDRAWN if earlier is None else _status(earlier, now)
    recognition = list(raw["recognition"])
    if _status(entry, now) is not wanted:
        start = max(now, entry.recognition[-1].start)
        recognition.append({"status": wanted.value, "start": written(start), "reason": reason, "reference": ""})
    if earlier is None:
        return {**raw, "recognition": recognition}
    old = raw_earlier[entry.entry_id]
    kept = {name: _certificates(raw[name], old[name], now) for name in ("anchors", "issuers")}
    return {**old, **kept, "recognition": recognition}


def _status(entry: Entry, now: datetime) -> RecognitionStatus:
    """What is said of the entry now; where nothing is said it is not recognised."""
    period = entry.status_at(now)
    return RecognitionStatus.WITHDRAWN if period is None else period.status


def _certificates(current: list[Any], old: list[Any], now: datetime) -> list[Any]:
    """All certificates of the current list; those that came after the old one end now."""
    known = {listed["der"] for listed in old}
    return [listed if listed["der"] in known else _ended(listed, now) for listed in current]


def _ended(listed: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    end = listed.get("end")
    is_over = end is not None and datetime.fromisoformat(str(end)) <= now
    return dict(listed) if is_over else {**listed, "end": written(now)}
