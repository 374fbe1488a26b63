"""The address that takes the browser back to the relying party (RFC 6749 §4.1.2, RFC 9207).

The registered address stays byte for byte as it is, its own query included; every value is percent-encoded, so that
nothing of a request can become a header line, a fragment or another parameter.
"""

from urllib.parse import quote

from gateway.oidc.errors import OAuthError, ReplyTo
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import ErrorCode
from gateway.oidc.parameters import is_clean


def success_url(request: AuthorizationRequest, code: str, issuer: str) -> str:
    """The authorization response (RFC 6749 §4.1.2)."""
    return with_query(request.redirect_uri, code=code, state=request.state, iss=issuer)


def error_url(reply_to: ReplyTo, code: ErrorCode, description: str, issuer: str) -> str:
    """The error response (RFC 6749 §4.1.2.1); ``iss`` is part of it too (RFC 9207 §2)."""
    return with_query(
        reply_to.redirect_uri, error=code.value, error_description=description, state=reply_to.state, iss=issuer
    )


def with_query(uri: str, **values: str | None) -> str:
    """Add parameters to a registered address; absent ones are left out."""
    if "#" in uri or not is_clean(uri):  # registration refuses such an address; nothing else may reach a header
        raise OAuthError(ErrorCode.SERVER_ERROR, "the address to return to is not usable")
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value is not None)
    if not pairs:
        return uri
    joint = "?" if "?" not in uri else "" if uri.endswith(("?", "&")) else "&"
    return f"{uri}{joint}{pairs}"
