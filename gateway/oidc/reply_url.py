"""The address that takes the browser back to the relying party (RFC 6749 §4.1.2).

The registered address stays byte for byte as it is, its own query included; every value is percent-encoded, so that
nothing of a request can become a header line, a fragment or another parameter.
"""

from urllib.parse import quote

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.parameters import is_clean


def with_query(uri: str, **values: str | None) -> str:
    """Add parameters to a registered address; absent ones are left out."""
    check_address(uri)
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value is not None)
    if not pairs:
        return uri
    joint = "?" if "?" not in uri else "" if uri.endswith(("?", "&")) else "&"
    return f"{uri}{joint}{pairs}"


def check_address(uri: str) -> None:
    """Refuse what registration would have refused; nothing else may reach a header or a form."""
    if "#" in uri or not is_clean(uri):
        raise OAuthError(ErrorCode.SERVER_ERROR, "the address to return to is not usable")
