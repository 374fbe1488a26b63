"""What both doors to HTTP stand on, `calls` and `outbound`: verified TLS, a pool, and no memory from call to call."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp
import httpx
from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from httpx_aiohttp import AiohttpTransport

HEADERS: Final[Mapping[str, str]] = {
    "Accept-Encoding": "identity",  # a small compressed answer could unpack to any size before it is counted
    "User-Agent": "gba-identity-gateway",
}
WIRE_ERRORS: Final = (httpx.HTTPError, aiohttp.ClientError, OSError)
"""What goes wrong on a wire; the transport translates the second kind into the first only in part."""
_MAX_BUNDLE: Final = 4 * 1024 * 1024


def tls_context(ca_bundle: Path | None = None) -> ssl.SSLContext:
    """Certificates are verified, always (SF-05); `ca_bundle` names authorities beside the public ones."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    if ca_bundle is not None:
        _trust_further(context, ca_bundle)
    return context


def _trust_further(context: ssl.SSLContext, ca_bundle: Path) -> None:
    try:
        pem = ca_bundle.read_bytes()
    except OSError as error:
        raise ValueError(f"the bundle of authorities cannot be read ({error.strerror})") from error
    if len(pem) > _MAX_BUNDLE:
        raise ValueError("the bundle of authorities is too long")
    try:
        context.load_verify_locations(cadata=pem.decode("ascii"))
    except (ValueError, ssl.SSLError):
        raise ValueError("the bundle of authorities holds something else than certificates in PEM") from None


def pooled_transport(context: ssl.SSLContext, **connector: Any) -> httpx.AsyncBaseTransport:
    """The pool of aiohttp below the interface of httpx; the pool is made at the first call, inside the running loop."""

    def session() -> ClientSession:
        # Without a jar nothing that one answer sets travels with the next call; no proxy or password comes from the
        # environment (G14).
        return ClientSession(
            connector=TCPConnector(ssl=context, **connector), cookie_jar=DummyCookieJar(), trust_env=False
        )

    return AiohttpTransport(verify=context, trust_env=False, client=session)
