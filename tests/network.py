"""Cuts the tests off from every other machine: a test that needs one is not a test of ours."""

import ipaddress
import socket
from typing import Any


class OutsideWorldError(AssertionError):
    """A test tried to reach another machine; no error handling of the code under test should swallow it."""


def cut_off() -> None:
    """Refuse connections and look-ups beyond the loopback, for the rest of this process."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def connect_nearby(self: socket.socket, address: Any) -> None:
        refuse_outside(self.family, address)
        connect(self, address)

    def connect_ex_nearby(self: socket.socket, address: Any) -> int:
        refuse_outside(self.family, address)
        return connect_ex(self, address)

    def look_up_nearby(host: Any, *arguments: Any, **options: Any) -> Any:
        refuse_foreign_name(host)
        return look_up(host, *arguments, **options)

    for name, replacement in (("connect", connect_nearby), ("connect_ex", connect_ex_nearby)):
        setattr(socket.socket, name, replacement)
    socket.getaddrinfo = look_up_nearby


def refuse_outside(family: int, address: Any) -> None:
    """Let a socket reach this machine only; Unix sockets always do."""
    if family in (socket.AF_INET, socket.AF_INET6) and not is_here(str(address[0])):
        raise OutsideWorldError("a test must not reach another machine; let the other side answer in-process")


def refuse_foreign_name(host: Any) -> None:
    """Keep names from being looked up outside; an address needs no look-up, and connecting to it is refused."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name and not is_here(name) and not is_address(name):
        raise OutsideWorldError("a test must not look up names; let the other side answer in-process")


def is_here(host: str) -> bool:
    """Whether a host is this machine, by its loopback."""
    return host.rstrip(".") == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def is_address(host: str) -> bool:
    """Whether a host is written as an address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
