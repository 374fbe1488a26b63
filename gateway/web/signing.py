"""Signing through the gateway, as people's browsers pass: look, choose, compare the code, leave, come back.

The front channel carries the request's id and the relying party's own state, and nothing else: the signature, the
certificate and the report are fetched with the client's own token (``signing_requests``).
"""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, assert_never

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from certs.signatures.wording import texts
from gateway.broker import problems
from gateway.broker.problems import Problem, ProblemError
from gateway.oidc.model import Client
from gateway.signatures import signing
from gateway.signatures.records import SigningRequest, SigningStatus
from gateway.signatures.service import TrustUnusableError
from gateway.signatures.signing import (
    Ended,
    GoOn,
    ShowCode,
    SigningDesk,
    SigningError,
    SigningStep,
    SigningVisit,
    Trouble,
    return_address,
)
from gateway.signatures.signing_return import returned
from gateway.signatures.signing_trip import Leg, trip_of
from gateway.web.account_options import known_options
from gateway.web.browser import digest, form_token, is_form_token, new_binding
from gateway.web.context import Web, correlation_id, web_of
from gateway.web.errors import errors_as_pages
from gateway.web.forms import form_pairs, once, query_pairs
from gateway.web.local_time import local_minute
from gateway.web.responses import page, problem_page, see_other
from gateway.web.signature_pages import PLACES
from gateway.web.signing_pages import SigningCodePage, SigningPage, SigningResultPage, ToSign, fingerprint
from gateway.web.signing_requests import desk_of
from gateway.web.source import source_of

_PROBLEMS: Final[dict[Trouble, Problem]] = {
    Trouble.UNKNOWN: problems.RESTART,
    Trouble.TAKEN: problems.FINISHED,
    Trouble.NO_PROVIDER: problems.PROVIDER_UNKNOWN,
}

Step = Callable[[Request, SigningDesk], Awaitable[Response]]


def _for_people(step: Step) -> Callable[[Request], Awaitable[Response]]:
    """A step of a person: its trouble becomes a page, with the way back to the choice where that helps."""

    @errors_as_pages
    @functools.wraps(step)
    async def endpoint(request: Request) -> Response:
        try:
            return await step(request, desk_of(request))
        except SigningError as error:
            return await _trouble(request, error)
        except TrustUnusableError:
            raise ProblemError(problems.UNAVAILABLE) from None

    return endpoint


@_for_people
async def show(request: Request, desk: SigningDesk) -> Response:
    """The page of the step that is due."""
    web = web_of(request)
    binding = web.cookies.binding(request) or new_binding()
    visit = _visit(request, binding)
    web.sign_in_pace.count("", source_of(request.scope), visit.now)
    found, client = await signing.opened(desk, request.path_params["request_id"], visit)
    response = _due(request, desk, found, client, binding)
    web.cookies.set_binding(response, binding)
    return response


def _due(request: Request, desk: SigningDesk, found: SigningRequest, client: Client, binding: str) -> Response:
    trip = trip_of(found)
    if found.status.is_over:
        return page(request, _result_page(found, client))
    if found.status is SigningStatus.BACK:
        raise SigningError(Trouble.TAKEN)
    if trip is not None and trip.leg is Leg.SIGN:
        context = SigningCodePage(
            service=client.client_name,
            switch=f"/sign/{found.id}",
            action=f"/sign/{found.id}/leave",
            csrf=_token(request, binding, found, "leave"),
            document=_to_sign(found),
            provider=found.provider,
            identification_code=trip.code or None,
            way_home=return_address(found),
        )
        return page(request, context, form_targets=(trip.url, found.return_uri))
    names = signing.choices(desk, found, client)
    chooser = SigningPage(
        service=client.client_name,
        switch=f"/sign/{found.id}",
        action=f"/sign/{found.id}/provider",
        csrf=_token(request, binding, found, "provider"),
        document=_to_sign(found),
        providers=known_options(names, web_of(request).broker.notices_of_providers, web_of(request).clock()),
        way_home=return_address(found),
    )
    # A provider that still knows the person sends the browser straight back to us.
    targets = tuple(web_of(request).provider_addresses[name] for name in names)
    return page(request, chooser, form_targets=(*targets, found.return_uri))


@_for_people
async def choose_provider(request: Request, desk: SigningDesk) -> Response:
    """The person picked a provider."""
    found, client, visit, fields = await _answered(request, desk, "provider")
    return see_other(await signing.choose(desk, found, client, fields.get("provider", "")[:64], visit))


@_for_people
async def leave(request: Request, desk: SigningDesk) -> Response:
    """The person has compared the code."""
    found, *_ = await _answered(request, desk, "leave")
    return see_other(signing.leave(found))


@_for_people
async def answer_callback(request: Request, desk: SigningDesk) -> Response:
    """A provider sends the browser back; which order is meant stands in ``state`` or in the path (ST-02)."""
    web = web_of(request)
    name = request.path_params["provider"].replace("-", "_")
    signer, in_path = desk.signers.get(name), request.path_params.get("order_id")
    if signer is None or (in_path is None) != signer.keeps_state:
        raise ProblemError(problems.NOT_FOUND)
    binding = web.cookies.binding(request)
    if binding is None:
        raise ProblemError(problems.RESTART)
    parameters = once(query_pairs(request))
    if ("code" in parameters) and ({"error", "error_code"} & parameters.keys()):
        raise ProblemError(problems.MALFORMED)  # ST-13: an answer that says yes and no
    order_id = in_path if in_path is not None else parameters.get("state", "")
    return _respond(await returned(desk, name, order_id, parameters, _visit(request, binding)))


def _respond(step: SigningStep) -> Response:
    """Every outcome as a redirect, so that reload and back button repeat no step."""
    match step:
        case GoOn(url):
            return see_other(url)
        case ShowCode(found):
            return see_other(f"/sign/{found.id}")
        case Ended(found):  # what failed is told to the person before the relying party's page says it its own way
            failed = found.status is SigningStatus.FAILED
            return see_other(f"/sign/{found.id}" if failed else return_address(found))
        case _:
            assert_never(step)


async def _answered(
    request: Request, desk: SigningDesk, step: str
) -> tuple[SigningRequest, Client, SigningVisit, dict[str, str]]:
    """A form of ours: its token is good for this browser, this request and this step (ST-09, WB-02)."""
    web = web_of(request)
    binding, fields = web.cookies.binding(request), once(await form_pairs(request))
    purpose = f"sign/{request.path_params['request_id']}/{step}"
    if binding is None or not is_form_token(web.form_key, binding, purpose, fields.get("csrf", "")):
        raise ProblemError(problems.STALE_FORM)
    visit = _visit(request, binding)
    found, client = await signing.opened(desk, request.path_params["request_id"], visit)
    return found, client, visit, fields


async def _trouble(request: Request, error: SigningError) -> Response:
    if error.trouble is not Trouble.PROVIDER or error.request is None or error.failure is None:
        raise ProblemError(_PROBLEMS.get(error.trouble, problems.UNEXPECTED), reason=error.trouble.value)
    described = problems.OF_PROVIDER[error.failure]
    context = replace(
        problem_page(request, described),
        provider=error.provider,
        again=f"/sign/{error.request.id}",
        switch=f"/sign/{error.request.id}",
        way_home=return_address(error.request),
    )
    return page(request, context, status=described.status)


def _result_page(found: SigningRequest, client: Client) -> SigningResultPage:
    reason = found.result.get("reason", "")
    return SigningResultPage(
        service=client.client_name,
        switch=f"/sign/{found.id}",
        status=found.status.value,
        document=_to_sign(found),
        reason=reason if reason in texts("en") else None,
        way_home=return_address(found),
    )


def _to_sign(found: SigningRequest) -> ToSign:
    return ToSign(
        document_name=found.document_name,
        digest_alg=found.digest_alg,
        fingerprint=fingerprint(found.digest),
        purpose=found.purpose,
        relying=PLACES[found.relying],
        until=local_minute(found.expires_at),
    )


def _visit(request: Request, binding: str) -> SigningVisit:
    web = web_of(request)
    return SigningVisit(digest(binding).hex(), web.language(request), correlation_id(request), web.clock())


def _token(request: Request, binding: str, found: SigningRequest, step: str) -> str:
    web: Web = web_of(request)
    return form_token(web.form_key, binding, f"sign/{found.id}/{step}")


def routes() -> list[Route]:
    """What people's browsers pass."""
    one = "/sign/{request_id}"
    return [
        Route("/sign/callback/{provider}", answer_callback, methods=["GET"]),
        Route("/sign/callback/{provider}/{order_id}", answer_callback, methods=["GET"]),
        Route(one, show, methods=["GET"]),
        Route(f"{one}/provider", choose_provider, methods=["POST"]),
        Route(f"{one}/leave", leave, methods=["POST"]),
    ]
