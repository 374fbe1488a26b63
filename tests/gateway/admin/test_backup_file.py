"""The file of a backup: whole under its name or not there, and every damage named in a plain sentence."""

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certs.keys.stream_seal import StreamSealer, key_id
from gateway.admin import backup_file, backup_reader
from gateway.admin.backup_file import BackupDamagedError, BackupError, Note
from gateway.admin.backup_ports import Row
from tests.authority import NOW
from tests.gateway.admin.fake_backups import ROWS, Fake

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
NOTE = Note("b1", NOW, "https://id.example", "0005", "sqlite", key_id(KEY))


def nobody(_table: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / f"one{backup_file.SUFFIX}"
    backup_file.write(path, NOTE, KEY, Fake(), nobody)
    return path


def read(path: Path, key: bytes = KEY) -> dict[str, list[Row]]:
    with backup_reader.opened(path, key) as reader:
        return {table.name: list(table.rows) for table in reader.tables()}


def test_a_file_gives_back_what_was_written_and_is_its_owners_alone(file: Path) -> None:
    found = read(file)

    assert found == ROWS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert backup_file.note_of(file) == NOTE
    assert b"audit" not in file.read_bytes()


def test_what_is_told_of_a_file_is_true_of_it(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = tmp_path / "one"

    written = backup_file.write(path, NOTE, KEY, Fake(), lambda *how_far: told.append(how_far))

    with backup_reader.opened(path, KEY) as reader:
        for table in reader.tables():
            list(table.rows)
        assert (reader.sha256, reader.size, reader.rows) == (written.sha256, written.size, written.rows)
    assert written.size == path.stat().st_size
    assert told[-1] == ("audit", 302, 302)


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "rename")), full)

    with pytest.raises(BackupError, match="No space left on device"):
        backup_file.write(tmp_path / "one", NOTE, KEY, Fake(), nobody)

    assert list(tmp_path.iterdir()) == []


def test_what_fails_while_it_is_read_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Iterator[Row]:
        yield ["a", 1]
        raise LookupError("the database went away")

    with pytest.raises(LookupError):
        backup_file.write(tmp_path / "one", NOTE, KEY, Fake(rows={"clients": broken()}), nobody)

    assert list(tmp_path.iterdir()) == []


def test_left_overs_of_a_crash_are_named_and_are_no_backups(tmp_path: Path) -> None:
    partial = tmp_path / f"one{backup_file.SUFFIX}{backup_file.PARTIAL}"
    copy = tmp_path / f"two{backup_file.SUFFIX}{backup_file.SCRATCH}"
    for path in (partial, copy):
        path.write_bytes(b"GBASEAL\x01 and no more")

    assert backup_file.leftovers(tmp_path) == sorted([partial.name, copy.name])
    assert backup_file.note_of(partial) is None


def test_another_key_is_told_apart_from_damage(file: Path) -> None:
    with pytest.raises(BackupError, match="under another key") as refused:
        read(file, OTHER)

    assert not isinstance(refused.value, BackupDamagedError)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 4,)) + data[place + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "something else": lambda _: b"PK\x03\x04" * 1000,
    "cut in the note": lambda data: data[:40],
    "cut behind the note": lambda data: data[:300],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "one byte more": lambda data: data + b"\0",
    "a bit in the note": lambda data: data.replace(b"sqlite", b"sqlitf", 1),
    "a bit in the middle": lambda data: flipped(data, len(data) // 2),
    "a bit at the end": lambda data: flipped(data, len(data) - 3),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_every_damage_is_found_and_told_in_a_sentence(file: Path, damage: str) -> None:
    file.write_bytes(DAMAGE[damage](file.read_bytes()))

    with pytest.raises(BackupDamagedError, match=r"damaged|no backup"):
        read(file)


def written_by_hand(path: Path, *lines: Any, note: Note = NOTE) -> Path:
    """A file under the right key that says whatever it is given."""
    with path.open("wb") as target:
        members = {"format": 1, "id": note.id, "created_at": note.created_at.isoformat(), "issuer": note.issuer}
        members |= {"schema": note.schema, "engine": note.engine, "key_id": note.key_id}
        sealer = StreamSealer(target, KEY, json.dumps(members).encode())
        sealer.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        sealer.finish()
    return path


TWO = {
    "schema": "0005",
    "engine": "sqlite",
    "epoch": 1,
    "rows": {"clients": 2},
    "audit_seq": 0,
    "chain_position": 0,
    "chain_hash": "",
    "key_sets": {},
    "trust_heads": {},
}
HEAD = {"table": "clients", "columns": ["id"]}
END = {"end": "clients", "rows": 2, "sha256": "6e0b2c2f"}


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ({"facts": {}},),
        ({"facts": {**TWO, "schema": "0004"}},),
        ({"facts": TWO}, {"table": "grants", "columns": ["id"]}),
        ({"facts": TWO}, HEAD, ["a"], ["b"]),
        ({"facts": TWO}, HEAD, ["a"], ["b"], END),
        ({"facts": TWO}, HEAD, ["a", "too many"], ["b"], END),
        ({"facts": {**TWO, "rows": {}}}, {"whole": "b1", "rows": 1}),
        ({"facts": {**TWO, "rows": {}}}, {"whole": "b2", "rows": 0}),
        ({"facts": {**TWO, "rows": {}}}, {"whole": "b1", "rows": 0}, {"whole": "b1", "rows": 0}),
        ({"facts": {**TWO, "rows": {}}}, "whole"),
    ],
)
def test_counts_digests_and_ends_have_to_be_right(tmp_path: Path, lines: tuple[Any, ...]) -> None:
    with pytest.raises(BackupDamagedError):
        read(written_by_hand(tmp_path / "one", *lines))


def test_the_smallest_file_that_is_right_is_read(tmp_path: Path) -> None:
    lines = ({"facts": {**TWO, "rows": {}}}, {"whole": "b1", "rows": 0})

    assert read(written_by_hand(tmp_path / "one", *lines)) == {}


def test_a_note_of_another_version_is_refused(tmp_path: Path) -> None:
    path = written_by_hand(tmp_path / "one", {"facts": TWO})
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))

    with pytest.raises(BackupError, match="another version"):
        read(path)


def test_a_file_that_is_not_there_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="No such file"):
        read(tmp_path / "nothing")
    assert backup_file.note_of(tmp_path / "nothing") is None
