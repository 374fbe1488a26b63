"""No test reaches another machine, whichever way it tries; this machine stays reachable."""

import asyncio
import socket

import aiohttp
import pytest

from tests.network import OutsideWorldError

SOMEWHERE_ELSE = "198.51.100.7"  # reserved for documentation (RFC 5737)


@pytest.mark.parametrize("way", ["connect", "connect_ex"])
def test_a_socket_cannot_reach_another_machine(way: str) -> None:
    with socket.socket() as outgoing, pytest.raises(OutsideWorldError):
        getattr(outgoing, way)((SOMEWHERE_ELSE, 443))


def test_a_socket_cannot_reach_another_machine_over_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as outgoing, pytest.raises(OutsideWorldError):
        outgoing.connect(("2001:db8::7", 443))


def test_a_foreign_name_is_not_looked_up() -> None:
    with pytest.raises(OutsideWorldError):
        socket.getaddrinfo("idp.example", 443)


async def test_the_transport_of_our_http_client_cannot_reach_another_machine() -> None:
    async with aiohttp.ClientSession() as client:
        with pytest.raises(OutsideWorldError):
            await client.get(f"http://{SOMEWHERE_ELSE}/")


async def test_asyncio_streams_cannot_reach_another_machine() -> None:
    with pytest.raises(OutsideWorldError):
        await asyncio.open_connection(SOMEWHERE_ELSE, 443)


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
def test_this_machine_stays_reachable(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = socket.create_connection((address, server.getsockname()[1]), timeout=5)

    connection.close()
