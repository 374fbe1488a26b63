"""The exception of the package: closed, and silent about the input."""

import pytest

from mapping.documents import TravelPermit
from mapping.errors import CODES, MappingError


def test_the_taxonomy_is_closed() -> None:
    assert len(CODES) == 55
    assert all(code.count(".") == 1 for code in CODES)


def test_an_error_says_its_code_and_nothing_of_the_input() -> None:
    with pytest.raises(MappingError) as refusal:
        TravelPermit.parse("K01234567")

    assert str(refusal.value) == "permit.wrong_document"
    assert "01234567" not in repr(refusal.value) + str(refusal.value.detail)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


def test_details_cannot_be_changed_later() -> None:
    error = MappingError("permit.wrong_document", looks_like="sar_passport")

    with pytest.raises(TypeError):
        error.detail["looks_like"] = "other"
