"""What relying parties' servers may ask about numbers: whether one is that of the person behind their token (MP-01)."""

from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from certs.keys import JsonError, strict_json
from gateway.broker.verify import TooManyQuestionsError, verify
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.userinfo import BearerError
from gateway.web.context import web_of
from gateway.web.errors import bearer_refusal, oauth_json, put_on_record, unavailable_as_json
from gateway.web.forms import FormError, form_pairs, once, query_pairs
from gateway.web.server_calls import call_of

VERIFY_PATH: Final = "/v1/identifiers/verify"
BODY_BYTES: Final = 1024
"""A number and a name for it need no more."""
_JSON: Final = "application/json"
_FIELD: Final = "number"


@unavailable_as_json
async def answer_verify(request: Request) -> Response:
    """Say whether a number is well-formed, of which kind, and the subject's own; whose else it might be, to nobody."""
    web = web_of(request)
    try:
        number, elsewhere = await _question(request)
        verdict = await verify(web.verifier, call_of(request, []), web.op, number, query_has_token=elsewhere)
    except FormError as error:
        description = "the body must be a form or a JSON object with number and nothing else, of at most 1 kB"
        refusal = OAuthError(ErrorCode.INVALID_REQUEST, description)
        await put_on_record(request, refusal, at="verify")  # somebody may be trying other ways to ask (MP-01)
        return oauth_json(request, refusal, error.status)
    except OAuthError as error:
        await put_on_record(request, error, at="verify")
        return oauth_json(request, error)
    except BearerError as error:
        return bearer_refusal(request, error)
    except TooManyQuestionsError as error:
        wait = timedelta(seconds=error.retry_after)
        return oauth_json(
            request, OAuthError(ErrorCode.TEMPORARILY_UNAVAILABLE, "too many questions", retry_after=wait)
        )
    return JSONResponse(verdict.as_json())


async def _question(request: Request) -> tuple[object, bool]:
    """What is asked, and whether a token was put where none belongs; a field beside the number is refused."""
    fields = await _fields(request)
    if "access_token" in fields or any(name == "access_token" for name, _ in query_pairs(request)):
        return None, True
    if fields.keys() != {_FIELD} or request.scope["query_string"]:
        raise FormError(400)
    return fields[_FIELD], False


async def _fields(request: Request) -> dict[str, Any]:
    """The body, read no further than the limit; ``FormError`` for what is neither a form nor JSON."""
    await limited_body(request, BODY_BYTES)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        return dict(once(await form_pairs(request)))
    try:
        return strict_json.parse_object(await request.body())
    except JsonError:
        raise FormError(400) from None


async def limited_body(request: Request, limit: int) -> None:
    """Refuse a body that is larger than this endpoint needs, by its length where that is said, else by counting."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise FormError(413)
    if len(await request.body()) > limit:
        raise FormError(413)


def routes() -> list[Route]:
    """Questions about numbers."""
    return [Route(VERIFY_PATH, answer_verify, methods=["POST"])]
