"""Who erases an account is forgotten, and new when they come back (AL-10); the number stays taken."""

import asyncio
from typing import Final

import pytest
from sqlalchemy import select

from gateway.audit import AuditAction
from gateway.broker.ports import Recognition
from gateway.store.fields import RecordError
from gateway.store.open import Stores
from gateway.store.sql import subjects, tables
from gateway.store.sql.number_tables import binding_history, indexes
from tests.contracts.stores.builders import (
    NOW,
    World,
    a_code,
    a_completion,
    a_consent,
    a_grant,
    accepting,
    an_event,
)
from tests.contracts.stores.someone import arrive, is_signed_in, signed_in, tie
from tests.contracts.stores.watching import InjectedError, break_at

BLOCKED: Final = an_event(AuditAction.SUBJECT_BLOCKED)
UNBLOCKED: Final = an_event(AuditAction.SUBJECT_UNBLOCKED)
ERASED: Final = an_event(AuditAction.SUBJECT_ERASED)
WITHDRAWN: Final = an_event(AuditAction.CONSENT_WITHDRAWN)


@pytest.fixture
async def someone(world: World) -> World:
    """A person who is signed in."""
    return await signed_in(world)


@pytest.mark.attack("AL-10")
async def test_al_10_whoever_comes_back_after_erasing_an_account_is_new(someone: World) -> None:
    sign_ins = someone.stores.sign_ins
    sub = await sign_ins.pairwise(someone.subject_id, "rp-a.example", "sub-1")
    await tie(someone)

    assert await someone.stores.people.erase(someone.subject_id, NOW, ERASED)

    subject_id, recognition = await arrive(someone.stores)
    assert recognition is Recognition.WELCOME
    assert subject_id != someone.subject_id
    assert await sign_ins.pairwise(subject_id, "rp-a.example", "sub-2") == "sub-2" != sub
    assert await sign_ins.consent(subject_id, "rp-a") is None
    assert await someone.stores.numbers.of_subject(subject_id) is None
    assert await someone.stores.people.receivers(subject_id) == {}


@pytest.mark.attack("AL-10")
async def test_al_10_old_tokens_sessions_consents_and_ties_are_dead(someone: World) -> None:
    await tie(someone)
    unspent, _ = await someone.sign_in(2)
    stores = someone.stores

    await stores.people.erase(someone.subject_id, NOW, ERASED)

    assert await is_signed_in(someone) == (False, False)
    assert await stores.tokens.redeem(unspent.hash, NOW, accepting("another")) is None
    assert await stores.sign_ins.consent(someone.subject_id, "rp-a") is None
    assert await stores.numbers.of_subject(someone.subject_id) is None
    assert await stores.people.accounts(someone.subject_id) == []
    assert await stores.people.receivers(someone.subject_id) == {}
    assert (await someone.actions())[-1] == "subject.erased"


@pytest.mark.attack("AL-10")
async def test_al_10_the_number_stays_taken_and_the_history_says_untied(someone: World) -> None:
    await tie(someone)

    await someone.stores.people.erase(someone.subject_id, NOW, ERASED)

    assert [await someone.count(table) for table in ("numbers", "bindings", "holders")] == [1, 1, 0]
    statement = select(binding_history.c.what, binding_history.c.actor, binding_history.c.subject_id)
    rows = await someone.stores.database.read(
        lambda connection: connection.execute(statement.where(binding_history.c.what == "untied")).all()
    )
    assert [tuple(row) for row in rows] == [("untied", "person", someone.subject_id)]


@pytest.mark.attack("AL-10")
async def test_al_10_nothing_of_the_person_is_left_in_their_row(someone: World) -> None:
    await someone.stores.people.erase(someone.subject_id, NOW, ERASED)

    read = someone.stores.database.read
    vault = someone.stores.sign_ins._vault
    row = await read(
        lambda connection: connection.execute(
            select(tables.subjects).where(tables.subjects.c.id == someone.subject_id)
        ).one()
    )
    assert row.erased_at == NOW
    with pytest.raises(RecordError):
        subjects.opened(vault, someone.subject_id, row.box)
    found = select(indexes.c.value).where(indexes.c.target == someone.subject_id)
    assert await read(lambda connection: connection.execute(found).all()) == []


async def test_an_account_is_erased_once(someone: World) -> None:
    erase = someone.stores.people.erase

    assert [await erase(someone.subject_id, NOW, ERASED) for _ in range(2)] == [True, False]
    assert not await erase("nobody", NOW, ERASED)

    assert (await someone.actions()).count("subject.erased") == 1
    assert not await someone.stores.subject_registry.block(someone.subject_id, NOW, BLOCKED)
    assert not await someone.stores.subject_registry.unblock(someone.subject_id, UNBLOCKED)


@pytest.mark.attack("AL-08")
async def test_al_08_nobody_sheds_a_block_by_erasing_the_account(someone: World) -> None:
    await someone.stores.subject_registry.block(someone.subject_id, NOW, BLOCKED)

    assert not await someone.stores.people.erase(someone.subject_id, NOW, ERASED)

    assert await arrive(someone.stores) == (someone.subject_id, Recognition.BLOCKED)


async def test_an_erased_account_ends_no_sign_in_that_is_under_way(someone: World) -> None:
    await someone.stores.people.erase(someone.subject_id, NOW, ERASED)
    grant = a_grant(someone.subject_id, id="grant-2")
    consent = a_consent(someone.subject_id, id="consent-2")

    assert not await someone.stores.sign_ins.complete(
        a_completion(someone.subject_id, grant=grant, code=a_code(grant, "second"), consent=consent), NOW
    )


async def test_of_ten_erasures_at_once_one_is_done(someone: World, second: Stores) -> None:
    await tie(someone)
    workers = [someone.stores.people, second.people]

    done = await asyncio.gather(*(workers[n % 2].erase(someone.subject_id, NOW, ERASED) for n in range(10)))

    assert sum(done) == 1
    statement = select(binding_history.c.id).where(binding_history.c.what == "untied")
    rows = await someone.stores.database.read(lambda connection: connection.execute(statement).all())
    assert len(rows) == 1


@pytest.mark.parametrize(
    "beginning",
    ["DELETE FROM indexes", "UPDATE subjects", "DELETE FROM holders", "UPDATE consents", "DELETE FROM sessions"],
)
async def test_an_erasure_that_fails_has_not_begun(someone: World, beginning: str) -> None:
    await tie(someone)
    break_at(someone.stores, beginning)

    with pytest.raises(InjectedError):
        await someone.stores.people.erase(someone.subject_id, NOW, ERASED)

    assert await arrive(someone.stores) == (someone.subject_id, Recognition.WELCOME)
    assert await is_signed_in(someone) == (True, True)
    assert await someone.stores.numbers.of_subject(someone.subject_id) is not None
    assert await someone.count("holders") == 1
