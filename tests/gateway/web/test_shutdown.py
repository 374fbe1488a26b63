"""A worker that ends in order: whoever has only just connected is still heard (F-UPG-01)."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.web.head_limit import GRACE_SECONDS, BoundedHttpProtocol


class Transport:
    """A connection without a wire."""

    is_closed = False

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


class Loop:
    """Keeps what is to be done later."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, work: Callable[[], None]) -> None:
        self.later.append((seconds, work))


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """Serve nobody."""


@pytest.fixture
def connection() -> Any:
    config = Config(_nothing, interface="asgi3", ws="none", lifespan="off", log_config=None)
    config.load()
    protocol = BoundedHttpProtocol(config, ServerState(), {}, Loop())  # type: ignore[arg-type]  # a stand-in
    protocol.transport = Transport()  # type: ignore[assignment]  # the same
    return protocol


def test_a_connection_without_a_request_is_closed_after_a_moment(connection: Any) -> None:
    connection.shutdown()
    (later,) = connection.loop.later
    was_open = not connection.transport.is_closed

    later[1]()

    assert was_open
    assert later[0] == GRACE_SECONDS
    assert connection.transport.is_closed


def test_a_request_that_comes_in_that_moment_is_answered_before_the_end(connection: Any) -> None:
    connection.shutdown()
    connection.cycle = SimpleNamespace(response_complete=False, keep_alive=True)

    connection.loop.later[0][1]()

    assert not connection.transport.is_closed
    assert not connection.cycle.keep_alive


def test_a_connection_that_has_had_its_answer_is_closed_at_once(connection: Any) -> None:
    connection.cycle = SimpleNamespace(response_complete=True, keep_alive=True)

    connection.shutdown()

    assert connection.transport.is_closed
    assert connection.loop.later == []
