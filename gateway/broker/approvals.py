"""Requests of kiosks and counters, answered in a browser of the person's own (RFC 8628 §3.3, CIBA §7.3).

A request becomes a sign-in like any other, with one page that it never gets around: who asks, for what, and the message
that ties it to what the person sees over there (RFC 10027, BCP 247).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.begin import begin
from gateway.broker.model import Decided, Outcome, Session
from gateway.broker.parts import Broker
from gateway.broker.problems import ProblemError
from gateway.broker.single_sign_on import signed_in
from gateway.broker.visit import Visit
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.device_authorization import user_code_hash
from gateway.oidc.model import Client
from gateway.oidc.names import GrantType, Prompt

CODE_ATTEMPTS: Final = "user_code"
"""The kind under which codes that one browser types are counted."""
FAMILY_ATTEMPTS: Final = "user_code_family"
"""The kind under which codes are counted that begin alike, whoever types them."""
_FAMILY_LETTERS: Final = 3
"""8,000 families: too many for two neighbours to meet, and each too narrow to be searched in a code's life."""


async def by_user_code(broker: Broker, typed: str, visit: Visit) -> tuple[Client, DecoupledRequest] | None:
    """The waiting request whose code was typed; a code that does not exist, is over or was used gives the same."""
    await _count(broker, CODE_ATTEMPTS, visit.browser.hex(), visit.now)
    code = user_code_hash(broker.code_key, typed)
    if code is None:
        return None
    # Before the look-up, right or wrong: whoever takes a new browser for every try gets no further.
    await _count(broker, FAMILY_ATTEMPTS, _family(typed), visit.now)
    found = await broker.decoupled.by_user_code(code, visit.now)
    client = None if found is None else await broker.clients.find(found.client_id)
    return None if found is None or client is None or not client.is_active else (client, found)


async def asked(broker: Broker, request_id: str, visit: Visit) -> tuple[Client, DecoupledRequest]:
    """The live, pending request that a page of ours names; one that asks somebody is shown to nobody else."""
    found = await broker.decoupled.by_id(request_id, visit.now)
    client = None if found is None else await broker.clients.find(found.client_id)
    if found is None or client is None or not client.is_active or found.state is not DecoupledState.PENDING:
        raise ProblemError(problems.REQUEST_GONE)
    if found.subject_id is not None:
        session = await signed_in(broker, visit)
        if session is None or session.person.subject_id != found.subject_id:
            raise ProblemError(problems.OTHER_PERSON, reason="other_session")
    return client, found


async def open(  # noqa: A001 - the word of the trade, called as `approvals.open`
    broker: Broker, client: Client, decoupled: DecoupledRequest, visit: Visit
) -> Outcome:
    """Begin the sign-in that answers a request; consent is asked whatever was agreed to before."""
    prompts = frozenset({Prompt.CONSENT, *(decoupled.request.prompts & {Prompt.LOGIN})})
    request = replace(decoupled.request, decoupled=decoupled.id, prompts=prompts, pushed=None)
    return await begin(broker, client, request, visit)


async def deny(broker: Broker, decoupled: DecoupledRequest, visit: Visit) -> Decided:
    """The person says no without signing in: it costs nothing, and the device learns it when it asks again."""
    event = AuditEvent(
        AuditAction.DECOUPLED_DENIED,
        visit.now,
        visit.correlation_id,
        client_id=decoupled.client_id,
        subject_id=decoupled.subject_id,
    )
    if not await broker.decoupled.deny(decoupled.id, visit.now, event):
        raise ProblemError(problems.REQUEST_GONE)
    return Decided(decoupled.client_id, is_approved=False, is_at_counter=decoupled.grant_type is GrantType.CIBA)


async def pending(broker: Broker, session: Session, now: datetime) -> Sequence[tuple[Client, DecoupledRequest]]:
    """What counters and hotlines ask of the person of this session, oldest first."""
    found = []
    for request in await broker.decoupled.of_subject(session.person.subject_id, now):
        client = await broker.clients.find(request.client_id)
        if client is not None and client.is_active:
            found.append((client, request))
    return found


async def _count(broker: Broker, kind: str, key: str, now: datetime) -> None:
    if not await broker.attempts.admit(kind, key, now):
        raise ProblemError(problems.TOO_MANY_CODES, reason=kind)


def _family(typed: str) -> str:
    return "".join(letter for letter in typed.upper() if letter.isalnum())[:_FAMILY_LETTERS]
