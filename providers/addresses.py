"""Which addresses on the net a stranger may make us call: the public ones, and what an operator adds (SF-01, SF-04).

Two questions, asked one after the other: is the text an address of a kind that we call at all (`Target`), and is what
its host resolves to out in the open (`is_public`).
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from certs.trust.addresses import is_public

__all__ = ["MAX_HOST", "MAX_URL", "Target", "TargetError", "is_public"]

MAX_URL: Final = 2048
MAX_HOST: Final = 253
_HTTPS_PORT: Final = 443
_FIRST_FREE_PORT: Final = 1024
_LAST_PORT: Final = 65_535
_SERVICES: Final = frozenset(
    {
        *(1080, 1433, 1521, 1723, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 3690, 4369, 5060, 5061),
        *(5432, 5672, 5900, 5984, 5985, 5986, 6000, 6379, 6380, 6443, 6566, 6667, 6697, 7000, 7001, 7474, 8086, 8500),
        *(8983, 9042, 9092, 9200, 9300, 9418, 10_250, 10_255, 11_211, 15_672, 25_672, 26_379, 27_017, 27_018, 50_000),
    }
)
"""Databases, brokers and consoles: ports on which no relying party serves, and an uninvited request can do harm."""

# Lower case and ASCII only: what is checked here must be what is called.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SHAPE: Final = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[::1\]|{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "[::1]"})
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class TargetError(ValueError):
    """An address that is not called; it is never quoted."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called if its host turns out to be a public one."""

    host: str
    port: int

    @classmethod
    def parse(cls, url: str, *, allow_loopback: bool = False) -> Self:
        """Read an address strictly: https, a named host, no user-info, no fragment, no port of other services."""
        found = _SHAPE.fullmatch(url) if len(url) <= MAX_URL else None
        if found is None or len(found["host"]) > MAX_HOST:
            raise TargetError("not an address that is called")
        host, port = found["host"], int(found["port"] or _HTTPS_PORT)
        is_loopback = host in _LOOPBACK and allow_loopback
        if not is_loopback and (found["scheme"] != "https" or host in _LOOPBACK or _NUMERIC.fullmatch(host)):
            raise TargetError("not an address that is called")
        is_free = _FIRST_FREE_PORT <= port <= _LAST_PORT and port not in _SERVICES
        if not is_free and port != _HTTPS_PORT:
            raise TargetError("not an address that is called")
        return cls(host.strip("[]"), port)
