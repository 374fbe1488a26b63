"""The authorization response: its parameters, and how the browser carries them back (RFC 6749 §4.1.2, RFC 9207, JARM).

A response is made without a key; ``wire`` makes it what travels, signed where its mode asks for that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.oidc.errors import ReplyTo, error_uri
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import ErrorCode, ResponseMode
from gateway.oidc.reply_url import check_address, with_query

JARM_TYPE: Final = "oauth-authz-resp+jwt"


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """Where a response goes, how, and what it says; the parameters keep their order."""

    client_id: str
    redirect_uri: str
    mode: ResponseMode
    parameters: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wire:
    """What the browser is told to do: go to ``url``, or post ``fields`` there."""

    url: str = field(repr=False)
    fields: Mapping[str, str] | None = field(default=None, repr=False)


Sign = Callable[[Mapping[str, Any], str], str]
"""Claims and client id -> a signed JWT of type ``JARM_TYPE``, with ``iss``, ``aud`` and ``exp`` added."""


def success(request: AuthorizationRequest, code: str, issuer: str) -> AuthorizationResponse:
    """The response that carries a code."""
    return _response(
        request.client_id, request.redirect_uri, request.response_mode, code=code, state=request.state, iss=issuer
    )


def failure(reply_to: ReplyTo, code: ErrorCode, description: str, issuer: str) -> AuthorizationResponse:
    """The error response (RFC 6749 §4.1.2.1); ``iss`` is part of it too (RFC 9207 §2)."""
    return _response(
        reply_to.client_id,
        reply_to.redirect_uri,
        reply_to.response_mode,
        error=code.value,
        error_description=description,
        error_uri=error_uri(issuer, code),
        state=reply_to.state,
        iss=issuer,
    )


def wire(response: AuthorizationResponse, sign: Sign) -> Wire:
    """The response as it travels; a signed one is one parameter, ``response`` (JARM §2.3)."""
    parameters = dict(response.parameters)
    if response.mode.is_signed:
        parameters = {"response": sign(parameters, response.client_id)}
    if response.mode.is_posted:
        check_address(response.redirect_uri)
        return Wire(response.redirect_uri, parameters)
    return Wire(with_query(response.redirect_uri, **parameters))


def _response(client_id: str, redirect_uri: str, mode: ResponseMode, **parameters: str | None) -> AuthorizationResponse:
    given = {name: value for name, value in parameters.items() if value is not None}
    return AuthorizationResponse(client_id, redirect_uri, mode, given)
