"""Two workers on one database whose clocks can be set apart; the database's own clock is always right."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.admin.operation_records import Instance
from gateway.app import Application, create_app
from gateway.chores import Chores
from gateway.config import load
from gateway.store.sql.instances import SqlInstances
from providers.calls import Calls
from tests.asking import AT
from tests.world import NOW, Clock, World, a_world, fetch_over, keys_read_once


@dataclass(slots=True)
class WorkerClock:
    """The clock of one worker: right, and so much ahead."""

    right: Clock
    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return self.right.now + self.ahead

    def steady(self) -> float:
        """What nobody can set."""
        return (self.right.now - NOW).total_seconds()


@dataclass(slots=True)
class Team:
    """Two workers, one behind the other's back: requests go to whom they are told to go to."""

    world: World
    workers: list[Application] = field(default_factory=list)
    clocks: list[WorkerClock] = field(default_factory=list)

    def serve_with(self, place: int) -> None:
        """Let one of the workers take all requests from now on."""
        self.world.net.mount(AT.issuer, self.workers[place])

    async def ask(self, path: str, *, at: int) -> httpx.Response:
        """One request at one of the workers."""
        self.serve_with(at)
        async with self.world.net.browser() as http:
            return await http.get(f"{AT.issuer}{path}")

    async def beat(self, place: int, *, seconds: float = 5.0) -> None:
        """Let some time pass for everybody, and one worker's heart beat."""
        self.world.clock.advance(seconds=seconds)
        await self.workers[place].inner.state.heartbeat.beat()

    def chores(self, place: int) -> Chores:
        chores: Chores = self.workers[place].inner.state.chores
        return chores

    async def row(self, place: int) -> Instance:
        """What a worker last told of itself."""
        name = self.workers[place].inner.state.heartbeat.id
        rows = await self.world.stores.instances.living(NOW - timedelta(days=30))
        return next(row for row in rows if row.id == name)


@contextlib.asynccontextmanager
async def a_team(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Team]:
    """Start a world and two workers in it."""
    async with a_world(folder) as world, contextlib.AsyncExitStack() as running:
        _let_the_database_be_right(world, patch)
        team = Team(world)
        for _ in range(2):
            clock = WorkerClock(world.clock)
            with keys_read_once():
                worker = create_app(
                    load(folder / "gate.toml"),
                    calls=Calls(world.net),
                    fetch=fetch_over(world.net),
                    clock=clock,
                    steady=clock.steady,
                )
                await running.enter_async_context(worker.inner.router.lifespan_context(worker.inner))
            team.workers.append(worker)
            team.clocks.append(clock)
        team.serve_with(0)
        yield team


def _let_the_database_be_right(world: World, patch: pytest.MonkeyPatch) -> None:
    """SQLite tells this machine's time, which is not that of the tests."""
    beat = SqlInstances.beat

    async def at_the_right_time(registry: SqlInstances, instance: Instance) -> datetime:
        await beat(registry, instance)
        return world.clock.now

    patch.setattr(SqlInstances, "beat", at_the_right_time)


async def audited(world: World) -> list[Any]:
    """The audit in its own order: sequence, moment, action."""
    found: list[Any] = []

    def work(connection: Any) -> None:
        found.extend(connection.exec_driver_sql("SELECT seq, at, action FROM audit ORDER BY seq").all())

    await world.stores.database.read(work)
    return found
