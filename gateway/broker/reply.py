"""The end of a sign-in: a code for the relying party, written together with everything it stands on."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.model import Consent, LoginTransaction, Person, Release, ReturnToClient, Session, Stage
from gateway.broker.parts import Broker
from gateway.broker.ports import Completion
from gateway.oidc.issue import new_code
from gateway.oidc.model import Client, Grant
from gateway.oidc.names import Scope
from gateway.oidc.pairwise import pairwise_sub
from gateway.oidc.reply_url import success_url


@dataclass(frozen=True, slots=True, repr=False)
class Ending:
    """How a sign-in ends: what is released, and which session carried it or will be made."""

    release: Release
    consent: Consent | None = None
    session: Session | None = None
    """The session used for single sign-on; without one, a new session is made."""
    replaces_session: bytes | None = None
    transaction: LoginTransaction | None = None
    """The stored transaction, to be moved to DONE in the same write."""
    came_from: Collection[Stage] = field(default=frozenset())


async def to_client(
    broker: Broker, client: Client, transaction: LoginTransaction, ending: Ending, now: datetime
) -> ReturnToClient:
    """Write grant, code, consent, session and audit at once, then send the browser home (RFC 6749 §4.1.2)."""
    person = transaction.person
    if person is None:
        raise problems.ProblemError(problems.RESTART)
    cookie, new_session = (None, None) if ending.session else _new_session(broker, transaction, person, now)
    sid = ending.session.id if ending.session else new_session.id if new_session else ""
    grant = await _grant(broker, client, transaction, ending.release, sid, now)
    text, code = new_code(transaction.request, grant, now, broker.lifetimes.code)
    completion = Completion(
        grant=grant,
        code=code,
        events=_events(transaction, person, ending, now),
        consent=ending.consent,
        new_session=new_session,
        seen_session=replace(ending.session, seen_at=now) if ending.session else None,
        replaces_session=ending.replaces_session if new_session else None,
        transaction=replace(ending.transaction, stage=Stage.DONE, person=None) if ending.transaction else None,
        came_from=ending.came_from,
        releases_number=ending.release.is_recorded and Scope.CN_ID in ending.release.scopes,
    )
    if not await broker.sign_ins.complete(completion, now):
        raise problems.ProblemError(problems.FINISHED, transaction)
    return ReturnToClient(success_url(transaction.request, text, broker.issuer), cookie)


async def _grant(  # noqa: PLR0917 - one argument for each thing the grant stands on
    broker: Broker, client: Client, transaction: LoginTransaction, release: Release, sid: str, now: datetime
) -> Grant:
    person = transaction.person
    if person is None:
        raise problems.ProblemError(problems.RESTART)
    proposed = pairwise_sub(broker.pairwise_key, client.sector, person.subject_id)
    return Grant(
        id=secrets.token_urlsafe(18),
        client_id=client.client_id,
        subject_id=person.subject_id,
        sub=await broker.sign_ins.pairwise(person.subject_id, client.sector, proposed),
        scopes=release.scopes,
        claims=release.flat(),
        acr=person.assurance.acr,
        amr=person.amr,
        auth_time=person.authenticated_at,
        sid=sid,
        created_at=now,
        nonce=transaction.request.nonce,
    )


def _new_session(broker: Broker, transaction: LoginTransaction, person: Person, now: datetime) -> tuple[str, Session]:
    """A new session under a new cookie value: whatever the browser brought along is not used (ST-08)."""
    cookie = secrets.token_urlsafe(32)
    session = Session(
        id=secrets.token_urlsafe(18),
        cookie_hash=hashlib.sha256(cookie.encode("ascii")).digest(),
        browser=transaction.browser,
        person=person,
        created_at=now,
        seen_at=now,
        expires_at=now + broker.lifetimes.session,
    )
    return cookie, session


def _events(transaction: LoginTransaction, person: Person, ending: Ending, now: datetime) -> list[AuditEvent]:
    def event(action: AuditAction, **details: str) -> AuditEvent:
        return AuditEvent(
            action,
            now,
            transaction.correlation_id,
            client_id=transaction.request.client_id,
            subject_id=person.subject_id,
            provider=person.provider,
            details=details,
        )

    events = [event(AuditAction.SIGN_IN_COMPLETED, by="session" if ending.session else "provider")]
    if ending.consent is not None:
        events.append(event(AuditAction.CONSENT_GIVEN, scopes=" ".join(ending.consent.granted)))
    events.append(event(AuditAction.CODE_ISSUED, scopes=" ".join(ending.release.scopes)))
    return events


def started(transaction: LoginTransaction, now: datetime) -> AuditEvent:
    """The event of a sign-in that begins."""
    return AuditEvent(
        AuditAction.SIGN_IN_STARTED,
        now,
        transaction.correlation_id,
        client_id=transaction.request.client_id,
        provider=transaction.provider,
    )
