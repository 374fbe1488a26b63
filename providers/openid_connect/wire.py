"""The provider's wire: callback, pushed request, token answer and userinfo become values, or a typed refusal."""

import hmac
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from providers.base import Callback
from providers.calls import Answer, json_object
from providers.errors import ProviderError, ProviderFailure

_CODE: Final = re.compile(r"[\x21-\x7e]{1,2048}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}=*")
_REQUEST_URI: Final = re.compile(r"[\x21-\x7e]{1,1024}")
_WORD: Final = re.compile(r"[a-z_]{1,64}")
_SUCCESS: Final = 200
_CREATED: Final = 201
_MISCONFIGURED: Final = (
    *("invalid_client", "unauthorized_client", "invalid_request", "invalid_scope", "unsupported_grant_type"),
    *("unsupported_response_type", "invalid_redirect_uri", "request_not_supported", "invalid_request_object"),
)
CODE_REFUSED: Final = "invalid_grant"
"""What is said of a code that lapsed, was spent or never was (RFC 6749 §5.2)."""
_FAILURES: Final = MappingProxyType(
    {
        **dict.fromkeys(_MISCONFIGURED, ProviderFailure.MISCONFIGURED),
        "access_denied": ProviderFailure.REFUSED,
        "login_required": ProviderFailure.REFUSED,
        "interaction_required": ProviderFailure.REFUSED,
        "consent_required": ProviderFailure.REFUSED,
        "account_selection_required": ProviderFailure.REFUSED,
        "unmet_authentication_requirements": ProviderFailure.NOT_ELIGIBLE,
        CODE_REFUSED: ProviderFailure.EXPIRED,
        "server_error": ProviderFailure.UNREACHABLE,
        "temporarily_unavailable": ProviderFailure.UNREACHABLE,
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a code was worth; a refresh token beside it is not kept (MO-05)."""

    access_token: str
    id_token: str


def read_callback(provider: str, callback: Callback, *, issuer: str, sends_iss: bool) -> str:
    """Give the code with which the browser came back, or say why there is none (RFC 6749 §4.1.2, RFC 9207 §2.4)."""
    parameters = callback.parameters
    if not hmac.compare_digest(parameters.get("state", "").encode(), callback.login_id.encode()):
        raise ProviderError(provider, ProviderFailure.MALFORMED_CALLBACK, "state")
    # One that names somebody else is a mix-up; so is one that names nobody where the provider promised to (ST-04).
    if parameters.get("iss", None if sends_iss else issuer) != issuer:
        raise ProviderError(provider, ProviderFailure.MALFORMED_CALLBACK, "iss")
    code, error = parameters.get("code"), parameters.get("error")
    if code is not None and error is not None:
        raise ProviderError(provider, ProviderFailure.MALFORMED_CALLBACK, "code_and_error")
    if error is not None:
        raise refused(provider, error)
    if code is None or not _CODE.fullmatch(code):
        raise ProviderError(provider, ProviderFailure.MALFORMED_CALLBACK, "code")
    return code


def refused(provider: str, error: object) -> ProviderError:
    """Translate a registered error word; another one is not repeated."""
    if not isinstance(error, str) or not _WORD.fullmatch(error) or error not in _FAILURES:
        return ProviderError(provider, ProviderFailure.BROKEN, "error")
    return ProviderError(provider, _FAILURES[error], error)


def read_pushed(provider: str, answer: Answer) -> str:
    """Give the ``request_uri`` under which the provider keeps our request (RFC 9126 §2.2)."""
    fields = _json(provider, answer, succeeds=(_CREATED, _SUCCESS))
    uri = fields.get("request_uri")
    if not isinstance(uri, str) or not _REQUEST_URI.fullmatch(uri):
        raise ProviderError(provider, ProviderFailure.BROKEN, "request_uri")
    return uri


def read_tokens(provider: str, answer: Answer) -> Tokens:
    """Read the token endpoint's answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3)."""
    fields = _json(provider, answer, succeeds=(_SUCCESS,))
    kind, access_token, id_token = (fields.get(name) for name in ("token_type", "access_token", "id_token"))
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ProviderError(provider, ProviderFailure.BROKEN, "token_type")
    if not isinstance(access_token, str) or not _TOKEN.fullmatch(access_token):
        raise ProviderError(provider, ProviderFailure.BROKEN, "access_token")
    if not isinstance(id_token, str):
        raise ProviderError(provider, ProviderFailure.BROKEN, "id_token")
    return Tokens(access_token, id_token)


def read_userinfo(provider: str, answer: Answer) -> dict[str, Any] | str:
    """Give the claims, or the token in which they are signed (OpenID Connect Core §5.3.2)."""
    if answer.status == _SUCCESS and media_type(answer) == "application/jwt":
        try:
            return answer.content.decode("ascii")
        except UnicodeDecodeError:
            raise ProviderError(provider, ProviderFailure.BROKEN, "userinfo") from None
    return _json(provider, answer, succeeds=(_SUCCESS,))


def media_type(answer: Answer) -> str:
    """The type of an answer, without its parameters."""
    return answer.content_type.partition(";")[0].strip().lower()


def _json(provider: str, answer: Answer, *, succeeds: tuple[int, ...]) -> dict[str, Any]:
    # An HTML page with status 200 is no data, whatever can be parsed out of it.
    if media_type(answer) != "application/json":
        is_success = answer.status in succeeds
        raise ProviderError(provider, ProviderFailure.BROKEN, "content_type" if is_success else f"http_{answer.status}")
    fields = json_object(provider, answer.content)
    if answer.status in succeeds:
        return fields
    if isinstance(fields.get("error"), str):
        raise refused(provider, fields["error"])
    raise ProviderError(provider, ProviderFailure.BROKEN, f"http_{answer.status}")
