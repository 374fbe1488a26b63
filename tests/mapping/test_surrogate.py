"""Stand-in numbers: allocation, capacity, and that they are recognised for what they are."""

import random
import statistics
from collections import Counter
from datetime import date
from itertools import islice

import pytest

from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.regions import RESERVED_BLOCKS, RESIDENCE_PERMIT_REGIONS, reserved_codes
from mapping.surrogate import (
    RANDOM_TRIES,
    Block,
    allocate_from_key,
    block_for,
    bucket_capacity,
    candidates,
    is_filling,
    number_at,
    reserved_block_problems,
)
from mapping.vocabulary import HolderClass, IdentifierKind, Realm, Sex, Territory

AS_OF = date(2026, 11, 22)
BORN = date(1904, 5, 6)
KEY = bytes(range(32))
SANDBOX = Block(Territory.HONG_KONG, HolderClass.CHINESE, Realm.SANDBOX)
ALL_BLOCKS = [
    Block(territory, holder_class, realm)
    for territory in (Territory.HONG_KONG, Territory.MACAO)
    for realm, holder_class in RESERVED_BLOCKS
]


def seeded(seed: int = 7):
    generator = random.Random(seed)  # noqa: S311 - the point is that it can be repeated
    return generator.randrange


def every_number(block: Block, sex: Sex) -> list[str]:
    return [number_at(block, BORN, sex, slot).value for slot in range(block.slot_count(sex))]


@pytest.mark.spec("mapping specification §10.5")
def test_a_code_and_a_day_serve_498_men_and_497_women() -> None:
    assert SANDBOX.slot_count(Sex.MALE) == 5 * 498
    assert SANDBOX.slot_count(Sex.FEMALE) == 5 * 497


def test_the_production_blocks_hold_thirty_and_ten_codes() -> None:
    assert len(reserved_codes(Territory.MACAO, HolderClass.CHINESE, Realm.PRODUCTION)) == 30
    assert len(reserved_codes(Territory.MACAO, HolderClass.NON_CHINESE, Realm.PRODUCTION)) == 10


@pytest.mark.parametrize("sex", Sex)
def test_every_slot_of_a_day_is_a_different_valid_number_of_that_day_and_sex(sex: Sex) -> None:
    values = every_number(SANDBOX, sex)

    parsed = [MainlandIdentifier.parse(value, AS_OF) for value in values]

    assert len(set(values)) == SANDBOX.slot_count(sex)
    assert {(number.birthdate, number.sex) for number in parsed} == {(BORN, sex)}


@pytest.mark.attack("MP-05")
@pytest.mark.parametrize("block", ALL_BLOCKS, ids=lambda block: f"{block.territory}-{block.realm}-{block.holder_class}")
def test_mp_05_a_stand_in_is_recognised_offline_and_is_never_a_citizen_number(block: Block) -> None:
    for slot in (0, block.slot_count(Sex.MALE) - 1):
        number = MainlandIdentifier.parse(number_at(block, BORN, Sex.MALE, slot).value, AS_OF)

        assert number.kind is IdentifierKind.SURROGATE
        assert (number.territory, number.holder_class, number.realm) == (
            block.territory,
            block.holder_class,
            block.realm,
        )
        assert number.value[:6] not in RESIDENCE_PERMIT_REGIONS


def test_the_block_follows_from_the_permit_and_the_realm() -> None:
    assert block_for(TravelPermit("H00000018"), Realm.SANDBOX) == SANDBOX
    assert block_for(TravelPermit("MA0000018"), Realm.PRODUCTION).codes[0] == "820060"


def test_no_block_serves_taiwan() -> None:
    with pytest.raises(MappingError) as refusal:
        reserved_codes(Territory.TAIWAN, HolderClass.CHINESE, Realm.SANDBOX)

    assert refusal.value.code == "binding.territory_not_served"


def test_a_birth_date_before_1900_gets_no_number() -> None:
    with pytest.raises(MappingError) as refusal:
        number_at(SANDBOX, date(1899, 12, 31), Sex.MALE, 0)

    assert refusal.value.code == "date.out_of_range"


def test_candidates_come_at_random_first() -> None:
    one = [number.value for number in islice(candidates(SANDBOX, BORN, Sex.FEMALE, seeded(1)), 5)]
    same = [number.value for number in islice(candidates(SANDBOX, BORN, Sex.FEMALE, seeded(1)), 5)]
    other = [number.value for number in islice(candidates(SANDBOX, BORN, Sex.FEMALE, seeded(2)), 5)]

    assert one == same
    assert set(one).isdisjoint(other)
    assert one != sorted(one)


def test_the_last_free_number_of_a_day_is_found_and_then_the_day_is_full() -> None:
    values = every_number(SANDBOX, Sex.MALE)
    free = values[1234]
    taken = set(values) - {free}

    found = next(number.value for number in candidates(SANDBOX, BORN, Sex.MALE, seeded()) if number.value not in taken)

    assert found == free
    with pytest.raises(MappingError) as refusal:
        list(candidates(SANDBOX, BORN, Sex.MALE, seeded()))
    assert refusal.value.code == "surrogate.capacity"


def test_a_walk_through_a_full_day_offers_every_number_and_repeats_none_after_the_random_tries() -> None:
    walk = candidates(SANDBOX, BORN, Sex.FEMALE, seeded())
    offered = [number.value for number in islice(walk, RANDOM_TRIES)]
    first, rest = set(offered), []
    while len(first) + len(rest) < SANDBOX.slot_count(Sex.FEMALE):
        rest.append(next(walk).value)

    assert first.isdisjoint(rest)
    assert first | set(rest) == set(every_number(SANDBOX, Sex.FEMALE))


def test_numbers_taken_one_after_another_do_not_show_their_order() -> None:
    choose = seeded()
    taken: set[str] = set()
    serials = []
    for _ in range(1500):
        number = next(number for number in candidates(SANDBOX, BORN, Sex.MALE, choose) if number.value not in taken)
        taken.add(number.value)
        serials.append(int(number.value[:6] + number.value[14:17]))

    assert len(taken) == 1500
    assert abs(statistics.correlation(range(1500), serials)) < 0.08
    assert max(Counter(number[:6] for number in taken).values()) < 360


def test_the_keyed_allocator_refuses_after_exactly_2490_men() -> None:
    permit = TravelPermit("H00000018")
    taken: set[str] = set(every_number(SANDBOX, Sex.MALE)[:-1])
    last = allocate_from_key(KEY, permit, BORN, Sex.MALE, block=SANDBOX, taken=taken)
    taken.add(last.value)

    with pytest.raises(MappingError) as refusal:
        allocate_from_key(KEY, permit, BORN, Sex.MALE, block=SANDBOX, taken=taken)

    assert len(taken) == 2490
    assert refusal.value.code == "surrogate.capacity"


def test_the_keyed_allocator_forgets_the_renewal_count() -> None:
    first, renewed = TravelPermit.parse("H0000001800"), TravelPermit.parse("H0000001801")

    numbers = {allocate_from_key(KEY, card, BORN, Sex.FEMALE, block=SANDBOX).value for card in (first, renewed)}

    assert len(numbers) == 1


def test_the_reserved_blocks_are_sound_as_shipped() -> None:
    assert reserved_block_problems() == ()
    assert reserved_block_problems(["110101", "810000", "810001", "810101", "820008"]) == ()


def test_a_region_table_that_assigns_a_reserved_code_is_reported() -> None:
    problems = reserved_block_problems(["810070", "820050"])

    assert set(problems) == {"region 810070 is assigned", "region 820050 is assigned"}


# --- frozen codes and filling days


def test_a_frozen_code_gives_no_new_number() -> None:
    frozen = frozenset(SANDBOX.codes[1:])

    offered = [number.value for number in islice(candidates(SANDBOX, BORN, Sex.MALE, seeded(), without=frozen), 300)]

    assert {value[:6] for value in offered} == {SANDBOX.codes[0]}


def test_with_one_code_frozen_a_full_day_is_reached_sooner_and_every_other_number_was_offered() -> None:
    frozen = frozenset({SANDBOX.codes[2], "820050"})
    walk = candidates(SANDBOX, BORN, Sex.FEMALE, seeded(), without=frozen)
    offered: set[str] = set()

    with pytest.raises(MappingError) as refusal:
        offered.update(number.value for number in walk)

    assert refusal.value.code == "surrogate.capacity"
    assert offered == {value for value in every_number(SANDBOX, Sex.FEMALE) if value[:6] != SANDBOX.codes[2]}


def test_when_every_code_is_frozen_there_is_no_number() -> None:
    with pytest.raises(MappingError) as refusal:
        next(candidates(SANDBOX, BORN, Sex.MALE, seeded(), without=frozenset(SANDBOX.codes)))

    assert refusal.value.code == "surrogate.capacity"


def test_freezing_leaves_the_block_itself_as_it_was() -> None:
    smaller = SANDBOX.without(frozenset({"810050"})).without(frozenset({"810051"}))

    assert smaller.codes == ("810052", "810053", "810054")
    assert len(SANDBOX.codes) == 5


@pytest.mark.parametrize(("sex", "capacity"), [(Sex.MALE, 498), (Sex.FEMALE, 497)])
def test_a_day_of_one_code_is_reported_as_filling_at_sixty_per_cent(sex: Sex, capacity: int) -> None:
    assert bucket_capacity(sex) == capacity
    assert not is_filling(298, sex)
    assert is_filling(299, sex)
    assert is_filling(capacity, sex)


@pytest.mark.attack("F-BK-02")
@pytest.mark.parametrize(
    ("realm", "holders", "sizes"),
    [
        (Realm.SANDBOX, HolderClass.CHINESE, [4, 1]),
        (Realm.SANDBOX, HolderClass.NON_CHINESE, [4, 1]),
        (Realm.PRODUCTION, HolderClass.CHINESE, [24, 5, 1]),
        (Realm.PRODUCTION, HolderClass.NON_CHINESE, [8, 1, 1]),
    ],
)
def test_a_part_of_every_block_is_kept_back_and_together_the_parts_are_the_block(
    realm: Realm, holders: HolderClass, sizes: list[int]
) -> None:
    block = Block(Territory.MACAO, holders, realm)

    parts = [tier.codes for tier in block.tiers]

    assert [len(codes) for codes in parts] == sizes
    assert tuple(code for codes in parts for code in codes) == block.codes


def test_what_is_kept_back_does_not_depend_on_what_is_switched_off() -> None:
    codes = SANDBOX.codes

    tiers = SANDBOX.without(frozenset(codes[:2])).tiers

    assert [tier.codes for tier in tiers] == [codes[2:4], codes[4:]]
