"""Boxes at rest: they open in their place, under their key, undamaged, and nowhere else."""

import hashlib

import pytest

from certs.keys.errors import KeyMaterialError, SealError
from certs.keys.seal import MAX_CONTEXT, MAX_PLAIN, Sealer

OLD, NEW = (hashlib.sha256(name).digest() for name in (b"old", b"new"))
SEALER = Sealer({"2026-1": OLD, "2026-2": NEW}, active="2026-2")
PLACE = "bindings|permit|7"
BOX = SEALER.seal(b"H0000000001", context=PLACE)


@pytest.mark.parametrize("plain", [b"", b"x", bytes(MAX_PLAIN)])
def test_a_box_gives_back_what_was_sealed(plain):
    assert SEALER.open(SEALER.seal(plain, context=PLACE), context=PLACE) == plain


def test_the_same_text_makes_another_box_each_time():
    assert SEALER.seal(b"x", context=PLACE) != SEALER.seal(b"x", context=PLACE)


@pytest.mark.parametrize("place", ["bindings|permit|8", "bindings|name|7", "links|permit|7", "bindings|permit|7 "])
def test_a_box_that_was_moved_does_not_open(place):
    with pytest.raises(SealError):
        SEALER.open(BOX, context=place)


def test_a_flipped_bit_anywhere_does_not_open():
    for position in range(len(BOX)):
        damaged = BOX[:position] + bytes((BOX[position] ^ 1,)) + BOX[position + 1 :]
        with pytest.raises(SealError):
            SEALER.open(damaged, context=PLACE)


def test_a_shortened_or_lengthened_box_does_not_open():
    for length in range(len(BOX)):
        with pytest.raises(SealError):
            SEALER.open(BOX[:length], context=PLACE)
    with pytest.raises(SealError):
        SEALER.open(BOX + b"\0", context=PLACE)


@pytest.mark.parametrize("box", [b"\x01\x02\xff\xff" + bytes(200), b"\x02" + BOX[1:], bytes(2 * MAX_PLAIN)])
def test_a_box_of_another_make_does_not_open(box):
    with pytest.raises(SealError):
        SEALER.open(box, context=PLACE)


def test_both_keys_open_during_a_rotation():
    before = Sealer({"2026-1": OLD}, active="2026-1").seal(b"x", context=PLACE)

    assert SEALER.open(before, context=PLACE) == b"x"
    assert not SEALER.is_current(before)
    assert SEALER.is_current(BOX)


def test_a_box_whose_key_is_gone_or_renamed_does_not_open():
    with pytest.raises(SealError):
        Sealer({"2026-1": OLD}, active="2026-1").open(BOX, context=PLACE)
    with pytest.raises(SealError):
        Sealer({"2026-2": OLD}, active="2026-2").open(BOX, context=PLACE)


@pytest.mark.parametrize("context", ["", "x" * (MAX_CONTEXT + 1)])
def test_a_box_needs_a_context(context):
    with pytest.raises(SealError):
        SEALER.seal(b"x", context=context)
    with pytest.raises(SealError):
        SEALER.open(BOX, context=context)


def test_too_much_is_not_sealed():
    with pytest.raises(SealError):
        SEALER.seal(bytes(MAX_PLAIN + 1), context=PLACE)


@pytest.mark.parametrize("key", [b"", b"short", bytes(32), b"\xff" * 32, bytes(range(31)), bytes(range(33))])
def test_a_weak_wrapping_key_is_refused(key):
    with pytest.raises(KeyMaterialError):
        Sealer({"k": key}, active="k")


@pytest.mark.parametrize("key_id", ["", "a b", "é", "x" * 33, "a\n"])
def test_a_key_id_is_short_and_plain(key_id):
    with pytest.raises(KeyMaterialError):
        Sealer({key_id: OLD}, active=key_id)


def test_the_active_key_must_be_there():
    with pytest.raises(KeyMaterialError):
        Sealer({"a": OLD}, active="b")


def test_a_sealer_prints_no_key():
    assert repr(SEALER) == "Sealer(2 keys, active='2026-2')"


def test_a_box_says_under_which_key_it_is_without_being_opened():
    old = Sealer({"2026-1": OLD}, active="2026-1")
    box = old.seal(b"x", context=PLACE)

    assert (SEALER.active, BOX.startswith(SEALER.head), box.startswith(SEALER.head)) == ("2026-2", True, False)
    assert (SEALER.is_current(BOX), SEALER.is_current(box)) == (True, False)
    assert (SEALER.holds_key_of(box), old.holds_key_of(box), old.holds_key_of(BOX)) == (True, True, False)


def test_the_head_of_one_key_begins_no_box_of_another():
    short, long = (Sealer({key_id: OLD}, active=key_id) for key_id in ("1", "10"))

    assert not long.seal(b"x", context=PLACE).startswith(short.head)
    assert not short.seal(b"x", context=PLACE).startswith(long.head)
