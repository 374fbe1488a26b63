"""Which addresses may be called: hosts that a list names, and of IP addresses those out in the open (SF-01, G14).

Whoever names us a host must not reach our own network with it; `is_public` is asked after a name was resolved, by both
doors to HTTP: this wing's `fetch` and the providers' `outbound`.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, Self

_MAX_URL: Final = 2048
_PORTS: Final = {"http": 80, "https": 443}
_LAST_PORT: Final = 65_535
_SHAPE: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[::1\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<rest>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)"
)

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_RELAYS: Final = IPv4Address("192.88.99.0")
_RELAYS_MASK: Final = 0xFFFFFF00


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what an entry of a trust list allows when it names an address."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self | None:
        """Read the origin of an address; `None` for addresses of a kind that is never called, such as LDAP."""
        found = _SHAPE.fullmatch(url) if len(url) <= _MAX_URL else None
        port = int(found["port"] or _PORTS[found["scheme"]]) if found else 0
        if found is None or port > _LAST_PORT:
            return None
        return cls(found["scheme"], found["host"].lower().strip("[]"), port)


def is_bare(url: str) -> bool:
    """Whether an address names a host and nothing that lies there."""
    return not url.partition("://")[2].partition("/")[2]


def is_public(address: str) -> bool:
    """Whether an IP address is one host out in the open, also when it is written inside another one."""
    if "%" in address:  # a scope: only neighbours have one
        return False
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = _inner(ip)
        if inner is None:
            return ip in _GLOBAL_UNICAST and ip.is_global and ip.teredo is None and not ip.is_reserved
        ip = inner
    is_relay = int(ip) & _RELAYS_MASK == int(_RELAYS)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not is_relay


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which a mapped, translated or tunnelled one leads (RFC 4291, RFC 6052, RFC 3056)."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
