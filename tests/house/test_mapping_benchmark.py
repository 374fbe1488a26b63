"""The benchmark of the mapping measures what it says it measures, and its quick part of the allocations holds."""

import asyncio
import secrets
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest

from benchmarks import allocations_pure, mapping_contest, mapping_operations, mapping_report
from benchmarks.allocations_store import Plan, allocate, stretches
from benchmarks.mapping_binding import NOW, happened
from benchmarks.mapping_fill import Keys, fill
from benchmarks.mapping_people import Person, crowd, number_of, resident, slot_of
from benchmarks.mapping_store import KNOWN, LOADS, RETURNING, Table, WrongAnswerError, return_people
from benchmarks.mapping_tables import Measured, counted, prepare
from benchmarks.mapping_timing import ratio
from gateway.broker.ports import Anchor
from gateway.store.open import open_stores
from mapping.evidence import Policy
from mapping.resolve import decide
from mapping.surrogate import block_for
from mapping.vocabulary import Realm, Sex, Territory

SIZES = (10, 40)
T = TypeVar("T")


@pytest.fixture
def keys() -> Keys:
    return Keys({"1": secrets.token_bytes(32)}, {"1": secrets.token_bytes(32)})


@pytest.fixture
def fresh(tmp_path: Path, keys: Keys) -> Callable[[str], str]:
    """Give an empty database of the newest schema whose keys are in use."""

    def make(name: str) -> str:
        url = f"sqlite:///{tmp_path / name}.sqlite3"
        prepare(url, keys)
        return url

    return make


def nobody_looks(_: int) -> None:
    """A progress bar that is not there."""


def rows_of(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.row_factory = sqlite3.Row
    names = [row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables = {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}  # noqa: S608 - our own tables
    connection.close()
    return tables


def shapes(rows: list[dict[str, Any]]) -> Counter[tuple[tuple[str, str], ...]]:
    """Rows without what is random: the kind of every value, and for boxes and texts their length."""

    def shape(value: Any) -> str:
        return f"{type(value).__name__} {len(value)}" if isinstance(value, bytes | str) else type(value).__name__

    return Counter(tuple((name, shape(value)) for name, value in row.items()) for row in rows)


async def sign_everybody_up(url: str, keys: Keys, people: list[Person]) -> None:
    """The long way: every person's first sign-in through the ports, chance falling on the number that is theirs."""
    slot = 0
    stores = await open_stores(url, sealing_keys=keys.sealing, index_keys=keys.index, choose=lambda _: slot)
    for person in people:
        slot = slot_of(person)
        asked = (person.provider, person.upstream_subject, Anchor(), NOW, "benchmark")
        subject_id, _ = await stores.sign_ins.subject(*asked)
        known = await stores.numbers.known(subject_id, person.permit, None, None)
        decision = decide(person.evidence, known, Policy())
        event = happened(subject_id)
        await stores.numbers.apply(subject_id, person.provider, person.evidence, decision, NOW, event)
    await stores.aclose()


async def on_table(url: str, keys: Keys, work: Callable[[Table], Awaitable[T]]) -> T:
    """Do something with a table that is said to have fifty people."""
    stores = await open_stores(url, sealing_keys=keys.sealing, index_keys=keys.index)
    try:
        return await work(Table(stores, 50))
    finally:
        await stores.aclose()


def test_the_contest_is_held_on_numbers_that_all_three_judge_alike() -> None:
    published, fields = mapping_contest.fields(count=12)
    as_of, _ = mapping_contest.published()
    panel = mapping_contest.judges(as_of).values()

    verdicts = {field.name: {tuple(judge(text) for judge in panel) for text in field.numbers} for field in fields}

    assert published == 38
    assert [len(field.numbers) >= 3 for field in fields] == [True] * 3
    assert list(verdicts.values()) == [{(True,) * 3, (False,) * 3}, {(True,) * 3}, {(False,) * 3}]


def test_a_text_on_which_a_judge_breaks_down_is_left_out() -> None:
    def breaks_down(text: str) -> bool:
        raise KeyError(text)

    assert list(mapping_contest.agreed(["a"], [lambda _: True, breaks_down])) == []


def test_a_text_on_which_judges_disagree_is_left_out() -> None:
    assert list(mapping_contest.agreed(["a", "bb"], [lambda _: True, lambda text: len(text) > 1])) == ["bb"]


def test_every_pure_operation_does_what_its_name_says() -> None:
    for operation in mapping_operations.operations().values():
        operation()  # those that must be refused fail when they are not


def test_a_ratio_is_made_inside_each_round() -> None:
    rates = {"ours": [10.0, 100.0, 1_000.0], "theirs": [5.0, 50.0, 100.0]}

    assert ratio(rates, "ours", "theirs") == 2.0


def test_no_two_residents_share_permit_account_or_number() -> None:
    people = [resident(place) for place in (*range(4_000), *range(146_000, 148_000), *range(292_000, 294_000))]

    distinct = [
        len({person.permit.canonical for person in people}),
        len({person.subject_id for person in people}),
        len({number_of(person).value for person in people}),
    ]

    assert distinct == [len(people)] * 3


def test_a_residents_number_is_one_that_the_store_could_have_given() -> None:
    person = resident(5)

    number = number_of(person)

    assert (number.birthdate, number.sex) == (person.birthdate, person.sex)
    assert number.value[:6] in block_for(person.permit, Realm.SANDBOX).codes


def test_a_filled_table_has_the_rows_that_the_store_itself_would_have_written(
    fresh: Callable[[str], str], keys: Keys
) -> None:
    filled, signed_up = fresh("filled"), fresh("signed_up")

    fill(filled, keys, 9, 0, nobody_looks)
    asyncio.run(sign_everybody_up(signed_up, keys, [resident(place) for place in range(9)]))

    ours, theirs = rows_of(filled), rows_of(signed_up)
    assert {name: shapes(rows) for name, rows in ours.items()} == {name: shapes(rows) for name, rows in theirs.items()}
    assert {row["value"] for row in ours["indexes"]} == {row["value"] for row in theirs["indexes"]}
    assert sorted(row["given"] for row in ours["buckets"]) == sorted(row["given"] for row in theirs["buckets"])


def test_counters_of_a_filled_table_add_up(
    fresh: Callable[[str], str], keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("benchmarks.mapping_people", "benchmarks.mapping_fill"):
        monkeypatch.setattr(f"{module}.BUCKETS", 12)  # a short calendar, so that days have several people
    monkeypatch.setattr("benchmarks.mapping_people._DAYS", 3)
    url = fresh("filled")

    fill(url, keys, 100, 0, nobody_looks)

    counts = [row["given"] for row in rows_of(url)["buckets"]]
    assert (sum(counts), max(counts) > 1) == (100, True)


def test_everybody_in_a_filled_table_is_found_again_and_strangers_are_served(
    fresh: Callable[[str], str], keys: Keys
) -> None:
    url = fresh("filled")
    fill(url, keys, 50, 0, nobody_looks)

    statements = asyncio.run(on_table(url, keys, counted))

    assert set(statements) == set(LOADS)
    assert (statements[RETURNING], statements[KNOWN]) == (1, 2)


def test_a_resolution_that_finds_nobody_is_no_figure(fresh: Callable[[str], str], keys: Keys) -> None:
    with pytest.raises(WrongAnswerError):
        asyncio.run(on_table(fresh("empty"), keys, lambda table: return_people(table, 1)))


@pytest.mark.parametrize(("large", "word"), [(100.0, "reached"), (30.0, "missed")])
def test_a_table_that_slows_down_is_reported_as_a_missed_goal(large: float, word: str) -> None:
    rates = {f"{rows}: {load}": [rate] for rows, rate in zip(SIZES, (100.0, large), strict=True) for load in LOADS}
    measured = Measured("sqlite", SIZES, rates, dict.fromkeys(LOADS, 1))

    lines = [line for line in mapping_report.tables(measured) if line.startswith("  cost, ")]

    assert [line.split()[-1] for line in lines] == [word] * 3


def test_two_thousand_allocations_without_a_store_have_no_duplicate() -> None:
    outcome = allocations_pure.allocate(crowd(2_000, seed=1), Realm.SANDBOX, nobody_looks)

    assert (outcome.given, outcome.duplicates, outcome.refused) == (2_000, 0, 0)


def test_a_duplicate_would_be_counted() -> None:
    assert allocations_pure.count_distinct([3, 1, 3, 2, 3]) == 3


def test_people_whose_day_is_full_are_refused_and_nobody_gets_a_number_twice() -> None:
    slots = block_for(resident(0).permit, Realm.SANDBOX).slot_count(Sex.FEMALE)
    twins = [Person(place, Territory.HONG_KONG, date(1962, 1, 1), Sex.FEMALE) for place in range(slots + 3)]

    outcome = allocations_pure.allocate(twins, Realm.SANDBOX, nobody_looks)

    assert (outcome.given, outcome.refused, outcome.duplicates) == (slots, 3, 0)


def test_two_thousand_allocations_by_two_processes_have_no_duplicate(fresh: Callable[[str], str], keys: Keys) -> None:
    plan = Plan(fresh("allocations"), keys, 2_000)

    outcome = allocate(plan, 2, nobody_looks)

    assert (outcome.given, outcome.distinct, outcome.refused) == (2_000, 2_000, 0)


def test_whole_bindings_are_allocated_just_so(fresh: Callable[[str], str], keys: Keys) -> None:
    plan = Plan(fresh("allocations"), keys, 60, is_whole=True)

    outcome = allocate(plan, 1, nobody_looks)

    assert (outcome.given, outcome.duplicates) == (60, 0)
    assert len(rows_of(plan.url)["binding_history"]) == 60


def test_a_store_that_has_no_number_left_refuses_everybody(fresh: Callable[[str], str], keys: Keys) -> None:
    url = fresh("allocations")
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    codes = [f"{place}{last}" for place in ("8100", "8200") for last in range(50, 55)]
    row = "INSERT INTO switches (kind, name, at, actor, reason) VALUES ('region', ?, 0, 'operator', 'test')"
    with connection:
        connection.executemany(row, [(code,) for code in codes])
    connection.close()

    outcome = allocate(Plan(url, keys, 5), 1, nobody_looks)

    assert (outcome.given, outcome.refused) == (0, 5)


def test_every_process_has_people_to_serve_and_nobody_is_served_twice(keys: Keys) -> None:
    plan = Plan("sqlite:///nowhere", keys, 11)

    portions = [[person.place for person in stretch.people()] for stretch in stretches(plan, 3)]

    assert portions == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
    assert len(stretches(replace(plan, count=12_000), 2)) == 3
