"""The foreign permanent resident card, both forms."""

from datetime import date

import pytest

from mapping.documents import ForeignPermanentResidentCard
from mapping.errors import MappingError

AS_OF = date(2026, 11, 22)
OLDER = "KAZ110090123105"
NEWER = "932682198501010017"


def code_of(text: object) -> str:
    with pytest.raises(MappingError) as refusal:
        ForeignPermanentResidentCard.parse(text, AS_OF)
    return refusal.value.code


@pytest.mark.spec("mapping specification §3")
@pytest.mark.parametrize(
    ("text", "country", "check"),
    [(OLDER, "KAZ", "unverified"), ("kaz 1100 9012 3105", "KAZ", "unverified"), (NEWER, "682", "verified")],
)
def test_both_published_samples_are_read(text: str, country: str, check: str) -> None:
    card = ForeignPermanentResidentCard.parse(text, AS_OF)

    assert (card.country, card.check) == (country, check)
    assert card.canonical in {OLDER, NEWER}
    assert ForeignPermanentResidentCard.parse(card.canonical, AS_OF) == card


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("932682198501010018", "number.check"),
        ("932682202701010013", "number.date_future"),
        ("932682198502300014", "number.date_invalid"),
        ("932000198501010011", "number.region_unknown"),
        ("11010519491231002X", "number.format"),
        ("810000190405069024", "number.format"),
        ("810050190405065908", "number.format"),
        ("K1Z110090123105", "number.format"),
        ("110105491231002", "number.format"),
        ("KAZ11009012310", "number.length"),
        ("KAZ1100901231055", "number.length"),
        (932682198501010017, "input.type"),
        ("", "input.empty"),
        ("KAZ11009012310٥", "input.non_ascii"),
    ],
)
def test_another_document_or_a_misread_one_is_refused(text: object, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("canonical", "code"),
    [
        (OLDER + "\n", "number.format"),
        (OLDER.lower(), "number.format"),
        (NEWER[:17] + "8", "number.check"),
        ("11010519491231002X", "number.format"),
        ("932000198501010011", "number.region_unknown"),
    ],
)
def test_a_malformed_card_cannot_be_constructed(canonical: str, code: str) -> None:
    with pytest.raises(MappingError) as refusal:
        ForeignPermanentResidentCard(canonical)

    assert refusal.value.code == code


def test_a_card_shows_only_its_mask() -> None:
    assert repr(ForeignPermanentResidentCard(OLDER)) == "ForeignPermanentResidentCard(K*************5)"
