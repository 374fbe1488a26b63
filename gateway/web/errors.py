"""The only place where an error becomes HTTP: a redirect, JSON, or a page in the person's language."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from certs.keys.errors import KeyUnavailableError
from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.answers import way_home
from gateway.broker.model import LoginTransaction
from gateway.broker.problems import Problem, ProblemError
from gateway.oidc import response
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import StoreUnavailableError
from gateway.oidc.userinfo import BearerError
from gateway.web.context import Web, correlation_id, web_of
from gateway.web.forms import FormError
from gateway.web.limits import seconds
from gateway.web.pages import ProblemPage
from gateway.web.reply import home_link, reply
from gateway.web.responses import page, page_language, problem_page

_LOG: Final = logging.getLogger("gateway.web")
RETRY_SECONDS: Final = "5"
_STATUS: Final = {ErrorCode.INVALID_CLIENT: 401, ErrorCode.SERVER_ERROR: 500}

Endpoint = Callable[[Request], Awaitable[Response]]


async def put_on_record(request: Request, error: OAuthError, *, at: str) -> None:
    """One audit event for a refusal that left none where it arose."""
    if not error.audited:
        web = web_of(request)
        details = {"at": at, "error": error.code.value, "about": error.description}
        event = AuditEvent(AuditAction.REQUEST_REFUSED, web.clock(), correlation_id(request), details=details)
        await web.broker.audit.append(event)


def oauth_json(request: Request, error: OAuthError, status: int | None = None) -> Response:
    """An error for a relying party's server (RFC 6749 §5.2); one request too many is 429 (RFC 6585 §4)."""
    if status is None:
        status = 429 if error.retry_after is not None else _STATUS.get(error.code, 400)
    headers = {"pragma": "no-cache"}
    if status == 401:  # noqa: PLR2004 - RFC 6749 §5.2 wants the challenge with it
        headers["www-authenticate"] = 'Basic realm="token"'
    if error.dpop_nonce is not None:
        headers["dpop-nonce"] = error.dpop_nonce
    if error.retry_after is not None:
        headers["retry-after"] = seconds(error.retry_after)
    return JSONResponse(_members(request, error.code, error.description), status_code=status, headers=headers)


def bearer_refusal(request: Request, error: BearerError) -> Response:
    """An error of a protected resource (RFC 6750 §3.1, RFC 9449 §7.1)."""
    headers = {"www-authenticate": error.challenge}
    if error.dpop_nonce is not None:
        headers["dpop-nonce"] = error.dpop_nonce
    body = _members(request, error.code, error.description) if error.code else {}
    return JSONResponse(body, status_code=error.status, headers=headers)


def server_error(request: Request) -> Response:
    """A fault of ours, towards a relying party's server: no word of what it was."""
    return JSONResponse(_members(request, ErrorCode.SERVER_ERROR, "something broke on our side"), status_code=500)


def _members(request: Request, code: ErrorCode, description: str) -> dict[str, str]:
    """What an error says; ``error_uri`` leads to the page that explains it (RFC 6749 §5.2)."""
    issuer = web_of(request).issuer
    return {"error": code.value, "error_description": description, "error_uri": f"{issuer}/errors/{code.value}"}


def unavailable_as_json(endpoint: Endpoint) -> Endpoint:
    """For relying parties' servers: a store or key that does not answer is 503 with Retry-After, nothing half-done."""

    @functools.wraps(endpoint)
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (StoreUnavailableError, KeyUnavailableError):
            body = _members(request, ErrorCode.TEMPORARILY_UNAVAILABLE, "try again later")
            return JSONResponse(body, status_code=503, headers={"retry-after": RETRY_SECONDS})

    return guarded


def errors_as_pages(endpoint: Endpoint) -> Endpoint:
    """For people's browsers: every error is a page, or travels to the relying party where it may."""

    @functools.wraps(endpoint)
    async def guarded(request: Request) -> Response:
        try:
            return await _answered(endpoint, request)
        except (StoreUnavailableError, KeyUnavailableError):  # also where a refusal could not be put on record
            return await problem(request, ProblemError(problems.UNAVAILABLE))

    return guarded


async def _answered(endpoint: Endpoint, request: Request) -> Response:
    try:
        return await endpoint(request)
    except OAuthError as error:
        await put_on_record(request, error, at="authorize")
        return await _oauth(request, error)
    except ProblemError as error:
        return await problem(request, error)
    except FormError as error:
        return await problem(request, ProblemError(problems.MALFORMED), status=error.status)


async def _oauth(request: Request, error: OAuthError) -> Response:
    """By redirect once client and redirect URI are known good; a page before that (RFC 9700 §4.11.2)."""
    if error.retry_after is not None:
        return await _too_many(request, seconds(error.retry_after))
    if error.reply_to is not None:
        issuer = web_of(request).issuer
        return await reply(request, response.failure(error.reply_to, error.code, error.description, issuer))
    _LOG.info("authorization request refused: %s [%s]", error.description, correlation_id(request))
    context = problem_page(request, problems.REQUEST_REFUSED, detail=error.description)
    return page(request, context, status=problems.REQUEST_REFUSED.status)


async def _too_many(request: Request, retry_after: str) -> Response:
    """A page that says when to try again (DS-01)."""
    answer = await problem(request, ProblemError(problems.TOO_MANY_REQUESTS))
    answer.headers["retry-after"] = retry_after
    return answer


async def problem(request: Request, error: ProblemError, *, status: int | None = None) -> Response:
    """A person's problem as a page with the ways on: other accounts, this sign-in again, back to the service."""
    web = web_of(request)
    described: Problem = error.problem
    _LOG.info("problem %s provider=%s [%s]", described.code, error.provider, correlation_id(request))
    if described in problems.REFUSALS and not error.audited:
        await _put_problem_on_record(request, error)
    transaction = error.transaction
    client = await web.broker.clients.find(transaction.request.client_id) if transaction else None
    home = home_link(transaction, way_home(web.broker, transaction, described.oauth)) if transaction else None
    context = problem_page(request, described, error=error, client=client, way_home=home)
    response = page(
        request,
        context,
        status=status or described.status,
        language=page_language(request, transaction),
        form_targets=_targets(web, context, transaction),
    )
    if response.status_code == 503:  # noqa: PLR2004 - RFC 9110 §15.6.4
        response.headers["retry-after"] = RETRY_SECONDS
    return response


async def _put_problem_on_record(request: Request, error: ProblemError) -> None:
    """One audit event for a refused step of a sign-in."""
    web = web_of(request)
    details = {"at": _place(request), "problem": error.problem.code, "reason": error.reason or error.problem.page}
    client_id = error.transaction.request.client_id if error.transaction else None
    event = AuditEvent(
        AuditAction.REQUEST_REFUSED, web.clock(), correlation_id(request), client_id=client_id, details=details
    )
    await web.broker.audit.append(event)


def _place(request: Request) -> str:
    """The first part of the path: a fixed word of ours, never an id."""
    return request.url.path.split("/")[1][:32] or "home"


def _targets(web: Web, context: ProblemPage, transaction: LoginTransaction | None) -> tuple[str, ...]:
    """Where the page's forms may end: at the other accounts' providers, or with the relying party."""
    addresses = tuple(web.provider_addresses[option.name] for option in context.others)
    home = transaction.request.redirect_uri if transaction else ""
    return (*addresses, home) if home else addresses
