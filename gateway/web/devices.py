"""A kiosk's request, answered on the person's own phone or computer: the page of RFC 8628 §3.3 and what follows it.

The code alone decides nothing, also when it came in the address of a QR code (§3.3.1): it is sent by hand, then the
page asks whether this is the kiosk in front of the person, and only then the sign-in begins.
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.broker import approvals, problems
from gateway.broker.problems import ProblemError
from gateway.web.browser import form_token, is_form_token, new_binding
from gateway.web.context import web_of
from gateway.web.decoupled_pages import (
    DECIDED,
    DEVICE,
    DecidedPage,
    UserCodePage,
    device_page,
    device_path,
    is_decided_path,
    is_device_path,
    provider_targets,
    purpose_of,
)
from gateway.web.errors import errors_as_pages
from gateway.web.forms import form_pairs, once, query_pairs
from gateway.web.front_channel import respond
from gateway.web.responses import page, see_other

_PURPOSE: Final = "user-code"
_LONGEST: Final = 32
_CODE: Final = re.compile(r"[A-Za-z0-9 -]{1,32}")


@errors_as_pages
async def ask_code(request: Request) -> Response:
    """The page behind ``verification_uri`` and ``verification_uri_complete``; opening it decides nothing."""
    web = web_of(request)
    binding = web.cookies.binding(request) or new_binding()
    offered = request.query_params.get("user_code", "")
    known = offered if _CODE.fullmatch(offered) else ""
    token = form_token(web.form_key, binding, _PURPOSE)
    response = page(request, UserCodePage(service=None, switch=DEVICE, action=DEVICE, csrf=token, user_code=known))
    web.cookies.set_binding(response, binding)
    return response


@errors_as_pages
async def take_code(request: Request) -> Response:
    """The person sent a code; a wrong, an expired and a used one get the same answer (RFC 8628 §5.1)."""
    web = web_of(request)
    binding, fields = await _form(request, _PURPOSE)
    typed = fields.get("user_code", "")[:_LONGEST]
    visit = web.visit(request, binding, web.language(request))
    found = await approvals.by_user_code(web.broker, typed, visit)
    if found is None:
        context = UserCodePage(None, DEVICE, DEVICE, fields["csrf"], _shown(typed), is_wrong=True)
        return page(request, context)
    _, decoupled = found
    return see_other(device_path(web, binding, decoupled, _shown(typed).upper()))


@errors_as_pages
async def ask_device(request: Request) -> Response:
    """Is this the kiosk in front of you? Only the browser that sent the code may ask."""
    web = web_of(request)
    binding, request_id = web.cookies.binding(request), request.path_params["request_id"]
    query = once(query_pairs(request))
    user_code = query.get("user_code", "")
    if binding is None or not is_device_path(web, binding, request_id, user_code, query.get("seal", "")):
        return see_other(DEVICE)
    client, decoupled = await approvals.asked(
        web.broker, request_id, web.visit(request, binding, web.language(request))
    )
    context = device_page(web, binding, client, decoupled, user_code)
    return page(request, context, form_targets=provider_targets(web, client))


@errors_as_pages
async def answer_device(request: Request) -> Response:
    """The person goes on to the sign-in, or says that the kiosk is not theirs."""
    web, request_id = web_of(request), request.path_params["request_id"]
    binding, fields = await _form(request, purpose_of(request_id))
    visit = web.visit(request, binding, web.language(request))
    client, decoupled = await approvals.asked(web.broker, request_id, visit)
    match fields.get("action"):
        case "continue":
            outcome = await approvals.open(web.broker, client, decoupled, visit)
        case "deny":
            outcome = await approvals.deny(web.broker, decoupled, visit)
        case _:
            raise ProblemError(problems.MALFORMED)
    return await respond(request, outcome, binding, client)


@errors_as_pages
async def show_decided(request: Request) -> Response:
    """The farewell: what was decided, and where to go on."""
    web = web_of(request)
    binding, query = web.cookies.binding(request), once(query_pairs(request))
    if binding is None or not is_decided_path(web, binding, query):
        return see_other(DEVICE)
    client = await web.broker.clients.find(query["client_id"])
    context = DecidedPage(
        service=client.client_name if client else None,
        switch=f"{DECIDED}?{'&'.join(part for part in request.url.query.split('&') if not part.startswith('lang='))}",
        is_approved=query["is"] == "approved",
        is_at_counter=query["at"] == "counter",
    )
    return page(request, context)


async def _form(request: Request, purpose: str) -> tuple[str, dict[str, str]]:
    """A form of ours, with the token of this browser and this question."""
    web = web_of(request)
    fields = once(await form_pairs(request))
    binding = web.cookies.binding(request)
    if binding is None or not is_form_token(web.form_key, binding, purpose, fields.get("csrf", "")):
        raise ProblemError(problems.STALE_FORM)
    return binding, fields


def _shown(typed: str) -> str:
    """What was typed, as far as it looks like a code: nothing else is shown again or put into an address."""
    stripped = typed.strip()
    return stripped if _CODE.fullmatch(stripped) else ""


def routes() -> list[Route]:
    """The kiosk's pages."""
    return [
        Route(DEVICE, ask_code, methods=["GET"]),
        Route(DEVICE, take_code, methods=["POST"]),
        Route(DECIDED, show_decided, methods=["GET"]),
        Route(f"{DEVICE}/{{request_id}}", ask_device, methods=["GET"]),
        Route(f"{DEVICE}/{{request_id}}", answer_device, methods=["POST"]),
    ]
