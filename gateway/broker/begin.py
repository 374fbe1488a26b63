"""The start of a sign-in: a session will do, or an account is chosen and the browser goes to its provider."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.broker import problems
from gateway.broker.identifier import NUMBER_SCOPES
from gateway.broker.model import ChooseProvider, GoUpstream, LoginTransaction, Outcome, Session, Stage
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.broker.proceed import proceed
from gateway.broker.reply import started
from gateway.oidc.errors import OAuthError, ReplyTo
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import ErrorCode, Prompt
from providers.base import Assurance, LoginRequest

CHOOSABLE: Final = frozenset({Stage.CHOOSING, Stage.AWAY})
"""Stages at which an account may be chosen; AWAY is among them for the back button."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What the edge knows about the request at hand."""

    browser: bytes
    """Hash of the browser's binding cookie."""
    language: str
    correlation_id: str
    now: datetime
    session: bytes | None = None
    """Hash of the session cookie, if the browser sent one."""


async def begin(broker: Broker, client: Client, request: AuthorizationRequest, visit: Visit) -> Outcome:
    """Decide how a validated authorization request goes on (OpenID Connect Core §3.1.2.3)."""
    transaction = _new_transaction(broker, request, visit)
    session = await _usable_session(broker, client, request, visit)
    if session is not None:
        carried = replace(transaction, stage=Stage.RETURNED, provider=session.person.provider, person=session.person)
        return await proceed(broker, client, carried, visit.now, session=session, stored=False)
    if Prompt.NONE in request.prompts:
        raise OAuthError(
            ErrorCode.LOGIN_REQUIRED,
            "the person has to sign in",
            reply_to=ReplyTo(request.redirect_uri, request.state),
        )
    if request.idp_hint is not None and Prompt.SELECT_ACCOUNT not in request.prompts:
        return await _go(broker, client, transaction, request.idp_hint, visit, stored=False)
    await broker.transactions.begin(transaction, started(transaction, visit.now))
    return chooser(broker, client, transaction)


async def choose(broker: Broker, client: Client, transaction: LoginTransaction, provider: str, visit: Visit) -> Outcome:
    """The person picked an account; picking again after the back button gives the provider a new login id."""
    if transaction.stage not in CHOOSABLE:
        raise problems.ProblemError(problems.FINISHED, transaction)
    return await _go(broker, client, transaction, provider, visit, stored=True)


def chooser(broker: Broker, client: Client, transaction: LoginTransaction) -> ChooseProvider:
    """The accounts from which the person may choose; those that cannot reach the client's level are left out."""
    offered = broker.offered(client, least_assurance(transaction.request)) or broker.offered(client)
    return ChooseProvider(transaction, offered)


async def _go(
    broker: Broker, client: Client, transaction: LoginTransaction, name: str, visit: Visit, *, stored: bool
) -> GoUpstream:
    if name not in broker.offered(client):
        raise problems.ProblemError(problems.PROVIDER_UNKNOWN, transaction if stored else None)
    provider = broker.providers[name]
    login_id = secrets.token_urlsafe(24)
    start = await provider.start(
        LoginRequest(
            login_id=login_id,
            callback_url=f"{broker.issuer}/callback/{name.replace('_', '-')}",
            language=transaction.language,
            assurance=_wish(transaction.request),
            fresh=_fresh(transaction.request),
        )
    )
    away = replace(transaction, stage=Stage.AWAY, provider=name, login_id=login_id, kept=start.kept)
    if not stored:
        await broker.transactions.begin(away, started(away, visit.now))
    elif not await broker.transactions.move(away, CHOOSABLE, visit.now):
        raise problems.ProblemError(problems.FINISHED, transaction)
    return GoUpstream(start.url)


def _new_transaction(broker: Broker, request: AuthorizationRequest, visit: Visit) -> LoginTransaction:
    return LoginTransaction(
        id=secrets.token_urlsafe(24),
        stage=Stage.CHOOSING,
        request=request,
        browser=visit.browser,
        correlation_id=visit.correlation_id,
        language=visit.language,
        created_at=visit.now,
        expires_at=visit.now + broker.lifetimes.transaction,
    )


async def _usable_session(
    broker: Broker, client: Client, request: AuthorizationRequest, visit: Visit
) -> Session | None:
    """The browser's session, if the request is content with it (OpenID Connect Core §3.1.2.1)."""
    if visit.session is None or request.prompts & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
        return None
    session = await broker.sign_ins.session(visit.session, visit.now)
    if session is None or session.browser != visit.browser:
        return None
    person = session.person
    if person.provider not in broker.offered(client) or request.idp_hint not in {None, person.provider}:
        return None
    if request.max_age is not None and visit.now - person.authenticated_at > timedelta(seconds=request.max_age):
        return None
    least = least_assurance(request)
    return session if least is None or person.assurance >= least else None


def least_assurance(request: AuthorizationRequest) -> Assurance | None:
    """The lowest of the levels that the client listed; what is below it is not offered."""
    levels = [level for acr in request.acr_values if (level := Assurance.from_acr(acr))]
    return min(levels, default=None)


def _wish(request: AuthorizationRequest) -> Assurance | None:
    """The level to ask the provider for: the client's first choice, and enough for an identifier if one is asked."""
    levels = [level for acr in request.acr_values if (level := Assurance.from_acr(acr))]
    first = levels[0] if levels else None
    if NUMBER_SCOPES & set(request.scopes):
        return max(first or NUMBER_ASSURANCE, NUMBER_ASSURANCE)
    return first


def _fresh(request: AuthorizationRequest) -> bool:
    return Prompt.LOGIN in request.prompts or request.max_age is not None
