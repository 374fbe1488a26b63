"""Where a request comes from: the address it is counted under, and the TLS certificate that its sender has proven.

A header is believed from configured proxies only (HP-02); from everybody else it is as if it were not there.
"""

import base64
import binascii
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from starlette.types import Scope

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode

PEER: Final = "gate.peer"
"""Extension of the scope: the address at the other end of the connection, whatever a header says."""
TLS: Final = "tls"
"""Extension of the scope: what the handshake has proven (ASGI TLS extension)."""
_IPV6_NEIGHBOURS: Final = 64
"""One customer usually has a whole network of this length: it is one source (DS-04)."""
_UNREADABLE: Final = "unreadable"


def source_of(scope: Scope) -> str:
    """The address that a request is counted under, as the server or a trusted proxy saw it."""
    client = scope.get("client")
    return _bucket(str(client[0])) if client else _UNREADABLE


@lru_cache(maxsize=4096)
def _bucket(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _UNREADABLE
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _IPV6_NEIGHBOURS), strict=False).network_address)


@dataclass(frozen=True, slots=True)
class CertificateSource:
    """Where the client's TLS certificate is found: in the connection, or in a header of a trusted proxy (RFC 9440)."""

    header: str | None = None
    proxies: tuple[str, ...] = ()

    def read(self, scope: Scope) -> bytes | None:
        """The certificate, DER, if the request brought one along."""
        extensions: Mapping[str, Any] = scope.get("extensions") or {}
        if self.header is not None and _is_among(_peer(scope, extensions), self.proxies):
            # The connection's certificate would be the proxy's own.
            return _from_header(scope, self.header.lower().encode("ascii"))
        chain = extensions.get(TLS, {}).get("client_cert_chain", ())
        return ssl.PEM_cert_to_DER_cert(chain[0]) if chain else None


def _peer(scope: Scope, extensions: Mapping[str, Any]) -> str:
    client = scope.get("client") or ("",)
    return str(extensions.get(PEER, client[0]))


@lru_cache(maxsize=4096)
def _is_among(host: str, proxies: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(proxy) for proxy in proxies)


def _from_header(scope: Scope, name: bytes) -> bytes | None:
    """A byte sequence between colons (RFC 9440 §2.1, RFC 9651 §3.3.5)."""
    values = [value.strip() for found, value in scope["headers"] if found == name]
    if not values:
        return None
    if len(values) > 1 or len(values[0]) <= 2 or not (values[0].startswith(b":") and values[0].endswith(b":")):  # noqa: PLR2004 - two colons and something between
        raise OAuthError(ErrorCode.INVALID_REQUEST, "the client certificate header is malformed")
    try:
        return base64.b64decode(values[0][1:-1], validate=True)
    except binascii.Error as error:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "the client certificate header is malformed") from error
