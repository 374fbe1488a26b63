"""What people's browsers call: authorize, our own pages of a sign-in, the providers' callbacks."""

from dataclasses import replace
from typing import Final, assert_never

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.broker import answers, problems
from gateway.broker.begin import begin, choose
from gateway.broker.finish import finish
from gateway.broker.model import (
    AskConsent,
    AskPermit,
    ChooseProvider,
    Decided,
    GoUpstream,
    LoginTransaction,
    Outcome,
    Resume,
    ReturnToClient,
)
from gateway.broker.problems import CATALOGUE, ProblemError
from gateway.broker.visit import Visit
from gateway.oidc import authorize, metadata
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.web.browser import form_token, is_form_token, new_binding
from gateway.web.context import Web, web_of
from gateway.web.decoupled_pages import decided_path
from gateway.web.errors import errors_as_pages
from gateway.web.forms import Pairs, form_pairs, once, query_pairs
from gateway.web.pages import Page
from gateway.web.render import text_version
from gateway.web.reply import reply
from gateway.web.responses import page, page_language, see_other
from gateway.web.sign_in_pages import chooser_page, consent_page, permit_page
from gateway.web.source import source_of

_ANSWER_LIMIT: Final = 64
_LEAVING: Final = {problem.oauth.value: problem.oauth for problem in CATALOGUE}
"""What a person may go home with: the errors that our pages offer."""


@errors_as_pages
async def answer_authorize(request: Request) -> Response:
    """The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1), by GET and by POST."""
    web = web_of(request)
    pairs = query_pairs(request)
    if request.method == "POST":
        pairs += await form_pairs(request)
    web.sign_in_pace.count(dict(pairs).get("client_id", ""), source_of(request.scope), web.clock())
    client, wanted = await authorize.validate(pairs, web.op, offered=web.offered, now=web.clock())
    binding = web.cookies.binding(request) or new_binding()
    visit = web.visit(request, binding, web.language(request, wanted.ui_locales))
    outcome = await begin(web.broker, client, wanted, visit)
    response = await respond(request, outcome, binding, client, visit.language)
    web.cookies.set_binding(response, binding)
    return response


@errors_as_pages
async def show_step(request: Request) -> Response:
    """The page of the step that is due; it can be reloaded and bookmarked without harm."""
    web, binding, visit = _bound(request)
    transaction, client = await answers.open_transaction(web.broker, request.path_params["transaction"], visit)
    outcome = await answers.show(web.broker, client, transaction, visit.now)
    token = form_token(web.form_key, binding, _purpose(outcome, transaction))
    context: Page
    match outcome:
        case ChooseProvider():
            # A provider that still knows the person sends the browser straight on, as far as the relying party.
            addresses = (web.provider_addresses[name] for name in outcome.providers)
            targets = (*addresses, transaction.request.redirect_uri)  # nothing is made of an empty one
            context = chooser_page(web, client, outcome, token)
        case AskPermit():
            targets = (transaction.request.redirect_uri,)
            context = permit_page(web, client, outcome, token)
        case AskConsent():
            targets = (transaction.request.redirect_uri,)
            context = consent_page(web, client, outcome, token)
        case _:
            raise ProblemError(problems.FINISHED, transaction)
    return page(request, context, language=page_language(request, transaction), form_targets=targets)


@errors_as_pages
async def choose_provider(request: Request) -> Response:
    """The person picked an account."""
    web, visit, transaction, client, fields = await _answered(request, "provider")
    chosen = fields.get("provider", "")[:_ANSWER_LIMIT]
    return await _go_on(request, await choose(web.broker, client, transaction, chosen, visit), transaction, client)


@errors_as_pages
async def answer_permit(request: Request) -> Response:
    """The person typed a permit number, or goes on without."""
    web, visit, transaction, client, fields = await _answered(request, "permit")
    if fields.get("action") == "skip":
        outcome = await answers.skip_permit(web.broker, client, transaction, visit.now)
    else:
        outcome = await answers.answer_permit(web.broker, client, transaction, fields.get("permit", ""), visit.now)
    return await _go_on(request, outcome, transaction, client)


@errors_as_pages
async def answer_consent(request: Request) -> Response:
    """The person agreed or refused; only an explicit ``agree`` is one."""
    web, visit, transaction, client, pairs = await _answered_pairs(request, "consent")
    withheld = frozenset(value for name, value in pairs if name == "withhold")
    match once([pair for pair in pairs if pair[0] != "withhold"]).get("action"):
        case "agree":
            visit = replace(visit, language=page_language(request, transaction))
            version = text_version(visit.language)
            outcome = await answers.agree(web.broker, client, transaction, withheld, visit, text_version=version)
        case "refuse":
            outcome = await answers.refuse(web.broker, transaction, visit.now)
        case "stay":
            return see_other(f"/sign-in/{transaction.id}")
        case _:
            raise ProblemError(problems.MALFORMED, transaction)
    return await _go_on(request, outcome, transaction, client)


@errors_as_pages
async def leave(request: Request) -> Response:
    """Go home to the relying party with an error that no plain link can carry; nothing of the sign-in changes."""
    web, _, visit = _bound(request)
    transaction, client = await answers.open_transaction(web.broker, request.path_params["transaction"], visit)
    code = _LEAVING.get(once(query_pairs(request)).get("error", ""), ErrorCode.ACCESS_DENIED)
    response = answers.way_home(web.broker, transaction, code)
    if response is None:
        raise ProblemError(problems.NOT_FOUND)
    return await reply(request, response, client, language=page_language(request, transaction))


@errors_as_pages
async def answer_callback(request: Request) -> Response:
    """A provider sends the browser back; which sign-in is meant stands in ``state`` or in the path (ST-02)."""
    web = web_of(request)
    name = request.path_params["provider"].replace("-", "_")
    provider = web.broker.providers.get(name)
    in_path = request.path_params.get("login_id")
    if provider is None or (in_path is None) != provider.keeps_state:
        raise ProblemError(problems.NOT_FOUND)
    parameters = once(query_pairs(request))
    if ("code" in parameters) and ({"error", "error_code"} & parameters.keys()):
        raise ProblemError(problems.MALFORMED)  # ST-13: an answer that says yes and no
    login_id = in_path if in_path is not None else parameters.get("state", "")
    _, binding, visit = _bound(request)
    return await respond(request, await finish(web.broker, name, login_id, parameters, visit), binding)


async def respond(
    request: Request, outcome: Outcome, binding: str, client: Client | None = None, language: str | None = None
) -> Response:
    """Every outcome of a step as HTTP: a redirect, so that reload and back button repeat no step, or a form post."""
    web = web_of(request)
    match outcome:
        case GoUpstream(url):
            return see_other(url)
        case ReturnToClient() | Decided():
            if isinstance(outcome, ReturnToClient):
                response = await reply(request, outcome.response, client, language=language)
            else:
                web.wake()
                response = see_other(decided_path(web, binding, outcome))
            if outcome.session_cookie is not None:
                web.cookies.set_session(response, outcome.session_cookie)
            return response
        case ChooseProvider() | AskPermit() | AskConsent() | Resume():
            return see_other(f"/sign-in/{outcome.transaction.id}")
        case _:
            assert_never(outcome)


async def _go_on(request: Request, outcome: Outcome, transaction: LoginTransaction, client: Client) -> Response:
    """The response to an answered form, in the language of the sign-in."""
    _, binding, _ = _bound(request)
    return await respond(request, outcome, binding, client, page_language(request, transaction))


def _purpose(outcome: Outcome, transaction: LoginTransaction) -> str:
    step = {ChooseProvider: "provider", AskPermit: "permit", AskConsent: "consent"}.get(type(outcome), "")
    return f"{transaction.id}/{step}"


def _bound(request: Request) -> tuple[Web, str, Visit]:
    """The browser's binding; without it no sign-in of this browser can be found (ST-01)."""
    web = web_of(request)
    binding = web.cookies.binding(request)
    if binding is None:
        raise ProblemError(problems.RESTART)
    return web, binding, web.visit(request, binding, web.language(request))


async def _answered_pairs(request: Request, step: str) -> tuple[Web, Visit, LoginTransaction, Client, Pairs]:
    """A form of ours: the token is checked against this browser, this sign-in and this step before anything else."""
    web, binding, visit = _bound(request)
    transaction_id = request.path_params["transaction"]
    pairs = await form_pairs(request)
    tokens = [value for name, value in pairs if name == "csrf"]
    if len(tokens) != 1 or not is_form_token(web.form_key, binding, f"{transaction_id}/{step}", tokens[0]):
        raise ProblemError(problems.STALE_FORM)
    transaction, client = await answers.open_transaction(web.broker, transaction_id, visit)
    return web, visit, transaction, client, pairs


async def _answered(request: Request, step: str) -> tuple[Web, Visit, LoginTransaction, Client, dict[str, str]]:
    web, visit, transaction, client, pairs = await _answered_pairs(request, step)
    return web, visit, transaction, client, once(pairs)


def routes() -> list[Route]:
    """The front channel of a sign-in."""
    return [
        Route(metadata.PATHS["authorize"], answer_authorize, methods=["GET", "POST"]),
        Route("/sign-in/{transaction}", show_step, methods=["GET"]),
        Route("/sign-in/{transaction}/leave", leave, methods=["GET"]),
        Route("/sign-in/{transaction}/provider", choose_provider, methods=["POST"]),
        Route("/sign-in/{transaction}/permit", answer_permit, methods=["POST"]),
        Route("/sign-in/{transaction}/consent", answer_consent, methods=["POST"]),
        Route("/callback/{provider}", answer_callback, methods=["GET"]),
        Route("/callback/{provider}/{login_id}", answer_callback, methods=["GET"]),
    ]
