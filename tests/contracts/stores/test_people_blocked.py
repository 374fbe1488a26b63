"""Who is blocked, or lets go, is out everywhere at once: one suite for every engine behind `SubjectRegistry`."""

import asyncio
from dataclasses import replace
from typing import Final

import pytest
from sqlalchemy import select

from gateway.audit import AuditAction
from gateway.broker.model import Stage
from gateway.broker.ports import Recognition
from gateway.store.open import Stores
from gateway.store.sql import completion as ending
from gateway.store.sql import people, tables
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    World,
    a_code,
    a_completion,
    a_consent,
    a_grant,
    a_person,
    a_session,
    a_transaction,
    accepting,
    an_event,
)
from tests.contracts.stores.someone import arrive, is_signed_in, signed_in
from tests.contracts.stores.watching import POSTGRESQL, is_anybody_waiting

BLOCKED: Final = an_event(AuditAction.SUBJECT_BLOCKED)
UNBLOCKED: Final = an_event(AuditAction.SUBJECT_UNBLOCKED)
ERASED: Final = an_event(AuditAction.SUBJECT_ERASED)
WITHDRAWN: Final = an_event(AuditAction.CONSENT_WITHDRAWN)


@pytest.fixture
async def someone(world: World) -> World:
    """A person who is signed in."""
    return await signed_in(world)


async def test_ending_everything_ends_the_sessions_and_grants_of_one_person_alone(someone: World) -> None:
    bystander, _ = await arrive(someone.stores, "person-2")
    cookie = b"another cookie".ljust(32, b".")
    other = replace(someone, subject_id=bystander)
    code, _ = await other.sign_in(2, new_session=a_session(bystander, cookie_hash=cookie))

    await someone.stores.database.run(lambda connection: people.end_everything(connection, someone.subject_id, NOW))

    assert await is_signed_in(someone) == (False, False)
    assert await someone.stores.sign_ins.session(cookie, NOW) is not None
    assert await someone.stores.tokens.redeem(code.hash, NOW, accepting("bystander")) is not None


@pytest.mark.attack("AL-08")
async def test_al_08_a_blocked_person_is_out_everywhere_at_once(someone: World, second: Stores) -> None:
    unspent, _ = await someone.sign_in(2)

    assert await someone.stores.subject_registry.block(someone.subject_id, NOW, BLOCKED)

    assert await is_signed_in(someone) == (False, False)
    assert await is_signed_in(replace(someone, stores=second)) == (False, False)
    assert await second.tokens.redeem(unspent.hash, NOW, accepting("another")) is None
    assert await arrive(second) == (someone.subject_id, Recognition.BLOCKED)
    assert (await someone.actions())[-1] == "subject.blocked"


@pytest.mark.attack("AL-08")
async def test_al_08_a_sign_in_under_way_does_not_end_for_a_blocked_person(someone: World) -> None:
    transaction = a_transaction(stage=Stage.CONSENT, person=a_person(someone.subject_id))
    await someone.stores.transactions.begin(transaction, an_event())
    await someone.stores.subject_registry.block(someone.subject_id, NOW, BLOCKED)
    grant = a_grant(someone.subject_id, id="grant-2")
    completion = a_completion(
        someone.subject_id,
        grant=grant,
        code=a_code(grant, "second"),
        consent=a_consent(someone.subject_id, id="consent-2"),
        new_session=a_session(someone.subject_id),
        transaction=replace(transaction, stage=Stage.DONE, person=None),
        came_from={Stage.CONSENT},
    )

    assert not await someone.stores.sign_ins.complete(completion, NOW)

    assert [await someone.count(table) for table in ("sessions", "grants", "consents")] == [0, 1, 1]


@POSTGRESQL
@pytest.mark.attack("AL-08", "CD-09")
@pytest.mark.parametrize("act", ["block", "withdraw", "erase"])
async def test_al_08_a_sign_in_whose_end_is_just_being_written_is_ended_too(
    someone: World, second: Stores, act: str
) -> None:
    grant = a_grant(someone.subject_id, id="grant-2")
    code = a_code(grant, "second")
    completion = a_completion(
        someone.subject_id, grant=grant, code=code, consent=a_consent(someone.subject_id, id="consent-2")
    )
    boxes = ending.prepare(second.sign_ins._vault, completion)

    async with second.database._runner._engine.connect() as connection:
        await connection.run_sync(lambda inner: ending.write(inner, second.sign_ins._vault, completion, boxes, NOW))
        acting = asyncio.create_task(ended(someone, act))
        while not await is_anybody_waiting(second):
            assert not acting.done()
        await connection.commit()

    assert await acting
    statement = select(tables.grants.c.revoked_at).where(tables.grants.c.id == "grant-2")
    assert await second.database.read(lambda inner: inner.execute(statement).scalar_one()) == NOW


async def ended(world: World, act: str) -> bool:
    stores, subject_id = world.stores, world.subject_id
    if act == "block":
        return await stores.subject_registry.block(subject_id, NOW, BLOCKED)
    if act == "withdraw":
        return await stores.people.withdraw(subject_id, "rp-a", NOW, WITHDRAWN)
    return await stores.people.erase(subject_id, NOW, ERASED)


async def test_blocking_twice_keeps_the_first_moment_and_one_event(someone: World) -> None:
    block = someone.stores.subject_registry.block

    assert [await block(someone.subject_id, NOW + n * MINUTE, BLOCKED) for n in range(2)] == [True, True]

    statement = select(tables.subjects.c.disabled_at).where(tables.subjects.c.id == someone.subject_id)
    found = await someone.stores.database.read(lambda connection: connection.execute(statement).scalar_one())
    assert found == NOW
    assert (await someone.actions()).count("subject.blocked") == 1


@pytest.mark.parametrize("subject_id", ["nobody", "", "with\0nul", "\ud800", "x" * 257])
async def test_an_unknown_person_can_be_neither_blocked_nor_let_in(someone: World, subject_id: str) -> None:
    assert not await someone.stores.subject_registry.block(subject_id, NOW, BLOCKED)
    assert not await someone.stores.subject_registry.unblock(subject_id, UNBLOCKED)

    assert await is_signed_in(someone) == (True, True)


async def test_how_a_person_stands_is_told_by_their_id(someone: World) -> None:
    registry = someone.stores.subject_registry
    states = [await registry.state(someone.subject_id)]

    await registry.block(someone.subject_id, NOW, BLOCKED)
    states.append(await registry.state(someone.subject_id))
    await registry.unblock(someone.subject_id, UNBLOCKED)
    await someone.stores.people.erase(someone.subject_id, NOW, ERASED)
    states.append(await registry.state(someone.subject_id))

    assert states == ["active", "blocked", "erased"]
    assert [await registry.state(nobody) for nobody in ("nobody", "", "with\0nul")] == [None] * 3


async def test_whoever_is_let_in_again_signs_in_anew(someone: World) -> None:
    registry = someone.stores.subject_registry
    await registry.block(someone.subject_id, NOW, BLOCKED)

    assert [await registry.unblock(someone.subject_id, UNBLOCKED) for _ in range(2)] == [True, False]

    assert await arrive(someone.stores) == (someone.subject_id, Recognition.WELCOME)
    assert await is_signed_in(someone) == (False, False)  # what was ended stays ended
    assert (await someone.actions()).count("subject.unblocked") == 1
