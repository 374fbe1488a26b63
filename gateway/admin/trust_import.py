"""Imports signed trust documents: at once when nothing in them is dangerous, by two operators when something is (4.3).

The order of an acceptance: the database, in one transaction, then the high-water file. A crash between the two leaves
the file behind, which the next start repairs; the other order could lock the gateway out of its own lists.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final

from certs.trust.list_errors import ListRefusal
from certs.trust.list_signing import kind_of
from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.trust_examination import Plan, RefusedDocumentError, examine, missing
from gateway.admin.trust_impact import impact
from gateway.admin.trust_office import TrustOffice, proposal_described
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.oidc.random_values import new_id
from gateway.signatures.records import ProposalState, TrustDocument, TrustProposal
from gateway.signatures.trust_state import TrustState
from gateway.signatures.trust_watch import advance

WAITS_FOR: Final = timedelta(days=7)
"""How long a proposed import waits for a second operator."""

_ALARMS: Final = {
    ListRefusal.ROLLBACK: AlertKind.TRUST_ROLLBACK,
    ListRefusal.EQUIVOCATION: AlertKind.TRUST_EQUIVOCATION,
}


async def dry_run(office: TrustOffice, tokens: Sequence[bytes], act: Act) -> dict[str, Any]:
    """Everything that an import would change, in words, and how many reports of 90 days would come out otherwise."""
    state = await office.state()
    plan = examine(state, tokens, act.now)
    return {**_described(plan), "impact": await impact(office.reports, state.lists, plan, act.now)}


async def propose(office: TrustOffice, tokens: Sequence[bytes], codes: Sequence[str], act: Act) -> dict[str, Any]:
    """Import, or put on record for a second operator; raises ``RefusedDocumentError``, ``TrustRefusedError``."""
    state = await office.state()
    plan = await _examined(office, state, tokens, act)
    if not plan.planned:
        return {**_described(plan), "result": "nothing"}
    if not plan.dangerous:
        await _accept(office, state, plan, act)
        return {**_described(plan), "result": "accepted"}
    _require(plan, codes)
    act.require_reason()
    proposal = TrustProposal(
        id=new_id(),
        documents=tuple(_named(plan, token, act) for token in tokens),
        acknowledgements=tuple(one.code for one in plan.dangerous),
        proposed_by=act.operator,
        proposed_at=act.now,
        ends_at=act.now + WAITS_FOR,
        reason=act.reason,
    )
    await office.proposals.propose(proposal, act.event(AuditAction.TRUST_PROPOSED, **_words(plan, proposal.id)))
    return {**_described(plan), "result": "waiting", "proposal": proposal.id, "ends_at": moment(proposal.ends_at)}


async def acknowledge(office: TrustOffice, proposal_id: str, codes: Sequence[str], act: Act) -> dict[str, Any]:
    """Agree to another operator's proposal by stating the same codes: everything is proved again and accepted."""
    proposal = await office.proposals.find(proposal_id)
    if proposal is None or proposal.state is not ProposalState.OPEN or proposal.ends_at <= act.now:
        raise await _refused(office, act, TrustRefusal.UNKNOWN, "there is no such open proposal")
    if proposal.proposed_by == act.operator:
        raise await _refused(office, act, TrustRefusal.SAME_OPERATOR, "nobody agrees to their own proposal")
    state = await office.state()
    tokens = [document.token for document in proposal.documents]
    plan = await _examined(office, state, tokens, act, (proposal.proposed_by, act.operator))
    _require(plan, frozenset(codes) & frozenset(proposal.acknowledgements))
    await _accept(office, state, plan, act, proposal_id=proposal.id)
    return {**_described(plan), "result": "accepted", "proposal": proposal.id, "proposed_by": proposal.proposed_by}


async def review(office: TrustOffice, proposal_id: str, act: Act) -> dict[str, Any]:
    """What a second operator reads before agreeing: every change of the proposal, in words, and its impact."""
    proposal = await office.proposals.find(proposal_id)
    if proposal is None:
        raise TrustRefusedError(TrustRefusal.UNKNOWN, "there is no such proposal")
    tokens = [document.token for document in proposal.documents]
    return {**proposal_described(proposal), **await dry_run(office, tokens, act)}


async def withdraw(office: TrustOffice, proposal_id: str, act: Act) -> bool:
    """End a proposal without accepting it; anybody who may propose may do so."""
    event = act.event(AuditAction.TRUST_WITHDRAWN, proposal=proposal_id)
    found = await office.proposals.find(proposal_id)
    return found is not None and await office.proposals.withdraw(found.id, act.operator, act.now, event)


async def waiting(office: TrustOffice, act: Act) -> list[dict[str, Any]]:
    """The proposals that wait for a second operator."""
    return [proposal_described(proposal) for proposal in await office.proposals.waiting(act.now)]


async def _examined(
    office: TrustOffice, state: TrustState, tokens: Sequence[bytes], act: Act, persons: Sequence[str] | None = None
) -> Plan:
    """The plan; a list that is refused goes on record, and what looks like an attack alarms (TL-01, TL-04)."""
    try:
        return examine(state, tokens, act.now, persons)
    except RefusedDocumentError as refused:
        reason, document = refused.error.reason, refused.document
        name = "unknown" if document is None else document.list_id
        event = act.event(AuditAction.TRUST_REFUSED, why=reason.value, list=name)
        kind = _ALARMS.get(reason)
        if kind is None or document is None:
            await office.log.append(event)
        else:
            await office.lists.alarm(kind, name, event, (document, *_in_force(state, name)))
        raise
    except TrustRefusedError as error:
        await office.log.append(act.event(AuditAction.TRUST_REFUSED, why=error.refusal))
        raise


async def _accept(
    office: TrustOffice, state: TrustState, plan: Plan, act: Act, *, proposal_id: str | None = None
) -> None:
    documents = [one.document for one in plan.planned]
    event = act.event(AuditAction.TRUST_ACCEPTED, **_words(plan, proposal_id))
    done = await office.lists.accept(documents, plan.expected, event, proposal_id=proposal_id, operator=act.operator)
    if not done:
        raise await _refused(office, act, TrustRefusal.NOT_NOW, "the lists have moved meanwhile: look again")
    advance(office.files, documents, state.reset)


def _named(plan: Plan, token: bytes, act: Act) -> TrustDocument:
    """A document of a proposal under its list's name; one that changes no list is kept as what it is."""
    found = next((one.document for one in plan.planned if one.document.token == token), None)
    return found or TrustDocument(kind_of(token).name.lower(), 0, "", token, act.now)


def _require(plan: Plan, codes: Collection[str]) -> None:
    """Refuse a plan some of whose dangers nobody has agreed to."""
    left = missing(plan, codes)
    if left:
        names = ", ".join(f"{one.document.list_id} {one.document.sequence} ({one.code})" for one in left)
        raise TrustRefusedError(TrustRefusal.ACKNOWLEDGE, f"dangerous changes want their code stated: {names}")


def _in_force(state: TrustState, list_id: str) -> tuple[TrustDocument, ...]:
    """The document that an attempt was made against, to be kept beside it."""
    document = state.documents.get(list_id)
    return () if document is None else (document,)


def _words(plan: Plan, proposal_id: str | None) -> dict[str, str]:
    """What goes on record of a plan: which documents, and from where to where."""
    lists = ", ".join(
        f"{one.document.list_id} {plan.expected[one.document.list_id] or 0}>{one.document.sequence}"
        for one in plan.planned
    )
    return {"lists": lists} if proposal_id is None else {"lists": lists, "proposal": proposal_id}


def _described(plan: Plan) -> dict[str, Any]:
    return {"documents": [one.described() for one in plan.planned]}


async def _refused(office: TrustOffice, act: Act, refusal: TrustRefusal, words: str) -> TrustRefusedError:
    """Put a refusal on record. An id that does not exist is not repeated: it may be anything."""
    await office.log.append(act.event(AuditAction.TRUST_REFUSED, why=refusal.value))
    return TrustRefusedError(refusal, words)
