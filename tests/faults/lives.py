"""Two lives of one database: what happened in the first after the backup, and the second that knows only the backup."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from certs.keys import base64url
from gateway.admin.audit_export import FORMAT, VERSION
from gateway.app import create_app
from gateway.config import load
from gateway.store import migrate
from gateway.store.open import Stores
from providers.calls import Calls
from tests.gateway.admin.audit_copies import KEY
from tests.world import World, fetch_over, keys_read_once

MOST = 10_000


async def copy_of(stores: Stores, path: Path) -> Path:
    """Export the audit as it is now."""
    while await stores.audit_chain.link(MOST):
        pass
    links = await stores.audit_chain.links(0, MOST)
    head = {"kind": FORMAT, "version": VERSION, "issuer": "https://id.example", "after": 0, "keys": [KEY.public_jwk()]}
    lines: list[dict[str, Any]] = [head]
    lines += [
        {"kind": "event", "position": link.position, "hash": base64url.encode(link.hash), "row": link.row}
        for link in links
    ]
    lines.append({"kind": "end", "after": 0, "until": links[-1].position, "hash": base64url.encode(links[-1].hash)})
    _write(path, lines)
    return path


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def renewed(world: World) -> str:
    """Lose the world's database and put an empty one in its place; gives its address."""
    file = Path(world.database_url.removeprefix("sqlite:///"))
    shutil.move(file, file.with_name("lost.sqlite3"))
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    migrate.upgrade(world.database_url)
    return world.database_url


@asynccontextmanager
async def started_again(world: World) -> AsyncIterator[World]:
    """Start the gateway of a world anew, on what its database holds now."""
    settings = load(world.folder / "gate.toml")
    with keys_read_once():
        gateway = create_app(settings, calls=Calls(world.net), fetch=fetch_over(world.net), clock=world.clock)
        world.net.mount(settings.issuer, gateway)
        async with gateway.inner.router.lifespan_context(gateway.inner):
            yield World(world.net, gateway, world.mocks, world.clock, world.folder, world.database_url)
