"""A hundred people at once, over all three places: nobody fails, everybody keeps their own identifier."""

import asyncio
from collections import defaultdict

from mock_idps.personas import PERSONAS
from tests.world import World

ACCOUNTS = {"hong_kong": "hk_user_type", "macao": "mo_level", "guangdong": "gd_level"}


async def test_a_hundred_sign_ins_in_parallel_give_everybody_their_own_identifier(world: World) -> None:
    people = [
        (place, person.id)
        for place, account in ACCOUNTS.items()
        for person in PERSONAS
        if getattr(person, account) is not None and person.register == "ok"
    ]
    rounds = [people[number % len(people)] for number in range(100)]

    results = await asyncio.gather(*(world.signed_in(place, person) for place, person in rounds))

    numbers: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for who, claims in zip(rounds, results, strict=True):
        numbers[who].add(claims.get("gba_cn_id", {}).get("value"))
    assert all(len(found) == 1 for found in numbers.values()), numbers
    permits = defaultdict(set)
    for (_, person), found in numbers.items():
        permits[person] |= found - {None}
    issued = [number for found in permits.values() for number in found]
    assert len(issued) == len(set(issued)) == len([person for person in permits if permits[person]])
