"""One Account's wire: callback, token answer and envelope become values, or a typed refusal (identity providers §6.C).

The platform is polite with HTTP 200 whatever it says, so every member is looked at: an answer that says yes and no at
once is a no.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote_plus

from providers.attributes import AttributeTable, matching, one_of, record
from providers.base import Callback
from providers.calls import Answer, json_object
from providers.errors import ProviderError, ProviderFailure

PROVIDER: Final = "macao"
SCOPE: Final = "profile identity"
ENTITY_SCOPE: Final = "entity"
"""Asked beside the others where the person may sign in for an entity."""
PERSONAL: Final = "Personal"
PRIVATE_ENTITY: Final = "Corp-Entity"
ACCOUNT_TYPES: Final = frozenset({PERSONAL, PRIVATE_ENTITY, "Gov-Entity"})
TOKEN_CLIENTS: Final = MappingProxyType({PERSONAL: "MacauGovService", PRIVATE_ENTITY: "MacauCorpEntityService"})
"""The kind of main token that each family of accounts gets (§3.2)."""
ENTITY_CODE: Final = r"[A-Z0-9]{4,16}"
MAX_LIFETIME: Final = 86_400
UID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

_CODE: Final = re.compile(r"[A-Za-z0-9._~-]{16,512}")
_SUCCESS: Final = 200
_BEARER: Final = r"[A-Za-z0-9._~+/-]{16,2048}=*"
_REFUSALS: Final = MappingProxyType(
    {"cancelled": ProviderFailure.CANCELLED, "rejected": ProviderFailure.REFUSED},
)
CODE_REFUSED: Final = "invalid_grant"
"""What is said of a code that lapsed, was spent or never was."""
_OAUTH_FAILURES: Final = MappingProxyType(
    {
        "access_denied": ProviderFailure.REFUSED,
        CODE_REFUSED: ProviderFailure.EXPIRED,
        "invalid_client": ProviderFailure.MISCONFIGURED,
        "invalid_request": ProviderFailure.MISCONFIGURED,
        "invalid_scope": ProviderFailure.MISCONFIGURED,
        "unauthorized_client": ProviderFailure.MISCONFIGURED,
        "unsupported_grant_type": ProviderFailure.MISCONFIGURED,
        "unsupported_response_type": ProviderFailure.MISCONFIGURED,
        "server_error": ProviderFailure.UNREACHABLE,
        "temporarily_unavailable": ProviderFailure.UNREACHABLE,
    }
)
_API_FAILURES: Final = MappingProxyType(
    {
        4001: ProviderFailure.BROKEN,
        4010: ProviderFailure.BROKEN,  # "no token", although one was sent
        4011: ProviderFailure.EXPIRED,
        4030: ProviderFailure.NOT_ELIGIBLE,
        4031: ProviderFailure.REFUSED,
        4290: ProviderFailure.UNREACHABLE,
        5000: ProviderFailure.UNREACHABLE,
        5030: ProviderFailure.UNREACHABLE,
        5999: ProviderFailure.UNREACHABLE,
    }
)


def broken(detail: str, failure: ProviderFailure = ProviderFailure.BROKEN) -> ProviderError:
    """Make the error for something that this dialect does not allow."""
    return ProviderError(PROVIDER, failure, detail)


def read_callback(callback: Callback, base_url: str) -> str:
    """Give the code with which the browser came back, or say why there is none (RFC 6749 §4.1.2)."""
    parameters = callback.parameters
    if not hmac.compare_digest(parameters.get("state", "").encode(), callback.login_id.encode()):
        raise broken("state", ProviderFailure.MALFORMED_CALLBACK)
    # One Account promises no `iss`; one that names somebody else is a mix-up (RFC 9207 §2.4, ST-04).
    if parameters.get("iss", base_url) != base_url:
        raise broken("iss")
    code, error = parameters.get("code"), parameters.get("error")
    if code is not None and error is not None:
        raise broken("code_and_error", ProviderFailure.MALFORMED_CALLBACK)
    if error is not None:
        raise _refused(error, parameters.get("error_description", ""))
    if code is None or not _CODE.fullmatch(code):
        raise broken("code", ProviderFailure.MALFORMED_CALLBACK)
    return code


def _refused(error: str, description: str) -> ProviderError:
    if error == "access_denied" and description in _REFUSALS:
        return broken(description, _REFUSALS[description])
    if error not in _OAUTH_FAILURES:
        return broken("error")
    return broken(error, _OAUTH_FAILURES[error])


def basic(client_id: str, client_secret: str) -> str:
    """Write client credentials, form-encoded inside HTTP Basic (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """An access token and whose it is; the refresh token beside it is not kept (MO-05)."""

    value: str
    uid: str
    entity_code: str | None = None
    """The entity of a staff login; None for a person who signed in for themselves."""


def read_token(answer: Answer, *, for_entity: bool = False) -> AccessToken:
    """Read the token endpoint's answer (RFC 6749 §5.1, §5.2); an entity's account only where one was asked for."""
    fields = _json(answer)
    if answer.status != _SUCCESS:
        error = fields.get("error")
        raise _refused(error, "") if isinstance(error, str) else broken(f"http_{answer.status}")
    values = _TOKEN.read(PROVIDER, fields)
    profile = _USER_PROFILE.read(PROVIDER, values["user_profile"])
    kind = profile["account_type"]
    if kind not in TOKEN_CLIENTS or (kind == PRIVATE_ENTITY and not for_entity):
        raise broken("account_type", ProviderFailure.NOT_ELIGIBLE)
    if values["token_client"] != TOKEN_CLIENTS[kind] or ("entity_code" in profile) != (kind == PRIVATE_ENTITY):
        raise broken("account_type")
    return AccessToken(values["access_token"], profile["uid"], profile.get("entity_code"))


def read_envelope(answer: Answer) -> str:
    """Give the signed profile inside the envelope."""
    data = _enveloped(answer)
    if not isinstance(data, str):
        raise broken("envelope")
    return data


def read_data(answer: Answer) -> Mapping[str, Any]:
    """Give the members inside the envelope."""
    data = _enveloped(answer)
    if not isinstance(data, dict):
        raise broken("envelope")
    return data


def _enveloped(answer: Answer) -> object:
    """Open the envelope; only an unmixed yes counts (MO-03)."""
    fields = _json(answer)
    if answer.status != _SUCCESS:
        raise broken(f"http_{answer.status}")
    succeeded, code = fields.get("success"), fields.get("code")
    if type(succeeded) is not bool or type(code) is not int:
        raise broken("envelope")
    if not succeeded and code in _API_FAILURES:
        raise broken(str(code), _API_FAILURES[code])
    if not succeeded or code != 0 or fields.get("tag") is not None:
        raise broken("envelope")
    return fields.get("data")


def _json(answer: Answer) -> Mapping[str, Any]:
    # An HTML page with status 200 is no data, whatever can be parsed out of it.
    if answer.content_type.partition(";")[0].strip().lower() != "application/json":
        raise broken("content_type" if answer.status == _SUCCESS else f"http_{answer.status}")
    return json_object(PROVIDER, answer.content)


def _lifetime(value: object) -> int:
    if type(value) is not int or not 0 < value <= MAX_LIFETIME:
        raise ValueError("lifetime")
    return value


def _bearer_type(value: object) -> str:
    if not isinstance(value, str) or value.lower() != "bearer":
        raise ValueError("bearer")
    return value


def _scope(value: object) -> str:
    if not isinstance(value, str) or not set(SCOPE.split()) <= set(value.split(" ")):
        raise ValueError("scope")
    return value


_TOKEN: Final = AttributeTable(
    required={
        "access_token": matching(_BEARER),
        "token_type": _bearer_type,
        "expires_in": _lifetime,
        "scope": _scope,
        "token_client": one_of({*TOKEN_CLIENTS.values(), "MacauGovEntityService"}),
        "user_profile": record,
    },
    optional={"refresh_token": matching(_BEARER)},
)
_USER_PROFILE: Final = AttributeTable(
    required={"uid": matching(UID), "account_type": one_of(ACCOUNT_TYPES)},
    optional={"entity_code": matching(ENTITY_CODE)},
    ignored={"display_name"},
)
