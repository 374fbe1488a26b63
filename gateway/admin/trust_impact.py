"""How many reports of the last 90 days would come out otherwise under other lists, before anything is imported (4.3).

Each signer's recognition is judged twice from the facts that were kept of it: by the lists as they count, and as they
would. Nothing is validated again; what the facts do not tell is not guessed at.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from certs.trust.trust_list import Entry, RecognitionStatus, TrustList
from gateway.admin.trust_examination import Plan
from gateway.signatures.ports import ReportStore
from gateway.signatures.records import RecognitionFacts

LOOKS_BACK: Final = timedelta(days=90)

_RECOGNISED: Final = "recognised"
_OF_STATUS: Final = {
    RecognitionStatus.GRANTED: _RECOGNISED,
    RecognitionStatus.SUSPENDED: "suspended",
    RecognitionStatus.WITHDRAWN: "withdrawn",
    RecognitionStatus.EXPIRED: "outside-recognition-period",
}


async def impact(reports: ReportStore, before: Mapping[str, TrustList], plan: Plan, now: datetime) -> dict[str, Any]:
    """Count the reports that were looked at, and those that would change, from what to what."""
    after = plan.lists_after(before)
    looked_at, changed, moves = 0, 0, Counter[str]()
    async for _, facts in reports.recent(now - LOOKS_BACK):
        looked_at += 1
        found = Counter(_moves(facts, before, after))
        changed += bool(found)
        moves += found
    return {"reports": looked_at, "changed": changed, "moves": dict(sorted(moves.items()))}


def _moves(
    facts: Iterable[RecognitionFacts], before: Mapping[str, TrustList], after: Mapping[str, TrustList]
) -> Iterator[str]:
    for one in facts:
        old, new = judge(before, one), judge(after, one)
        if old != new:
            yield f"{old} -> {new}"


def judge(lists: Mapping[str, TrustList], facts: RecognitionFacts) -> str:
    """The recognition of one signer under these lists: the best that any entry of its issuer gives."""
    found = {_by_entry(entry, facts) for entry in _entries(lists, facts)}
    if not found:
        return "not-listed"
    return _RECOGNISED if _RECOGNISED in found else min(found)


def _entries(lists: Mapping[str, TrustList], facts: RecognitionFacts) -> Iterator[Entry]:
    """The entry that was found then, or those of the same issuer."""
    for trust_list in lists.values():
        for entry in trust_list.entries:
            is_the_one = (trust_list.list_id, entry.entry_id) == (facts.list_id, facts.entry_id)
            if is_the_one or (not facts.entry_id and _is_issued_under(entry, facts)):
                yield entry


def _by_entry(entry: Entry, facts: RecognitionFacts) -> str:
    if facts.issuer_sha256 and not _is_issued_under(entry, facts):
        return "not-listed"
    if entry.type_match is not None and facts.type_names and entry.type_match.value not in facts.type_names:
        return "type-mismatch"
    if entry.policies and not any(rule.admits(oid) for rule in entry.policies for oid in facts.policy_oids):
        return "policy-oid-missing"
    period = None if facts.at is None else entry.status_at(facts.at)
    return "outside-recognition-period" if period is None else _OF_STATUS[period.status]


def _is_issued_under(entry: Entry, facts: RecognitionFacts) -> bool:
    return any(hashlib.sha256(issuer.der).hexdigest() == facts.issuer_sha256 for issuer in entry.issuers)
