"""The checks of an authorization request, as two tables in the order in which they run.

``CHECKS`` refuse and give nothing; ``FIELDS`` read one field of the ``AuthorizationRequest`` each. A new parameter is
one function and one line here. Every check raises ``OAuthError`` and knows nothing of redirecting.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from gateway.oidc import claims_request, id_token_hint, pkce, resources
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode, GrantType, Prompt, ResponseMode, Scope, ServiceScope
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import OpenIDProvider

MAX_LISTED: Final = 16
"""Entries of ``acr_values`` and ``ui_locales``."""
MAX_AGE_LIMIT: Final = 2_147_483_647
RESPONSE_TYPE: Final = "code"

_KNOWN: Final = frozenset(Scope)
_SERVICES: Final = frozenset(ServiceScope)
_SECONDS: Final = re.compile(r"[0-9]{1,10}")  # ASCII digits: int() reads other scripts' digits as well
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class OfferedValues:
    """What this gateway has to offer; a request for anything else is refused where the standard lets it."""

    providers: frozenset[str]
    """Names that ``idp_hint`` may take."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and what there is to be had."""

    client: Client
    offered: OfferedValues
    op: OpenIDProvider
    now: datetime


Check: TypeAlias = Callable[[Parameters], None]
Reader: TypeAlias = Callable[[Parameters, Asking], Any]


def refuse_registration(parameters: Parameters) -> None:
    """Registration by request is not offered, and not ignored (OpenID Connect Core §7)."""
    if parameters.get("registration") is not None:
        raise OAuthError(ErrorCode.REGISTRATION_NOT_SUPPORTED, "this way of making a request is not offered")


def demand_code(parameters: Parameters) -> None:
    """The code flow alone: no token ever stands in an address (RFC 9700 §2.1.2, AZ-07)."""
    response_type = parameters.get("response_type")
    if response_type is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "response_type is required")
    if response_type != RESPONSE_TYPE:
        raise OAuthError(ErrorCode.UNSUPPORTED_RESPONSE_TYPE, "response_type must be code")


def read_response_mode(parameters: Parameters, _asking: Asking) -> ResponseMode:
    """In the query or in a form, plain or signed; never in a fragment (AZ-12)."""
    given = parameters.get("response_mode")
    if given is None:
        return ResponseMode.QUERY
    try:
        return ResponseMode(given)
    except ValueError:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "response_mode is not one that is offered") from None


def read_scopes(parameters: Parameters, asking: Asking) -> tuple[str, ...]:
    """Unknown scopes are ignored, known ones must be within the client's whitelist (OpenID Connect Core §3.1.2.1)."""
    listed = _listed(parameters, "scope")
    if _SERVICES & set(listed):  # no person can allow what only an operator gives
        raise OAuthError(ErrorCode.INVALID_SCOPE, "a service scope needs the grant client_credentials")
    known = tuple(scope for scope in listed if scope in _KNOWN)
    if Scope.OPENID not in known:
        raise OAuthError(ErrorCode.INVALID_SCOPE, "scope must contain openid")
    if Scope.OFFLINE_ACCESS in known and GrantType.REFRESH_TOKEN not in asking.client.grant_types:
        known = tuple(scope for scope in known if scope != Scope.OFFLINE_ACCESS)  # ignored (OpenID Connect Core §11)
    if not set(known) <= set(asking.client.scopes):
        raise OAuthError(ErrorCode.INVALID_SCOPE, "this client may not ask for one of the scopes")
    return known


def read_challenge(parameters: Parameters, asking: Asking) -> str:
    """PKCE is demanded of public and confidential clients alike (RFC 9700 §2.1.1, PK-01), but for one named switch."""
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if asking.client.legacy_without_pkce and challenge is None and method is None:
        return pkce.NO_CHALLENGE
    return pkce.check_challenge(challenge, method)


def read_prompts(parameters: Parameters, _asking: Asking) -> frozenset[Prompt]:
    """Known values, and ``none`` only alone (OpenID Connect Core §3.1.2.1)."""
    try:
        prompts = frozenset(Prompt(value) for value in _listed(parameters, "prompt"))
    except ValueError:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "prompt holds an unknown value") from None
    if Prompt.NONE in prompts and len(prompts) > 1:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "prompt none excludes every other value")
    return prompts


def read_max_age(parameters: Parameters, asking: Asking) -> int | None:
    """Whole seconds; 0 means a fresh sign-in and is not the same as absent. The client may have a default."""
    text = parameters.get("max_age")
    if text is None:
        return asking.client.default_max_age
    if not _SECONDS.fullmatch(text) or int(text) > MAX_AGE_LIMIT:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "max_age must be a number of seconds")
    return int(text)


def read_acr_values(parameters: Parameters, asking: Asking) -> tuple[str, ...]:
    """Levels in the order of preference: essential ones, else those of the parameter, the claim, the registration."""
    claimed, is_essential = claims_request.acr_values(read_claims(parameters, asking))
    if is_essential and claimed:
        return claimed
    return _listed(parameters, "acr_values") or claimed or asking.client.default_acr_values


def read_claims(parameters: Parameters, _asking: Asking) -> dict[str, dict[str, Any]]:
    """Single claims asked for, and wishes about their values (OpenID Connect Core §5.5)."""
    return claims_request.read(parameters.get("claims"))


def read_resources(parameters: Parameters, asking: Asking) -> tuple[str, ...]:
    """The resource servers that tokens are wanted for (RFC 8707 §2.1)."""
    return resources.read(parameters.all("resource"), asking.client)


def read_expected_sub(parameters: Parameters, asking: Asking) -> str | None:
    """Whose sign-in is wanted and nobody else's: by hint or by claim (OpenID Connect Core §3.1.2.1, §5.5.1)."""
    claimed = claims_request.expected_sub(read_claims(parameters, asking))
    hint = parameters.get("id_token_hint")
    if hint is None:
        return claimed
    op = asking.op
    token = id_token_hint.read(hint, op.keys, op.issuer, asking.now, audience=asking.client.client_id)
    hinted = str(token["sub"])
    if claimed not in {None, hinted}:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "id_token_hint and claims name two subjects")
    return hinted


def read_dpop_jkt(parameters: Parameters, _asking: Asking) -> str | None:
    """The thumbprint of the key that the code is to be bound to (RFC 9449 §10)."""
    thumbprint = parameters.get("dpop_jkt")
    if thumbprint is not None and not _THUMBPRINT.fullmatch(thumbprint):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "dpop_jkt is not 43 characters of base64url")
    return thumbprint


def read_idp_hint(parameters: Parameters, asking: Asking) -> str | None:
    """A provider that this client's users may choose; an unknown one is an error, not a guess."""
    given = parameters.get("idp_hint")
    hint = given.replace("-", "_") if given is not None else None  # as in the addresses of callbacks, or as in settings
    allowed = asking.client.providers
    if hint is not None and (hint not in asking.offered.providers or (allowed and hint not in allowed)):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "idp_hint names no provider of this client")
    return hint


def _text(name: str) -> Reader:
    return lambda parameters, _asking: parameters.get(name)


def _list_of(name: str) -> Reader:
    return lambda parameters, _asking: _listed(parameters, name)


def _listed(parameters: Parameters, name: str) -> tuple[str, ...]:
    """Values in their order, separated by spaces, each once; unknown wishes never break a sign-in, endless ones do."""
    text = parameters.get(name)
    if text is None:
        return ()
    values = tuple(dict.fromkeys(text.split(" ")))
    if len(values) > MAX_LISTED:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "a parameter lists too many values")
    return tuple(value for value in values if value)


CHECKS: Final[tuple[Check, ...]] = (
    Parameters.check,  # doubled or unfit, whatever the name (RFC 6749 §3.1)
    refuse_registration,
    demand_code,
)

DECOUPLED_FIELDS: Final[Mapping[str, Reader]] = {
    "scopes": read_scopes,
    "claims": read_claims,
    "acr_values": read_acr_values,
    "expected_sub": read_expected_sub,
    "resources": read_resources,
    "max_age": read_max_age,
    "ui_locales": _list_of("ui_locales"),
    "idp_hint": read_idp_hint,
    "login_hint": _text("login_hint"),
}
"""What a request without a browser of its own may hold."""

FIELDS: Final[Mapping[str, Reader]] = {
    **DECOUPLED_FIELDS,
    "response_mode": read_response_mode,
    "code_challenge": read_challenge,
    "state": _text("state"),
    "nonce": _text("nonce"),
    "prompts": read_prompts,
    "dpop_jkt": read_dpop_jkt,
}
