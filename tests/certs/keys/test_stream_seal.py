"""Sealed files: whatever size, they open as they were written; and every change of them is found."""

import io
from collections.abc import Callable

import pytest

from certs.keys.errors import KeyMaterialError, SealError
from certs.keys.stream_seal import (
    MAX_NOTE,
    PIECE,
    NotSealedError,
    StreamSealer,
    key_id,
    open_pieces,
    read_opening,
)

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
NOTE = b'{"id":"one"}'
HEAD = 8 + 4 + len(NOTE) + 32
SEALED = PIECE + 16
TEXT = bytes(3 * PIECE) + b"the end"


def sealed(plain: bytes, key: bytes = KEY, portion: int = 10_000) -> bytes:
    file = io.BytesIO()
    sealer = StreamSealer(file, key, NOTE)
    for start in range(0, len(plain), portion):
        sealer.write(plain[start : start + portion])
    sealer.finish()
    return file.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO(data)
    return b"".join(open_pieces(file, key, read_opening(file)))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5])
def test_a_file_of_any_size_opens_as_it_was_written(size: int) -> None:
    plain = bytes(range(256)) * (size // 256) + bytes(size % 256)

    data = sealed(plain)

    assert opened(data) == plain
    assert len(data) == HEAD + size + 16 * max(1, -(-size // PIECE))


def test_the_note_can_be_read_by_anybody_and_nothing_else() -> None:
    data = sealed(b"a secret canary")

    assert read_opening(io.BytesIO(data)).note == NOTE
    assert b"canary" not in data


def test_two_files_of_one_text_have_nothing_in_common_behind_their_notes() -> None:
    one, two = sealed(TEXT), sealed(TEXT)

    assert one[HEAD : HEAD + 64] != two[HEAD : HEAD + 64]


def pieces(data: bytes) -> list[bytes]:
    body = data[HEAD:]
    return [body[start : start + SEALED] for start in range(0, len(body), SEALED)]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "cut at a piece": lambda data: data[: HEAD + 2 * SEALED],
    "cut to one piece": lambda data: data[: HEAD + SEALED],
    "cut within a piece": lambda data: data[: HEAD + SEALED + 100],
    "cut within the last code": lambda data: data[:-1],
    "no piece": lambda data: data[:HEAD],
    "more behind it": lambda data: data + b"x",
    "a piece more": lambda data: data + pieces(data)[0],
    "two exchanged": lambda data: data[:HEAD] + b"".join(pieces(data)[i] for i in (1, 0, 2, 3)),
    "one doubled": lambda data: data[:HEAD] + b"".join(pieces(data)[i] for i in (0, 0, 1, 2, 3)),
    "one left out": lambda data: data[:HEAD] + b"".join(pieces(data)[i] for i in (0, 2, 3)),
    "only the last": lambda data: data[:HEAD] + pieces(data)[3],
    "another note": lambda data: data.replace(b'"one"', b'"two"'),
    "another salt": lambda data: flipped(data, HEAD - 1),
    "a bit of the first piece": lambda data: flipped(data, HEAD + 5),
    "a bit of a code": lambda data: flipped(data, HEAD + SEALED - 1),
    "a bit of the last piece": lambda data: flipped(data, len(data) - 20),
    "of another file": lambda data: data[:HEAD] + sealed(TEXT)[HEAD:],
}


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_a_file_is_found(change: str) -> None:
    data = CHANGES[change](sealed(TEXT))

    with pytest.raises(SealError):
        opened(data)


def test_another_key_opens_nothing_and_has_another_name() -> None:
    with pytest.raises(SealError):
        opened(sealed(TEXT), OTHER)

    assert key_id(KEY) == key_id(bytes(KEY)) != key_id(OTHER)
    assert len(key_id(KEY)) == 16


@pytest.mark.parametrize(
    "data", [b"", b"GBASEAL", b"PK\x03\x04" + bytes(100), b"GBASEAL\x01\xff\xff\xff\xff", b"GBASEAL\x02" + bytes(99)]
)
def test_what_is_no_sealed_file_is_told_apart_from_a_damaged_one(data: bytes) -> None:
    with pytest.raises(NotSealedError):
        read_opening(io.BytesIO(data))


@pytest.mark.parametrize("cut", [9, 12, HEAD - 40, HEAD - 1])
def test_a_file_that_is_cut_in_its_beginning_is_none(cut: int) -> None:
    with pytest.raises(NotSealedError):
        read_opening(io.BytesIO(sealed(b"x")[:cut]))


def test_a_weak_key_and_a_long_note_are_refused() -> None:
    for key in (bytes(32), b"short"):
        with pytest.raises(KeyMaterialError):
            StreamSealer(io.BytesIO(), key, NOTE)
    with pytest.raises(SealError):
        StreamSealer(io.BytesIO(), KEY, bytes(MAX_NOTE + 1))


def test_a_sealer_does_not_print_what_it_holds() -> None:
    assert repr(StreamSealer(io.BytesIO(), KEY, NOTE)) == "StreamSealer(0 pieces)"
