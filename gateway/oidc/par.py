"""Pushed authorization requests: a relying party's server hands the request in beforehand (RFC 9126).

A pushed request has passed every check of the authorization endpoint, so mistakes are told to the server that made
them. Only then is anything stored, and never a secret: what authenticated the client stays outside.
"""

from dataclasses import dataclass
from typing import Final

from gateway.oidc import dpop, profiles, request_source
from gateway.oidc.authorize import OfferedValues, checked
from gateway.oidc.client_auth import authenticate
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import DPOP_ALGORITHMS, ErrorCode
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from gateway.oidc.random_values import digest, new_value
from gateway.oidc.request_checks import Asking
from gateway.oidc.request_source import HANDLE_PREFIX, Source

_DPOP_JKT: Final = "dpop_jkt"
_NOT_KEPT: Final = frozenset(
    {"client_id", "client_secret", "client_assertion", "client_assertion_type", "request", _DPOP_JKT}
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """The answer to a pushed request (RFC 9126 §2.2)."""

    request_uri: str
    expires_in: int
    """Seconds."""

    def as_json(self) -> dict[str, str | int]:
        """The wire form; it travels with status 201."""
        return {"request_uri": self.request_uri, "expires_in": self.expires_in}


async def answer(call: BackChannelCall, op: OpenIDProvider, offered: OfferedValues) -> Pushed:
    """Check a pushed request and remember its parameters under a fresh handle."""
    form = Parameters(call.pairs)
    form.check()
    client = await authenticate(form, call, op)
    source = await request_source.at_push(form, client, op, call.now)
    pairs = _kept(source, client, await _bound_key(source, client, call, op))
    _check(Source(Parameters(pairs), is_signed=source.is_signed), Asking(client, offered, op, call.now))
    request_uri = HANDLE_PREFIX + new_value()
    lifetime = op.lifetimes.pushed_request
    await op.pushed.push(digest(request_uri), client.client_id, pairs, call.now + lifetime)
    return Pushed(request_uri, int(lifetime.total_seconds()))


def _check(source: Source, asking: Asking) -> None:
    try:
        checked(source, asking)
    except OAuthError as error:
        # The caller is the client itself: it is answered here, and its redirect URI is not called (RFC 9126 §2.3).
        raise OAuthError(error.code, error.description) from error


def _kept(source: Source, client: Client, thumbprint: str | None) -> list[tuple[str, str]]:
    pairs = [("client_id", client.client_id)]
    pairs += [(name, value) for name, value in source.parameters.pairs if name not in _NOT_KEPT]
    return pairs if thumbprint is None else [*pairs, (_DPOP_JKT, thumbprint)]


async def _bound_key(source: Source, client: Client, call: BackChannelCall, op: OpenIDProvider) -> str | None:
    """The key that the code will be bound to: proven here, or only named (RFC 9449 §10.1)."""
    named = source.parameters.get(_DPOP_JKT)
    proven = await dpop.prove(call, op, algorithms=tuple(profiles.algorithms(client, DPOP_ALGORITHMS)))
    if None not in {named, proven} and named != proven:
        raise OAuthError(ErrorCode.INVALID_DPOP_PROOF, "dpop_jkt names another key than the proof")
    return proven or named
