"""Documents and the register become the 18-character identifier, or a reason why there is none.

The order of resolution is that of the mapping specification, section 10.4 (docs/reference/identifier.md).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.broker import problems
from gateway.broker.asked import asks_for_identifier
from gateway.broker.asking import Asking, RegisterAnswer, ask_register, release_policy
from gateway.broker.conflicts import Refused
from gateway.broker.model import LoginTransaction, Person, Stage
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.broker.ports import BindingRaceError, Held
from gateway.broker.recheck import bring_up_to_date
from gateway.broker.recording import record
from gateway.oidc.model import Client
from mapping.claims import Resolution
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Binding, Evidence, Keep, Known, Policy, Read, Renew
from mapping.lifecycle import Standing
from mapping.resolve import decide
from mapping.vocabulary import Realm

PERMIT_ATTEMPTS: Final = "permit"
"""The kind under which numbers that people type are counted."""


@dataclass(frozen=True, slots=True, repr=False)
class Findings:
    """What is known of a person's documents for this release."""

    resolution: Resolution | None = None
    permit: TravelPermit | None = None
    reason: str | None = None
    """Why there is no identifier, as a code of identifiers.md §10.3 or of the register."""
    is_recorded: bool = False
    """Whether the identifier stands on record; one that the provider vouches for is only read."""


class PermitNeededError(Exception):
    """Nothing is recorded yet: the person has to type the permit number."""


async def look_up(broker: Broker, client: Client, person: Person) -> Findings:
    """What is known without asking anybody; raises ``PermitNeededError`` when the person has to type the number."""
    without_records = _without_records(broker, client, person)
    if without_records is not None:
        return without_records
    held = await broker.numbers.of_subject(person.subject_id)
    if held is None:
        raise PermitNeededError
    return _from_record(broker, client, person, held)


async def find_number(broker: Broker, client: Client, transaction: LoginTransaction, now: datetime) -> Findings:
    """The same at the moment of a sign-in: the record is brought up to date on the way."""
    person = _established(transaction)
    without_records = _without_records(broker, client, person)
    if without_records is not None:
        return without_records
    held = await broker.numbers.of_subject(person.subject_id)
    if held is None:
        if person.permit is None:
            raise PermitNeededError
        # Guangdong's platform vouched for the permit: the register is asked without making the person type it.
        return await check_permit(broker, client, transaction, person.permit, now)
    asking = Asking.in_sign_in(broker, client, transaction, person, now)
    may_ask = asks_for_identifier(transaction.request, client)
    return _from_record(broker, client, person, await bring_up_to_date(broker, asking, held, may_ask=may_ask))


async def check_permit(
    broker: Broker, client: Client, transaction: LoginTransaction, permit: TravelPermit, now: datetime
) -> Findings:
    """Ask the register about a permit, and record what comes of it; ``reason`` says what stood in the way."""
    person = _established(transaction)
    asking = Asking.in_sign_in(broker, client, transaction, person, now)
    answer = await confirm(broker, asking, permit)
    if answer.reason is not None:
        return Findings(reason=answer.reason)
    try:
        outcome = await record(broker, asking, asking.vouched(permit, answer.number))
    except BindingRaceError:
        raise problems.ProblemError(problems.UNAVAILABLE, transaction) from None
    match outcome:
        case Refused(is_contested=True):
            raise problems.ProblemError(problems.PERMIT_CONFLICT, transaction, reason=outcome.reason, audited=True)
        case Refused(reason):
            return Findings(permit=_releasable(permit, reason), reason=reason)
        case _:
            return _from_record(broker, client, person, outcome)


async def confirm(broker: Broker, asking: Asking, permit: TravelPermit) -> RegisterAnswer:
    """Ask the register about a permit that a person offers: so many tries and no more, every refused one on record."""
    subject_id = asking.person.subject_id
    if not await broker.attempts.admit(PERMIT_ATTEMPTS, subject_id, asking.now):
        answer = RegisterAnswer("permit.too_many_tries")
    else:
        answer = await ask_register(broker.register, asking.person, permit)
    if answer.reason is not None:
        # Somebody may be trying numbers out.
        event = asking.event(AuditAction.IDENTIFIER_REFUSED, reason=answer.reason)
        if answer.is_nonsense:
            await broker.numbers.conflict(AlertKind.REGISTER_CHANGED, subject_id, permit, asking.now, event)
        else:
            await broker.audit.append(event)
    return answer


def _without_records(broker: Broker, client: Client, person: Person) -> Findings | None:
    """What can be said from the account alone: a number that its provider vouches for, or too low a level."""
    if person.citizen is not None or (person.residence_permit is not None and person.permit is None):
        policy = release_policy(broker.realm, client)
        return _decided(_read_from(person, client), Known(), policy, None)
    if person.assurance < NUMBER_ASSURANCE:
        return Findings(reason="assurance.too_low")
    return None


def _from_record(broker: Broker, client: Client, person: Person, held: Held) -> Findings:
    """What the record comes to for this relying party."""
    binding = held.binding if held.standing in {Standing.ACTIVE, Standing.FROZEN} else None
    known = Known(binding=binding, standing=held.standing, is_holder=True)
    evidence = Evidence(
        permit=held.binding.permit,
        birthdate=person.birthdate,
        sex=person.sex,
        assurance=person.assurance.value,
        purpose=client.purpose or None,
    )
    return _decided(evidence, known, release_policy(broker.realm, client), held.binding.permit)


def _decided(evidence: Evidence, known: Known, policy: Policy, permit: TravelPermit | None) -> Findings:
    try:
        decision = decide(evidence, known, policy)
    except MappingError as error:
        return Findings(permit=_releasable(permit, error.code), reason=error.code)
    match decision:
        case Read(number):
            return Findings(Resolution(number, number.kind, policy.realm, evidence="provider"), permit)
        case Keep(binding) | Renew(binding):
            return Findings(resolution_of(binding, policy.realm), permit, is_recorded=True)
        case _:
            return Findings(permit=permit, reason="evidence.missing")


def _releasable(permit: TravelPermit | None, reason: str) -> TravelPermit | None:
    """A record that stands still or contradicts the person releases nothing, the document as little as the number."""
    return None if reason.startswith("binding.") else permit


def resolution_of(binding: Binding, realm: Realm) -> Resolution:
    """A record as it is released."""
    number = binding.number
    return Resolution(number, number.kind, realm, binding.replaces, binding.issued_at, evidence="register")


def _read_from(person: Person, client: Client) -> Evidence:
    """A number that the person's own provider vouches for; it is read and not stored."""
    return Evidence(
        birthdate=person.birthdate,
        sex=person.sex,
        assurance=person.assurance.value,
        purpose=client.purpose or None,
        citizen=person.citizen,
        residence_permit=person.residence_permit,
        residence_permit_verified=person.residence_permit is not None,
    )


def _established(transaction: LoginTransaction) -> Person:
    if transaction.person is None or transaction.stage not in {Stage.PERMIT, Stage.RETURNED}:
        raise problems.ProblemError(problems.RESTART)
    return transaction.person
