"""Group MP, parallel: however many first sign-ins arrive at once, a person has one number and nobody else has it (MP-04)."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.audit import AuditAction
from gateway.store.sql.columns import metadata
from mock_idps.personas import PERSONAS
from tests.attacks.watch import WatchedWorld, audit_trail
from tests.world import asking

pytestmark = [pytest.mark.attack("MP-04"), pytest.mark.timeout(300)]
BOTH_ACCOUNTS = "leung-kin-hong"
"""Has an account in Hong Kong and one in Guangdong, and no residence permit."""
TRIES = 6
AT_ONCE = 64


async def first_sign_in(world: WatchedWorld, place: str, person: str) -> str | None:
    """The number that a relying party is told, or none if too many were tried at this moment.

    A gateway that cannot keep up says so and when to come back; the person does.
    """
    for _ in range(TRIES):
        asked, browser = asking(), world.browser()
        try:
            answer = await browser.sign_in(asked, place, person)
        except (KeyError, AssertionError):
            assert browser.last.status_code == 503, browser.last.status_code
            continue
        response = await world.token(asked, answer["code"])
        if response.status_code == 503:
            continue
        assert response.status_code == 200
        claims: dict[str, Any] = await world.claims(asked, response.json())
        number: str | None = claims.get("gba_cn_id", {}).get("value")
        return number
    raise AssertionError("the gateway never kept up")


async def rows(world: WatchedWorld, name: str) -> int:
    statement = select(func.count()).select_from(metadata.tables[name])
    return await world.stores.database.read(lambda connection: connection.execute(statement).scalar_one())


async def test_mp_04_of_64_first_sign_ins_at_once_through_two_providers_all_get_one_number(
    workers: WatchedWorld,
) -> None:
    world, places = workers, ("hong_kong", "guangdong")

    numbers = await asyncio.gather(
        *(first_sign_in(world, places[place % 2], BOTH_ACCOUNTS) for place in range(AT_ONCE))
    )
    world.clock.advance(minutes=11)
    again = [await first_sign_in(world, place, BOTH_ACCOUNTS) for place in places * 3]

    # Five tries a minute and account may be made with a permit: whoever came later than that went on without a number.
    assert len(set(numbers) - {None}) == 1
    assert set(again) == set(numbers) - {None}
    assert [await rows(world, name) for name in ("bindings", "numbers", "holders")] == [1, 1, 2]
    told = Counter(event["details"].get("change") for event in await audit_trail(world) if is_binding(event))
    assert sum(told.values()) == 2


async def test_mp_04_many_people_at_once_get_a_number_each(workers: WatchedWorld) -> None:
    world = workers
    people = [
        (place, person.id)
        for place, account in (("hong_kong", person_account("hk_user_type")), ("macao", person_account("mo_level")))
        for person in PERSONAS
        if account(person) and person.register == "ok" and person.permit
    ]

    told = await asyncio.gather(*(first_sign_in(world, *one) for one in people * 2))
    world.clock.advance(minutes=11)
    again = [await first_sign_in(world, *one) for one in people]

    numbers = dict(zip(people, again, strict=True))
    assert {number for one, number in zip(people * 2, told, strict=True) if number != numbers[one]} <= {None}
    given = [number for number in again if number is not None]
    assert len(given) == len(set(given)) >= len(people) - 2
    assert await rows(world, "numbers") == len(given)


def person_account(name: str) -> Any:
    return lambda person: getattr(person, name) not in {None, 1}


def is_binding(event: dict[str, Any]) -> bool:
    return bool(event["action"] == AuditAction.IDENTIFIER_BOUND)
