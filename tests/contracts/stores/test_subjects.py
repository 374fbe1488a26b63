"""Who somebody is: found again, completed, blocked, and never taken for somebody else."""

import asyncio
from datetime import date
from typing import Final

import pytest
from sqlalchemy import select, update

from gateway.admin.records import Switch, SwitchKind
from gateway.audit import AuditAction
from gateway.broker.ports import Anchor, Recognition
from gateway.store.open import Stores
from gateway.store.sql import subjects, tables
from gateway.store.sql.number_tables import alerts, indexes
from tests.contracts.stores.builders import NOW, World, an_event
from tests.contracts.stores.watching import POSTGRESQL, InjectedError, break_at, is_anybody_waiting, statements_of

WELCOME: Final = Recognition.WELCOME
SOMEONE_ELSE: Final = Recognition.SOMEONE_ELSE
BORN: Final = date(1905, 6, 7)
OTHER_DAY: Final = date(1906, 7, 8)
CARD: Final = "hkid:A1234563"
OTHER_CARD: Final = "hkid:B2345674"
WHOLE: Final = Anchor(BORN, CARD)


async def arrive(
    stores: Stores, anchor: Anchor = WHOLE, name: str = "person-1", provider: str = "macao"
) -> tuple[str, Recognition]:
    return await stores.sign_ins.subject(provider, name, anchor, NOW, "c0rrelation")


async def kept(stores: Stores, subject_id: str) -> Anchor:
    """What is sealed about a person."""
    statement = select(tables.subjects.c.box).where(tables.subjects.c.id == subject_id)
    box = await stores.database.read(lambda connection: connection.execute(statement).scalar_one())
    return subjects.opened(stores.sign_ins._vault, subject_id, box).anchor


async def test_a_person_has_one_id_for_ever(stores: Stores) -> None:
    first = await arrive(stores)

    assert first[1] is WELCOME
    assert await arrive(stores) == first
    others = {await arrive(stores, provider="hong_kong"), await arrive(stores, name="person-2")}
    assert len(others | {first}) == 3


@pytest.mark.parametrize("upstream", ["", "陳", "\ud800", "a\0b", "x" * 10_000])
async def test_any_text_may_be_an_upstream_subject(stores: Stores, upstream: str) -> None:
    first = await arrive(stores, name=upstream)

    assert await arrive(stores, name=upstream) == first


async def test_a_known_person_who_has_not_changed_costs_one_read(stores: Stores) -> None:
    await arrive(stores)
    statements = statements_of(stores)

    await arrive(stores)

    assert [statement.split()[0] for statement in statements] == ["SELECT"]


async def test_a_person_of_whom_less_is_said_today_costs_one_read_and_loses_nothing(stores: Stores) -> None:
    subject_id, _ = await arrive(stores)
    statements = statements_of(stores)

    await arrive(stores, Anchor())

    assert len(statements) == 1
    assert await kept(stores, subject_id) == WHOLE


async def test_what_is_known_of_a_person_is_completed_step_by_step(stores: Stores) -> None:
    subject_id, _ = await arrive(stores, Anchor())

    answers = [await arrive(stores, anchor) for anchor in (Anchor(BORN), Anchor(None, CARD))]

    assert answers == [(subject_id, WELCOME)] * 2
    assert await kept(stores, subject_id) == WHOLE


async def test_what_the_first_schema_kept_of_a_person_is_read_and_completed(stores: Stores) -> None:
    subject_id, _ = await arrive(stores, Anchor())
    vault = stores.sign_ins._vault
    old = vault.seal({"upstream_subject": "person-1"}, "subjects", subject_id)
    await stores.database.run(lambda connection: connection.execute(update(tables.subjects).values(box=old)).rowcount)

    assert await arrive(stores, Anchor()) == (subject_id, WELCOME)
    assert await arrive(stores) == (subject_id, WELCOME)

    assert await kept(stores, subject_id) == WHOLE


@pytest.mark.attack("AL-04")
async def test_al_04_the_home_register_may_correct_a_birth_date(stores: Stores) -> None:
    subject_id, _ = await arrive(stores)

    assert await arrive(stores, Anchor(OTHER_DAY, CARD)) == (subject_id, WELCOME)

    assert await kept(stores, subject_id) == Anchor(OTHER_DAY, CARD)
    assert await arrive(stores, Anchor(BORN)) == (subject_id, SOMEONE_ELSE)


@pytest.mark.attack("AL-05")
@pytest.mark.parametrize("another", [Anchor(OTHER_DAY), Anchor(BORN, OTHER_CARD), Anchor(OTHER_DAY, OTHER_CARD)])
async def test_al_05_another_person_under_a_known_subject_is_not_let_in(stores: Stores, another: Anchor) -> None:
    subject_id, _ = await arrive(stores)

    answer = await arrive(stores, another)

    assert answer == (subject_id, SOMEONE_ELSE)
    assert await kept(stores, subject_id) == WHOLE
    assert await arrive(stores) == (subject_id, WELCOME)  # the first holder is not disturbed


@pytest.mark.attack("AL-05")
async def test_al_05_the_alert_is_told_once_and_names_nothing_of_either(stores: Stores) -> None:
    subject_id, _ = await arrive(stores)

    for _ in range(3):
        await arrive(stores, Anchor(OTHER_DAY))

    found = await stores.database.read(lambda connection: connection.execute(select(alerts)).all())
    assert [(row.kind, row.about, row.subject_id, row.correlation_id) for row in found] == [
        ("someone_else", subject_id, subject_id, "c0rrelation")
    ]
    events = await stores.database.read(lambda connection: connection.execute(select(tables.audit)).all())
    assert [(row.action, row.subject_id, row.provider) for row in events] == [("alert.raised", subject_id, "macao")]


async def test_of_twenty_first_sign_ins_at_once_all_are_one_person(stores: Stores, second: Stores) -> None:
    workers = [stores, second]

    answers = await asyncio.gather(*(arrive(workers[n % 2], name="new") for n in range(20)))

    assert len(set(answers)) == 1
    assert answers[0][1] is WELCOME
    statement = select(indexes.c.target).where(indexes.c.kind == "subject")
    found = await stores.database.read(lambda connection: connection.execute(statement).scalars().all())
    assert found == [answers[0][0]]


@pytest.mark.attack("AL-05")
async def test_al_05_of_two_persons_who_come_at_once_under_one_subject_one_is_somebody_else(
    stores: Stores, second: Stores
) -> None:
    answers = await asyncio.gather(arrive(stores), arrive(second, Anchor(OTHER_DAY, OTHER_CARD)))

    assert len({subject_id for subject_id, _ in answers}) == 1
    assert {recognition for _, recognition in answers} == {WELCOME, SOMEONE_ELSE}


async def test_two_workers_who_complete_one_person_at_once_lose_nothing(stores: Stores, second: Stores) -> None:
    subject_id, _ = await arrive(stores, Anchor())

    await asyncio.gather(arrive(stores, Anchor(BORN)), arrive(second, Anchor(None, CARD)))

    assert await kept(stores, subject_id) == WHOLE


@POSTGRESQL
async def test_whoever_completes_a_person_sees_what_another_worker_is_just_completing(
    stores: Stores, second: Stores
) -> None:
    subject_id, _ = await arrive(stores, Anchor())
    visitor = subjects.Visitor("macao", "person-1", Anchor(BORN), NOW, "c0rrelation")

    async with second.database._runner._engine.connect() as connection:
        await connection.run_sync(lambda inner: subjects.settle(inner, second.sign_ins._vault, subject_id, visitor))
        completing = asyncio.create_task(arrive(stores, Anchor(None, CARD)))
        while not await is_anybody_waiting(second):
            assert not completing.done()
        await connection.commit()

    assert await completing == (subject_id, WELCOME)
    assert await kept(stores, subject_id) == WHOLE


@pytest.mark.parametrize("beginning", ["INSERT INTO indexes", "INSERT INTO subjects"])
async def test_a_first_sight_that_fails_leaves_nothing(stores: Stores, beginning: str) -> None:
    break_at(stores, beginning)

    with pytest.raises(InjectedError):
        await arrive(stores)

    for table in (indexes, tables.subjects):
        assert await stores.database.read(lambda connection, table=table: connection.execute(select(table)).all()) == []


@pytest.mark.attack("AL-08")
async def test_al_08_a_blocked_person_is_recognised_and_not_let_in(stores: Stores) -> None:
    subject_id, _ = await arrive(stores)
    await stores.subject_registry.block(subject_id, NOW, an_event(AuditAction.SUBJECT_BLOCKED))

    assert await arrive(stores) == (subject_id, Recognition.BLOCKED)
    assert await arrive(stores, Anchor(OTHER_DAY)) == (subject_id, Recognition.BLOCKED)

    await stores.subject_registry.unblock(subject_id, an_event(AuditAction.SUBJECT_UNBLOCKED))
    assert await arrive(stores) == (subject_id, WELCOME)


@pytest.mark.attack("AL-09")
async def test_al_09_nobody_is_known_or_recorded_whose_provider_is_off(stores: Stores) -> None:
    subject_id, _ = await arrive(stores)
    off = Switch(SwitchKind.PROVIDER, "macao", NOW, "operator:ada", "drill")
    await stores.switch_registry.turn_off(off, an_event(AuditAction.SWITCHED_OFF))

    assert await arrive(stores) == (subject_id, Recognition.BLOCKED)
    assert await arrive(stores, name="new") == ("", Recognition.BLOCKED)
    assert (await arrive(stores, provider="hong_kong"))[1] is WELCOME

    await stores.switch_registry.turn_on(SwitchKind.PROVIDER, "macao", an_event(AuditAction.SWITCHED_ON))
    assert await arrive(stores) == (subject_id, WELCOME)
    assert (await arrive(stores, name="new"))[1] is WELCOME


@pytest.mark.parametrize(
    ("first", "second_card", "expected"),
    [(CARD, CARD, True), (CARD, OTHER_CARD, False), (CARD, None, False), (None, None, False)],
)
async def test_one_card_shown_by_two_accounts_is_noticed(
    stores: Stores, first: str | None, second_card: str | None, expected: bool
) -> None:
    vault = stores.sign_ins._vault
    one, _ = await arrive(stores, Anchor(BORN, first))
    two, _ = await arrive(stores, Anchor(BORN, second_card), name="person-2")

    found = await stores.database.read(lambda connection: subjects.same_home_card(connection, vault, one, two))

    assert found is expected


async def test_a_card_of_nobody_is_no_card(stores: Stores) -> None:
    vault = stores.sign_ins._vault
    one, _ = await arrive(stores)

    assert not await stores.database.read(lambda connection: subjects.same_home_card(connection, vault, one, "nobody"))


async def test_the_first_pairwise_subject_stays(world: World) -> None:
    sign_ins = world.stores.sign_ins

    subs = await asyncio.gather(*(sign_ins.pairwise(world.subject_id, "rp-a.example", f"sub-{n}") for n in range(10)))

    assert len(set(subs)) == 1
    assert await sign_ins.pairwise(world.subject_id, "rp-a.example", "later") == subs[0]
    assert await sign_ins.pairwise(world.subject_id, "rp-b.example", "other") == "other"
