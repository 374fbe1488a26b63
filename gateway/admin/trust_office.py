"""What operators' acts on trust lists need, and how the lists are shown to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certs.trust.list_signing import payload_of
from certs.trust.trust_list import Entry, TrustList
from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.trust_rollback import put_back
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from gateway.audit import AuditLog
from gateway.signatures.ports import ReportStore, TrustListStore, TrustProposalStore
from gateway.signatures.records import TrustDocument, TrustProposal
from gateway.signatures.trust_state import TrustFiles, TrustState, load


@dataclass(frozen=True, slots=True)
class TrustOffice:
    """Stores and files of the trust lists."""

    lists: TrustListStore
    proposals: TrustProposalStore
    reports: ReportStore
    log: AuditLog
    files: TrustFiles = field(repr=False)

    async def state(self) -> TrustState:
        """The lists as they count now."""
        return await load(self.lists, self.files)


async def overview(office: TrustOffice, now: datetime) -> list[dict[str, Any]]:
    """Every accepted document with where it stands: root and equivalence table too."""
    state = await office.state()
    return [_line(state, document, now) for document in state.documents.values()]


async def shown(office: TrustOffice, list_id: str, now: datetime, *, sequence: int | None = None) -> dict[str, Any]:
    """One document whole, with its history; raises ``TrustRefusedError`` if there is none."""
    history = await office.lists.history(list_id)
    document = next((one for one in history if sequence is None or one.sequence == sequence), None)
    if document is None:
        raise TrustRefusedError(TrustRefusal.UNKNOWN, "there is no such list or sequence")
    state = await office.state()
    found = state.lists.get(list_id)
    is_current = found is not None and found.sha256 == document.sha256
    return {
        **_described(document),
        "standing": _standing(state, list_id, now) if is_current else "history",
        "entries": [_entry(entry, now) for entry in found.entries] if found is not None and is_current else [],
        "history": [_described(one) for one in history],
        "evidence": [_described(one) for one in await office.lists.evidence(list_id)],
    }


async def rollback(office: TrustOffice, list_id: str, sequence: int, act: Act) -> bytes:
    """Draft a list with the content of an earlier one; it is signed and imported like any other."""
    history = await office.lists.history(list_id)
    old = next((one for one in history if one.sequence == sequence), None)
    if old is None or old is history[0]:
        raise TrustRefusedError(TrustRefusal.UNKNOWN, "there is no such earlier list")
    return put_back(payload_of(history[0].token), payload_of(old.token), act)


def proposal_described(proposal: TrustProposal) -> dict[str, Any]:
    """A proposed import as operators see it."""
    return {
        "id": proposal.id,
        "state": proposal.state.value,
        "lists": [f"{document.list_id} {document.sequence}" for document in proposal.documents],
        "acknowledged": list(proposal.acknowledgements),
        "proposed_by": proposal.proposed_by,
        "proposed_at": moment(proposal.proposed_at),
        "ends_at": moment(proposal.ends_at),
        "reason": proposal.reason,
        "decided_by": proposal.decided_by,
        "decided_at": moment(proposal.decided_at),
    }


def _line(state: TrustState, document: TrustDocument, now: datetime) -> dict[str, Any]:
    dated = state.dated(document.list_id)
    return {
        **_described(document),
        "standing": _standing(state, document.list_id, now),
        "warning": state.freshness(document.list_id, now).warning,
        "issued": moment(dated.issued) if dated is not None else None,
        "next_update": moment(dated.next_update) if dated is not None else None,
        "expires": moment(dated.expires) if dated is not None else None,
        "entries": len(dated.entries) if isinstance(dated, TrustList) else None,
    }


def _standing(state: TrustState, list_id: str, now: datetime) -> str:
    """In one word what an operator has to know first."""
    if list_id in state.unproved:
        return "unproved"
    if state.is_read_only:
        return "read-only"
    return state.freshness(list_id, now).state.value


def _described(document: TrustDocument) -> dict[str, Any]:
    return {
        "list": document.list_id,
        "sequence": document.sequence,
        "sha256": document.sha256,
        "accepted_at": moment(document.at),
    }


def _entry(entry: Entry, now: datetime) -> Mapping[str, Any]:
    period = entry.status_at(now)
    return {
        "entry": entry.entry_id,
        "authority": entry.ca_name.get("en", next(iter(entry.ca_name.values()), "")),
        "type": entry.certificate_type,
        "class": entry.signature_class.value,
        "status": period.status.value if period is not None else "none",
        "services": list(entry.services),
    }
