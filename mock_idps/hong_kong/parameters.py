"""The query of getQR, check by check, into a request that is valid (identity-providers 1.3)."""

import re
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.config import CLIENT_ID, CORP_SCOPES, Client, HongKongConfig
from mock_idps.hong_kong.signing_catalogue import SCOPE as SIGN_SCOPE

BROWSER_SOURCES: Final = frozenset(
    {"PC_Browser"}
    | {f"Android_{name}" for name in ("Chrome", "Firefox", "Edge", "Samsung", "Huawei", "Xiaomi")}
    | {f"iOS_{name}" for name in ("Safari", "Chrome", "Firefox", "Edge")}
)
"""The sources for apps are part of the wire too, but not allowed here."""
MOCK_CORP_PATH: Final = "/api/v1/auth/mockCorpId/getQR"
CORP_PATHS: Final = ("/api/v1/auth/corpId/getQR", MOCK_CORP_PATH)
LANGUAGES: Final = ("zh-HK", "zh-CN", "en-US")
STATE: Final = re.compile(r"[A-Za-z0-9_-]{1,36}\Z")
SCOPE: Final = re.compile(r"[A-Za-z_]+( [A-Za-z_]+)*\Z")


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What a service asks of the QR page."""

    client: Client
    source: str
    redirect_uri: str
    scope: str
    lang: str
    state: str | None
    same_device: bool
    """`brokerPage`: offer the app on this device before the QR."""
    query: str
    """The query as it came, to ask for a fresh QR."""
    path: str = "/api/v1/auth/getQR"
    """Where the query came to."""
    corp_scope: str | None = None
    """`cScope`: the person may sign in for a company."""
    ticket: str | None = None
    """`ticketID`: the page is for the signature that was asked for under it."""

    @property
    def corp_code(self) -> str:
        """The name of the second code: CorpID's sandbox has one of its own."""
        return "corpMockCode" if self.path == MOCK_CORP_PATH else "cCode"


def read_language(query: QueryParams) -> str:
    """Give the language of the page, also for a page that says what is wrong."""
    lang = query.get("lang", LANGUAGES[0])
    return lang if lang in LANGUAGES else LANGUAGES[0]


def read_login_request(config: HongKongConfig, query: QueryParams, path: str) -> LoginRequest:
    """Check the parameters; the first that is wrong decides the code."""
    client = _client(config, query)
    if _required(query, "responseType") != "code":
        raise WireError("D20003", "responseType")
    source = _required(query, "source")
    if source not in BROWSER_SOURCES:
        raise WireError("D20007")
    redirect_uri = _required(query, "redirectURI")
    if not client.may_redirect_to(redirect_uri):
        raise WireError("D20008")
    ticket = _optional(query, "ticketID")
    return LoginRequest(
        client=client,
        source=source,
        redirect_uri=redirect_uri,
        scope=_scope(client, query, is_signature=ticket is not None),
        lang=_one_of(query, "lang", LANGUAGES, LANGUAGES[0]),
        state=_state(query),
        same_device=_one_of(query, "brokerPage", ("true", "false"), "false") == "true",
        query=str(query),
        path=path,
        corp_scope=_corp_scope(query, path),
        ticket=ticket,
    )


def _corp_scope(query: QueryParams, path: str) -> str | None:
    """CorpID's pages demand its scope; its sandbox says so once more, and one client asks iAM Smart's own page."""
    if (_optional(query, "corpMock") == "true") != (path == MOCK_CORP_PATH):
        raise WireError("D20003", "corpMock")
    scope = _optional(query, "cScope")
    if scope is None:
        if path in CORP_PATHS:
            raise WireError("D20001", "cScope")
        return None
    asked = scope.split(" ")
    if "corpidapi_auth" not in asked or not set(asked) <= set(CORP_SCOPES):
        raise WireError("D20015")
    return scope


def _client(config: HongKongConfig, query: QueryParams) -> Client:
    client_id = _required(query, "clientID")
    if not CLIENT_ID.match(client_id):
        raise WireError("D20003", "clientID")
    client = config.client(client_id)
    if client is None:
        raise WireError("D20018")
    return client


def _scope(client: Client, query: QueryParams, *, is_signature: bool) -> str:
    scope = _required(query, "scope")
    if not SCOPE.match(scope):
        raise WireError("D20003", "scope")
    asked = scope.split(" ")
    if is_signature and asked == [SIGN_SCOPE]:
        return scope
    if is_signature or "eidapi_auth" not in asked or not set(asked) <= set(client.scopes):
        raise WireError("D20015")
    return scope


def _state(query: QueryParams) -> str | None:
    state = _optional(query, "state")
    if state is not None and not STATE.match(state):
        raise WireError("D20003", "state")
    return state


def _one_of(query: QueryParams, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = _optional(query, name)
    if value is None:
        return default
    if value not in allowed:
        raise WireError("D20003", name)
    return value


def _required(query: QueryParams, name: str) -> str:
    value = _optional(query, name)
    if value is None:
        raise WireError("D20001", name)
    if not value:
        raise WireError("D20002", name)
    return value


def _optional(query: QueryParams, name: str) -> str | None:
    values = query.getlist(name)
    if len(values) > 1:
        raise WireError("D20003", name)
    return values[0] if values else None
