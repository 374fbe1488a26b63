"""Documents and the register become the 18-character identifier, or a reason why there is none.

The order of resolution is that of the mapping specification, section 10.4 (docs/reference/identifier.md).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.model import LoginTransaction, Person, Stage
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.broker.ports import BindingConflictError, BindingRaceError
from gateway.oidc.model import Client
from gateway.oidc.names import Scope
from mapping.claims import Resolution
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Binding, Evidence, Keep, Known, Policy, Read
from mapping.identifier import MainlandIdentifier
from mapping.ports import LinkAnswer, LinkOutcome, LinkQuestion
from mapping.resolve import decide
from providers.errors import ProviderError

NUMBER_SCOPES: Final = frozenset({Scope.CN_ID, Scope.CN_DOC})
"""Scopes that need the person's documents."""

_RACES: Final = 5
"""How often a lost race for a binding is tried again before it counts as a fault."""


@dataclass(frozen=True, slots=True, repr=False)
class Findings:
    """What is known of a person's documents for this release."""

    resolution: Resolution | None = None
    permit: TravelPermit | None = None
    reason: str | None = None
    """Why there is no identifier, as a code of identifiers.md §10.3 or of the register."""


class PermitNeededError(Exception):
    """Nothing is recorded yet: the person has to type the permit number."""


async def look_up(broker: Broker, client: Client, person: Person) -> Findings:
    """What is known without asking anybody; raises ``PermitNeededError`` when the person has to type the number."""
    policy = _policy(broker, client)
    if person.citizen is not None or (person.residence_permit is not None and person.permit is None):
        return _decided(_vouched(person, client), Known(), policy, None)
    if person.assurance < NUMBER_ASSURANCE:
        return Findings(reason="assurance.too_low")
    binding = await broker.numbers.of_subject(person.subject_id)
    if binding is None:
        raise PermitNeededError
    evidence = _evidence(person, client, binding.permit)
    return _decided(evidence, Known(binding=binding), policy, binding.permit)


async def check_permit(
    broker: Broker, client: Client, transaction: LoginTransaction, permit: TravelPermit, now: datetime
) -> Findings:
    """Ask the register about a permit, and record what comes of it; ``reason`` says what stood in the way."""
    person = _established(transaction)
    if not await broker.attempts.admit("permit", person.subject_id, now):
        return await _refused(broker, transaction, "permit.too_many_tries", now)
    try:
        answer = await _ask(broker, person, permit)
        if answer.outcome is not LinkOutcome.MATCHED:
            return await _refused(broker, transaction, f"register.{answer.outcome.value}", now)
        number = await broker.register.redeem(answer.token) if answer.token and broker.register else None
    except ProviderError:
        return Findings(reason="register.unavailable")
    return await _record(broker, client, transaction, permit, number, now)


async def _refused(broker: Broker, transaction: LoginTransaction, reason: str, now: datetime) -> Findings:
    """Somebody may be trying numbers out: every refused one is on record."""
    await broker.audit.append(_event(AuditAction.IDENTIFIER_REFUSED, transaction, now, reason))
    return Findings(reason=reason)


async def _ask(broker: Broker, person: Person, permit: TravelPermit) -> LinkAnswer:
    if broker.register is None or person.birthdate is None:
        return LinkAnswer(LinkOutcome.NOT_MATCHED, None, None)
    return await broker.register.ask(LinkQuestion(permit, person.name.han, person.name.latin, person.birthdate))


async def _record(  # noqa: PLR0917 - one more would be a record of its own
    broker: Broker,
    client: Client,
    transaction: LoginTransaction,
    permit: TravelPermit,
    number: MainlandIdentifier | None,
    now: datetime,
) -> Findings:
    person = _established(transaction)
    evidence = replace(
        _evidence(person, client, permit), residence_permit=number, residence_permit_verified=number is not None
    )
    policy = _policy(broker, client)
    for _ in range(_RACES):
        known = await broker.numbers.known(permit, None, number)
        try:
            decision = decide(evidence, known, policy)
            event = _event(AuditAction.IDENTIFIER_BOUND, transaction, now, type(decision).__name__.lower())
            binding = await broker.numbers.apply(person.subject_id, person.provider, evidence, decision, now, event)
        except BindingRaceError:
            continue
        except MappingError as error:  # records disagree, or the day's numbers are used up
            await broker.audit.append(_event(AuditAction.IDENTIFIER_REFUSED, transaction, now, error.code))
            return Findings(permit=permit, reason=error.code)
        except BindingConflictError:
            await broker.audit.append(_event(AuditAction.IDENTIFIER_REFUSED, transaction, now, "binding.conflict"))
            raise problems.ProblemError(problems.PERMIT_CONFLICT, transaction) from None
        return Findings(_bound(binding, policy), binding.permit)
    raise problems.ProblemError(problems.UNAVAILABLE, transaction)  # others keep changing the same record


def _decided(evidence: Evidence, known: Known, policy: Policy, permit: TravelPermit | None) -> Findings:
    try:
        decision = decide(evidence, known, policy)
    except MappingError as error:
        return Findings(permit=permit, reason=error.code)
    match decision:
        case Read(number):
            return Findings(Resolution(number, number.kind, policy.realm, evidence="provider"), permit)
        case Keep(binding):
            return Findings(_bound(binding, policy), permit)
        case _:
            return Findings(permit=permit, reason="evidence.missing")


def _bound(binding: Binding, policy: Policy) -> Resolution:
    number = binding.number
    return Resolution(number, number.kind, policy.realm, binding.replaces, binding.issued_at, evidence="register")


def _evidence(person: Person, client: Client, permit: TravelPermit) -> Evidence:
    return Evidence(
        permit=permit,
        birthdate=person.birthdate,
        sex=person.sex,
        assurance=person.assurance.value,
        purpose=client.purpose or None,
    )


def _vouched(person: Person, client: Client) -> Evidence:
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


def _policy(broker: Broker, client: Client) -> Policy:
    return Policy(
        realm=broker.realm, surrogates_allowed=client.surrogates_allowed, min_assurance=NUMBER_ASSURANCE.value
    )


def _established(transaction: LoginTransaction) -> Person:
    if transaction.person is None or transaction.stage not in {Stage.PERMIT, Stage.RETURNED}:
        raise problems.ProblemError(problems.RESTART)
    return transaction.person


def _event(action: AuditAction, transaction: LoginTransaction, now: datetime, reason: str) -> AuditEvent:
    person = transaction.person
    return AuditEvent(
        action,
        now,
        transaction.correlation_id,
        client_id=transaction.request.client_id,
        subject_id=person.subject_id if person else None,
        provider=person.provider if person else None,
        details={"reason": reason},
    )
