"""Processes that allocate numbers until somebody kills them: a worker of the gateway, reduced to what can be torn.

``Nursery`` starts one interpreter that has everything imported and makes children of itself, so that two hundred deaths
take two hundred forks and not two hundred starts. A child tells every number that it has given, one line each, after
the store has told it that the number is written: what was told must be true for ever.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from gateway.oidc.ports import StoreUnavailableError
from gateway.store.open import open_stores
from mapping.documents import TravelPermit
from mapping.evidence import Evidence
from tests.contracts.stores.builders import BIRTHDATE, KEYS
from tests.contracts.stores.desk import Desk, an_evidence

ROOT: Final = Path(__file__).resolve().parents[2]
BIRTHDAYS: Final = 5_000
AT_ONCE: Final = 4
"""So many people stand at one worker's counter at a time."""
SECONDS: Final = 60
PATIENCE: Final = 20
"""So often somebody comes back who was told that the gateway is busy."""


def permit_of(person: int) -> TravelPermit:
    """The permit of one of our people."""
    return TravelPermit.parse(f"H{10_000_000 + person}")


def evidence_of(person: int, days: int = BIRTHDAYS) -> Evidence:
    """What one of our people proves; they are born on many days, for ten thousand do not fit into one."""
    return an_evidence(permit_of(person), birthdate=BIRTHDATE + timedelta(days=person % days))


async def serve(desk: Desk, person: int, days: int = BIRTHDAYS) -> str:
    """Recognise somebody and give them their number, as a sign-in does; a store that is too busy is asked again."""
    for _ in range(PATIENCE):
        try:
            subject_id = await desk.person(f"person {person}")
            held = await desk.resolve(subject_id, evidence_of(person, days))
        except StoreUnavailableError:
            continue
        return held.binding.number.value
    raise AssertionError("the store was busy for ever")


async def allocate(url: str, first: int, many: int) -> None:
    """One worker's life: open the stores, serve everybody, tell."""
    stores = await open_stores(url, **KEYS, pool_size=AT_ONCE)
    desk, counter = Desk(stores), asyncio.Semaphore(AT_ONCE)

    async def come(person: int) -> None:
        async with counter:
            number = await serve(desk, person)
        os.write(1, f"{person} {number}\n".encode())

    await asyncio.gather(*(come(person) for person in range(first, first + many)))
    await stores.aclose()


def main() -> None:
    """Make a child for each line read, and tell when it is gone."""
    for line in sys.stdin:
        url, first, many = line.split()
        child = os.fork()
        if child == 0:
            os.write(1, f"pid {os.getpid()}\n".encode())
            asyncio.run(allocate(url, int(first), int(many)))
            os._exit(0)
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


@dataclass(slots=True)
class Nursery:
    """Starts workers and ends them."""

    process: "subprocess.Popen[str]"
    chance: random.Random = field(default_factory=lambda: random.Random(20261124))  # noqa: S311 - moments, not secrets

    def live_and_die(self, url: str, first: int, many: int, *, after: int | None = None) -> dict[int, str]:
        """Let a worker serve ``many`` people, kill it some moment after it has told of ``after``; gives what it told."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{url} {first} {many}\n")
        self.process.stdin.flush()
        pid, told = 0, {}
        for words in self._lines():
            if words[0] == "pid":
                pid = int(words[1])
            elif words[0] != "gone":
                told[int(words[0])] = words[1]
            if pid and after is not None and len(told) >= after:
                time.sleep(self.chance.random() * 0.004)  # anywhere between two statements, or inside one
                with contextlib.suppress(ProcessLookupError):  # it may have served its last person meanwhile
                    os.kill(pid, signal.SIGKILL)
                after = None
        return told

    def _lines(self) -> Iterator[list[str]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            words = line.split()
            yield words
            if words == ["gone"]:
                return
        raise AssertionError("the nursery ended")


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    """Start the one interpreter, and end it with all its children."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-m", "tests.faults.mortal"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS)
            process.kill()


if __name__ == "__main__":
    main()
