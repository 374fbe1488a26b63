"""A backup of either engine holds every row, goes into either engine, and is all there or not at all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.admin import backup
from gateway.admin.acts import Act
from gateway.admin.audit_chain import Place, follow
from gateway.admin.backup_file import BackupDamagedError, BackupError, make_private
from gateway.admin.operation_records import BackupRecord, Instance
from gateway.audit import AuditAction
from gateway.store.open import SchemaError, Stores, open_stores
from gateway.store.sql.backup_epoch import SEQ_MARGIN, VERSION_MARGIN
from gateway.store.sql.backup_source import SqlBackupSource
from gateway.store.sql.backup_tables import NOT_CARRIED, everything
from gateway.store.sql.backup_target import SqlBackupTarget
from gateway.store.sql.operation_tables import gateway_facts
from gateway.store.vault import Vault
from tests.contracts.stores.backing_up import (
    LATER,
    an_office,
    back_up,
    content,
    fill_every_table,
    is_empty,
    restored,
)
from tests.contracts.stores.builders import KEYS, MINUTE, NEXT_KEYS, NOW, a_world, an_event
from tests.engines import PostgresServer

ON_ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not hang on the engine."""
CHANGED = {"audit", "epochs", "backups", "key_sets", "initial_access", "reveals", "trust_proposals", "key_states"}
"""Tables that a new epoch writes to, even where nothing was lost."""


@pytest.fixture
def another(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> Iterator[Callable[[str], str]]:
    """Give the way to fresh databases of an engine, beside the one under test."""
    made: list[str] = []

    def make(engine: str) -> str:
        if engine == "sqlite":
            file = tmp_path / f"target-{len(made)}.sqlite3"
            file.write_bytes(migrated_file.read_bytes())
            return f"sqlite:///{file}"
        server: PostgresServer = request.getfixturevalue("postgres")
        made.append(server.create_database(request.getfixturevalue("migrated_template")))
        return made[-1]

    yield make
    for url in made:
        request.getfixturevalue("postgres").drop_database(url)


def engine_of(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql"


@pytest.fixture
async def full(database_url: str, stores: Stores) -> str:
    """Give a database with rows in every table, and with keys in use."""
    fill_every_table(database_url)
    event = insert(gateway_facts).values(name="issuer", value="https://id.example")
    await stores.database.run(lambda connection: connection.execute(event).rowcount)
    return database_url


@pytest.mark.parametrize(
    ("database_url", "engine"),
    [
        ("sqlite", "sqlite"),
        pytest.param("sqlite", "postgresql", marks=pytest.mark.engines),
        pytest.param("postgresql", "sqlite", marks=pytest.mark.engines),
    ],
    indirect=["database_url"],
)
async def test_every_row_arrives_as_it_was_but_for_what_could_still_be_used(
    full: str, tmp_path: Path, another: Callable[[str], str], engine: str
) -> None:
    before, target = content(full), another(engine)

    told = restored(target, await back_up(full, tmp_path), nothing_since=True)

    after = content(target)
    dead = {table.name for table in NOT_CARRIED}
    assert {name for name, rows in after.items() if not rows} == dead
    assert {name: rows for name, rows in after.items() if name not in dead | CHANGED} == {
        name: rows for name, rows in before.items() if name not in dead | CHANGED
    }
    assert told["left_out"] == {name: 2 for name in dead if before[name]}
    assert told["epoch"] == 3
    assert [row[0] for row in after["epochs"]] == [1, 2, 3]
    assert [row[1] for row in after["key_sets"]] == [row[1] + VERSION_MARGIN for row in before["key_sets"]]
    assert after["key_states"] == before["key_states"]


async def test_events_go_on_far_above_what_was_there(
    database_url: str, stores: Stores, tmp_path: Path, another: Callable[[str], str]
) -> None:
    await a_world(stores)
    assert await stores.audit_chain.link(100) > 0
    target = another(engine_of(database_url))
    restored(target, await back_up(database_url, tmp_path), nothing_since=True)

    opened = await open_stores(target, **KEYS)
    try:
        await opened.audit.append(an_event())
        epochs, newest = await opened.backups.epochs(), await opened.backups.newest(5)
        assert await opened.audit_chain.link(100) == 2
        assert follow(Place(), await opened.audit_chain.links(0, 100)).position == len(content(target)["audit"])
    finally:
        await opened.aclose()

    highest = content(database_url)["audit"][-1][0]
    rows = content(target)["audit"]
    assert [row[0] for row in rows[-3:]] == [highest, highest + SEQ_MARGIN, highest + SEQ_MARGIN + 1]
    assert rows[-2][2] == AuditAction.BACKUP_RESTORED
    assert (epochs[0].number, epochs[0].cause, epochs[0].began_at, epochs[0].backup_at) == (2, "restore", LATER, NOW)
    assert (newest[0].id, newest[0].verified_at) == (epochs[0].backup_id, LATER)
    assert len(newest[0].sha256) == 64


async def test_what_is_written_meanwhile_is_not_in_the_backup(
    database_url: str, stores: Stores, tmp_path: Path
) -> None:
    await a_world(stores)
    scratch = tmp_path / "copy"
    make_private(scratch)
    with SqlBackupSource(database_url).snapshot(scratch) as snapshot:
        await stores.audit.append(an_event())

        rows = {table.name: len(list(table.rows)) for table in snapshot.tables()}
        facts = snapshot.facts

    assert rows == dict(facts.rows)
    assert rows["audit"] == len(content(database_url)["audit"]) - 1
    assert not scratch.exists()


@ON_ONE
async def test_a_database_that_is_not_empty_is_left_alone(database_url: str, stores: Stores, tmp_path: Path) -> None:
    await a_world(stores)
    file, before = await back_up(database_url, tmp_path), content(database_url)

    with pytest.raises(BackupError, match=r"not empty \(\d+ rows: "):
        restored(database_url, file)

    assert content(database_url) == before


@ON_ONE
async def test_a_database_that_a_gateway_works_with_is_left_alone(
    database_url: str, stores: Stores, tmp_path: Path
) -> None:
    file = await back_up(database_url, tmp_path)
    await stores.instances.beat(Instance("worker-1", LATER, LATER))

    with pytest.raises(BackupError, match="a gateway works with this database"):
        restored(database_url, file)

    await stores.instances.beat(Instance("worker-1", LATER - 2 * MINUTE, LATER - 2 * MINUTE))
    assert restored(database_url, file)["epoch"] == 2


@ON_ONE
async def test_a_damaged_backup_leaves_the_database_empty(
    database_url: str, stores: Stores, tmp_path: Path, another: Callable[[str], str]
) -> None:
    await a_world(stores)
    file = await back_up(database_url, tmp_path)
    file.write_bytes(file.read_bytes()[:-1])
    target = another(engine_of(database_url))

    with pytest.raises(BackupDamagedError):
        restored(target, file)

    assert is_empty(target)


@ON_ONE
async def test_records_under_keys_that_are_gone_are_not_restored(
    database_url: str, tmp_path: Path, another: Callable[[str], str]
) -> None:
    opened = await open_stores(database_url, **NEXT_KEYS)
    await a_world(opened)
    await opened.aclose()
    target = another(engine_of(database_url))

    with pytest.raises(BackupError, match="keys that are not in the keys folder"):
        restored(target, await back_up(database_url, tmp_path), keys=KEYS)

    assert is_empty(target)


async def test_rows_that_contradict_each_other_are_refused(
    database_url: str, stores: Stores, tmp_path: Path, another: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_world(stores)
    file = await back_up(database_url, tmp_path)
    target = another(engine_of(database_url))
    monkeypatch.setattr("gateway.store.sql.backup_target.unpacked", lambda _, rows: (row for row in rows for _ in "12"))

    with pytest.raises(BackupError, match="do not fit"):
        restored(target, file)

    assert is_empty(target)


def test_an_older_schema_is_neither_backed_up_nor_filled(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite3"
    empty.touch()

    with pytest.raises(SchemaError), SqlBackupSource(f"sqlite:///{empty}").snapshot(tmp_path / "copy"):
        pass
    with pytest.raises(SchemaError):
        SqlBackupTarget(f"sqlite:///{empty}", Vault(**KEYS)).filled(NOW)
    with pytest.raises(SchemaError):
        SqlBackupTarget(f"sqlite:///{tmp_path / 'nothing'}", Vault(**KEYS)).filled(NOW)
    assert not (tmp_path / "nothing").exists()


@ON_ONE
async def test_a_backup_is_on_record_with_its_event_and_verified_over_it(stores: Stores, tmp_path: Path) -> None:
    record = BackupRecord("b1", NOW, "one.gbabackup", "0" * 64, 7, 900)
    await stores.backups.add(record, an_event(AuditAction.BACKUP_CREATED))
    proved = BackupRecord("b1", NOW, "one.gbabackup", "0" * 64, 7, 900, LATER)

    await stores.backups.add(proved, an_event(AuditAction.BACKUP_VERIFIED))

    assert list(await stores.backups.newest(5)) == [proved]
    assert list(await stores.backups.epochs()) == []


@ON_ONE
async def test_made_verified_and_listed_it_says_the_same_of_itself(
    database_url: str, stores: Stores, tmp_path: Path
) -> None:
    await a_world(stores)
    office = an_office(database_url, tmp_path / "backups", stores.backups)
    (tmp_path / "backups").mkdir()

    made = await backup.create(office, Act("ada", NOW))
    proved = await backup.verify(office, Path(made["file"]), Act("ben", LATER))
    listed = await backup.listed(office, LATER)
    last = await backup.last_good(stores.backups, LATER, LATER - NOW)

    row = listed["backups"][0]
    assert {name: proved[name] for name in ("id", "rows", "size", "sha256")} == {
        name: made[name] for name in ("id", "rows", "size", "sha256")
    }
    assert (row["id"], row["verified_at"], row["age"], row["there"]) == (
        made["id"],
        LATER.isoformat(),
        "1 h 00 min",
        True,
    )
    assert (listed["leftovers"], listed["epoch"]) == ([], 1)
    assert (last.record is not None, last.is_late) == (True, False)
    assert len(list((tmp_path / "backups").iterdir())) == 1


@ON_ONE
async def test_without_a_verified_backup_the_next_one_is_late(stores: Stores) -> None:
    assert (await backup.last_good(stores.backups, NOW, LATER - NOW)).is_late
    record = BackupRecord("b1", NOW, "one.gbabackup", "0" * 64, 7, 900, NOW)
    await stores.backups.add(record, an_event(AuditAction.BACKUP_CREATED))

    assert (await backup.last_good(stores.backups, LATER, (LATER - NOW) / 2)).is_late


@ON_ONE
async def test_a_file_that_is_whole_but_not_the_one_on_record_is_refused(
    database_url: str, stores: Stores, tmp_path: Path
) -> None:
    office = an_office(database_url, tmp_path, stores.backups)
    made = await backup.create(office, Act("ada", NOW))
    await stores.backups.add(BackupRecord(made["id"], NOW, "x", "0" * 64, 7, 900), an_event(AuditAction.BACKUP_CREATED))

    with pytest.raises(BackupError, match="not the one that was put on record"):
        await backup.verify(office, Path(made["file"]), Act("ada", NOW))


def test_every_table_travels_and_none_is_named_that_is_not_there() -> None:
    names = [table.name for table in everything()]

    assert len(names) == len(set(names))
    assert {table.name for table in NOT_CARRIED} < set(names)
