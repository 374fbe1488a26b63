"""What a person sees of their record, and can do about it: dispute it, let it go, take consents back, be forgotten.

Every act needs a session of this very browser, whose person has proved themselves within the last ten minutes (AL-06):
a borrowed screen, or a link that somebody else made, changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.asking import Asking
from gateway.broker.conflicts import Refused
from gateway.broker.identifier import confirm
from gateway.broker.model import Session
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.broker.ports import BindingRaceError, Held
from gateway.broker.recording import record
from gateway.broker.single_sign_on import signed_in
from gateway.broker.visit import Visit
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Policy
from mapping.lifecycle import require_usable

__all__ = [
    "FRESH",
    "ActOutcome",
    "Done",
    "NotDone",
    "SignInAgain",
    "dispute",
    "erase",
    "is_fresh",
    "report_new_permit",
    "signed_in",
    "untie",
    "withdraw",
]

FRESH: Final = timedelta(minutes=10)
"""How long a proof at the provider counts for an act."""

NO_RECORD: Final = "account.no_record"
NO_CONSENT: Final = "account.no_consent"
ENDED: Final = "binding.closed"


@dataclass(frozen=True, slots=True)
class SignInAgain:
    """There is no session of this browser, or its proof is too old for an act."""


@dataclass(frozen=True, slots=True)
class Done:
    """The act was carried out, and is on record."""

    ends_session: bool = False


@dataclass(frozen=True, slots=True)
class NotDone:
    """Nothing was changed; the reason is a code of the permit page's, ``account.no_record`` or ``…no_consent``."""

    reason: str


ActOutcome: TypeAlias = Done | NotDone | SignInAgain
_Act: TypeAlias = Callable[[Session], Awaitable[Done | NotDone]]


def is_fresh(session: Session, now: datetime) -> bool:
    """Whether the person has proved themselves recently enough for an act."""
    return now - session.person.authenticated_at <= FRESH


async def dispute(broker: Broker, visit: Visit) -> ActOutcome:
    """Say "this is not my number": the record is frozen until an operator has looked at it."""

    async def act(session: Session) -> Done | NotDone:
        event = _event(AuditAction.IDENTIFIER_DISPUTED, session, visit)
        was_done = await broker.numbers.dispute(session.person.subject_id, visit.now, event)
        return Done() if was_done else await _nothing_to_change(broker, session)

    return await _if_fresh(broker, visit, act)


async def untie(broker: Broker, visit: Visit) -> ActOutcome:
    """This account lets the permit go, and every session and token of it ends (AL-07)."""

    async def act(session: Session) -> Done | NotDone:
        event = _event(AuditAction.IDENTIFIER_UNTIED, session, visit)
        was_done = await broker.numbers.untie(session.person.subject_id, visit.now, event)
        return Done(ends_session=True) if was_done else await _nothing_to_change(broker, session)

    return await _if_fresh(broker, visit, act)


async def erase(broker: Broker, visit: Visit) -> ActOutcome:
    """Forget this account; numbers that were given stay given, and nobody else ever gets them (AL-10)."""

    async def act(session: Session) -> Done | NotDone:
        event = _event(AuditAction.SUBJECT_ERASED, session, visit)
        await broker.people.erase(session.person.subject_id, visit.now, event)
        return Done(ends_session=True)  # also if another tab was quicker: there is nothing left to be signed in to

    return await _if_fresh(broker, visit, act)


async def withdraw(broker: Broker, visit: Visit, client_id: str) -> ActOutcome:
    """Take a consent back; what the relying party holds on it is worth nothing any more (CD-09, G10)."""

    async def act(session: Session) -> Done | NotDone:
        event = _event(AuditAction.CONSENT_WITHDRAWN, session, visit, client_id)
        was_done = await broker.people.withdraw(session.person.subject_id, client_id, visit.now, event)
        return Done() if was_done else NotDone(NO_CONSENT)

    return await _if_fresh(broker, visit, act)


async def report_new_permit(broker: Broker, visit: Visit, typed: str) -> ActOutcome:
    """Say "I have a new permit": the register has to confirm it, and the record goes over to it (§10.4)."""

    async def act(session: Session) -> Done | NotDone:
        try:
            return await _take_over(broker, session, TravelPermit.parse(typed), visit)
        except MappingError as error:  # no permit number at all, or the record stands still
            return NotDone(error.code)
        except BindingRaceError:
            raise problems.ProblemError(problems.UNAVAILABLE) from None

    return await _if_fresh(broker, visit, act)


async def _nothing_to_change(broker: Broker, session: Session) -> NotDone:
    """There is no record, or it has come to its end and no act of a person's reaches it any more."""
    held = await broker.numbers.of_subject(session.person.subject_id)
    return NotDone(NO_RECORD if held is None else ENDED)


async def _take_over(broker: Broker, session: Session, permit: TravelPermit, visit: Visit) -> Done | NotDone:
    person = session.person
    if person.assurance < NUMBER_ASSURANCE:
        return NotDone("assurance.too_low")
    held = await broker.numbers.of_subject(person.subject_id)
    if held is None:
        return NotDone(NO_RECORD)
    require_usable(held.standing)  # before the register is asked: a dispute is not escaped by a new permit
    # A stand-in may be needed for the new permit; nothing of it goes out but to those who are enrolled.
    policy = Policy(realm=broker.realm, surrogates_allowed=True, min_assurance=NUMBER_ASSURANCE.value)
    asking = Asking(person, policy, visit.now, visit.correlation_id)
    answer = await confirm(broker, asking, permit)
    if answer.reason is not None:
        return NotDone(answer.reason)
    outcome = await record(broker, asking, asking.vouched(permit, answer.number, **_proof(held, permit)))
    return NotDone(outcome.reason) if isinstance(outcome, Refused) else Done()


def _proof(held: Held, permit: TravelPermit) -> dict[str, object]:
    """Both permits in one session of one account; the recorded one on a newer card needs no proof."""
    if permit == held.binding.permit:
        return {}
    return {"previous_permit": held.binding.permit, "same_person": True}


async def _if_fresh(broker: Broker, visit: Visit, act: _Act) -> ActOutcome:
    session = await signed_in(broker, visit)
    if session is None or not is_fresh(session, visit.now):
        return SignInAgain()
    return await act(session)


def _event(action: AuditAction, session: Session, visit: Visit, client_id: str | None = None) -> AuditEvent:
    return AuditEvent(
        action,
        visit.now,
        visit.correlation_id,
        client_id=client_id,
        subject_id=session.person.subject_id,
        provider=session.person.provider,
        details={"by": "person"},
    )
