"""Home cards, companies, social insurance, zones and the list of candidates, beyond the published cases."""

import pytest

from mapping.documents import (
    Document,
    HongKongBusinessIdentifier,
    HongKongIdentityCard,
    MacaoIdentityCard,
    SocialInsuranceNumber,
    TravelPermit,
    UnifiedSocialCreditCode,
    classify,
    zone_check_digit,
    zone_field_agrees,
)
from mapping.errors import MappingError

VALID: tuple[Document, ...] = (
    TravelPermit("H12345678"),
    HongKongIdentityCard("A1234563"),
    MacaoIdentityCard("12345678"),
    UnifiedSocialCreditCode("91440300MA0000023W"),
    HongKongBusinessIdentifier("12345678"),
    SocialInsuranceNumber("HKG012345678"),
)


@pytest.mark.parametrize("document", VALID, ids=lambda document: document.kind)
def test_a_document_shows_only_its_mask(document: Document) -> None:
    assert document.canonical not in repr(document)
    assert repr(document) == f"{type(document).__name__}({document.masked})"
    assert "*" * (len(document.canonical) - 3) in document.masked


@pytest.mark.parametrize("document", VALID, ids=lambda document: document.kind)
def test_a_document_refuses_what_is_not_plain(document: Document) -> None:
    for spoiled in (document.canonical + "\n", document.canonical + "\x00", " " + document.canonical):
        with pytest.raises(MappingError):
            type(document)(spoiled)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("01440300MA0000023W", "uscc.authority"),
        ("B1440300MA0000023W", "uscc.authority"),
        ("9A440300MA0000023W", "uscc.format"),
        ("914403A0MA0000023W", "uscc.format"),
        ("91440300MA0000024W", "uscc.check"),
        ("91440300MA0000023Z", "uscc.charset"),
    ],
)
@pytest.mark.spec("GB 32100-2015")
def test_a_credit_code_is_checked_part_by_part(code: str, expected: str) -> None:
    with pytest.raises(MappingError) as refusal:
        UnifiedSocialCreditCode.parse(code)

    assert refusal.value.code == expected


def test_every_single_wrong_digit_of_an_identity_card_is_noticed() -> None:
    for position in range(1, 7):
        for digit in "0123456789":
            changed = "A123456"[:position] + digit + "A123456"[position + 1 :]
            if changed != "A123456":
                with pytest.raises(MappingError):
                    HongKongIdentityCard.parse(changed + "3")


def test_a_number_of_taiwan_discloses_no_permit_of_ours() -> None:
    assert SocialInsuranceNumber.parse("TWN012345678").permit is None


def test_a_macao_number_discloses_the_macao_permit() -> None:
    assert SocialInsuranceNumber.parse("MAC087654321").permit == TravelPermit("M87654321")


@pytest.mark.parametrize(
    ("field", "code"),
    [
        (None, "input.type"),
        ("", "input.empty"),
        ("h1", "input.charset"),
        ("1\n", "input.charset"),
        ("1" * 91, "input.too_long"),
    ],
)
def test_a_zone_field_that_is_none_is_refused(field: object, code: str) -> None:
    with pytest.raises(MappingError) as refusal:
        zone_check_digit(field)

    assert refusal.value.code == code


@pytest.mark.spec("ICAO Doc 9303-3 §4.9")
def test_a_zone_field_agrees_with_its_own_digit_only() -> None:
    assert zone_field_agrees("H12345678", "3")
    assert not zone_field_agrees("H12345679", "3")


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("A123456(3)", ("hk_ubi", "hkid")),
        ("12345678", ("taiwan_travel_permit", "bir", "hk_ubi")),
        ("C0012345", ("hk_ubi",)),
        ("C12345678", ("mainland_exit_permit",)),
        ("11010519491231002X", ("resident_id",)),
        ("810000190102039012", ("residence_permit",)),
        ("810070190102039011", ("surrogate",)),
        ("932682198501010017", ("foreign_pr",)),
        ("710000190102039019", ()),
        ("810000190102039011", ()),
        ("91440300MA0000023W", ("uscc",)),
        ("HELLO", ()),
    ],
)
def test_every_document_that_a_text_could_be_is_named(text: str, candidates: tuple[str, ...]) -> None:
    assert classify(text) == candidates
