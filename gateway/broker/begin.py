"""The start of a sign-in: a session will do, or an account is chosen and the browser goes to its provider."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.broker import problems
from gateway.broker.asked import asks_for_organisation
from gateway.broker.assurance import can_be_met, demanded, least_assurance, wished
from gateway.broker.model import ChooseProvider, GoUpstream, LoginTransaction, Outcome, Stage
from gateway.broker.parts import Broker
from gateway.broker.proceed import proceed
from gateway.broker.reply import failed_upstream, started
from gateway.broker.returning import refused, turned_away
from gateway.broker.single_sign_on import steps_up, usable_session
from gateway.broker.visit import Visit
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import ErrorCode, Prompt
from providers.base import LoginRequest
from providers.errors import ProviderError

__all__ = ["CHOOSABLE", "Visit", "begin", "choose", "chooser"]

CHOOSABLE: Final = frozenset({Stage.CHOOSING, Stage.AWAY})
"""Stages at which an account may be chosen; AWAY is among them for the back button."""


async def begin(broker: Broker, client: Client, request: AuthorizationRequest, visit: Visit) -> Outcome:
    """Decide how a validated authorization request goes on (OpenID Connect Core §3.1.2.3)."""
    transaction = _new_transaction(broker, request, visit)
    if broker.is_cut_off(client):
        raise await _without_account(broker, transaction, visit)
    if not can_be_met(broker, client, request):
        raise await turned_away(broker, transaction, problems.LEVEL_UNMET, visit.now, stored=False)
    session = await usable_session(broker, client, transaction, visit)
    if session is not None:
        carried = replace(transaction, stage=Stage.RETURNED, provider=session.person.provider, person=session.person)
        return await proceed(broker, client, carried, visit.now, session=session, stored=False)
    if Prompt.NONE in request.prompts:
        raise await refused(broker, request, ErrorCode.LOGIN_REQUIRED, "the person has to sign in", visit.now)
    hint = _led_to(broker, client, request, visit.now)
    if hint is not None:
        return await _go(broker, client, transaction, hint, visit, stored=False)
    await broker.transactions.begin(transaction, started(transaction, visit.now))
    return chooser(broker, client, transaction, visit.now)


async def choose(broker: Broker, client: Client, transaction: LoginTransaction, provider: str, visit: Visit) -> Outcome:
    """The person picked an account; picking again after the back button gives the provider a new login id."""
    if transaction.stage not in CHOOSABLE:
        raise problems.ProblemError(problems.FINISHED, transaction)
    return await _go(broker, client, transaction, provider, visit, stored=True)


def chooser(broker: Broker, client: Client, transaction: LoginTransaction, now: datetime) -> ChooseProvider:
    """The accounts from which the person may choose; those that cannot reach the client's level are left out.

    One that does not answer now is still among them, with a notice, after those that work.
    """
    request, notices = transaction.request, broker.notices_of_providers
    offered = broker.offered(client, least_assurance(request)) or _reaching(broker, client, request)
    told = {name: notice for name in offered if (notice := notices.of(name, now)) is not None}
    return ChooseProvider(transaction, notices.working_first(offered, now), told)


def _led_to(broker: Broker, client: Client, request: AuthorizationRequest, now: datetime) -> str | None:
    """The account to which the client's hint leads without a choice; never to one that does not answer now."""
    hint = request.idp_hint
    if hint is None or Prompt.SELECT_ACCOUNT in request.prompts or hint not in _reaching(broker, client, request):
        return None
    return None if broker.notices_of_providers.is_away(hint, now) else hint


def _reaching(broker: Broker, client: Client, request: AuthorizationRequest) -> tuple[str, ...]:
    """The accounts that can reach what is demanded; a mere wish leaves none out."""
    return broker.offered(client, least_assurance(request) if demanded(request) is not None else None)


async def _go(
    broker: Broker, client: Client, transaction: LoginTransaction, name: str, visit: Visit, *, stored: bool
) -> GoUpstream:
    request = transaction.request
    if name not in _reaching(broker, client, request):
        raise problems.ProblemError(problems.PROVIDER_UNKNOWN, transaction if stored else None)
    login = LoginRequest(
        login_id=secrets.token_urlsafe(24),
        callback_url=f"{broker.issuer}/callback/{name.replace('_', '-')}",
        language=transaction.language,
        assurance=wished(request, client),
        fresh=_wants_fresh(request) or await steps_up(broker, client, request, visit),
        organisation=asks_for_organisation(request),
    )
    try:
        start = await broker.providers[name].start(login)
    except ProviderError as error:
        raise await _not_started(broker, transaction, error, visit, stored=stored) from error
    away = replace(transaction, stage=Stage.AWAY, provider=name, login_id=login.login_id, kept=start.kept)
    if not stored:
        await broker.transactions.begin(away, started(away, visit.now))
    elif not await broker.transactions.move(away, CHOOSABLE, visit.now):
        raise problems.ProblemError(problems.FINISHED, transaction)
    return GoUpstream(start.url)


async def _not_started(
    broker: Broker, transaction: LoginTransaction, error: ProviderError, visit: Visit, *, stored: bool
) -> problems.ProblemError:
    """A provider that cannot even be begun with leaves the person at the chooser, with the others still there."""
    if not stored:
        await broker.transactions.begin(transaction, started(transaction, visit.now))
    await broker.audit.append(failed_upstream(transaction, error, visit.now))
    problem = problems.OF_PROVIDER[error.failure]
    return problems.ProblemError(problem, transaction, provider=error.provider, audited=True)


async def _without_account(broker: Broker, transaction: LoginTransaction, visit: Visit) -> Exception:
    """No person's details may go to where the client sits: nobody is asked to choose among nothing (PR-08)."""
    request = transaction.request
    if request.decoupled is not None:  # there is no address to send an error to
        return problems.ProblemError(problems.PROVIDER_UNKNOWN)
    return await refused(broker, request, ErrorCode.ACCESS_DENIED, "no account may be used at this service", visit.now)


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


def _wants_fresh(request: AuthorizationRequest) -> bool:
    return Prompt.LOGIN in request.prompts or request.max_age is not None
