"""People, sessions, consents and the end of a sign-in: one suite for every engine behind `SignInStore`."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, update

from gateway.audit import AuditAction
from gateway.broker.model import Stage
from gateway.broker.ports import EndedSession
from gateway.store.sql import audit, tables
from tests.contracts.stores.builders import (
    COOKIE,
    FRONT,
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
from tests.contracts.stores.watching import InjectedError, break_at, statements_of

TABLES = ("grants", "codes", "sessions", "consents", "audit", "transactions")
OTHER_COOKIE = b"other cookie".ljust(32, b".")


async def test_a_person_who_is_switched_off_has_no_session(world: World) -> None:
    await world.sign_in(new_session=a_session(world.subject_id))

    await world.switch_off_subject()

    assert await world.stores.sign_ins.session(COOKIE, NOW) is None


async def test_a_session_comes_back_as_it_was_kept(world: World) -> None:
    session = a_session(world.subject_id)

    await world.sign_in(new_session=session)

    assert await world.stores.sign_ins.session(COOKIE, NOW) == session
    assert await world.stores.sign_ins.session(OTHER_COOKIE, NOW) is None


@pytest.mark.parametrize(("minutes", "is_live"), [(14, True), (15, False)])
async def test_a_session_ends_when_it_is_idle(world: World, minutes: int, is_live: bool) -> None:
    await world.sign_in(new_session=a_session(world.subject_id))

    found = await world.stores.sign_ins.session(COOKIE, NOW + minutes * MINUTE)

    assert (found is not None) is is_live


async def test_using_a_session_moves_its_idle_end_and_never_its_absolute_one(world: World) -> None:
    session = a_session(world.subject_id, expires_at=NOW + 20 * MINUTE)
    await world.sign_in(new_session=session)
    later = NOW + 10 * MINUTE
    used = replace(session, seen_at=later)

    assert await world.stores.sign_ins.complete(second_completion(world, seen_session=used), later)

    assert await world.stores.sign_ins.session(COOKIE, NOW + 19 * MINUTE) == used
    assert await world.stores.sign_ins.session(COOKIE, NOW + 20 * MINUTE) is None


async def test_a_new_session_takes_the_place_of_the_old_one(world: World) -> None:
    await world.sign_in(new_session=a_session(world.subject_id))
    fresh = a_session(world.subject_id, id="sid-2", cookie_hash=OTHER_COOKIE)

    await world.sign_in(2, new_session=fresh, replaces_session=COOKIE)

    assert await world.stores.sign_ins.session(COOKIE, NOW) is None
    assert await world.stores.sign_ins.session(OTHER_COOKIE, NOW) == fresh


async def test_a_session_that_was_ended_meanwhile_carries_no_further_sign_in(world: World) -> None:
    session = a_session(world.subject_id)
    await world.sign_in(new_session=session)
    await world.stores.sign_ins.end_session(COOKIE, NOW, an_event(AuditAction.SIGNED_OUT))
    before = await counts(world)

    is_done = await world.stores.sign_ins.complete(second_completion(world, seen_session=session), NOW)

    assert not is_done
    assert await counts(world) == before


async def test_ending_a_session_gives_it_back_once_and_leaves_one_event(world: World) -> None:
    session = a_session(world.subject_id)
    await world.sign_in(new_session=session)
    signed_out = an_event(AuditAction.SIGNED_OUT)

    ended = [await world.stores.sign_ins.end_session(COOKIE, NOW, signed_out) for _ in range(2)]

    assert ended == [EndedSession(session, {"rp-a": "sid-1"}), None]
    assert (await world.actions()).count("signed_out") == 1


async def test_the_newest_consent_counts_and_a_withdrawn_one_revives_nothing(world: World) -> None:
    first, second = a_consent(world.subject_id), a_consent(world.subject_id, id="consent-2", withheld=())
    await world.sign_in(1, consent=first)
    await world.sign_in(2, consent=second)
    find = world.stores.sign_ins.consent

    newest = await find(world.subject_id, "rp-a")
    await world.stores.database.run(withdraw("consent-2"))

    assert newest == second
    assert await find(world.subject_id, "rp-a") is None
    assert await find(world.subject_id, "rp-b") is None
    assert await world.count("consents") == 2


async def test_a_whole_sign_in_takes_seven_statements_and_its_redemption_three(world: World) -> None:
    transaction = a_transaction(stage=Stage.CONSENT, person=a_person(world.subject_id))
    await world.stores.transactions.begin(transaction, an_event())
    await world.sign_in(new_session=a_session(world.subject_id))
    statements = statements_of(world.stores)

    code, _ = await world.sign_in(
        2,
        consent=a_consent(world.subject_id),
        new_session=a_session(world.subject_id, cookie_hash=OTHER_COOKIE),
        replaces_session=COOKIE,
        transaction=replace(transaction, stage=Stage.DONE, person=None),
        came_from={Stage.CONSENT},
        events=[an_event(), an_event(AuditAction.CONSENT_GIVEN), an_event(AuditAction.CODE_ISSUED)],
    )
    completing = len(statements)
    await world.stores.tokens.redeem(code.hash, NOW, accepting())
    redeeming = len(statements) - completing
    await world.stores.tokens.find_access_token(b"x" * 32, NOW)

    assert (completing, redeeming, len(statements) - completing - redeeming) == (7, 3, 1)


@pytest.mark.attack("ST-07")
async def test_st_07_a_transaction_at_another_stage_ends_nothing_and_leaves_nothing(world: World) -> None:
    transaction = a_transaction(stage=Stage.PERMIT)
    await world.stores.transactions.begin(transaction, an_event())
    before = await counts(world)
    completion = a_completion(
        world.subject_id,
        consent=a_consent(world.subject_id),
        new_session=a_session(world.subject_id),
        transaction=replace(transaction, stage=Stage.DONE),
        came_from={Stage.CONSENT},
    )

    assert not await world.stores.sign_ins.complete(completion, NOW)

    assert await counts(world) == before


async def test_of_ten_who_end_one_sign_in_at_once_exactly_one_does(world: World) -> None:
    transaction = a_transaction(stage=Stage.CONSENT, person=a_person(world.subject_id))
    await world.stores.transactions.begin(transaction, an_event())
    done = replace(transaction, stage=Stage.DONE, person=None)

    def attempt(number: int) -> Any:
        grant = replace(a_grant(world.subject_id), id=f"grant-{number}")
        code = a_code(grant, f"code {number}")
        completion = a_completion(world.subject_id, grant=grant, code=code, transaction=done, came_from={Stage.CONSENT})
        return world.stores.sign_ins.complete(completion, NOW)

    assert sum(await asyncio.gather(*(attempt(number) for number in range(10)))) == 1

    assert await world.count("codes") == 1
    found = await world.stores.transactions.find(transaction.id, FRONT, NOW)
    assert found == done


@pytest.mark.parametrize("failing", ["INSERT INTO grants", "INSERT INTO codes", "INSERT INTO consents", "audit"])
async def test_a_failure_in_the_middle_of_the_end_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    transaction = a_transaction(stage=Stage.CONSENT, person=a_person(world.subject_id))
    await world.stores.transactions.begin(transaction, an_event())
    before = await counts(world)
    break_one(world, monkeypatch, failing)
    completion = a_completion(
        world.subject_id,
        consent=a_consent(world.subject_id),
        new_session=a_session(world.subject_id),
        transaction=replace(transaction, stage=Stage.DONE),
        came_from={Stage.CONSENT},
    )

    with pytest.raises(InjectedError):
        await world.stores.sign_ins.complete(completion, NOW)

    assert await counts(world) == before
    assert await world.stores.transactions.find(transaction.id, FRONT, NOW) == transaction


def break_one(world: World, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """Make one statement of the transaction fail."""
    if failing != "audit":
        break_at(world.stores, failing)
        return

    def refuse(*_: Any) -> None:
        raise InjectedError

    monkeypatch.setattr(audit, "record", refuse)


async def counts(world: World) -> list[int]:
    return [await world.count(table) for table in TABLES]


def second_completion(world: World, **changes: Any) -> Any:
    grant = replace(a_grant(world.subject_id), id="grant-2")
    return a_completion(world.subject_id, grant=grant, code=a_code(grant, "second"), **changes)


def withdraw(consent_id: str) -> Callable[[Connection], None]:
    statement = update(tables.consents).where(tables.consents.c.id == consent_id).values(withdrawn_at=NOW)

    def work(connection: Connection) -> None:
        connection.execute(statement)

    return work
