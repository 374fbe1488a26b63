"""Travel permits beyond the published cases."""

import pytest

from mapping.documents import PermitForm, TravelPermit
from mapping.errors import MappingError


def refusal_of(text: object, issue_count: object = None) -> MappingError:
    with pytest.raises(MappingError) as refusal:
        TravelPermit.parse(text, issue_count)
    return refusal.value


def test_two_cards_of_one_holder_are_equal_and_two_holders_are_not() -> None:
    old, new = TravelPermit.parse("H1234567800"), TravelPermit.parse("H12345678", 3)

    assert old == new
    assert len({old, new}) == 1
    assert old != TravelPermit.parse("M1234567800")


def test_both_forms_of_the_number_are_given_when_the_count_is_known() -> None:
    assert TravelPermit.parse("H12345678", "3").number11 == "H1234567803"
    assert TravelPermit.parse("HA123456702").number11 == "HA123456702"
    assert TravelPermit.parse("H12345678").number11 is None


def test_an_embedded_count_that_is_declared_once_more_is_accepted() -> None:
    assert TravelPermit.parse("H1234567803", 3).issue_count == "03"


@pytest.mark.parametrize("count", [True, 1.0, [], {}, b"01"])
def test_a_count_of_another_type_is_refused(count: object) -> None:
    assert refusal_of("H12345678", count).code == "input.type"


@pytest.mark.parametrize("count", [-1, 100, "", "-1", "100", "x", "０１", "1\n"])
def test_a_count_that_no_card_can_bear_is_refused(count: object) -> None:
    assert refusal_of("H12345678", count).code == "permit.format"


@pytest.mark.parametrize("text", ["H00000000", "M0000000001", "HA0000000", "MA000000000"])
def test_a_number_of_zeros_is_a_placeholder(text: str) -> None:
    assert refusal_of(text).code == "permit.placeholder"


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("W12345678", "mainland_exit_permit"),
        ("1234567890", "taiwan_travel_permit"),
        ("HJ1234567", "sar_passport"),
        ("MB1234567", "sar_passport"),
    ],
)
def test_a_look_alike_is_named_by_kind_and_not_by_number(text: str, document: str) -> None:
    refusal = refusal_of(text)

    assert refusal.code == "permit.wrong_document"
    assert dict(refusal.detail) == {"looks_like": document}


@pytest.mark.parametrize("text", ["CI1234567", "CO1234567", "G12345678", "H1234567X", "HAA123456"])
def test_another_shape_is_no_permit(text: str) -> None:
    assert refusal_of(text).code == "permit.format"


@pytest.mark.parametrize("text", ["H", "M1", "H1234567890123"])
def test_another_number_of_digits_is_no_permit(text: str) -> None:
    assert refusal_of(text).code == "permit.length"


@pytest.mark.parametrize(
    ("canonical", "count"),
    [("H12345678\n", None), ("h12345678", None), ("H1234567", None), ("H12345678", "1"), ("H12345678", "1\n")],
)
def test_a_malformed_permit_cannot_be_constructed(canonical: str, count: str | None) -> None:
    with pytest.raises(MappingError) as refusal:
        TravelPermit(canonical, count)

    assert refusal.value.code == "permit.format"


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("HAO234567", "HA0234567"),
        ("H12345678O1", "H1234567801"),
        ("H12345678", None),
        ("N12345678", None),
        ("MB1234567", None),
        ("HOOOOOOOO", None),
        ("H1234567K", None),
        ("", None),
        (None, None),
    ],
)
def test_only_the_one_possible_repair_is_suggested(typed: object, suggestion: str | None) -> None:
    assert TravelPermit.suggest(typed) == suggestion


def test_a_permit_hides_itself() -> None:
    permit = TravelPermit.parse("H1234567803")

    for shown in (repr(permit), str(permit), f"{permit}"):
        assert shown == "TravelPermit(H******78)"


@pytest.mark.spec("mapping specification §1")
@pytest.mark.parametrize("text", ["H12345678", "12345", "", "回鄉證", None])
def test_a_declared_booklet_goes_to_a_person_whatever_its_number(text: object) -> None:
    with pytest.raises(MappingError) as refusal:
        TravelPermit.parse(text, form=PermitForm.BOOKLET)

    assert refusal.value.code == "permit.wrong_document"
    assert dict(refusal.value.detail) == {"document": "booklet", "route": "manual"}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("H1234567800", PermitForm.CARD_1999),
        ("H12345678", PermitForm.CARD_1999),
        ("M12345678", PermitForm.CARD_2013),
        ("H1234567802", PermitForm.CARD_2013),
        ("HA1234567", PermitForm.CARD_2024),
        ("MA123456701", PermitForm.CARD_2024),
    ],
)
def test_a_declared_card_is_read_in_either_length_since_platforms_hold_both(text: str, form: PermitForm) -> None:
    assert TravelPermit.parse(text, form=form) == TravelPermit.parse(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("H12345678", PermitForm.CARD_2024),
        ("M1234567801", PermitForm.CARD_2024),
        ("HA1234567", PermitForm.CARD_1999),
        ("MA1234567", PermitForm.CARD_2013),
    ],
)
def test_a_number_of_the_other_class_is_not_of_the_declared_card(text: str, form: PermitForm) -> None:
    with pytest.raises(MappingError) as refusal:
        TravelPermit.parse(text, form=form)

    assert refusal.value.code == "permit.format"


@pytest.mark.parametrize(
    ("shown", "recorded", "expected"),
    [
        (TravelPermit("H12345678", "01"), TravelPermit("H12345678", "00"), True),
        (TravelPermit("H12345678", "10"), TravelPermit("H12345678", "09"), True),
        (TravelPermit("H12345678", "00"), TravelPermit("H12345678"), True),
        (TravelPermit("H12345678", "01"), TravelPermit("H12345678", "01"), False),
        (TravelPermit("H12345678"), TravelPermit("H12345678", "01"), False),
        (TravelPermit("M12345678", "02"), TravelPermit("H12345678", "01"), False),
    ],
)
def test_a_newer_card_of_one_holder_is_told_by_its_count(
    shown: TravelPermit, recorded: TravelPermit, expected: bool
) -> None:
    assert shown.is_newer_than(recorded) is expected
