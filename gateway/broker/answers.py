"""What the person answers on our own pages: the permit number, the consent, or going back to an earlier step."""

from dataclasses import replace
from datetime import datetime

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.asked import asks_for_numbers
from gateway.broker.begin import CHOOSABLE, chooser
from gateway.broker.consent import decided
from gateway.broker.demands import unmet
from gateway.broker.identifier import Findings, PermitNeededError, check_permit, look_up
from gateway.broker.model import (
    AskConsent,
    AskPermit,
    Decided,
    LoginTransaction,
    Outcome,
    Person,
    Release,
    ReturnToClient,
    Session,
    Shown,
    Stage,
)
from gateway.broker.parts import Broker
from gateway.broker.proceed import active_client, decoupled_of, established, proceed
from gateway.broker.release import release_of
from gateway.broker.reply import Ending, to_client
from gateway.broker.returning import turned_away, way_home
from gateway.broker.single_sign_on import signed_in
from gateway.broker.visit import Visit
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode, GrantType
from mapping.documents import TravelPermit
from mapping.errors import MappingError

__all__ = ["agree", "answer_permit", "open_transaction", "refuse", "show", "skip_permit", "way_home"]


async def open_transaction(broker: Broker, transaction_id: str, visit: Visit) -> tuple[LoginTransaction, Client]:
    """The live sign-in of this browser that a page of ours names."""
    transaction = await broker.transactions.find(transaction_id, visit.browser, visit.now)
    if transaction is None:
        raise problems.ProblemError(problems.RESTART)
    return transaction, await active_client(broker, transaction.request.client_id)


async def show(broker: Broker, client: Client, transaction: LoginTransaction, now: datetime) -> Outcome:
    """The step that is due, for a page that is opened or reloaded."""
    match transaction.stage:
        case stage if stage in CHOOSABLE:
            return chooser(broker, client, transaction, now)
        case Stage.PERMIT:
            return AskPermit(transaction)
        case Stage.CONSENT:
            release = await _release(broker, client, transaction)
            return AskConsent(transaction, release, await decoupled_of(broker, transaction, now))
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
    broker: Broker,
    client: Client,
    transaction: LoginTransaction,
    withheld: frozenset[str],
    visit: Visit,
    *,
    text_version: str = "",
) -> ReturnToClient | Decided:
    """The person agreed, perhaps leaving entries out: exactly what the page showed is released.

    ``text_version`` names the wording that the page had in the visit's language; it goes into the ledger.
    """
    _at(transaction, Stage.CONSENT)
    person = established(transaction)
    problem = await unmet(broker, client, transaction, person, visit.now)  # a mandate may have ended meanwhile
    if problem is not None:
        raise await turned_away(broker, transaction, problem, visit.now, stored=True)
    release = await _release(broker, client, transaction)
    shown = await _shown(broker, client, transaction, text_version, visit)
    consent = decided(person, client, release, withheld, visit.now, shown)
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


async def _shown(
    broker: Broker, client: Client, transaction: LoginTransaction, text_version: str, visit: Visit
) -> Shown:
    waiting = await decoupled_of(broker, transaction, visit.now)
    method = "page" if waiting is None else "counter" if waiting.grant_type is GrantType.CIBA else "device"
    provider = established(transaction).provider
    return Shown(text_version, visit.language, provider, client.jurisdiction, method)


async def refuse(broker: Broker, transaction: LoginTransaction, now: datetime) -> ReturnToClient | Decided:
    """The person said no: the relying party gets ``access_denied`` and nothing else (RFC 6749 §4.1.2.1)."""
    _at(transaction, Stage.CONSENT)
    done = replace(transaction, stage=Stage.FAILED, person=None)
    event = _refused(transaction, established(transaction), now)
    if not await broker.transactions.move(done, {Stage.CONSENT}, now, event):
        raise problems.ProblemError(problems.FINISHED, transaction)
    request = transaction.request
    if request.pushed is not None:
        await broker.pushed.spend(request.pushed, now)
    home = way_home(broker, transaction, ErrorCode.ACCESS_DENIED)
    return await _deny(broker, transaction, event, now) if home is None else ReturnToClient(home)


async def _deny(broker: Broker, transaction: LoginTransaction, event: AuditEvent, now: datetime) -> Decided:
    """The same towards a device or counter, which learns it when it asks again."""
    waiting = await decoupled_of(broker, transaction, now)
    denial = replace(event, action=AuditAction.DECOUPLED_DENIED)
    if waiting is None or not await broker.decoupled.deny(waiting.id, now, denial):
        raise problems.ProblemError(problems.REQUEST_GONE)
    return Decided(waiting.client_id, is_approved=False, is_at_counter=waiting.grant_type is GrantType.CIBA)


def _refused(transaction: LoginTransaction, person: Person, now: datetime) -> AuditEvent:
    return AuditEvent(
        AuditAction.CONSENT_REFUSED,
        now,
        transaction.correlation_id,
        client_id=transaction.request.client_id,
        subject_id=person.subject_id,
        provider=person.provider,
    )


async def _carrying_session(broker: Broker, transaction: LoginTransaction, visit: Visit) -> Session | None:
    """The session that answered this sign-in, if one did: the same person, proven at the same moment."""
    if transaction.login_id is not None:
        return None
    session = await signed_in(broker, visit)
    same_person = session is not None and session.person.subject_id == established(transaction).subject_id
    return session if same_person else None


async def _release(broker: Broker, client: Client, transaction: LoginTransaction) -> Release:
    person = established(transaction)
    findings = Findings(reason=transaction.permit_answer)
    if not transaction.without_number and asks_for_numbers(transaction.request, client):
        try:
            findings = await look_up(broker, client, person)
        except PermitNeededError:
            findings = Findings(reason="evidence.missing")
    return release_of(transaction.request, client, person, findings, transaction.created_at)


def _at(transaction: LoginTransaction, stage: Stage) -> None:
    """Refuse an answer to a question that is not being asked (ST-07)."""
    if transaction.stage is not stage:
        raise problems.ProblemError(problems.FINISHED, transaction)
