"""Faults, backups: what is given after a restore was never given before it, in either life (F-BK-02)."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.admin.records import SwitchKind
from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.oidc.random_values import new_value
from gateway.store.open import Stores, open_stores
from gateway.store.sql.number_tables import buckets
from gateway.store.sql.operation_tables import key_sets
from mapping.errors import MappingError
from tests.contracts.stores.backing_up import back_up, content, restored
from tests.contracts.stores.builders import KEYS, NOW, a_client, a_completion, a_consent, a_world, an_event
from tests.contracts.stores.desk import Desk, an_evidence
from tests.faults.lives import copy_of
from tests.faults.mortal import permit_of

pytestmark = [
    pytest.mark.attack("F-BK-02"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
KEPT_BACK = "810054"


def always_the_first(_: int) -> int:
    """The worst generator: whatever can repeat, repeats."""
    return 0


@asynccontextmanager
async def living(url: str) -> AsyncIterator[Desk]:
    stores = await open_stores(url, **KEYS, choose=always_the_first)
    try:
        yield Desk(stores)
    finally:
        await stores.aclose()


@pytest.fixture
def empty(tmp_path: Path, migrated_file: Path) -> Callable[[], str]:
    """Give fresh databases."""

    def make() -> str:
        file = tmp_path / f"life-{len(list(tmp_path.glob('life-*.sqlite3')))}.sqlite3"
        file.write_bytes(migrated_file.read_bytes())
        return f"sqlite:///{file}"

    return make


async def arrives(desk: Desk, place: int) -> str:
    """Somebody new signs in; all of them were born on one day. Gives their stand-in."""
    subject_id = await desk.person(f"person-{place}")
    return (await desk.resolve(subject_id, an_evidence(permit_of(place)))).binding.number.value


async def test_f_bk_02_a_number_that_the_backup_does_not_know_is_not_given_again(
    database_url: str, tmp_path: Path, empty: Callable[[], str]
) -> None:
    async with living(database_url) as desk:
        known = await arrives(desk, 1)
        file = await back_up(database_url, tmp_path)
        lost = [await arrives(desk, place) for place in (2, 3)]
    url = empty()

    told = restored(url, file)

    async with living(url) as desk:
        given = [await arrives(desk, place) for place in (4, 5)]
        again = await arrives(desk, 1)
        off = {one.name for one in await desk.stores.switch_registry.all() if one.kind is SwitchKind.REGION}
    assert not set(given) & {known, *lost}
    assert {number[:6] for number in given} == {KEPT_BACK}
    assert again == known
    assert {known[:6]} <= off
    assert told["changed"]["region_codes_switched_off"] == len(off) == 16


async def test_f_bk_02_a_copy_of_the_audit_with_numbers_in_it_leaves_their_codes_too(
    database_url: str, tmp_path: Path, empty: Callable[[], str]
) -> None:
    async with living(database_url) as desk:
        await desk.person("somebody")
        while await desk.stores.audit_chain.link(100):
            pass
        file = await back_up(database_url, tmp_path)
        allocated = an_event(AuditAction.IDENTIFIER_BOUND, details={"reason": "allocate"})
        await desk.stores.audit.append(allocated)
        copy = await copy_of(desk.stores, tmp_path / "copy")
    url = empty()

    told = restored(url, file, audit_copy=copy, nothing_since=True)

    assert told["changed"]["region_codes_switched_off"] == 16
    assert told["known_lost"] == {"identifier.bound": 1}
    assert any("1 stand-in numbers were given since" in warning for warning in told["warnings"])


async def test_f_bk_02_where_nothing_happened_since_numbers_go_on_from_all_codes(
    database_url: str, tmp_path: Path, empty: Callable[[], str]
) -> None:
    async with living(database_url) as desk:
        known = await arrives(desk, 1)
        file = await back_up(database_url, tmp_path)
    url = empty()

    told = restored(url, file, nothing_since=True)

    async with living(url) as desk:
        given = await arrives(desk, 2)
    assert given != known
    assert given[:6] == known[:6]
    assert "region_codes_switched_off" not in told["changed"]


async def test_f_bk_02_when_no_code_is_left_that_is_sure_a_number_is_refused_and_not_repeated(
    database_url: str, tmp_path: Path, empty: Callable[[], str]
) -> None:
    async with living(database_url) as desk:
        await arrives(desk, 1)
    first, second = empty(), empty()
    restored(first, await back_up(database_url, tmp_path))

    restored(second, await back_up(first, tmp_path))

    async with living(second) as desk:
        with pytest.raises(MappingError, match=r"surrogate\.capacity"):
            await arrives(desk, 2)


async def test_f_bk_02_a_day_that_was_crowded_may_have_reached_the_codes_that_are_kept_back(
    database_url: str, tmp_path: Path, empty: Callable[[], str]
) -> None:
    async with living(database_url) as desk:
        await arrives(desk, 1)
        crowd = update(buckets).values(given=400)
        await desk.stores.database.run(lambda connection: connection.execute(crowd).rowcount)
    url = empty()

    restored(url, await back_up(database_url, tmp_path))

    async with living(url) as desk:
        off = {one.name for one in await desk.stores.switch_registry.all()}
    assert KEPT_BACK in off
    assert "820054" not in off, "of a block that was not crowded one code stays open"


async def second_use(desk: Desk) -> None:
    """A bit of everything that makes ids."""
    stores = desk.stores
    subject_id = await desk.person("newcomer")
    await desk.resolve(subject_id, an_evidence(permit_of(7)))
    await stores.numbers.conflict(AlertKind.FACTS_DIFFER, subject_id, permit_of(8), NOW, an_event())
    consent = a_consent(subject_id, id=new_value())
    assert await stores.sign_ins.complete(a_completion(subject_id, consent=consent), NOW)


def ids_of(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, set[Any]]:
    """The first column of what has ids of its own; of consents the second, as the first one is a row's place."""
    named = ("subjects", "numbers", "bindings", "binding_history", "alerts", "audit", "epochs", "backups")
    found = {name: {row[0] for row in rows[name]} for name in named}
    return found | {"consents": {row[1] for row in rows["consents"]}}


async def test_f_bk_02_no_id_and_no_event_number_of_one_life_is_one_of_the_other(
    database_url: str, stores: Stores, tmp_path: Path, empty: Callable[[], str]
) -> None:
    await a_world(stores)
    await stores.registry.save(a_client("rp-b"), an_event())
    file, before = await back_up(database_url, tmp_path), ids_of(content(database_url))
    async with living(database_url) as desk:
        for _ in range(3):
            await desk.stores.audit.append(an_event())
        await second_use(desk)
    url = empty()
    restored(url, file)

    async with living(url) as desk:
        await second_use(desk)

    old, new = ids_of(content(database_url)), ids_of(content(url))
    for name, known in before.items():
        made_before, made_after = old[name] - known, new[name] - known
        assert made_before or name in {"epochs", "backups"}
        assert made_after, name
        assert not made_before & made_after, name


async def test_f_bk_02_versions_of_key_sets_never_come_again(
    database_url: str, stores: Stores, tmp_path: Path, empty: Callable[[], str]
) -> None:
    await stores.database.run(
        lambda connection: connection.execute(key_sets.insert().values(name="s", version=4)).rowcount
    )
    file = await back_up(database_url, tmp_path)
    await stores.database.run(lambda connection: connection.execute(update(key_sets).values(version=9)).rowcount)
    url = empty()

    restored(url, file)

    async with living(url) as desk:
        assert await desk.stores.database.read(lambda one: one.execute(select(key_sets.c.version)).scalar_one()) > 9


def test_f_bk_02_kids_and_jtis_are_random_and_hang_on_no_counter(database_url: str) -> None:
    kids = {SigningKey.generate(Algorithm.ES256, NOW).kid for _ in range(50)}
    values = {new_value() for _ in range(1000)}

    assert (len(kids), len(values)) == (50, 1000)
