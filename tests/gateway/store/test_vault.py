"""Boxes open in their own row alone, and indexes are the same for what is the same, and for nothing else."""

from typing import Any

import pytest

from certs.keys.errors import SealError
from certs.keys.seal import Sealer
from gateway.store.fields import RecordError
from gateway.store.vault import KeyNotHeldError, Vault, newest, newest_first
from mapping.documents import TravelPermit
from tests.contracts.stores.builders import INDEX_KEY, KEYS, NAME_CANARY, NEXT_KEYS, SEALING_KEY, a_number, a_vault

VAULT = a_vault()
BOTH = {"sealing": ("1", "2"), "index": ("1", "2")}


def between_keys() -> Vault:
    """A worker in the middle of a change of keys."""
    vault = Vault(**NEXT_KEYS)
    vault.use(**BOTH)
    return vault


def test_a_record_comes_back_from_its_box() -> None:
    box = VAULT.seal({"name": NAME_CANARY, "odd": "\ud800\0"}, "grants", "g")

    fields = VAULT.open(box, "grants", "g")

    assert (fields.text("name"), fields.text("odd")) == (NAME_CANARY, "\ud800\0")


def test_a_box_shows_nothing_and_is_never_the_same_twice() -> None:
    boxes = [VAULT.seal({"name": "canary"}, "grants", "g") for _ in range(2)]

    assert boxes[0] != boxes[1]
    assert b"canary" not in boxes[0]


@pytest.mark.parametrize(("table", "row"), [("grants", "h"), ("sessions", "g"), ("grants|box|g", "")])
def test_a_box_of_another_row_does_not_open(table: str, row: str) -> None:
    box = VAULT.seal({}, "grants", "g")

    with pytest.raises(SealError):
        VAULT.open(box, table, row)


def test_a_box_that_holds_no_record_is_refused() -> None:
    box = Sealer({"1": SEALING_KEY}, "1").seal(b"{not json", context="grants|box|g")

    with pytest.raises(RecordError):
        VAULT.open(box, "grants", "g")


def test_a_renewed_permit_has_the_same_index() -> None:
    permits = [TravelPermit.parse(text) for text in ("H12345678", "H1234567801", "h12345678 02", "H12345679")]

    indexes = [VAULT.permit_index(permit) for permit in permits]

    assert indexes[0] == indexes[1] == indexes[2] != indexes[3]
    assert [(one.key_id, len(one.value)) for one in indexes[0]] == [("1", 32)]


def test_indexes_of_different_kinds_never_meet() -> None:
    number = a_number()

    indexes = {
        VAULT.number_index(number),
        VAULT.text_index("number", number.value),
        VAULT.text_index("subject", number.value),
        VAULT.text_index("subject", "a", "bc"),
        VAULT.text_index("subject", "ab", "c"),
        VAULT.text_index("subject", 'a","bc'),
    }

    assert len(indexes) == 6


def test_another_key_gives_other_indexes() -> None:
    other = Vault({"1": SEALING_KEY}, {"1": b"\1" + INDEX_KEY[1:]})

    assert other.number_index(a_number()) != VAULT.number_index(a_number())
    assert other.text_index("subject", "x") != VAULT.text_index("subject", "x")


def test_a_short_index_key_is_refused_and_no_key_is_shown() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault({"1": SEALING_KEY}, {"1": INDEX_KEY[:31]})

    assert repr(VAULT) == "Vault()"


@pytest.mark.parametrize("keys", [{"sealing_keys": {}}, {"index_keys": {}}])
def test_a_vault_without_a_key_cannot_exist(keys: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Vault(**(KEYS | keys))


def test_a_new_vault_works_with_the_newest_keys_until_it_is_told_otherwise() -> None:
    vault = Vault(**NEXT_KEYS)

    assert (vault.sealing_key, vault.index_keys) == ("2", ("2",))


@pytest.mark.attack("MP-09")
def test_mp_09_between_two_keys_everything_is_indexed_under_both_the_newest_first() -> None:
    vault = between_keys()

    indexes = vault.number_index(a_number())

    assert [one.key_id for one in indexes] == ["2", "1"]
    assert indexes[1:] == VAULT.number_index(a_number())
    assert [one.key_id for one in vault.text_index("subject", "x")] == ["2", "1"]


@pytest.mark.attack("MP-09")
def test_mp_09_between_two_keys_old_boxes_open_and_new_ones_are_under_the_new_key() -> None:
    vault, old = between_keys(), VAULT.seal({"a": "b"}, "grants", "g")

    new = vault.reseal(old, "grants", "g")

    assert new is not None
    assert (vault.open(old, "grants", "g").text("a"), vault.open(new, "grants", "g").text("a")) == ("b", "b")
    assert new.startswith(vault.head)
    assert not old.startswith(vault.head)
    assert vault.reseal(new, "grants", "g") is None


def test_a_box_is_sealed_anew_for_its_own_row_alone() -> None:
    with pytest.raises(SealError):
        between_keys().reseal(VAULT.seal({}, "grants", "g"), "grants", "h")


def test_a_box_under_a_key_that_is_not_held_says_so() -> None:
    box = between_keys().seal({}, "grants", "g")

    with pytest.raises(KeyNotHeldError, match="not in the keys folder"):
        VAULT.open(box, "grants", "g")


@pytest.mark.parametrize("in_use", [{"sealing": ("3",), "index": ("2",)}, {"sealing": ("2",), "index": ("1", "3")}])
def test_a_key_in_use_that_is_not_held_is_refused_and_nothing_changes(in_use: dict[str, Any]) -> None:
    vault = between_keys()

    with pytest.raises(KeyNotHeldError):
        vault.use(**in_use)

    assert (vault.sealing_key, vault.index_keys) == ("2", ("2", "1"))


def test_tries_are_counted_under_the_key_that_every_worker_has() -> None:
    assert between_keys().counter_index("permit", "x") == VAULT.counter_index("permit", "x")


def test_a_fingerprint_tells_keys_and_purposes_apart_and_gives_nothing_away() -> None:
    held = Vault({"1": SEALING_KEY}, {"1": SEALING_KEY}).held

    prints = {held["sealing"]["1"], held["index"]["1"], VAULT.held["index"]["1"]}
    assert len(prints) == 3
    assert SEALING_KEY not in prints


def test_keys_are_ordered_by_number_not_by_spelling() -> None:
    assert newest(["2", "10", "9"]) == "10"
    assert newest_first(["2", "10", "k", "9"]) == ("10", "9", "2", "k")
