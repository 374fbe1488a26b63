"""Boxes open in their own row alone, and indexes are the same for what is the same, and for nothing else."""

import pytest

from certs.keys.errors import SealError
from gateway.store.fields import RecordError
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from tests.contracts.stores.builders import INDEX_KEY, NAME_CANARY, a_number, a_sealer

VAULT = Vault(a_sealer(), INDEX_KEY)


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
    box = a_sealer().seal(b"{not json", context="grants|box|g")

    with pytest.raises(RecordError):
        VAULT.open(box, "grants", "g")


def test_a_renewed_permit_has_the_same_index() -> None:
    permits = [TravelPermit.parse(text) for text in ("H12345678", "H1234567801", "h12345678 02", "H12345679")]

    indexes = [VAULT.permit_index(permit) for permit in permits]

    assert indexes[0] == indexes[1] == indexes[2] != indexes[3]
    assert len(indexes[0]) == 32


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
    other = Vault(a_sealer(), b"\1" + INDEX_KEY[1:])

    assert other.number_index(a_number()) != VAULT.number_index(a_number())
    assert other.text_index("subject", "x") != VAULT.text_index("subject", "x")


def test_a_short_index_key_is_refused_and_no_key_is_shown() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(a_sealer(), INDEX_KEY[:31])

    assert repr(VAULT) == "Vault()"
