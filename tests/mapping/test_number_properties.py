"""Numbers of every kind, over the whole space: round trips, misread characters, and the order of things."""

import random
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.documents import (
    ForeignPermanentResidentCard,
    HongKongIdentityCard,
    SocialInsuranceNumber,
    TravelPermit,
    UnifiedSocialCreditCode,
    zone_check_digit,
    zone_field_agrees,
)
from mapping.documents.identity_cards import hong_kong_check_character
from mapping.errors import MappingError
from mapping.evidence import Allocate
from mapping.identifier import MainlandIdentifier, check_character, upgrade
from mapping.names import LatinMatch, compare_latin
from mapping.normalise import normalise
from mapping.regions import PROVINCES
from mapping.resolve import decide
from mapping.surrogate import candidates
from mapping.vocabulary import Sex
from tests.mapping.model import Table
from tests.mapping.resolve_builders import BORN, NOBODY, SANDBOX, an_evidence

AS_OF = date(2026, 11, 22)
QUICK = settings(max_examples=50, deadline=None, database=None)
CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

digits = st.integers(0, 9)
days = st.dates(date(1900, 1, 1), AS_OF).map(lambda day: f"{day:%Y%m%d}")
counties = st.builds(
    lambda province, county: f"{province}{county:04d}", st.sampled_from(sorted(PROVINCES)), st.integers(1, 9999)
)
regions = counties | st.sampled_from(("810000", "820000", "830000", "810050", "820099"))
serials = st.integers(1, 995).map(lambda serial: f"{serial:03d}")


def completed(body: str) -> str:
    return body + check_character(body)


numbers = st.builds(lambda region, day, serial: completed(region + day + serial), regions, days, serials)
foreigners = st.builds(
    lambda province, country, day, serial: completed(f"9{province}{country:03d}{day}{serial}"),
    st.sampled_from(sorted(PROVINCES)),
    st.integers(1, 999),
    days,
    serials,
)
cards = st.builds(
    lambda prefix, six: f"{prefix}{six:06d}" + hong_kong_check_character(prefix, f"{six:06d}"),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=2),
    st.integers(0, 999_999),
)
permits = st.builds(
    lambda shape, number, count: f"{shape}{number:0{9 - len(shape)}d}{count}",
    st.sampled_from(("H", "M", "HA", "MA")),
    st.integers(1, 9_999_999),
    st.sampled_from(("", "00", "07", "99")),
)


def a_credit_code(authority: str, region: int, organisation: str) -> str:
    """Built by the formulas of GB 11714 and GB 32100, written once more on purpose."""
    total = sum(ORGANISATION.index(c) * w for c, w in zip(organisation, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    body = f"{authority}1{region:06d}{organisation}" + "0X987654321"[total % 11]
    return body + CREDIT[(31 - sum(CREDIT.index(c) * 3**i for i, c in enumerate(body)) % 31) % 31]


credit_codes = st.builds(
    a_credit_code,
    st.sampled_from("159NY"),
    st.integers(110_000, 659_999),
    st.text("0123456789ABCDEFGH", min_size=8, max_size=8),
).filter(lambda code: set(code) <= set(CREDIT))


def is_refused(parse, text: str) -> bool:
    try:
        parse(text)
    except MappingError:
        return True
    return False


def misread(text: str, place: int, characters: str, shift: int) -> str:
    """Put another character of the same set in one place."""
    found = characters[(characters.index(text[place]) + shift) % len(characters)]
    return text[:place] + found + text[place + 1 :]


# --- round trips


@given(numbers)
@QUICK
def test_a_number_is_read_back_as_it_was_built(value: str) -> None:
    number = MainlandIdentifier.parse(value, AS_OF)

    assert number.value == value
    assert f"{number.birthdate:%Y%m%d}" == value[6:14]
    assert number.sex is (Sex.MALE if int(value[16]) % 2 else Sex.FEMALE)
    assert MainlandIdentifier.parse(" ".join(value.lower()), AS_OF) == number


@given(permits)
@QUICK
def test_a_permit_is_read_back_from_either_of_its_forms(text: str) -> None:
    permit = TravelPermit.parse(text)

    again = TravelPermit.parse(permit.number11 or permit.canonical)
    assert (again, again.issue_count) == (permit, permit.issue_count)
    assert TravelPermit.parse(permit.canonical, permit.issue_count) == permit


@given(permits)
@QUICK
def test_a_social_insurance_number_leads_back_to_its_permit(text: str) -> None:
    permit = TravelPermit.parse(text)
    if permit.canonical[1] == "A":
        return

    assert SocialInsuranceNumber.from_permit(permit).permit == permit


@given(cards, credit_codes, foreigners)
@QUICK
def test_other_documents_are_read_back_as_they_were_built(card: str, credit_code: str, foreigner: str) -> None:
    assert HongKongIdentityCard.parse(HongKongIdentityCard.parse(card).printed).canonical == card
    assert UnifiedSocialCreditCode.parse(credit_code.lower()).canonical == credit_code
    assert ForeignPermanentResidentCard.parse(foreigner, AS_OF).canonical == foreigner


@given(counties, st.dates(date(1900, 1, 1), date(1999, 12, 31)), serials)
@QUICK
def test_a_number_of_fifteen_digits_becomes_the_number_of_eighteen_that_it_is_part_of(
    county: str, day: date, serial: str
) -> None:
    value = upgrade(f"{county}{day:%y%m%d}{serial}")

    number = MainlandIdentifier.parse(value, AS_OF)
    assert (number.birthdate, value[:6], value[14:17]) == (day, county, serial)


@given(st.text(max_size=70))
@QUICK
def test_plain_text_stays_as_it_is(text: str) -> None:
    try:
        plain = normalise(text).value
    except MappingError:
        return

    assert (normalise(plain).value, normalise(plain).flags) == (plain, ())


# --- one misread character


@given(numbers, st.integers(0, 16), st.integers(1, 9))
@QUICK
def test_one_misread_digit_of_a_number_is_found(value: str, place: int, shift: int) -> None:
    assert is_refused(lambda text: MainlandIdentifier.parse(text, AS_OF), misread(value, place, "0123456789", shift))


@given(foreigners, st.integers(0, 16), st.integers(1, 9))
@QUICK
def test_one_misread_digit_of_a_foreigners_number_is_found(value: str, place: int, shift: int) -> None:
    spoiled = misread(value, place, "0123456789", shift)

    assert is_refused(lambda text: ForeignPermanentResidentCard.parse(text, AS_OF), spoiled)


@given(numbers | foreigners, st.integers(1, 10))
@QUICK
def test_every_other_check_character_is_wrong(value: str, shift: int) -> None:
    assert is_refused(lambda text: MainlandIdentifier.parse(text, AS_OF), misread(value, 17, "0123456789X", shift))


@given(numbers, st.integers(0, 15))
@QUICK
def test_two_digits_in_the_wrong_order_are_found(value: str, place: int) -> None:
    swapped = value[:place] + value[place + 1] + value[place] + value[place + 2 :]

    assert swapped == value or is_refused(lambda text: MainlandIdentifier.parse(text, AS_OF), swapped)


@given(cards, st.integers(1, 6), st.integers(1, 9))
@QUICK
def test_one_misread_digit_of_a_hong_kong_card_is_found(card: str, from_the_end: int, shift: int) -> None:
    place = len(card) - 1 - from_the_end

    assert is_refused(HongKongIdentityCard.parse, misread(card, place, "0123456789", shift))


@given(credit_codes, st.integers(0, 17), st.integers(1, 30))
@QUICK
def test_one_misread_character_of_a_credit_code_is_found(code: str, place: int, shift: int) -> None:
    assert is_refused(UnifiedSocialCreditCode.parse, misread(code, place, CREDIT, shift))


@given(st.text("0123456789", min_size=1, max_size=30), st.data(), st.integers(1, 9))
@QUICK
def test_one_misread_digit_of_a_zone_is_found(field: str, data: st.DataObject, shift: int) -> None:
    place = data.draw(st.integers(0, len(field) - 1))

    assert not zone_field_agrees(misread(field, place, "0123456789", shift), zone_check_digit(field))


# --- one card, one value


@pytest.mark.attack("UN-02")
def test_un_02_no_misreading_or_rewriting_of_a_number_gives_a_second_value_for_it() -> None:
    chance = random.Random(20_261_122)  # noqa: S311 - the point is that it can be repeated
    value = "810000190405069024"
    seen = set()
    for _ in range(20_000):
        text = list(value)
        for _ in range(chance.randrange(4)):
            place = chance.randrange(len(text) + 1)
            text.insert(place, chance.choice(" -\u00a0\u200b\u3000()－"))
        if chance.random() < 0.5:
            place = chance.randrange(len(text))
            text[place] = chance.choice("0123456789Xx０１Ⅹ٣")
        try:
            seen.add(MainlandIdentifier.parse("".join(text), AS_OF).value)
        except MappingError:
            continue

    assert seen == {value}


# --- order


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_in_whatever_order_people_come_each_gets_one_number_and_keeps_it(order: tuple[int, ...]) -> None:
    chance = random.Random(5)  # noqa: S311 - the point is that it can be repeated
    table = Table(lambda decision, _: candidates(decision.block, BORN, Sex.FEMALE, chance.randrange))
    evidences = [an_evidence(permit=TravelPermit(f"H0000{place}018")) for place in order]

    first = [table.sign_in(evidence, SANDBOX, str(place))[1] for place, evidence in enumerate(evidences)]
    again = [table.sign_in(evidence, SANDBOX, str(place))[1] for place, evidence in reversed([*enumerate(evidences)])]

    assert first == again[::-1]
    assert len({binding.number for binding in first if binding is not None}) == len(order)


def test_what_is_decided_for_one_permit_does_not_depend_on_the_others() -> None:
    decisions = [decide(an_evidence(permit=TravelPermit(f"H0000{place}018")), NOBODY, SANDBOX) for place in range(3)]

    assert all(isinstance(decision, Allocate) for decision in decisions)
    assert len(set(decisions)) == 1


@given(st.lists(st.sampled_from(("CHAN", "TAI", "MAN", "DA", "LUZ")), min_size=1, max_size=5), st.randoms())
@QUICK
def test_the_words_of_a_latin_name_may_come_in_any_order(words: list[str], chance: random.Random) -> None:
    turned = chance.sample(words, len(words))

    assert compare_latin(" ".join(words), " ".join(turned)) is not LatinMatch.DIFFERENT
