"""The highest numbers ever accepted, beside the database."""

import hashlib
from pathlib import Path

import pytest

from certs.trust.high_water import MAX_FILE, Comparison, HighWaterMark, Mark
from certs.trust.list_errors import ListError, ListRefusal
from tests.certs.trust.lists.builders import NOW

KEY = bytes(range(32))
A, B = (hashlib.sha256(name).hexdigest() for name in (b"a", b"b"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "high-water"


def filled(path: Path) -> HighWaterMark:
    return HighWaterMark.load(path, KEY).advance("hk", 7, A, NOW).advance("gd", 2, A, NOW).advance("hk", 9, B, NOW)


def refusal(path: Path, key: bytes = KEY) -> ListRefusal:
    with pytest.raises(ListError) as caught:
        HighWaterMark.load(path, key)
    return caught.value.reason


def test_a_file_that_is_not_there_is_empty(path: Path) -> None:
    state = HighWaterMark.load(path, KEY)

    assert state.marks == {}
    assert state.compare({}) is Comparison.AGREE
    assert not path.exists()


def test_what_was_written_is_read_back(path: Path) -> None:
    written = filled(path)

    state = HighWaterMark.load(path, KEY)

    assert state.marks == written.marks == {"hk": Mark(9, B), "gd": Mark(2, A)}
    assert state.highest("hk") == Mark(9, B)
    assert state.highest("mo") is None
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_only_grows_and_the_same_mark_again_writes_nothing(path: Path) -> None:
    filled(path)
    before = path.read_bytes()

    state = HighWaterMark.load(path, KEY).advance("hk", 9, B, NOW)
    assert path.read_bytes() == before

    state.advance("hk", 10, A, NOW)
    assert path.read_bytes().startswith(before)


@pytest.mark.attack("TL-01")
@pytest.mark.parametrize(("sequence", "digest"), [(8, A), (9, A)], ids=["lower", "same number, other content"])
def test_tl_01_a_mark_does_not_go_down(path: Path, sequence: int, digest: str) -> None:
    state = filled(path)

    with pytest.raises(ListError) as caught:
        state.advance("hk", sequence, digest, NOW)

    assert caught.value.reason is ListRefusal.ROLLBACK


def test_after_the_theft_of_a_key_a_reset_lets_a_mark_go_down(path: Path) -> None:
    filled(path).advance("hk", 8, A, NOW, reset=True)

    assert HighWaterMark.load(path, KEY).highest("hk") == Mark(8, A)


@pytest.mark.attack("TL-08")
@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ({"hk": (9, B), "gd": (2, A)}, Comparison.AGREE),
        ({"hk": (7, A), "gd": (2, A)}, Comparison.FILE_AHEAD),
        ({"hk": (9, A), "gd": (2, A)}, Comparison.FILE_AHEAD),
        ({"hk": (9, B)}, Comparison.FILE_AHEAD),
        ({"hk": (7, A), "gd": (3, A)}, Comparison.FILE_AHEAD),
        ({"hk": (10, A), "gd": (2, A)}, Comparison.DATABASE_AHEAD),
        ({"hk": (9, B), "gd": (2, A), "mo": (1, A)}, Comparison.DATABASE_AHEAD),
    ],
    ids=["same", "older", "other content", "a list less", "one back and one on", "newer", "a list more"],
)
def test_tl_08_a_restored_database_is_noticed(
    path: Path, database: dict[str, tuple[int, str]], expected: Comparison
) -> None:
    assert filled(path).compare(database) is expected


def test_a_line_that_a_crash_tore_is_cut_off_and_written_over(path: Path) -> None:
    filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])

    state = HighWaterMark.load(path, KEY).advance("mo", 1, A, NOW)

    assert HighWaterMark.load(path, KEY).marks == state.marks == {"hk": Mark(9, B), "gd": Mark(2, A), "mo": Mark(1, A)}
    assert path.read_bytes().startswith(whole)


def test_a_crash_at_every_byte_of_a_line_leaves_the_old_state_or_the_new(path: Path) -> None:
    old = HighWaterMark.load(path, KEY).advance("hk", 7, A, NOW)
    start = path.stat().st_size
    new = old.advance("hk", 8, B, NOW)
    whole = path.read_bytes()

    for end in range(start, len(whole) + 1):
        path.write_bytes(whole[:end])
        expected = new if end == len(whole) else old
        assert HighWaterMark.load(path, KEY).marks == expected.marks


@pytest.mark.attack("TL-08")
def test_tl_08_no_byte_of_the_file_can_be_changed(path: Path) -> None:
    filled(path)
    whole = path.read_bytes()

    for place in range(len(whole) - 1):  # without the last line's end, the line is one that a crash tore
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert refusal(path) is ListRefusal.HIGH_WATER_BROKEN


@pytest.mark.attack("TL-08")
def test_tl_08_no_line_can_be_left_out_moved_or_signed_with_another_key(path: Path) -> None:
    filled(path)
    first, second, third = path.read_bytes().splitlines(keepends=True)

    for lines in ((second, third), (first, third), (second, first, third), (first, first)):
        path.write_bytes(b"".join(lines))
        assert refusal(path) is ListRefusal.HIGH_WATER_BROKEN
    path.write_bytes(first + second + third)
    assert refusal(path, bytes(32)) is ListRefusal.HIGH_WATER_BROKEN


def test_a_state_that_another_process_overtook_must_be_read_again(path: Path) -> None:
    state = HighWaterMark.load(path, KEY)
    filled(path)

    with pytest.raises(ListError) as caught:
        state.advance("mo", 1, A, NOW)

    assert caught.value.reason is ListRefusal.HIGH_WATER_BROKEN
    assert HighWaterMark.load(path, KEY).highest("hk") == Mark(9, B)


@pytest.mark.attack("TL-06")
def test_tl_06_a_file_larger_than_any_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_FILE + 1)

    assert refusal(path) is ListRefusal.HIGH_WATER_BROKEN


def test_a_folder_in_the_files_place_is_told(path: Path) -> None:
    path.mkdir()

    assert refusal(path) is ListRefusal.HIGH_WATER_BROKEN


def test_a_short_key_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="too short"):
        HighWaterMark.load(path, b"short")
