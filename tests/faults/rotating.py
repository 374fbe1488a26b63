"""Processes that rotate keys and die at a chosen point of it: right before or right after a write, or between two files.

``python -m tests.faults.rotating`` reads lines "FOLDER MOMENT POINT" and makes a child of itself for each, so that a
death costs a fork and not a start.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from certs.keys.backends import NewKey
from certs.keys.rotation.records import KeySetRecord
from gateway.admin import key_chores, keyring
from gateway.admin.key_sets import SetDescription
from gateway.admin.key_work import KeyOffice
from gateway.audit import AuditEvent
from gateway.config import load
from gateway.managed_keys import managed_keys
from gateway.store.open import Stores, open_stores

ROOT: Final = Path(__file__).resolve().parents[2]
SET: Final = "id-token-es256"
POINTS: Final = (
    *(
        f"{when}:{verb}"
        for verb in ("generate", "publish", "prove", "activate", "retire", "destroy-private")
        for when in ("before", "after")
    ),
    "stored",
    "wiped",
)
"""Around every write of a rotation, and behind the two acts on files."""


def die() -> None:
    """End at once, as a machine does that loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class MortalRegistry:
    """A registry that dies around one write."""

    inner: Any
    point: str

    async def change(
        self, before: KeySetRecord, after: KeySetRecord, events: Sequence[AuditEvent], **more: Any
    ) -> bool:
        """Write, and die before or after it."""
        if self.point == f"before:{more['verb']}":
            die()
        done: bool = await self.inner.change(before, after, events, **more)
        if self.point == f"after:{more['verb']}":
            die()
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass(frozen=True, slots=True)
class MortalBackend:
    """A backend that dies when it has made, or destroyed, a private half."""

    inner: Any
    point: str

    def generate(self, key_set: str, algorithm: str) -> NewKey:
        """Make a key, and die with nobody told of it."""
        made: NewKey = self.inner.generate(key_set, algorithm)
        if self.point == "stored":
            die()
        return made

    def destroy(self, handle: str) -> None:
        """Destroy, and die with nobody told of it."""
        self.inner.destroy(handle)
        if self.point == "wiped":
            die()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@contextlib.asynccontextmanager
async def an_office(folder: Path, now: datetime) -> AsyncIterator[tuple[KeyOffice, Stores]]:
    """The office of one set, over the folder's database and keys."""
    settings = load(folder / "gate.toml")
    keys = keyring.load(settings.keys_dir)
    stores = await open_stores(
        settings.storage.database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
    )
    try:
        managed = await managed_keys(settings, keys, stores, now)
        mine = {SET: managed.office.sets[SET]}
        ready: Callable[[KeySetRecord], frozenset[str]] = lambda record: frozenset(key.kid for key in record.keys)  # noqa: E731
        yield replace(managed.office, sets=mine, ready=ready), stores
    finally:
        await stores.aclose()


def seen_by(office: KeyOffice) -> Callable[[SetDescription], Any]:
    """A probe that sees what the record says is published."""

    async def probe(description: SetDescription) -> frozenset[str]:
        return frozenset(key.kid for key in (await office.registry.all())[description.name].document)

    return probe


async def live_and_die(folder: Path, now: datetime, point: str) -> None:
    """One round of the chores, up to the point."""
    async with an_office(folder, now) as (office, _):
        mortal = replace(
            office,
            registry=MortalRegistry(office.registry, point),
            backend=MortalBackend(office.backend, point),
        )
        await key_chores.rotate(mortal, seen_by(office), now)


def main() -> None:
    """Make a child for each line read, and tell how it ended."""
    for line in sys.stdin:
        folder, moment, point = line.split()
        child = os.fork()
        if child == 0:
            asyncio.run(live_and_die(Path(folder), datetime.fromisoformat(moment), point))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


@dataclass(slots=True)
class Mortals:
    """Starts them and tells how they ended."""

    process: "subprocess.Popen[str]"

    def rotate(self, folder: Path, now: datetime, point: str) -> int:
        """One life; gives its exit code, minus nine for one that was killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{folder} {now.isoformat()} {point}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextlib.contextmanager
def mortals() -> Iterator[Mortals]:
    """Start the one interpreter, and end it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.faults.rotating"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Mortals(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)


if __name__ == "__main__":
    main()
