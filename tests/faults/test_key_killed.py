"""Faults, keys: killed at any point of a rotation, the set is whole and the next round goes on from it (F-KEY-01)."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.keys.key_state import KeyState
from certs.keys.rotation.guards import GuardError
from certs.keys.rotation.records import KeySetRecord, ProofKind
from gateway.admin import key_chores, key_office
from gateway.admin.acts import Act
from gateway.admin.key_work import AlreadyRunningError, KeyOffice, Order
from gateway.store.open import Stores
from tests.faults.rotating import POINTS, SET, Mortals, an_office, mortals, seen_by
from tests.faults.weight import PATIENT, rounds
from tests.world import NOW, _template

pytestmark = PATIENT
HELD = timedelta(hours=24, minutes=5)


@pytest.fixture(scope="module")
def dying() -> Iterator[Mortals]:
    with mortals() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = shutil.copytree(_template(), tmp_path / "world")
    text = (copy / "gate.toml").read_text().replace(str(_template()), str(copy))
    (copy / "gate.toml").write_text(text)
    return copy


async def whole(office: KeyOffice) -> KeySetRecord:
    """The set as it was left: exactly one key signs, and every living private half is there."""
    keys = (await office.registry.all())[SET]
    assert len(keys.in_state(KeyState.ACTIVE)) == 1
    for key in keys.in_state(KeyState.ACTIVE, KeyState.PUBLISHED):
        assert office.backend.signer(key.handle or "").public["x"] == key.public["x"]
    return keys


def moments() -> list[datetime]:
    """When something is due: at once, when the standby takes over, when the change has settled, when it is over."""
    change = NOW + timedelta(days=75)
    return [NOW, change, change + timedelta(hours=1), change + HELD + timedelta(minutes=1)]


@pytest.mark.attack("F-KEY-01")
@pytest.mark.parametrize("point", POINTS)
async def test_f_key_01_a_rotation_that_is_killed_anywhere_goes_on_by_itself(
    folder: Path, dying: Mortals, point: str
) -> None:
    for _ in range(rounds(1, 4)):
        deaths, documents = 0, []
        for now in moments():
            ended = dying.rotate(folder, now, point)
            deaths += ended == -9
            async with an_office(folder, now) as (office, _):
                documents.append({key.kid for key in (await whole(office)).document})
                await key_chores.rotate(office, seen_by(office), now)
                keys = await whole(office)
        assert deaths
        states = [key.state for key in keys.keys]
        assert states[:2] == [KeyState.RETIRED, KeyState.ACTIVE]
        assert states.count(KeyState.PUBLISHED) == 1
        assert keys.keys[0].kid in documents[1] | documents[2]  # it stays for as long as what it signed may live
        assert keys.keys[0].private_gone_at is not None


@pytest.mark.attack("F-KEY-01")
async def test_f_key_01_a_private_half_that_nobody_was_told_of_is_found_as_a_stray(
    folder: Path, dying: Mortals
) -> None:
    assert dying.rotate(folder, NOW, "stored") == -9

    async with an_office(folder, NOW) as (office, _):
        records = (await office.registry.all())[SET]
        files = list((folder / "keys" / "sealed").glob("*.key"))

    assert len(files) == 1
    assert len(records.keys) == 1


async def told(stores: Stores, action: str) -> list[dict[str, Any]]:
    def read(connection: Any) -> list[Any]:
        return list(connection.exec_driver_sql("SELECT details FROM audit WHERE action = ?", (action,)))

    return [json.loads(row[0]) for row in await stores.database.read(read)]


@pytest.mark.attack("F-KEY-02")
async def test_f_key_02_three_who_rotate_at_once_make_one_key_and_two_are_told_so(folder: Path) -> None:
    """Two workers and a command line, each with a connection of its own."""
    for turn in range(rounds(3, 100)):
        now = NOW + timedelta(days=4 * turn)
        async with (
            an_office(folder, now) as (one, stores),
            an_office(folder, now) as (two, _),
            an_office(folder, now) as (three, _),
        ):
            before = len((await one.registry.all())[SET].keys)
            actors = ((one, "worker-1"), (two, "worker-2"), (three, "ada"))
            outcomes = await asyncio.gather(
                *(key_office.generate(office, SET, Order(Act(name, now))) for office, name in actors),
                return_exceptions=True,
            )
            made = [one for one in outcomes if not isinstance(one, BaseException)]
            refused = [one for one in outcomes if isinstance(one, GuardError | AlreadyRunningError)]
            keys = (await one.registry.all())[SET]
            assert (len(made), len(refused), len(keys.keys) - before) == (1, 2, 1)
            assert [event["kid"] for event in await told(stores, "key.generated")].count(str(made[0].kid)) == 1
            assert len(list((folder / "keys" / "sealed").glob("*.key"))) == turn + 1
            await let_it_sign(one, now)


async def let_it_sign(office: KeyOffice, now: datetime) -> None:
    """The rest of the rotation, by hand, so that the next round finds no key on its way."""
    await key_office.publish(office, SET, Order(Act("ada", now)))
    await key_office.prove(office, SET, ProofKind.PROBE, Order(Act("ada", now)))
    await key_office.activate(office, SET, Order(Act("ada", now + timedelta(days=2))))


@pytest.mark.attack("F-KEY-02")
async def test_f_key_02_two_who_activate_at_once_change_the_set_once(folder: Path) -> None:
    async with an_office(folder, NOW) as (office, _):
        await key_chores.rotate(office, seen_by(office), NOW)
    later = NOW + timedelta(days=2)
    async with an_office(folder, later) as (one, stores), an_office(folder, later) as (two, _):
        outcomes = await asyncio.gather(
            *(
                key_office.activate(office, SET, Order(Act(name, later)))
                for office, name in ((one, "ada"), (two, "ben"))
            ),
            return_exceptions=True,
        )
        keys = await whole(one)
        events = await told(stores, "key.activated")

    assert sum(isinstance(outcome, GuardError | AlreadyRunningError) for outcome in outcomes) == 1
    assert [key.state for key in keys.keys] == [KeyState.RETIRING, KeyState.ACTIVE]
    assert len(events) == 1
