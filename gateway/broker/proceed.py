"""What is due once the person is known: the permit number, the consent, or the reply (one decision, one place)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.broker import problems
from gateway.broker.asked import asks_for_numbers
from gateway.broker.consent import remembered
from gateway.broker.demands import unmet
from gateway.broker.identifier import Findings, PermitNeededError, find_number
from gateway.broker.model import AskConsent, AskPermit, LoginTransaction, Outcome, Person, Release, Session, Stage
from gateway.broker.parts import Broker
from gateway.broker.release import release_of
from gateway.broker.reply import Ending, started, to_client
from gateway.broker.returning import refused, turned_away
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode, Prompt

BEHIND_PROVIDER: Final = frozenset({Stage.RETURNED, Stage.PERMIT, Stage.CONSENT})
"""Stages at which the person is established."""


async def proceed(
    broker: Broker,
    client: Client,
    transaction: LoginTransaction,
    now: datetime,
    *,
    stored: bool,
    session: Session | None = None,
    replaces_session: bytes | None = None,
) -> Outcome:
    """Find the next step for an established person; without a question to ask, that is the reply.

    ``stored`` is false for a sign-in that a session answers: its transaction is written only if a page is needed.
    """
    person = established(transaction)
    problem = await unmet(broker, client, transaction, person, now)
    if problem is not None:
        raise await turned_away(broker, transaction, problem, now, stored=stored)
    try:
        findings = await _findings(broker, client, transaction, now)
    except PermitNeededError:
        return await _ask_permit(broker, transaction, now, stored=stored)
    if _may_ask_again(transaction, findings):
        asking = replace(transaction, permit_answer=findings.reason)
        return await _ask_permit(broker, asking, now, stored=stored)
    release = release_of(transaction.request, client, person, findings, transaction.created_at)
    consent = await broker.sign_ins.consent(person.subject_id, client.client_id)
    if Prompt.CONSENT in transaction.request.prompts or not remembered(consent, client, release):
        return await _ask_consent(broker, transaction, release, now, stored=stored)
    withheld = frozenset(consent.withheld) if consent else frozenset[str]()
    ending = Ending(
        release.without(withheld),
        session=session,
        replaces_session=replaces_session,
        transaction=transaction if stored else None,
        came_from={Stage.RETURNED},
    )
    return await to_client(broker, client, transaction, ending, now)


def _may_ask_again(transaction: LoginTransaction, findings: Findings) -> bool:
    """The register did not vouch for the permit: the person may type it, unless they chose to go on without."""
    return bool(findings.reason and findings.reason.startswith("register.")) and not transaction.without_number


async def _findings(broker: Broker, client: Client, transaction: LoginTransaction, now: datetime) -> Findings:
    if not asks_for_numbers(transaction.request, client):
        return Findings()
    if transaction.without_number:
        return Findings(reason=transaction.permit_answer or "evidence.missing")
    return await find_number(broker, client, transaction, now)


async def _ask_permit(broker: Broker, transaction: LoginTransaction, now: datetime, *, stored: bool) -> AskPermit:
    waiting = replace(transaction, stage=Stage.PERMIT)
    await _wait(broker, waiting, {Stage.RETURNED}, now, stored=stored)
    return AskPermit(waiting)


async def _ask_consent(
    broker: Broker, transaction: LoginTransaction, release: Release, now: datetime, *, stored: bool
) -> AskConsent:
    waiting = replace(transaction, stage=Stage.CONSENT)
    await _wait(broker, waiting, {Stage.RETURNED, Stage.PERMIT}, now, stored=stored)
    return AskConsent(waiting, release, await decoupled_of(broker, waiting, now))


async def _wait(
    broker: Broker, transaction: LoginTransaction, came_from: Collection[Stage], now: datetime, *, stored: bool
) -> None:
    """Keep the transaction for the page; with ``prompt=none`` no page may be shown (OpenID Connect Core §3.1.2.6)."""
    if Prompt.NONE in transaction.request.prompts:
        code = ErrorCode.CONSENT_REQUIRED if transaction.stage is Stage.CONSENT else ErrorCode.INTERACTION_REQUIRED
        raise await refused(broker, transaction.request, code, "the person has to be asked", now)
    if not stored:
        await broker.transactions.begin(transaction, started(transaction, now))
    elif not await broker.transactions.move(transaction, came_from, now):
        raise problems.ProblemError(problems.FINISHED, transaction)


def established(transaction: LoginTransaction) -> Person:
    """The person of a transaction that has one; no later step runs without a recorded upstream result (ST-07)."""
    if transaction.person is None or transaction.stage not in BEHIND_PROVIDER:
        raise problems.ProblemError(problems.RESTART)
    return transaction.person


async def decoupled_of(broker: Broker, transaction: LoginTransaction, now: datetime) -> DecoupledRequest | None:
    """The device's or counter's request that a sign-in answers."""
    request_id = transaction.request.decoupled
    return None if request_id is None else await broker.decoupled.by_id(request_id, now)


async def active_client(broker: Broker, client_id: str) -> Client:
    """The transaction's client, if nobody switched it off meanwhile (CD-09)."""
    client = await broker.clients.find(client_id)
    if client is None or not client.is_active:
        raise problems.ProblemError(problems.REQUEST_REFUSED)
    return client
