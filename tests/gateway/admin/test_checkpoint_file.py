"""The file of checkpoints: it only grows, several writers keep its order, and a crash tears no more than its last line."""

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.admin import checkpoint_file
from gateway.admin.audit_chain import Break, ChainError
from gateway.admin.audit_checkpoints import Checkpoint, issue, read
from gateway.admin.checkpoint_file import CheckpointFileError
from tests.gateway.admin.audit_world import ISSUER, KEY, NOW, PINNED


def a_checkpoint(position: int, previous: int = 0, epoch: int = 1) -> Checkpoint:
    made = Checkpoint(position, bytes(32), NOW, epoch, previous)
    return replace(made, token=issue(made, ISSUER, KEY))


def reading(token: str) -> Checkpoint:
    return read(token, ISSUER, PINNED)


def positions(path: Path) -> list[int]:
    return [one.position for one in checkpoint_file.all_of(path, reading)]


ONE, TWO, THREE = a_checkpoint(1), a_checkpoint(2, 1), a_checkpoint(3, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


def test_a_file_that_is_not_there_yet_is_empty(path: Path) -> None:
    assert checkpoint_file.last(path, reading) is None
    assert positions(path) == []
    assert not path.exists()


def test_lines_are_added_in_order_and_for_the_owner_only(path: Path) -> None:
    assert checkpoint_file.append(path, [ONE, TWO], reading) == 2
    assert checkpoint_file.append(path, [THREE], reading) == 1

    assert positions(path) == [1, 2, 3]
    assert checkpoint_file.last(path, reading) == THREE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_slower_writer_adds_nothing_that_is_there_already(path: Path) -> None:
    checkpoint_file.append(path, [ONE, TWO, THREE], reading)

    assert checkpoint_file.append(path, [TWO], reading) == 0
    assert checkpoint_file.append(path, [], reading) == 0

    assert positions(path) == [1, 2, 3]


def test_a_later_life_of_the_database_goes_on_from_an_earlier_position(path: Path) -> None:
    checkpoint_file.append(path, [ONE, TWO, THREE], reading)

    assert checkpoint_file.append(path, [a_checkpoint(2, 1, epoch=2)], reading) == 1


@pytest.mark.parametrize("cut", [1, 5, 200])
def test_a_line_that_a_crash_tore_is_cut_off_by_the_next_writer(path: Path, cut: int) -> None:
    checkpoint_file.append(path, [ONE, TWO], reading)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])

    assert positions(path) == [1]
    assert checkpoint_file.last(path, reading) == ONE
    assert checkpoint_file.append(path, [TWO], reading) == 1

    assert path.read_bytes() == whole


def test_a_torn_first_line_is_an_empty_file(path: Path) -> None:
    path.write_bytes(ONE.token.encode()[:50])

    assert checkpoint_file.last(path, reading) is None
    assert checkpoint_file.append(path, [ONE], reading) == 1
    assert positions(path) == [1]


@pytest.mark.attack("AU-02")
@pytest.mark.parametrize("line", [b"nonsense\n", "字\n".encode(), b"\n", b"x" * 5000 + b"\n", b"x" * 5000])
def test_au_02_a_line_that_is_not_ours_is_refused(path: Path, line: bytes) -> None:
    path.write_bytes(ONE.token.encode() + b"\n" + line)

    with pytest.raises(ChainError) as caught:
        positions(path)

    assert caught.value.finding.kind is Break.CHECKPOINT_FORGED
    with pytest.raises(ChainError):
        checkpoint_file.append(path, [TWO], reading)


@pytest.mark.parametrize(
    "work",
    [
        lambda path: checkpoint_file.last(path, reading),
        lambda path: checkpoint_file.append(path, [ONE], reading),
        lambda path: list(checkpoint_file.all_of(path, reading)),
    ],
)
def test_a_file_that_cannot_be_used_is_one_error_without_a_path(tmp_path: Path, work: Any) -> None:
    with pytest.raises(CheckpointFileError) as caught:
        work(tmp_path)

    assert str(tmp_path) not in str(caught.value)
