"""Which addresses a relying party may register, by what is done with them: shown, opened by browsers, called by us.

What we call ourselves is held to more: a named public host and a port on which services for everybody live (SF-01,
SF-04, LO-06). Where the name leads is judged anew at every call, by whoever makes it.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from gateway.oidc.model import Client
from gateway.oidc.redirect_uri import LOOPBACK, UriError, WebUri

MAX_URIS: Final = 10

_FIRST_FREE_PORT: Final = 1024
_SERVICE_PORTS: Final = frozenset(
    {
        *(1433, 1521, 2049, 2181, 2375, 2376, 2379, 3128, 3306, 3389, 5432, 5672, 5900, 5984, 5985, 6379, 6380, 6443),
        *(6667, 8086, 8500, 9042, 9092, 9200, 9300, 10_250, 11_211, 15_672, 27_017),
    }
)
"""Databases, brokers and consoles: no relying party lives there, and an uninvited request can do harm."""
_LOCAL_NAME: Final = re.compile(r"[^.]+|(?:.+\.)?(?:localhost|local|internal|intranet|lan|corp|home|home\.arpa)")
"""Names that only a network of one's own knows."""
_FRAGMENT: Final = re.compile(r"[A-Za-z0-9_=-]{0,128}")


def are_web(uris: Sequence[str]) -> bool:
    """Whether a browser may be sent to all of them, or people may be shown them."""
    if len(uris) > MAX_URIS or len(set(uris)) != len(uris):
        return False
    return all(_parsed(uri) is not None for uri in uris)


def are_called(uris: Sequence[str], *, allow_loopback: bool) -> bool:
    """Whether this gateway may call all of them: https, a host out in the open, an open port."""
    return are_web(uris) and all(_is_called(uri, allow_loopback=allow_loopback) for uri in uris)


def without_fragments(uris: Sequence[str]) -> tuple[str, ...]:
    """Addresses of request objects, less the fragment that says which version is meant (OpenID Connect Core §6.2)."""
    parts = [uri.partition("#") for uri in uris]
    return tuple(
        address if _FRAGMENT.fullmatch(version) else uri for uri, (address, _, version) in zip(uris, parts, strict=True)
    )


def is_entity(text: str) -> bool:
    """Whether the text can be the name of a member of a federation (OpenID Federation 1.0 §1.2)."""
    return text.startswith("https://") and "?" not in text and _parsed(text) is not None


def is_front_channel(uri: str, client: Client) -> bool:
    """Scheme, host and port of a redirect URI: no other site is opened in our frames (Front-Channel Logout 1.0 §2)."""
    return _parsed(uri) is not None and _origin(uri) in {_origin(one) for one in client.redirect_uris}


def _is_called(uri: str, *, allow_loopback: bool) -> bool:
    found = WebUri.parse(uri)
    port = urlsplit(uri).port
    if port not in {None, 443} and (port < _FIRST_FREE_PORT or port in _SERVICE_PORTS):
        return False
    return allow_loopback or not (found.is_loopback or _LOCAL_NAME.fullmatch(found.host))


def _origin(uri: str) -> tuple[str, str]:
    """Scheme, host and port; on the loopback the port may differ, as it may in requests (RFC 8252 §7.3)."""
    parts = urlsplit(uri)
    host = parts.netloc.rpartition(":")[0] or parts.netloc
    return parts.scheme, host if host in LOOPBACK else parts.netloc


def _parsed(uri: str) -> WebUri | None:
    try:
        return WebUri.parse(uri)
    except UriError:
        return None
