"""The end of a sign-in: a code for the relying party, written together with everything it stands on."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.assurance import reported_acr
from gateway.broker.model import Consent, Decided, LoginTransaction, Person, Release, ReturnToClient, Session, Stage
from gateway.broker.parts import Broker
from gateway.broker.ports import Completion
from gateway.broker.release import plain_scopes
from gateway.broker.returning import turned_away
from gateway.broker.session_id import client_sid
from gateway.broker.subject import subject_of
from gateway.oidc.claims_request import in_id_token, in_userinfo
from gateway.oidc.issue import new_code
from gateway.oidc.model import AuthorizationCode, Client, Grant
from gateway.oidc.names import GrantType
from gateway.oidc.response import success
from providers.errors import ProviderError


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
) -> ReturnToClient | Decided:
    """Write grant, code, consent, session and audit at once, then send the browser home (RFC 6749 §4.1.2).

    A device's or counter's request gets the grant itself, in the place of a code.
    """
    person = _person(transaction)
    cookie, session = (None, ending.session) if ending.session else _new_session(broker, transaction, person, now)
    grant = await _grant(broker, client, transaction, ending.release, session, now)
    request = transaction.request
    if request.expected_sub not in {None, grant.sub}:  # an organisation was left out, or is not the one
        raise await turned_away(broker, transaction, problems.OTHER_PERSON, now, stored=ending.transaction is not None)
    text, code = new_code(request, grant, now, broker.lifetimes.code) if request.decoupled is None else ("", None)
    if not await broker.sign_ins.complete(_completion(transaction, ending, grant, code, session, now), now):
        raise problems.ProblemError(problems.FINISHED, transaction)
    if code is None:
        return await _decided(broker, transaction, cookie, now)
    return ReturnToClient(success(request, text, broker.issuer), cookie)


def _completion(  # noqa: PLR0917 - one argument for each thing that is written
    transaction: LoginTransaction,
    ending: Ending,
    grant: Grant,
    code: AuthorizationCode | None,
    session: Session,
    now: datetime,
) -> Completion:
    is_new, stored = ending.session is None, ending.transaction
    return Completion(
        grant=grant,
        code=code,
        events=_events(transaction, _person(transaction), ending, now),
        consent=ending.consent,
        new_session=session if is_new else None,
        seen_session=None if is_new else replace(session, seen_at=now),
        replaces_session=ending.replaces_session if is_new else None,
        transaction=replace(stored, stage=Stage.DONE, person=None) if stored else None,
        came_from=ending.came_from,
        spends=transaction.request.pushed,
        approves=transaction.request.decoupled,
        releases_number=ending.release.is_recorded and "gba_cn_id" in grant.claims,
    )


async def _decided(broker: Broker, transaction: LoginTransaction, cookie: str | None, now: datetime) -> Decided:
    """What the person is told who approved a request of a device or counter."""
    approved = await broker.decoupled.by_id(transaction.request.decoupled or "", now)
    is_at_counter = approved is not None and approved.grant_type is GrantType.CIBA
    return Decided(transaction.request.client_id, True, is_at_counter, cookie)


async def _grant(  # noqa: PLR0917 - one argument for each thing the grant stands on
    broker: Broker, client: Client, transaction: LoginTransaction, release: Release, session: Session, now: datetime
) -> Grant:
    person, request = _person(transaction), transaction.request
    subject = await subject_of(broker, client, person, release)
    claims = release.flat()
    return Grant(
        id=secrets.token_urlsafe(18),
        client_id=client.client_id,
        subject_id=person.subject_id,
        sub=subject.sub,
        scopes=plain_scopes(release),
        claims=claims,
        acr=reported_acr(request, person.assurance),
        amr=person.amr,
        auth_time=person.authenticated_at,
        sid=client_sid(broker.pairwise_key, session.id, client.client_id),
        created_at=now,
        nonce=request.nonce,
        id_token_claims=tuple(name for name in in_id_token(request) if name in claims) if request.claims else (),
        userinfo_claims=tuple(name for name in in_userinfo(request) if name in claims) if request.claims else (),
        resources=request.resources,
        dpop_jkt=request.dpop_jkt,
        session_id=session.id,
        actor_sub=subject.actor_sub,
    )


def _person(transaction: LoginTransaction) -> Person:
    if transaction.person is None:
        raise problems.ProblemError(problems.RESTART)
    return transaction.person


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
    ended = AuditAction.CODE_ISSUED if transaction.request.decoupled is None else AuditAction.DECOUPLED_APPROVED
    events.append(event(ended, scopes=" ".join(ending.release.scopes)))
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


def failed_upstream(transaction: LoginTransaction, error: ProviderError, now: datetime) -> AuditEvent:
    """The event of a sign-in that a provider brought to nothing; the person may choose again."""
    return AuditEvent(
        AuditAction.SIGN_IN_FAILED,
        now,
        transaction.correlation_id,
        client_id=transaction.request.client_id,
        provider=error.provider,
        details={"failure": error.failure.value, "detail": error.detail},
    )
