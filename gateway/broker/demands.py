"""What a request demands of whoever signed in: the level, a fresh proof, a standing mandate, a certain person.

Asked of a session before it may answer, and of every person before anything is released.
"""

from datetime import datetime, timedelta
from typing import Final

from gateway.broker import problems
from gateway.broker.asked import asks_for_organisation
from gateway.broker.assurance import is_met
from gateway.broker.model import LoginTransaction, Person
from gateway.broker.parts import Broker
from gateway.broker.problems import Problem
from gateway.broker.subject import is_expected
from gateway.oidc.decoupled import DecoupledState
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import Prompt

CLOCK_TOLERANCE: Final = timedelta(seconds=10)
"""How far a provider's clock may be behind ours when it says when somebody proved themselves."""


async def unmet(
    broker: Broker, client: Client, transaction: LoginTransaction, person: Person, now: datetime
) -> Problem | None:
    """The first demand that this person does not meet."""
    request = transaction.request
    if not is_met(request, person.assurance):
        return problems.LEVEL_UNMET
    if not is_proven_lately(request, person, transaction.created_at):
        return problems.PROOF_TOO_OLD
    if asks_for_organisation(request) and has_ended(person, now):
        return problems.MANDATE_ENDED
    if request.decoupled is not None:
        return await _unmet_by_counter(broker, request.decoupled, person, now)
    return None if await is_expected(broker, client, request, person) else problems.OTHER_PERSON


def is_proven_lately(request: AuthorizationRequest, person: Person, asked_at: datetime) -> bool:
    """Whether the proof is as young as was asked for: a provider may not answer with an old sign-in (row 16)."""
    if Prompt.LOGIN in request.prompts:
        longest_ago = 0
    elif request.max_age is not None:
        longest_ago = request.max_age
    else:
        return True
    tolerance = CLOCK_TOLERANCE.total_seconds()
    return (asked_at - person.authenticated_at).total_seconds() <= longest_ago + tolerance


def has_ended(person: Person, now: datetime) -> bool:
    """Whether the mandate that the person acts under is over."""
    ends_at = person.mandate.ends_at if person.mandate is not None else None
    return ends_at is not None and ends_at <= now


async def _unmet_by_counter(broker: Broker, request_id: str, person: Person, now: datetime) -> Problem | None:
    """A device's or counter's request must still wait; one that asks somebody asks nobody else (CIBA §7.1)."""
    waiting = await broker.decoupled.by_id(request_id, now)
    if waiting is None or waiting.state is not DecoupledState.PENDING:
        return problems.REQUEST_GONE
    return None if waiting.subject_id in {None, person.subject_id} else problems.OTHER_PERSON
