"""Group MP, changing the look-up key: two workers go on, the moving process is killed, and nobody is lost (MP-09)."""

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from starlette.types import ASGIApp

from gateway.admin import keyring
from gateway.app import create_app
from gateway.audit import AuditAction
from gateway.config import load
from gateway.store.open import Stores, open_stores
from gateway.store.sql import indexes, number_tables
from gateway.store.sql.columns import metadata
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from providers.calls import Calls
from tests.attacks.conftest import InTurn
from tests.attacks.watch import WatchedWorld, watched
from tests.contracts.stores.builders import an_event
from tests.contracts.stores.desk import Desk, an_evidence
from tests.faults.province import one
from tests.faults.weight import PATIENT, rounds
from tests.world import a_world

pytestmark = [pytest.mark.attack("MP-09"), PATIENT]
RETURNING = [
    ("hong_kong", "chan-siu-ming"),
    ("hong_kong", "wong-ka-yan"),
    ("hong_kong", "leung-kin-hong"),
    ("macao", "chao-sio-man"),
]
NEW = [
    ("guangdong", "leung-kin-hong"),
    ("hong_kong", "jane-smith"),
    ("hong_kong", "lau-chi-wai"),
    ("macao", "lei-ka-meng"),
    ("hong_kong", "lam-yi-lin"),
    ("hong_kong", "arjun-singh"),
]
FILLED = rounds(40, 2_000)
DEATHS = rounds(2, 40)
WAIT = 0.02
PATIENCE = 60.0


@dataclass(slots=True)
class Change:
    """A change of keys under way: two workers take turns, an observer looks on."""

    world: WatchedWorld
    observer: Stores
    numbers: dict[tuple[str, str], str]

    async def sign_in(self, *people: tuple[str, str]) -> None:
        """Let people sign in through whichever worker's turn it is; they have the number that they had."""
        for place, person in people:
            claims = await self.world.signed_in(place, person)
            number = claims["gba_cn_id"]["value"]
            assert self.numbers.setdefault((place, person), number) == number

    async def left(self) -> int | None:
        """What lies under the old keys alone; none before the change has begun."""
        await self.observer.refresh_keys()
        is_begun = self.observer.keys_in_use.in_use["index"][0] == "2"
        return (await self.observer.rekeying.remaining()).total if is_begun else None

    async def rekey(self, *options: str) -> asyncio.subprocess.Process:
        """Start the moving process."""
        config = str(self.world.folder / "gate.toml")
        command = [sys.executable, "-m", "gateway.cli", "map", "rekey", "--config", config, *options]
        nowhere, kept = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(*command, stdout=nowhere, stderr=kept)

    async def killed_below(self, threshold: float) -> int | None:
        """Let the moving process run until less is left than that, and kill it; gives what is left then."""
        process = await self.rekey("--batch", "1")
        while process.returncode is None:
            left = await self.left()
            if left is not None and left <= threshold:
                break
            await asyncio.sleep(WAIT)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        return await self.left()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engines)])
async def change(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Change]:
    """People are on record, the next keys are made, and two workers were started again with both."""
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    async with a_world(tmp_path / "world", url) as running, contextlib.AsyncExitStack() as open_things:
        numbers = {who: (await running.signed_in(*who))["gba_cn_id"]["value"] for who in RETURNING}
        desk = Desk(running.stores)
        for place in range(FILLED):
            permit = TravelPermit.parse(f"H{60_000_000 + place}")
            await desk.resolve(await desk.person(f"one {place}"), an_evidence(permit))
        keyring.create_next(running.folder / "keys")
        workers: list[ASGIApp] = []
        for _ in range(2):
            app = create_app(load(running.folder / "gate.toml"), calls=Calls(running.net), clock=running.clock)
            await open_things.enter_async_context(app.inner.router.lifespan_context(app.inner))
            workers.append(app)
        both = watched(running)
        both.witness.app = InTurn(workers)
        keys = keyring.load(running.folder / "keys")
        observer = await open_stores(running.database_url, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys)
        open_things.push_async_callback(observer.aclose)
        yield Change(both, observer, numbers)


async def of(stores: Stores, statement: Any) -> list[Any]:
    def ask(connection: Connection) -> list[Any]:
        return [tuple(row) for row in connection.execute(statement)]

    return await stores.database.read(ask)


async def entries(stores: Stores) -> dict[str, int]:
    """How many indexes there are under each key."""
    column = number_tables.indexes.c.key_id
    return dict(await of(stores, select(column, func.count()).group_by(column)))


async def test_mp_09_people_come_and_return_through_both_workers_while_the_mover_is_killed_and_resumed(
    change: Change,
) -> None:
    chance = random.Random(20261124)  # noqa: S311 - moments, not secrets
    newcomers = list(NEW)
    await change.sign_in(*RETURNING)
    interrupted = 0

    total = None
    for place in range(DEATHS):
        threshold = 10_000_000 if total is None else total * chance.uniform(1 - (place + 1) / DEATHS, 1)
        dying = asyncio.create_task(change.killed_below(threshold))
        await change.sign_in(*RETURNING[:2], *newcomers[:2])
        del newcomers[:2]
        left = await asyncio.wait_for(dying, PATIENCE)
        total = left if total is None else total
        interrupted += left is not None and left > 0
        await change.sign_in(*change.numbers)

    assert interrupted > 0, "the mover was never killed on its way"
    process = await change.rekey()
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert await change.left() == 0
    await change.sign_in(*change.numbers, *newcomers)
    await assert_one_record_each(change)
    await assert_old_key_finds_nothing(change)


async def assert_one_record_each(change: Change) -> None:
    """Nobody was allocated twice: records, numbers and the people tied to them add up."""
    bindings, holders = (metadata.tables[name] for name in ("bindings", "holders"))
    people = {person for _, person in change.numbers}
    permits = FILLED + len(people)
    assert await of(change.observer, select(func.count()).select_from(bindings)) == [(permits,)]
    assert await of(change.observer, select(func.count()).select_from(holders)) == [(FILLED + len(change.numbers),)]
    of_person: dict[str, set[str]] = {}
    for (_, person), number in change.numbers.items():
        of_person.setdefault(person, set()).add(number)
    assert all(len(numbers) == 1 for numbers in of_person.values())
    assert len(set(change.numbers.values())) == len(people)


async def assert_old_key_finds_nothing(change: Change) -> None:
    """The retired key's indexes are gone, and the key itself finds nobody."""
    assert set(await entries(change.observer)) == {"2"}
    keys = keyring.load(change.world.folder / "keys")
    rings = {name: {"1": ring["1"]} for name, ring in (("sealing", keys.sealing_keys), ("index", keys.index_keys))}
    old = Vault(rings["sealing"], rings["index"])
    new = Vault({"2": keys.sealing_keys["2"]}, {"2": keys.index_keys["2"]})
    permits = [TravelPermit.parse(one(person).permit or "") for _, person in change.numbers]

    def look(connection: Connection) -> tuple[list[bool], list[bool]]:
        def found(vault: Vault) -> list[bool]:
            return [indexes.find(connection, vault.permit_index(permit)) is not None for permit in permits]

        return found(old), found(new)

    under_old, under_new = await change.observer.database.read(look)
    assert (any(under_old), all(under_new)) == (False, True)


async def test_mp_09_a_worker_that_has_not_heard_of_the_new_key_learns_of_it_before_it_writes(change: Change) -> None:
    hearing = change.observer
    event = an_event(AuditAction.KEYS_CHANGED)
    assert await hearing.rekeying.begin(change.world.clock.now, event)

    await change.sign_in(*NEW[:2], *RETURNING)

    newcomer = TravelPermit.parse(one(NEW[1][1]).permit or "")
    keys = keyring.load(change.world.folder / "keys")
    each = [Vault(keys.sealing_keys, {key_id: key}) for key_id, key in keys.index_keys.items()]

    def look(connection: Connection) -> list[bool]:
        return [indexes.find(connection, vault.permit_index(newcomer)) is not None for vault in each]

    assert set(await entries(hearing)) == {"1", "2"}
    assert await hearing.database.read(look) == [True, True]
