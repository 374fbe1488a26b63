"""Resource indicators: which resource servers a client may ask tokens for (RFC 8707)."""

import re
from collections.abc import Sequence
from typing import Final

from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode

MAX_RESOURCES: Final = 8
"""Resource servers in one request."""

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]+")  # no space, no fragment


def read(values: Sequence[str], client: Client) -> tuple[str, ...]:
    """The resource servers that are asked for; an unknown one refuses the request (RFC 8707 §2)."""
    if len(values) > MAX_RESOURCES:
        raise OAuthError(ErrorCode.INVALID_TARGET, "too many resources are asked for")
    for value in values:
        if not is_identifier(value):
            raise OAuthError(ErrorCode.INVALID_TARGET, "resource must be an absolute URI without a fragment")
        if value not in client.resources:
            raise OAuthError(ErrorCode.INVALID_TARGET, "this client may not ask for one of the resources")
    return tuple(values)


def is_identifier(value: str) -> bool:
    """Whether the text can name a resource server at all; compared as bytes ever after."""
    return _ABSOLUTE.fullmatch(value) is not None
