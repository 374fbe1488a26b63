"""The way back from a provider: its callback is taken exactly once and becomes a person."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, assert_never

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.conflicts import RESERVED
from gateway.broker.model import LoginTransaction, Outcome, Person, Resume, Stage
from gateway.broker.organisation import acting_for
from gateway.broker.parts import Broker
from gateway.broker.ports import Anchor, Recognition
from gateway.broker.proceed import active_client, proceed
from gateway.broker.reply import failed_upstream
from gateway.broker.visit import Visit
from mapping.documents import HongKongIdentityCard, MacaoIdentityCard, TravelPermit
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind
from providers.base import Callback, UpstreamIdentity
from providers.errors import ProviderError

_UNDER_WAY: Final = frozenset({Stage.PERMIT, Stage.CONSENT})
_HOME_CARDS: Final = (HongKongIdentityCard, MacaoIdentityCard)


async def finish(
    broker: Broker, provider_name: str, login_id: str, parameters: Mapping[str, str], visit: Visit
) -> Outcome:
    """Take a callback: same browser, same provider, once (G02, G03); then the person goes on."""
    found = await _found(broker, provider_name, login_id, visit)
    if found.stage in _UNDER_WAY:
        return Resume(found)
    transaction = replace(found, stage=Stage.RETURNED)
    if not await broker.transactions.move(transaction, {Stage.AWAY}, visit.now):
        raise problems.ProblemError(problems.FINISHED, found)
    client = await active_client(broker, transaction.request.client_id)
    callback = Callback(parameters, transaction.kept, login_id, visit.now)
    try:
        identity = await broker.providers[provider_name].finish(callback)
    except ProviderError as error:
        await _back_to_chooser(broker, transaction, error, visit.now)
        problem = problems.OF_PROVIDER[error.failure]
        raise problems.ProblemError(problem, transaction, provider=provider_name, audited=True) from error
    person = _person(identity, await _recognised(broker, transaction, identity, visit.now))
    person = await acting_for(broker, transaction, identity, person, visit.now)
    await _report_reserved(broker, transaction, person, visit.now)
    known = replace(transaction, person=person, kept={})
    return await proceed(broker, client, known, visit.now, stored=True, replaces_session=visit.session)


async def _found(broker: Broker, provider_name: str, login_id: str, visit: Visit) -> LoginTransaction:
    """The sign-in that the callback names, if it is this browser's and this provider's (ST-01, ST-03)."""
    transaction = await broker.transactions.find_by_login(login_id, visit.browser, visit.now)
    if transaction is None or transaction.provider != provider_name:
        reason = "unknown_login" if transaction is None else "other_provider"
        raise problems.ProblemError(problems.RESTART, reason=reason)
    return transaction


async def _back_to_chooser(broker: Broker, transaction: LoginTransaction, error: ProviderError, now: datetime) -> None:
    """Let the person choose again; the failed login id is worth nothing any more."""
    again = replace(transaction, stage=Stage.CHOOSING, provider=None, login_id=None, kept={})
    await broker.transactions.move(again, {Stage.RETURNED}, now, failed_upstream(transaction, error, now))


async def _recognised(broker: Broker, transaction: LoginTransaction, identity: UpstreamIdentity, now: datetime) -> str:
    """The subject behind the account; blocked people, and others under a known subject, end here (AL-05, AL-08)."""
    subject_id, recognition = await broker.sign_ins.subject(
        identity.provider, identity.subject, anchor(identity), now, transaction.correlation_id
    )
    match recognition:
        case Recognition.WELCOME:
            return subject_id
        case Recognition.BLOCKED:
            problem = problems.SWITCHED_OFF
        case Recognition.SOMEONE_ELSE:
            problem = problems.ACCOUNT_CHANGED
        case _:
            assert_never(recognition)
    raise problems.ProblemError(problem, transaction, reason=recognition.value)


def anchor(identity: UpstreamIdentity) -> Anchor:
    """What must never change about the person behind this subject."""
    cards = (document for document in identity.documents if isinstance(document, _HOME_CARDS))
    card = next(cards, None)
    return Anchor(identity.birthdate, None if card is None else f"{card.kind.value}:{card.canonical}")


async def _report_reserved(broker: Broker, transaction: LoginTransaction, person: Person, now: datetime) -> None:
    """A provider that vouches for a number of our reserved blocks is in error, or somebody gives them out too."""
    number = person.residence_permit
    if number is None or number.kind is not IdentifierKind.SURROGATE:
        return
    event = AuditEvent(
        AuditAction.IDENTIFIER_REFUSED,
        now,
        transaction.correlation_id,
        client_id=transaction.request.client_id,
        subject_id=person.subject_id,
        provider=person.provider,
        details={"reason": RESERVED, "at": "provider"},
    )
    await broker.numbers.reserved_number_seen(number, now, event)


def _person(identity: UpstreamIdentity, subject_id: str) -> Person:
    """Keep what a claim may need, and nothing else of what the provider sent (G08)."""
    numbers = {document.kind: document for document in identity.documents if isinstance(document, MainlandIdentifier)}
    return Person(
        provider=identity.provider,
        subject_id=subject_id,
        assurance=identity.assurance,
        authenticated_at=identity.authenticated_at,
        amr=identity.amr,
        name=identity.name,
        birthdate=identity.birthdate,
        sex=identity.sex,
        permit=next((document for document in identity.documents if isinstance(document, TravelPermit)), None),
        # A reserved number is kept in the same place, so that the decision meets it and refuses it.
        residence_permit=numbers.get(IdentifierKind.RESIDENCE_PERMIT) or numbers.get(IdentifierKind.SURROGATE),
        citizen=numbers.get(IdentifierKind.RESIDENT_ID),
    )
