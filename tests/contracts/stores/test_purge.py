"""Housekeeping: what has ended goes, what anything still hangs on stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from gateway.audit import AuditAction
from gateway.store.sql import number_tables
from gateway.store.sql.purge import PORTIONS
from tests.contracts.stores.builders import (
    COOKIE,
    MINUTE,
    NOW,
    SECOND,
    TOKEN_TEXT,
    World,
    a_session,
    a_transaction,
    accepting,
    an_event,
    digest,
)
from tests.contracts.stores.requests import a_decoupled_request, an_offline_grant, approve, rotating

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FAMILY = ("refresh_tokens", "codes", "grants")


async def fill(world: World) -> None:
    code, _ = await world.sign_in(new_session=a_session(world.subject_id))
    await world.stores.tokens.redeem(code.hash, NOW, accepting())
    await world.stores.transactions.begin(a_transaction(), an_event())
    await world.stores.replays.first_use("client_assertion", "jti-1", NOW + 5 * MINUTE, NOW)
    await world.stores.attempts.admit("permit", "subject-1", NOW)


async def test_nothing_that_lives_is_taken(world: World) -> None:
    await fill(world)

    assert await world.stores.purge(NOW + SECOND, 100) == 0

    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW + SECOND) is not None
    assert await world.stores.sign_ins.session(COOKIE, NOW + SECOND) is not None


async def test_after_a_day_only_people_and_the_record_are_left(world: World) -> None:
    await fill(world)

    gone = await world.stores.purge(NOW + DAY + SECOND, 100)

    tables = ("tokens", "codes", "grants", "transactions", "sessions", "replays", "attempts")
    assert [await world.count(table) for table in tables] == [0] * 7
    assert gone == 7
    assert await world.count("subjects") == 1
    assert await world.count("audit") == 4


@pytest.mark.attack("CD-01")
async def test_cd_01_a_spent_code_is_remembered_long_enough_to_notice_its_reuse(world: World) -> None:
    await fill(world)
    later = NOW + 9 * MINUTE

    await world.stores.purge(later, 100)
    await world.stores.tokens.redeem(digest("fictional-code-canary-6Zt0Wv"), later, accepting("another"))

    assert (await world.actions())[-1] == AuditAction.CODE_REUSED


async def test_a_mark_outlives_its_end_for_workers_whose_clock_is_behind(world: World) -> None:
    await fill(world)

    await world.stores.purge(NOW + 6 * MINUTE, 100)

    assert await world.count("replays") == 1


async def test_a_code_stays_as_long_as_a_token_of_its_grant(world: World) -> None:
    code, _ = await world.sign_in()
    await world.stores.tokens.redeem(code.hash, NOW, accepting(lifetime=3 * DAY))

    await world.stores.purge(NOW + 2 * DAY, 100)

    assert [await world.count(table) for table in ("tokens", "codes", "grants")] == [1, 1, 1]


async def test_a_grant_stays_as_long_as_its_refresh_token(world: World) -> None:
    token, _ = await an_offline_grant(world)

    await world.stores.purge(NOW + 14 * DAY - SECOND, 100)
    kept = [await world.count(table) for table in FAMILY]
    await world.stores.purge(NOW + 14 * DAY, 100)

    assert kept == [1, 1, 1]
    assert [await world.count(table) for table in FAMILY] == [0, 0, 0]
    assert await world.stores.tokens.refresh(token.hash, NOW, rotating("second")) is None


@pytest.mark.attack("RT-01")
async def test_rt_01_spent_refresh_tokens_are_known_as_long_as_their_family_and_no_longer(world: World) -> None:
    token, _ = await an_offline_grant(world)
    for day in range(1, 31):
        text = "fictional-refresh-canary-8sPq1z" if day == 1 else f"day {day - 1}"
        await world.stores.tokens.refresh(
            digest(text), NOW + day * DAY, rotating(f"day {day}", idle_ends_at=NOW + (day + 14) * DAY)
        )

    await world.stores.purge(NOW + 44 * DAY - SECOND, 100)
    known = await world.count("refresh_tokens")
    await world.stores.purge(NOW + 44 * DAY, 100)

    assert known == 31
    assert [await world.count(table) for table in FAMILY] == [0, 0, 0]
    assert token.hash == digest("fictional-refresh-canary-8sPq1z")


async def test_what_hangs_on_an_ended_grant_goes_a_day_later(world: World) -> None:
    _, grant = await an_offline_grant(world)
    await world.stores.tokens.revoke_grant(grant.id, NOW + 2 * DAY)

    await world.stores.purge(NOW + 3 * DAY - SECOND, 100)
    kept = [await world.count(table) for table in FAMILY]
    await world.stores.purge(NOW + 3 * DAY, 100)

    assert kept == [1, 1, 1]
    assert [await world.count(table) for table in FAMILY] == [0, 0, 0]


async def test_a_grant_stays_as_long_as_the_session_that_it_came_from(world: World) -> None:
    await world.sign_in(new_session=a_session(world.subject_id, expires_at=NOW + 3 * DAY))

    await world.stores.purge(NOW + 2 * DAY, 100)
    kept = await world.count("grants")
    await world.stores.purge(NOW + 3 * DAY, 100)

    assert (kept, await world.count("grants")) == (1, 0)


async def test_a_grant_stays_as_long_as_the_request_that_waits_for_it(world: World) -> None:
    request = a_decoupled_request(expires_at=NOW + 2 * DAY)
    await world.stores.decoupled.begin(request, an_event())
    await approve(world, request)

    await world.stores.purge(NOW + 2 * DAY, 100)

    assert [await world.count(table) for table in ("grants", "decoupled_requests")] == [1, 1]


async def test_small_portions_take_everything_all_the_same(world: World) -> None:
    for number in range(7):
        await world.stores.replays.first_use("client_assertion", f"jti-{number}", NOW + SECOND, NOW)

    assert await world.stores.purge(NOW + HOUR, 2) == 7


async def test_one_go_is_bounded_and_the_next_one_goes_on(world: World) -> None:
    for number in range(PORTIONS + 2):
        await world.stores.replays.first_use("client_assertion", f"jti-{number}", NOW + SECOND, NOW)

    assert [await world.stores.purge(NOW + HOUR, 1) for _ in range(2)] == [PORTIONS, 2]


async def test_a_delivered_notice_is_remembered_for_a_month(world: World) -> None:
    await a_notice(world, "delivered", due_at=None, delivered_at=NOW)

    assert await world.stores.purge(NOW + 30 * DAY - SECOND, 100) == 0
    assert await world.stores.purge(NOW + 30 * DAY, 100) == 1


async def test_a_notice_that_was_given_up_is_remembered_for_three_months(world: World) -> None:
    await a_notice(world, "given up", due_at=None)

    assert await world.stores.purge(NOW + 90 * DAY - SECOND, 100) == 0
    assert await world.stores.purge(NOW + 90 * DAY, 100) == 1


async def test_a_notice_that_is_to_be_delivered_is_never_taken(world: World) -> None:
    await a_notice(world, "due", due_at=NOW)

    assert await world.stores.purge(NOW + 1000 * DAY, 100) == 0


async def a_notice(world: World, notice_id: str, **changes: Any) -> None:
    """Put a notice about a number that was given long ago into the table."""
    number = {"id": "number-1", "binding_id": "record-1", "first_at": NOW}
    values = {
        "id": notice_id,
        "kind": "superseded",
        "client_id": "rp-a",
        "subject_id": world.subject_id,
        "old_number_id": "number-1",
        "correlation_id": "c0rrelation",
        "at": NOW,
        "tries": 1,
    }

    def work(connection: Connection) -> None:
        connection.execute(insert(number_tables.numbers).values(number))
        connection.execute(insert(number_tables.notices).values(values | changes))

    await world.stores.database.run(work)
