"""Masks and blind indexes."""

import pytest

from mapping.conceal import blind_index, mask

KEY = bytes(range(32))


@pytest.mark.parametrize(("kind", "text"), [("permit", "H1234"), ("hkid", "A12"), ("hkid", ""), ("permit", "")])
def test_what_is_too_short_to_be_masked_is_hidden_whole(kind: str, text: str) -> None:
    assert mask(kind, text) == "*" * len(text)


def test_a_mask_shows_at_most_three_characters() -> None:
    assert mask("permit", "H12345678") == "H******78"
    assert mask("surrogate", "810070190102039011") == "8****************1"


def test_an_index_depends_on_the_key_the_kind_and_the_number() -> None:
    indexes = {
        blind_index(KEY, "permit", "H12345678"),
        blind_index(KEY[::-1], "permit", "H12345678"),
        blind_index(KEY, "ssn_hmt", "H12345678"),
        blind_index(KEY, "permit", "H12345679"),
    }

    assert len(indexes) == 4
    assert all(len(index) == 64 for index in indexes)


@pytest.mark.parametrize("key", [b"", b"short", bytes(31)])
def test_a_short_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        blind_index(key, "permit", "H12345678")
