"""What a request presents to authenticate its client: read strictly, exactly one method, nothing decided yet."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from certs.keys import JoseError
from certs.keys.jose import claimed_text
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import CLIENT_ASSERTION_TYPE, ClientAuthMethod, ErrorCode
from gateway.oidc.parameters import LIMITS, VALUE_LIMIT, Parameters, is_clean

_BASIC: Final = re.compile(r"(?i:basic) ([A-Za-z0-9+/]+={0,2})")
# Both halves are form-encoded before they are joined (RFC 6749 §2.3.1); this is what that encoding can give.
_PAIR: Final = re.compile(r"((?:[A-Za-z0-9*._~+-]|%[0-9A-Fa-f]{2})+):((?:[A-Za-z0-9*._~+-]|%[0-9A-Fa-f]{2})*)")


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A claim to be a client, still to be checked; it never prints itself."""

    method: ClientAuthMethod
    client_id: str
    proof: str = ""
    """The secret or the assertion."""


def refused() -> OAuthError:
    """The one refusal of client authentication: unknown, disabled and wrong look the same (CA-18)."""
    return OAuthError(ErrorCode.INVALID_CLIENT, "client authentication failed")


def read_credentials(form: Parameters, authorization: Sequence[str]) -> Credentials:
    """Find the one method that a request uses; two of them are refused, never tried in turn (CA-11, RFC 6749 §2.3)."""
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    assertion_type = form.get("client_assertion_type")
    uses_assertion = assertion is not None or assertion_type is not None
    if len(authorization) + (secret is not None) + uses_assertion > 1:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "exactly one client authentication method is needed")
    client_id = form.get("client_id")
    if authorization:
        return _same_client(_basic(authorization[0]), client_id)
    if uses_assertion:
        return _same_client(_assertion(assertion, assertion_type), client_id)
    if client_id is None:
        raise refused()
    if secret is not None:
        return Credentials(ClientAuthMethod.POST, client_id, secret)
    return Credentials(ClientAuthMethod.NONE, client_id)


def _same_client(credentials: Credentials, client_id: str | None) -> Credentials:
    """A ``client_id`` in the body may repeat the name, never change it (CA-10)."""
    if client_id is not None and client_id != credentials.client_id:
        raise refused()
    return credentials


def _basic(header: str) -> Credentials:
    found = _BASIC.fullmatch(header) if len(header) <= VALUE_LIMIT else None
    if found is None:
        raise refused()
    try:
        decoded = base64.b64decode(found[1], validate=True)
        pair = _PAIR.fullmatch(decoded.decode("ascii"))
        if pair is None or base64.b64encode(decoded).decode("ascii") != found[1]:
            raise refused()
        client_id, secret = (unquote_plus(part, errors="strict") for part in pair.groups())
    except (binascii.Error, UnicodeDecodeError):
        raise refused() from None
    if len(client_id) > LIMITS["client_id"] or not is_clean(client_id + secret):
        raise refused()
    return Credentials(ClientAuthMethod.BASIC, client_id, secret)


def _assertion(assertion: str | None, assertion_type: str | None) -> Credentials:
    """Read whose assertion it says it is, only to find whose keys it must be checked with (RFC 7523 §3)."""
    if assertion is None or assertion_type != CLIENT_ASSERTION_TYPE:
        raise refused()
    try:
        client_id = claimed_text(assertion, "sub")
    except JoseError:
        raise refused() from None
    if not client_id or len(client_id) > LIMITS["client_id"] or not is_clean(client_id):
        raise refused()
    return Credentials(ClientAuthMethod.PRIVATE_KEY_JWT, client_id, assertion)
