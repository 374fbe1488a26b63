"""The checks of an authorization request, as two tables in the order in which they run.

``CHECKS`` refuse and give nothing; ``FIELDS`` read one field of the ``AuthorizationRequest`` each. A new parameter is
one function and one line here. Every check raises ``OAuthError`` and knows nothing of redirecting.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from gateway.oidc import pkce
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode, Prompt, Scope
from gateway.oidc.parameters import Parameters

MAX_LISTED: Final = 16
"""Entries of ``acr_values`` and ``ui_locales``."""
MAX_AGE_LIMIT: Final = 2_147_483_647
RESPONSE_TYPE: Final = "code"
RESPONSE_MODE: Final = "query"

_KNOWN: Final = frozenset(Scope)
_SECONDS: Final = re.compile(r"[0-9]{1,10}")  # ASCII digits: int() reads other scripts' digits as well
_NOT_SUPPORTED: Final = {
    "request": ErrorCode.REQUEST_NOT_SUPPORTED,
    "request_uri": ErrorCode.REQUEST_URI_NOT_SUPPORTED,
    "registration": ErrorCode.REGISTRATION_NOT_SUPPORTED,
}


@dataclass(frozen=True, slots=True)
class OfferedValues:
    """What this gateway has to offer; a request for anything else is refused where the standard lets it."""

    providers: frozenset[str]
    """Names that ``idp_hint`` may take."""


Check: TypeAlias = Callable[[Parameters], None]
Reader: TypeAlias = Callable[[Parameters, Client, OfferedValues], Any]


def refuse_other_requests(parameters: Parameters) -> None:
    """Request objects and registration by request are not offered, and not ignored (OpenID Connect Core §6, §7)."""
    for name, code in _NOT_SUPPORTED.items():
        if parameters.get(name) is not None:
            raise OAuthError(code, "this way of making a request is not offered")


def demand_code(parameters: Parameters) -> None:
    """The code flow alone: no token ever stands in an address (RFC 9700 §2.1.2, AZ-07)."""
    response_type = parameters.get("response_type")
    if response_type is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "response_type is required")
    if response_type != RESPONSE_TYPE:
        raise OAuthError(ErrorCode.UNSUPPORTED_RESPONSE_TYPE, "response_type must be code")


def demand_query(parameters: Parameters) -> None:
    """Responses come in the query (AZ-12)."""
    if parameters.get("response_mode") not in {None, RESPONSE_MODE}:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "response_mode must be query")


def read_scopes(parameters: Parameters, client: Client, _offered: OfferedValues) -> tuple[str, ...]:
    """Unknown scopes are ignored, known ones must be within the client's whitelist (OpenID Connect Core §3.1.2.1)."""
    known = tuple(scope for scope in _listed(parameters, "scope") if scope in _KNOWN)
    if Scope.OPENID not in known:
        raise OAuthError(ErrorCode.INVALID_SCOPE, "scope must contain openid")
    if not set(known) <= set(client.scopes):
        raise OAuthError(ErrorCode.INVALID_SCOPE, "this client may not ask for one of the scopes")
    return known


def read_challenge(parameters: Parameters, _client: Client, _offered: OfferedValues) -> str:
    """PKCE is demanded of public and confidential clients alike (RFC 9700 §2.1.1, PK-01)."""
    return pkce.check_challenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"))


def read_prompts(parameters: Parameters, _client: Client, _offered: OfferedValues) -> frozenset[Prompt]:
    """Known values, and ``none`` only alone (OpenID Connect Core §3.1.2.1)."""
    try:
        prompts = frozenset(Prompt(value) for value in _listed(parameters, "prompt"))
    except ValueError:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "prompt holds an unknown value") from None
    if Prompt.NONE in prompts and len(prompts) > 1:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "prompt none excludes every other value")
    return prompts


def read_max_age(parameters: Parameters, _client: Client, _offered: OfferedValues) -> int | None:
    """Whole seconds; 0 means a fresh sign-in and is not the same as absent."""
    text = parameters.get("max_age")
    if text is None:
        return None
    if not _SECONDS.fullmatch(text) or int(text) > MAX_AGE_LIMIT:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "max_age must be a number of seconds")
    return int(text)


def read_idp_hint(parameters: Parameters, client: Client, offered: OfferedValues) -> str | None:
    """A provider that this client's users may choose; an unknown one is an error, not a guess."""
    given = parameters.get("idp_hint")
    hint = given.replace("-", "_") if given is not None else None  # as in the addresses of callbacks, or as in settings
    if hint is not None and (hint not in offered.providers or (client.providers and hint not in client.providers)):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "idp_hint names no provider of this client")
    return hint


def _text(name: str) -> Reader:
    return lambda parameters, _client, _offered: parameters.get(name)


def _list_of(name: str) -> Reader:
    return lambda parameters, _client, _offered: _listed(parameters, name)


def _listed(parameters: Parameters, name: str) -> tuple[str, ...]:
    """Values in their order, separated by spaces, each once; unknown wishes never break a sign-in, endless ones do."""
    values = tuple(dict.fromkeys((parameters.get(name) or "").split(" ")))
    if len(values) > MAX_LISTED:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "a parameter lists too many values")
    return tuple(value for value in values if value)


CHECKS: Final[tuple[Check, ...]] = (
    Parameters.check,  # doubled or unfit, whatever the name (RFC 6749 §3.1)
    refuse_other_requests,
    demand_code,
    demand_query,
)

FIELDS: Final[Mapping[str, Reader]] = {
    "scopes": read_scopes,
    "code_challenge": read_challenge,
    "state": _text("state"),
    "nonce": _text("nonce"),
    "prompts": read_prompts,
    "max_age": read_max_age,
    "acr_values": _list_of("acr_values"),
    "ui_locales": _list_of("ui_locales"),
    "idp_hint": read_idp_hint,
    "login_hint": _text("login_hint"),
}
