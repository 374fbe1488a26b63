"""Who asks at the operators' listener, for the API and for the pages alike, and what binds a browser to its session.

The API takes a key or a session's token in its Authorization header, or a client certificate. Pages take the cookie,
never the header; what a browser sends along by itself, cookie or certificate, changes nothing without a token of the
form (or, at the API, from another site).
"""

import hashlib
import hmac
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.admin import operator_sessions, operators
from gateway.admin.operation_records import Strength
from gateway.admin.operator_sessions import Signed
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.errors import OAuthError
from gateway.web.browser import form_token, is_form_token
from gateway.web.context import correlation_id
from gateway.web.operator_call import CallError, Desk

PACE: Final = "operator"
"""The kind under which an operator's calls are counted."""
UNKNOWN: Final = CallError(401, "unauthorized", "a valid operator key is required")
CROSS_SITE: Final = CallError(403, "forbidden", "another site's page may not ask for this")
_NOBODY: Final = ""
"""No operator's name."""
_BEARER: Final = re.compile(r"(?i:bearer) ([A-Za-z0-9_-]{20,100})")
_COOKIE_LIMIT: Final = 128
_FORMS: Final = b"operators' forms"
_SAME_SITE: Final = frozenset({"same-origin", "none"})
_SAFE: Final = frozenset({"GET", "HEAD"})


def cookie_name(request: Request) -> str:
    """Over https with the ``__Host-`` prefix, so that no sibling plants it (WB-04)."""
    return "__Host-gate-operator" if request.url.scheme == "https" else "gate-operator"


async def authenticated(request: Request, desk: Desk) -> Signed:
    """Who calls the API; a wrong key, a key that was taken back and a session that has ended look alike.

    Raises ``CallError``. A cookie counts for nothing here.
    """
    headers = request.headers.getlist("authorization")
    if not headers:
        return await _by_certificate(request, desk)
    found = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    if found is not None:
        signed = await _by_token(request, desk, found[1])
        if signed is not None:
            return signed
        # Anybody can send wrong keys: they are counted as one caller's, so that nobody fills the records with them.
        if await desk.attempts.admit(PACE, _NOBODY, desk.clock()):
            await put_on_record(request, desk, None, "key")
    raise UNKNOWN


async def signed_in(request: Request, desk: Desk) -> Signed | None:
    """Who looks at a page: by the session in the cookie, and by nothing else."""
    token = session_token(request)
    return None if token is None else await _resume(request, desk, token)


def session_token(request: Request) -> str | None:
    """The cookie's value, if it occurs once: a doubled one was tossed by somebody else and is worth nothing (WB-04)."""
    pairs = [part.partition("=") for part in request.headers.get("cookie", "").split("; ")]
    values = [value for name, _, value in pairs if name == cookie_name(request)]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= _COOKIE_LIMIT else None


def set_session(request: Request, response: Response, desk: Desk, token: str) -> None:
    """Keep a session in the browser; no other site's page makes it travel."""
    _set(request, response, token, int(desk.door.session.total_seconds()))


def end_session(request: Request, response: Response) -> None:
    """Take the cookie away."""
    _set(request, response, "", 0)


def csrf_token(desk: Desk, token: str, purpose: str) -> str:
    """The token of one form: good for this session and this purpose only (WB-02)."""
    return form_token(_form_key(desk), token, purpose)


def is_csrf_token(desk: Desk, token: str, purpose: str, given: str) -> bool:
    """Compare a form's token in constant time."""
    return is_form_token(_form_key(desk), token, purpose, given)


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page asks, and not ours or the person."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in _SAME_SITE
    origin = request.headers.get("origin")
    return origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}"


def certificate_of(request: Request, desk: Desk) -> bytes | None:
    """The client certificate that the connection has proven; nothing where it cannot be read."""
    if desk.door.certificates is None:
        return None
    try:
        return desk.certificate_source.read(request.scope)
    except (OAuthError, ValueError):
        return None


async def put_on_record(request: Request, desk: Desk, operator: str | None, why: str) -> None:
    """Tell the audit that somebody was refused, and with which word."""
    details = {"why": why} if operator is None else {"why": why, "operator": operator}
    event = AuditEvent(AuditAction.OPERATOR_REFUSED, desk.clock(), correlation_id(request), details=details)
    await desk.audit.append(event)


async def _by_certificate(request: Request, desk: Desk) -> Signed:
    certificate = certificate_of(request, desk)
    if certificate is None:
        raise UNKNOWN
    operator = await operator_sessions.of_certificate(desk.door, certificate, desk.clock())
    if operator is None:
        if await desk.attempts.admit(PACE, _NOBODY, desk.clock()):
            await put_on_record(request, desk, None, "certificate")
        raise UNKNOWN
    if request.method not in _SAFE and is_from_elsewhere(request):  # browsers show certificates to whoever asks
        await put_on_record(request, desk, operator.name, "cross_site")
        raise CROSS_SITE
    return Signed(operator, Strength.CERTIFICATE)


async def _by_token(request: Request, desk: Desk, token: str) -> Signed | None:
    signed = await _resume(request, desk, token) if token.startswith(operator_sessions.PREFIX) else None
    if signed is not None:
        return signed
    operator = await operators.authenticate(desk.operators, desk.secret_key, token, desk.clock())
    return None if operator is None else Signed(operator, Strength.KEY)


async def _resume(request: Request, desk: Desk, token: str) -> Signed | None:
    return await operator_sessions.resume(desk.door, token, certificate_of(request, desk), desk.clock())


def _form_key(desk: Desk) -> bytes:
    return hmac.digest(desk.secret_key, _FORMS, hashlib.sha256)


def _set(request: Request, response: Response, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(request),
        value,
        max_age=seconds,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",  # nothing ever sends an operator here from another site
    )
