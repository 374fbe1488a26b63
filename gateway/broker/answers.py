"""What the person answers on our own pages: the permit number, the consent, or going back to an earlier step."""

from dataclasses import replace
from datetime import datetime

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.begin import CHOOSABLE, Visit, chooser
from gateway.broker.consent import decided, release_of
from gateway.broker.identifier import NUMBER_SCOPES, Findings, PermitNeededError, check_permit, look_up
from gateway.broker.model import (
    AskConsent,
    AskPermit,
    LoginTransaction,
    Outcome,
    Release,
    ReturnToClient,
    Session,
    Stage,
)
from gateway.broker.parts import Broker
from gateway.broker.proceed import active_client, established, proceed
from gateway.broker.reply import Ending, to_client
from gateway.oidc.errors import ReplyTo
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.reply_url import error_url
from mapping.documents import TravelPermit
from mapping.errors import MappingError


async def open_transaction(broker: Broker, transaction_id: str, visit: Visit) -> tuple[LoginTransaction, Client]:
    """The live sign-in of this browser that a page of ours names."""
    transaction = await broker.transactions.find(transaction_id, visit.browser, visit.now)
    if transaction is None:
        raise problems.ProblemError(problems.RESTART)
    return transaction, await active_client(broker, transaction.request.client_id)


async def show(broker: Broker, client: Client, transaction: LoginTransaction) -> Outcome:
    """The step that is due, for a page that is opened or reloaded."""
    match transaction.stage:
        case stage if stage in CHOOSABLE:
            return chooser(broker, client, transaction)
        case Stage.PERMIT:
            return AskPermit(transaction)
        case Stage.CONSENT:
            return AskConsent(transaction, await _release(broker, client, transaction))
        case _:
            raise problems.ProblemError(problems.FINISHED, transaction)


async def answer_permit(
    broker: Broker, client: Client, transaction: LoginTransaction, typed: str, now: datetime
) -> Outcome:
    """The person typed a permit number: parse it, ask the register, go on or say what is wrong."""
    _at(transaction, Stage.PERMIT)
    try:
        permit = TravelPermit.parse(typed)
    except MappingError as error:
        return await _ask_again(broker, transaction, error.code, now)
    findings = await check_permit(broker, client, transaction, permit, now)
    if findings.resolution is None:
        return await _ask_again(broker, transaction, findings.reason or "evidence.missing", now)
    return await _from_permit(broker, client, transaction, now)


async def skip_permit(broker: Broker, client: Client, transaction: LoginTransaction, now: datetime) -> Outcome:
    """The person goes on without an identifier; the relying party gets what else it may have."""
    _at(transaction, Stage.PERMIT)
    return await _from_permit(broker, client, replace(transaction, without_number=True), now)


async def _from_permit(broker: Broker, client: Client, transaction: LoginTransaction, now: datetime) -> Outcome:
    """Take the step exactly once, then find the next one."""
    returned = replace(transaction, stage=Stage.RETURNED)
    if not await broker.transactions.move(returned, {Stage.PERMIT}, now):
        raise problems.ProblemError(problems.FINISHED, transaction)
    return await proceed(broker, client, returned, now, stored=True)


async def _ask_again(broker: Broker, transaction: LoginTransaction, reason: str, now: datetime) -> AskPermit:
    asking = replace(transaction, permit_answer=reason)
    if not await broker.transactions.move(asking, {Stage.PERMIT}, now):
        raise problems.ProblemError(problems.FINISHED, transaction)
    return AskPermit(asking)


async def agree(
    broker: Broker, client: Client, transaction: LoginTransaction, withheld: frozenset[str], visit: Visit
) -> ReturnToClient:
    """The person agreed, perhaps leaving scopes out: exactly what the page showed is released."""
    _at(transaction, Stage.CONSENT)
    person = established(transaction)
    release = await _release(broker, client, transaction)
    consent = decided(person, client, release, withheld, visit.now)
    session = await _carrying_session(broker, transaction, visit)
    ending = Ending(
        release.without(frozenset(consent.withheld)),
        consent=consent,
        session=session,
        replaces_session=visit.session,
        transaction=transaction,
        came_from={Stage.CONSENT},
    )
    return await to_client(broker, client, transaction, ending, visit.now)


async def refuse(broker: Broker, transaction: LoginTransaction, now: datetime) -> ReturnToClient:
    """The person said no: the relying party gets ``access_denied`` and nothing else (RFC 6749 §4.1.2.1)."""
    _at(transaction, Stage.CONSENT)
    person = established(transaction)
    event = AuditEvent(
        AuditAction.CONSENT_REFUSED,
        now,
        transaction.correlation_id,
        client_id=transaction.request.client_id,
        subject_id=person.subject_id,
        provider=person.provider,
    )
    done = replace(transaction, stage=Stage.FAILED, person=None)
    if not await broker.transactions.move(done, {Stage.CONSENT}, now, event):
        raise problems.ProblemError(problems.FINISHED, transaction)
    return ReturnToClient(way_home(broker, transaction, ErrorCode.ACCESS_DENIED))


def way_home(broker: Broker, transaction: LoginTransaction, code: ErrorCode) -> str:
    """The address that takes the person back to the relying party with an error."""
    reply_to = ReplyTo(transaction.request.redirect_uri, transaction.request.state)
    return error_url(reply_to, code, "the sign-in was not completed", broker.issuer)


async def _carrying_session(broker: Broker, transaction: LoginTransaction, visit: Visit) -> Session | None:
    """The session that answered this sign-in, if one did: the same person, proven at the same moment."""
    if visit.session is None or transaction.login_id is not None:
        return None
    session = await broker.sign_ins.session(visit.session, visit.now)
    person = established(transaction)
    if session is None or session.browser != transaction.browser or session.person.subject_id != person.subject_id:
        return None
    return session


async def _release(broker: Broker, client: Client, transaction: LoginTransaction) -> Release:
    person = established(transaction)
    if transaction.without_number or not NUMBER_SCOPES & set(transaction.request.scopes):
        return release_of(transaction.request, client, person, Findings(reason=transaction.permit_answer))
    try:
        findings = await look_up(broker, client, person)
    except PermitNeededError:
        findings = Findings(reason="evidence.missing")
    return release_of(transaction.request, client, person, findings)


def _at(transaction: LoginTransaction, stage: Stage) -> None:
    """Refuse an answer to a question that is not being asked (ST-07)."""
    if transaction.stage is not stage:
        raise problems.ProblemError(problems.FINISHED, transaction)
