"""The gateway as a protected resource: whose access token a request shows, and whether it may (RFC 6750, RFC 9449 §7).

A token that is bound to a key is worth nothing without that key: as a bearer token, with another key's proof, without
the certificate (DP-01). A token for another resource server is worth nothing here (TN-01).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.oidc import access_token, dpop, profiles
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AccessToken, Client, Confirmation, Grant
from gateway.oidc.names import DPOP_ALGORITHMS, ConfirmationMethod, ErrorCode
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from gateway.oidc.random_values import VALUE_LENGTH

BEARER: Final = "Bearer"
DPOP: Final = "DPoP"
_SCHEMES: Final = {"bearer": BEARER, "dpop": DPOP}
_PRESENTED: Final = re.compile(r"(?i:(bearer|dpop)) ([A-Za-z0-9._~+/-]+=*)")
_OURS: Final = re.compile(rf"[A-Za-z0-9_-]{{{VALUE_LENGTH}}}")
_NOT_VALID: Final = "the access token is not valid"


class BearerError(Exception):
    """A refusal of a protected resource (RFC 6750 §3.1); ``challenge`` is the WWW-Authenticate value."""

    def __init__(
        self,
        status: int,
        code: ErrorCode | None,
        description: str,
        *,
        scheme: str = BEARER,
        dpop_nonce: str | None = None,
    ) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description
        self.scheme = scheme
        self.dpop_nonce = dpop_nonce

    @property
    def challenge(self) -> str:
        """The header's value; a request without credentials is told the scheme and nothing else (RFC 6750 §3.1)."""
        said = [] if self.code is None else [f'error="{self.code}"', f'error_description="{self.description}"']
        if self.scheme == DPOP:
            said.append(f'algs="{" ".join(DPOP_ALGORITHMS)}"')  # RFC 9449 §7.1
        return f"{self.scheme} {', '.join(said)}".rstrip()


class Presented(NamedTuple):
    """An access token as a request shows it, not looked up yet."""

    scheme: str
    text: str


@dataclass(frozen=True, slots=True)
class Access:
    """A token that may be used here, with its grant and the client that holds it."""

    token: AccessToken
    grant: Grant
    client: Client


async def access_of(call: BackChannelCall, op: OpenIDProvider, *, query_has_token: bool) -> Access:
    """Find out what a request may have here, or refuse; raises ``BearerError``."""
    presented = read_token(call.authorization, query_has_token=query_has_token)
    found = await access_token.find(presented.text, op, call.now)
    if found is None:
        raise invalid(presented.scheme)
    token, grant = found
    if token.audience not in {None, op.issuer}:
        raise invalid(presented.scheme)
    client = await op.clients.find(token.client_id)
    if client is None or not client.is_active:
        raise invalid(presented.scheme)
    await check_holder(presented, token.confirmation, client, call, op)
    if op.admit is not None:
        await op.admit(client, call)
    return Access(token, grant, client)


def read_token(authorization: Sequence[str], *, query_has_token: bool) -> Presented:
    """A token of people's kind; an ID token, an assertion or a resource server's is none, by its shape (CD-07)."""
    presented = read_header(authorization, query_has_token=query_has_token)
    if not _OURS.fullmatch(presented.text):
        raise invalid(presented.scheme)
    return presented


def read_header(authorization: Sequence[str], *, query_has_token: bool) -> Presented:
    """The token of exactly one Authorization header (HP-08); never one of the query (RFC 9700 §4.3.2, HP-09)."""
    if query_has_token or len(authorization) > 1:
        raise BearerError(400, ErrorCode.INVALID_REQUEST, "send the access token in one Authorization header")
    found = _PRESENTED.fullmatch(authorization[0]) if authorization else None
    if found is None:
        raise _unreadable(authorization)
    return Presented(_SCHEMES[found[1].lower()], found[2])


def _unreadable(authorization: Sequence[str]) -> BearerError:
    """Nothing of ours was sent, or it was written in another way than RFC 6750 §2.1 says."""
    first = authorization[0].lower() if authorization else ""
    scheme = next((scheme for word, scheme in _SCHEMES.items() if first.startswith(word)), None)
    if scheme is None:
        return BearerError(401, None, "an access token is required")
    return BearerError(400, ErrorCode.INVALID_REQUEST, "the Authorization header is malformed", scheme=scheme)


async def check_holder(
    presented: Presented, bound_to: Confirmation | None, client: Client, call: BackChannelCall, op: OpenIDProvider
) -> None:
    """Whoever shows a bound token holds its key; a scheme that does not fit the token is no way around."""
    if bound_to is not None and bound_to.method is ConfirmationMethod.JKT:
        if presented.scheme != DPOP:
            raise invalid(DPOP)
        if await _proven_key(presented.text, client, call, op) != bound_to.thumbprint:
            raise invalid(DPOP)
        return
    if presented.scheme != BEARER:
        raise invalid(BEARER)
    if bound_to is not None and not _has_certificate(bound_to.thumbprint, call, op):
        raise invalid(BEARER)


async def _proven_key(text: str, client: Client, call: BackChannelCall, op: OpenIDProvider) -> str:
    allowed = tuple(profiles.algorithms(client, DPOP_ALGORITHMS))  # with an RSA key, PS256 under FAPI 2.0 here as well
    try:
        thumbprint = await dpop.prove(call, op, access_token=text, algorithms=allowed)
    except OAuthError as error:
        raise BearerError(401, error.code, error.description, scheme=DPOP, dpop_nonce=error.dpop_nonce) from error
    if thumbprint is None:
        raise BearerError(401, ErrorCode.INVALID_DPOP_PROOF, "a DPoP proof is needed", scheme=DPOP)
    return thumbprint


def _has_certificate(thumbprint: str, call: BackChannelCall, op: OpenIDProvider) -> bool:
    """Whether the connection proves the certificate that the token is bound to (RFC 8705 §3)."""
    if call.certificate is None or op.certificates is None:
        return False
    return op.certificates.thumbprint(call.certificate) == thumbprint


def invalid(scheme: str) -> BearerError:
    """The one refusal of a token that is worth nothing here: trying teaches nothing."""
    return BearerError(401, ErrorCode.INVALID_TOKEN, _NOT_VALID, scheme=scheme)
