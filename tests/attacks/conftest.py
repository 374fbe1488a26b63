"""Worlds under attack: each is watched, and what must hold after every attack is checked without being asked for.

`world` is fresh for every test. `shared_world` is one for a whole file, for attacks that leave nothing behind; tests
that use it carry `@pytest.mark.asyncio(loop_scope="module")`. `two_workers` is two gateways on one PostgreSQL, `workers`
two on one database of either engine.
"""

import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.app import Application, create_app
from gateway.config import load
from providers.calls import Calls
from tests.attacks.watch import WatchedWorld, check_answers, check_logs, watched
from tests.contracts.conftest import (  # noqa: F401 - pytest finds fixtures and hooks by their names here
    postgres,
    postgres_url,
    pytest_collection_modifyitems,
    valkey,
    valkey_url,
)
from tests.world import a_world


class InTurn:
    """A plain round-robin before several workers."""

    def __init__(self, workers: list[ASGIApp]) -> None:
        self._turns = itertools.cycle(workers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        worker = next(self._turns)
        await worker(scope, receive, send)


@pytest.fixture(autouse=True)
def always_check(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After each attack: no fault, nothing of our inside, no canary in logs or on foreign soil."""
    if "tmp_path" in request.fixturenames:
        request.getfixturevalue("tmp_path")  # the world's folder has to outlive the look at what it wrote
    shared = request.getfixturevalue("shared_world") if "shared_world" in request.fixturenames else None
    seen_before = len(shared.answers) if shared else 0
    with caplog.at_level(logging.DEBUG):
        yield
    worlds = [value for value in request.node.funcargs.values() if isinstance(value, WatchedWorld)]
    for world in worlds:
        check_answers(world.answers[seen_before:] if world is shared else world.answers)
        for phase in ("setup", "call"):
            check_logs(caplog.get_records(phase), world)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[WatchedWorld]:
    """A fresh world on SQLite: gateway and mocks in this process, with the client ``shop`` registered."""
    async with a_world(tmp_path / "world") as running:
        yield watched(running)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WatchedWorld]:
    """One world for a file of attacks that leave nothing behind."""
    async with a_world(tmp_path_factory.mktemp("shared") / "world") as running:
        yield watched(running)


@contextlib.asynccontextmanager
async def in_turn(
    folder: Path, database_url: str | None = None, **changes: Any
) -> AsyncIterator[tuple[WatchedWorld, Application]]:
    """Two gateways on one database, taking requests in turn; the second is given beside the world of the first."""
    async with a_world(folder, database_url, **changes) as running:
        settings = replace(load(running.folder / "gate.toml"), **changes)
        second = create_app(settings, calls=Calls(running.net), fetch=running.fetch, clock=running.clock)
        async with second.inner.router.lifespan_context(second.inner):
            both = watched(running)
            both.witness.app = InTurn([running.gateway, second])
            yield both, second


@pytest.fixture
async def two_workers(
    tmp_path: Path,
    postgres_url: str,  # noqa: F811 - this is how a fixture asks for another
) -> AsyncIterator[WatchedWorld]:
    """Two gateways on one PostgreSQL, taking requests in turn; ``world.gateway`` is the first of them."""
    async with in_turn(tmp_path / "world", postgres_url) as (world, _):
        yield world


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engines)])
async def workers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WatchedWorld]:
    """Two gateways on one database, taking requests in turn."""
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    async with in_turn(tmp_path / "world", url) as (world, _):
        yield world
