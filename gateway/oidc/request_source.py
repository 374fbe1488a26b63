"""Where the parameters of an authorization request come from: one place, and nothing beside it counts.

The query itself; a request that was pushed before (RFC 9126 §4); or a request object, by value or from one of the
client's registered addresses (RFC 9101 §5). Which of them a client may use is part of its registration.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.keys.jose import MAX_TOKEN
from gateway.oidc import profiles, request_object
from gateway.oidc.errors import OAuthError, ReplyTo
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.parameters import Parameters
from gateway.oidc.ports import FetchError
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.random_values import VALUE_LENGTH, digest
from gateway.oidc.redirect_uri import is_registered
from gateway.oidc.request_object import FEDERATED

HANDLE_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
"""What the ``request_uri`` of a pushed request begins with (RFC 9126 §2.2)."""

_HANDLE: Final = re.compile(rf"{HANDLE_PREFIX}[A-Za-z0-9_-]{{{VALUE_LENGTH}}}")
_HTTP_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Source:
    """The parameters that count, and how they came."""

    parameters: Parameters
    pushed: bytes | None = None
    """Hash of the ``request_uri`` under which they were pushed."""
    is_signed: bool = False
    """Whether they stood in a request object."""


async def at_authorization(outer: Parameters, client: Client, op: OpenIDProvider, now: datetime) -> Source:
    """What a browser brings to the authorization endpoint."""
    profiles.check_client(client)
    address = outer.sound("request_uri")
    if address is not None and address.startswith(HANDLE_PREFIX):
        return await _pushed(address, client, op, now)
    if client.demands_push:  # before anything else, and told to nobody but the person (RO-05)
        raise OAuthError(ErrorCode.INVALID_REQUEST, "this client must push its requests")
    try:
        return await _brought(outer, client, op, now)
    except OAuthError as error:
        raise OAuthError(error.code, error.description, reply_to=_beside(outer, client)) from error


async def at_push(form: Parameters, client: Client, op: OpenIDProvider, now: datetime) -> Source:
    """What a client's server brings to the endpoint for pushed requests (RFC 9126 §2.1, §3)."""
    profiles.check_client(client)
    if form.get("request_uri") is not None:  # RO-03
        raise OAuthError(ErrorCode.INVALID_REQUEST, "request_uri has no place in a pushed request")
    token = form.get("request")
    if token is None:
        if client.demands_signed_request:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "this client must sign its requests")
        return Source(form)
    return await _object(token, client, op, now, is_dated=True)


async def _pushed(address: str, client: Client, op: OpenIDProvider, now: datetime) -> Source:
    """A pushed request; all else in the query is ignored (RO-04), and another client finds nothing (RO-02)."""
    handle = digest(address)
    pairs = await op.pushed.pushed(handle, client.client_id, now) if _HANDLE.fullmatch(address) else None
    if pairs is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST_URI, "request_uri is unknown, used or out of its time")
    return Source(Parameters(pairs), pushed=handle)


async def _brought(outer: Parameters, client: Client, op: OpenIDProvider, now: datetime) -> Source:
    """The query itself, or the one request object that it holds or names."""
    token, address = outer.get("request"), outer.get("request_uri")
    if token is None and address is None:
        _check_plain(client)
        return Source(outer)
    if address is None:
        return await _object(token or "", client, op, now, is_dated=True)
    if token is not None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "request and request_uri exclude each other")
    # What we fetch from the client itself is of this moment; only a registered duty asks for dates as well.
    is_dated = client.demands_signed_request or client.registered_by == FEDERATED
    return await _object(await _fetched(address, client, op), client, op, now, is_dated=is_dated)


def _check_plain(client: Client) -> None:
    if client.demands_signed_request:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "this client must sign its requests")
    if client.registered_by == FEDERATED:  # known by its keys alone, so they must have spoken (Federation §12.1)
        raise OAuthError(ErrorCode.INVALID_REQUEST, "this client must push or sign its requests")


async def _object(token: str, client: Client, op: OpenIDProvider, now: datetime, *, is_dated: bool) -> Source:
    pairs = await request_object.read(token, client, op, now, is_dated=is_dated)
    if not any(name == "client_id" for name, _ in pairs):
        pairs.append(("client_id", client.client_id))
    return Source(Parameters(pairs), is_signed=True)


async def _fetched(address: str, client: Client, op: OpenIDProvider) -> str:
    """A request object from a registered address; nobody else's address is ever called (RO-01)."""
    if address not in client.request_uris or not address.startswith("https://"):
        raise OAuthError(ErrorCode.INVALID_REQUEST_URI, "request_uri is not registered")
    resource = address.partition("#")[0]  # a fragment names the version that is meant (OpenID Connect Core §6.2)
    try:
        answer = await op.fetch.get(resource, {"accept": "application/oauth-authz-req+jwt, application/jwt, */*;q=0.1"})
    except FetchError as error:
        raise OAuthError(ErrorCode.INVALID_REQUEST_URI, "request_uri cannot be fetched") from error
    if answer.status != _HTTP_OK or len(answer.body) > MAX_TOKEN or not answer.body.isascii():
        raise OAuthError(ErrorCode.INVALID_REQUEST_URI, "request_uri gives no request object")
    return answer.body.decode("ascii").strip()


def _beside(outer: Parameters, client: Client) -> ReplyTo | None:
    """Where an unusable object is told: the redirect URI beside it, if it is as good as one of a plain request."""
    redirect_uri = outer.sound("redirect_uri")
    if redirect_uri is None or not is_registered(redirect_uri, client.redirect_uris):
        return None
    return ReplyTo(client.client_id, redirect_uri, outer.sound("state"))
