"""The token endpoint: a code or a refresh token against fresh tokens (RFC 6749 §4.1.3, §6; RFC 7636 §4.6)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from mock_idps.macao import entities
from mock_idps.macao.answers import NO_STORE, oauth_error, sent_elsewhere
from mock_idps.macao.call import Call, basic_credentials, number
from mock_idps.macao.claims import display_name, uid_for
from mock_idps.macao.config import SECRET, MacaoClient
from mock_idps.macao.grants import ACCESS_MS, Grant, TokenPair

MAX_REPEAT: Final = 4_000_000
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class TokenError(Exception):
    """The request is refused with a code of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


async def exchange(call: Call) -> Response:
    """`POST /oauth/token`."""
    if (elsewhere := sent_elsewhere(call)) is not None:
        return elsewhere
    try:
        client = _authenticate(call)
        grant_id, pair = _grant(call, client)
    except TokenError as error:
        return oauth_error(error.error, str(error), error.status)
    grant = call.account.ledger.grants.get(grant_id)
    answer = {} if grant is None else _answer(call, grant, pair)
    return JSONResponse(_spoilt(answer, call.take("token_weird") or {}), headers=NO_STORE)


def _authenticate(call: Call) -> MacaoClient:
    """Know the client by HTTP Basic and nothing else."""
    if call.fields.doubled:
        raise TokenError("invalid_request", "a parameter stands twice")
    name, secret = basic_credentials(call.request) or ("", "")
    if "client_secret" in call.fields.values:
        raise TokenError("invalid_request", "the client secret belongs into the Authorization header")
    client = call.account.config.client(name)
    accepted = call.account.switchboard.credentials.accepted(name, SECRET)
    if client is None or not any(hmac.compare_digest(secret.encode(), one.encode()) for one in accepted):
        raise TokenError("invalid_client", "client authentication failed", 401)
    if call.fields.get("client_id") not in {"", client.client_id}:
        raise TokenError("invalid_request", "client_id differs from the authenticated client")
    return client


def _grant(call: Call, client: MacaoClient) -> tuple[str, TokenPair]:
    match call.fields.get("grant_type"):
        case "authorization_code":
            return _from_code(call, client)
        case "refresh_token":
            return _from_refresh_token(call, client)
        case "password":
            raise TokenError("unauthorized_client", "this client may not use the password grant")
        case "":
            raise TokenError("invalid_request", "grant_type is missing")
        case _:
            raise TokenError("unsupported_grant_type", "grant_type is not supported")


def _from_code(call: Call, client: MacaoClient) -> tuple[str, TokenPair]:
    ledger = call.account.ledger
    for name in ("code", "redirect_uri", "code_verifier"):
        if not call.fields.get(name):
            raise TokenError("invalid_request", f"{name} is missing")
    record = ledger.spend_code(call.fields.get("code"), client.client_id, call.now_ms)
    if record is None:
        raise TokenError("invalid_grant", "the code is not valid")
    if record.redirect_uri != call.fields.get("redirect_uri"):
        raise TokenError("invalid_grant", "redirect_uri differs from the one of the request")
    is_wrong = call.take("pkce_wrong") is not None
    if is_wrong or not _verifies(call.fields.get("code_verifier"), record.code_challenge):
        raise TokenError("invalid_grant", "code_verifier does not match")
    grant = ledger.grants.get(record.grant)
    return record.grant, ledger.issue_tokens(record.grant, grant.scope if grant else (), call.now_ms)


def _verifies(verifier: str, challenge: str) -> bool:
    if not _VERIFIER.match(verifier):
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return hmac.compare_digest(computed, challenge)


def _from_refresh_token(call: Call, client: MacaoClient) -> tuple[str, TokenPair]:
    ledger = call.account.ledger
    value = call.fields.get("refresh_token")
    if not value:
        raise TokenError("invalid_request", "refresh_token is missing")
    record = ledger.refresh_tokens.get(value)
    wished = tuple(sorted(set(call.fields.get("scope").split())))
    if record is not None and not set(wished) <= set(record.scope):
        raise TokenError("invalid_scope", "scope exceeds what was granted")
    if record is not None and call.take("refresh_reused") is not None:
        ledger.revoke(record.grant)
    spent = ledger.spend_refresh_token(value, client.client_id, call.now_ms)
    if spent is None:
        raise TokenError("invalid_grant", "the refresh token is not valid")
    return spent.grant, ledger.issue_tokens(spent.grant, wished or spent.scope, call.now_ms)


def _answer(call: Call, grant: Grant, pair: TokenPair) -> dict[str, Any]:
    person = call.account.person(grant.persona)
    kind = entities.account_type(call, grant)
    login = None if grant.organisation is None else entities.find_by_id(call, grant.persona, grant.organisation)
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "bearer",
        "expires_in": ACCESS_MS // 1000,
        "scope": " ".join(pair.scope),
        "token_client": entities.TOKEN_CLIENTS[kind],
        "user_profile": {
            "uid": uid_for(grant.client_id, grant.persona),
            "account_type": kind,
            "display_name": "" if person is None else display_name(person, grant.locale),
            **({} if login is None else {"entity_code": login.organisation.entity_code}),
        },
    }


def _spoilt(answer: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Override members as a tester wishes (attack MO-04): absurd numbers, long texts, missing names."""
    spoilt = dict(answer)
    for name, change in changes.items():
        if change == {"absent": True}:
            spoilt.pop(name, None)
        elif isinstance(change, dict) and set(change) == {"repeat"}:
            spoilt[name] = "A" * min(number(change, "repeat", 0), MAX_REPEAT)
        else:
            spoilt[name] = change
    return spoilt
