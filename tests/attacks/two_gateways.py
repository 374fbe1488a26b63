"""Two gateways over one database and one folder of keys, in one process: what a proxy before two workers sees."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from gateway.admin.acts import Act
from gateway.admin.key_work import KeyOffice, Order
from gateway.app import Application, create_app
from gateway.config import load
from gateway.managed_keys import ManagedKeys
from providers.calls import Calls
from tests.asking import AT
from tests.world import World, a_world, fetch_over, keys_read_once


@dataclass(slots=True)
class Pair:
    """The world's gateway and a second worker beside it."""

    world: World
    second: Application

    @property
    def workers(self) -> tuple[Application, Application]:
        return self.world.gateway, self.second

    @property
    def office(self) -> KeyOffice:
        return self.keys(0).office

    def keys(self, place: int) -> ManagedKeys:
        managed: ManagedKeys = self.workers[place].inner.state.keys
        return managed

    def order(self, operator: str = "ada", reason: str = "case 7", **more: Any) -> Order:
        return Order(Act(operator, self.world.clock.now, reason), **more)

    async def beat(self) -> None:
        """Both workers tell that they live, as they do every few seconds."""
        for worker in self.workers:
            await worker.inner.state.heartbeat.beat()

    async def refresh(self) -> None:
        """Both workers learn of what has changed, as they do every few seconds."""
        for worker in self.workers:
            await worker.inner.state.chores.refresh_managed_keys()

    async def rotate(self) -> None:
        """One round of the chores on each worker."""
        for worker in self.workers:
            chores = worker.inner.state.chores
            with keys_read_once():
                await replace(chores, rotation=replace(chores.rotation, automatic=True)).rotate_keys()
        await self.refresh()

    async def ask(self, place: int, method: str, path: str, **more: Any) -> httpx.Response:
        """One request at one of the workers."""
        self.world.net.mount(AT.issuer, self.workers[place])
        async with self.world.net.browser() as http:
            return await http.request(method, f"{AT.issuer}{path}", **more)


@contextlib.asynccontextmanager
async def a_pair(folder: Path, **changes: Any) -> AsyncIterator[Pair]:
    """Start both."""
    async with a_world(folder, **changes) as world:
        written = load(folder / "gate.toml")
        settings = replace(written, **{"keys": replace(written.keys, automatic=False), **changes})
        with keys_read_once():
            second = create_app(settings, calls=Calls(world.net), fetch=fetch_over(world.net), clock=world.clock)
            lifespan = second.inner.router.lifespan_context(second.inner)
            await lifespan.__aenter__()
        try:
            yield Pair(world, second)
        finally:
            await lifespan.__aexit__(None, None, None)
