"""Reads an authorization request, check by check (section 6.C; RFC 6749 §4.1.1, RFC 7636 §4.3)."""

import re
from typing import Final

from mock_idps.macao.config import MacaoClient, MacaoConfig
from mock_idps.macao.fields import Fields
from mock_idps.macao.logins import Asked
from mock_idps.macao.texts import pick_locale

SCOPES: Final = frozenset({"profile", "identity", "entity"})
ESIGN_SCOPE: Final = "esign"
"""Refused where no authority is there to sign."""
LEVELS: Final = {"1": 1, "2": 2, "3": 3}
MAX_STATE: Final = 128
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class UntrustedRequestError(Exception):
    """Client or redirect URI is not known: a page tells the person, nothing is sent anywhere."""


class RefusedRequestError(Exception):
    """The request is refused, and the client may be told so (RFC 6749 §4.1.2.1)."""

    def __init__(self, client: MacaoClient, redirect_uri: str, state: str, error: str, description: str) -> None:
        super().__init__(description)
        self.client = client
        self.redirect_uri = redirect_uri
        self.state = state
        self.error = error
        self.description = description


def read_request(fields: Fields, config: MacaoConfig, *, can_sign: bool = False) -> Asked:
    """Turn parameters into a valid request, or refuse them."""
    client = _trusted_client(fields, config)
    redirect_uri = fields.get("redirect_uri")
    state = fields.get("state")
    fault = _fault(fields, SCOPES | {ESIGN_SCOPE} if can_sign else SCOPES)
    if fault is not None:
        returned = state if len(state) <= MAX_STATE and "state" not in fields.doubled else ""
        raise RefusedRequestError(client, redirect_uri, returned, *fault)
    return Asked(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        scope=tuple(sorted(set(fields.get("scope").split()))),
        state=state,
        code_challenge=fields.get("code_challenge"),
        acr=LEVELS[fields.get("acr") or "1"],
        locale=pick_locale(fields.get("ui_locales")),
        forces_login=fields.get("prompt") == "login",
        auto=fields.get("auto"),
    )


def _trusted_client(fields: Fields, config: MacaoConfig) -> MacaoClient:
    if fields.doubled & {"client_id", "redirect_uri"}:
        raise UntrustedRequestError("client_id or redirect_uri stands twice")
    client = config.client(fields.get("client_id"))
    if client is None:
        raise UntrustedRequestError("client_id is not known")
    if fields.get("redirect_uri") not in client.redirect_uris:
        raise UntrustedRequestError("redirect_uri is not registered for this client")
    return client


def _fault(fields: Fields, scopes: frozenset[str]) -> tuple[str, str] | None:
    """Give error and description of the first check that fails, or None."""
    if fields.doubled:
        return "invalid_request", "a parameter stands twice"
    if fields.get("response_type") != "code":
        return "unsupported_response_type", "response_type must be code"
    if not fields.get("state") or len(fields.get("state")) > MAX_STATE:
        return "invalid_request", "state is required, up to 128 characters"
    if fields.get("code_challenge_method") != "S256" or not _CHALLENGE.match(fields.get("code_challenge")):
        return "invalid_request", "code_challenge with S256 is required"
    scope = set(fields.get("scope").split())
    if not scope or not scope <= scopes or not scope & {"profile", "identity"}:
        return "invalid_scope", "scope must be of: profile identity, and entity beside them"
    if fields.get("acr") and fields.get("acr") not in LEVELS:
        return "invalid_request", "acr must be 1, 2 or 3"
    if fields.get("prompt") not in {"", "login"}:
        return "invalid_request", "prompt must be login or absent"
    return None
