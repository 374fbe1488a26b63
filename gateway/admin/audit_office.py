"""What operators' work on the audit is done with: looking, checking, copying (``gate audit``, ``/v1/audit``)."""

from dataclasses import dataclass, field
from typing import Any, Final

from gateway.admin.audit_chain import Break
from gateway.admin.audit_proof import Verdict
from gateway.admin.audit_sealing import Sealing
from gateway.admin.audit_search import SearchDesk


@dataclass(frozen=True, slots=True)
class AuditOffice:
    """Put together by the composition root."""

    search: SearchDesk = field(repr=False)
    sealing: Sealing = field(repr=False)


def described(verdict: Verdict) -> dict[str, Any]:
    """A verdict for the command line and the operator API."""
    finding = verdict.finding
    return {
        "holds": finding is None,
        "broken": None if finding is None else finding.kind.value,
        "position": None if finding is None else finding.position,
        "seq": None if finding is None else finding.seq,
        "because": None if finding is None else WORDS[finding.kind],
        "events": verdict.events,
        "reached": verdict.reached,
        "sealed": verdict.sealed,
        "checkpoints": verdict.checkpoints,
        "lost": [{"epoch": lost.epoch, "first": lost.first, "last": lost.last} for lost in verdict.lost],
        "goes_on": verdict.goes_on,
    }


WORDS: Final = {
    Break.EDITED: "the event is not the one that was linked here, or one before it was taken out",
    Break.REMOVED: "the event or its link is gone",
    Break.INSERTED: "an event was put in here",
    Break.REORDERED: "the event of another place stands here",
    Break.CUT: "the audit ends before a checkpoint that was given",
    Break.REWRITTEN: "from here on the chain is not the one that its checkpoints vouch for",
    Break.UNLINKED: "an event stands outside the chain",
    Break.CHECKPOINT_FORGED: "a checkpoint is not signed by a key of the audit",
    Break.CHECKPOINT_MISSING: "a checkpoint was taken out",
    Break.TORN: "the copy is damaged, or ends too early",
}
"""For operators; docs/how-to/check-the-audit.md says what to do."""
