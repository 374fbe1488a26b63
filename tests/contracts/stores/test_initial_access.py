"""Initial access tokens and what is registered with them: one suite for every engine."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.admin.records import InitialAccess
from gateway.audit import AuditAction
from gateway.oidc.names import Profile
from gateway.store.open import Stores
from tests.contracts.stores.builders import MINUTE, NOW, World, a_client, an_event, digest

ADDED = an_event(AuditAction.INITIAL_ACCESS_CREATED)
REVOKED = an_event(AuditAction.INITIAL_ACCESS_REVOKED)
CREATED = an_event(AuditAction.CLIENT_CREATED)
HASH = digest("an initial access token")


def an_access(**changes: Any) -> InitialAccess:
    values = {
        "name": "partners",
        "hash": HASH,
        "scopes": ("openid", "profile"),
        "jurisdiction": "hong_kong",
        "purpose": "insurance",
        "profile": Profile.FAPI2_SP,
        "uses_left": 2,
        "created_at": NOW,
        "ends_at": NOW + MINUTE,
    }
    return InitialAccess(**(values | changes))


@pytest.mark.spec("RFC 7591 §1.2")
async def test_an_initial_access_token_comes_back_as_it_was_added(stores: Stores) -> None:
    access = an_access()

    assert await stores.initial_access.add(access, ADDED)

    assert await stores.initial_access.find(HASH, NOW) == access
    assert await stores.initial_access.find(digest("guessed"), NOW) is None
    assert await stores.initial_access.all() == [access]


async def test_a_name_is_taken_once(stores: Stores) -> None:
    await stores.initial_access.add(an_access(), ADDED)

    assert not await stores.initial_access.add(an_access(hash=digest("another")), ADDED)
    with pytest.raises(ValueError, match="name"):
        await stores.initial_access.add(an_access(name="with\0nul"), ADDED)


async def test_they_are_listed_by_name_whatever_their_state(stores: Stores) -> None:
    for name in ("b", "a"):
        await stores.initial_access.add(an_access(name=name, hash=digest(name), uses_left=0), ADDED)

    assert [access.name for access in await stores.initial_access.all()] == ["a", "b"]


async def test_one_that_was_revoked_is_of_no_use_and_revoked_once(stores: Stores) -> None:
    await stores.initial_access.add(an_access(), ADDED)

    revoked = [await stores.initial_access.revoke(name, NOW, REVOKED) for name in ("partners", "partners", "\0")]

    assert revoked == [True, False, False]
    assert await stores.initial_access.find(HASH, NOW) is None
    assert not await stores.registry.register(a_client(), HASH, NOW, CREATED)


async def test_each_registration_uses_one_use_up(world: World) -> None:
    stores = world.stores
    await stores.initial_access.add(an_access(), ADDED)

    done = [await stores.registry.register(a_client(f"new-{n}"), HASH, NOW, CREATED) for n in range(3)]

    assert done == [True, True, False]
    assert await stores.clients.find("new-2") is None
    assert (await world.actions()).count("client.created") == 3
    assert (await stores.initial_access.all())[0].uses_left == 0


async def test_a_client_id_that_is_taken_uses_nothing_up(world: World) -> None:
    await world.stores.initial_access.add(an_access(), ADDED)

    assert not await world.stores.registry.register(a_client("rp-a"), HASH, NOW, CREATED)

    assert await world.stores.initial_access.find(HASH, NOW) == an_access()


@pytest.mark.parametrize("spoilt", [{"uses_left": 0}, {"ends_at": NOW}, {"hash": digest("another")}])
async def test_what_is_over_used_up_or_unknown_registers_nobody(stores: Stores, spoilt: dict[str, Any]) -> None:
    await stores.initial_access.add(an_access(**spoilt), ADDED)

    assert not await stores.registry.register(a_client(), HASH, NOW, CREATED)

    assert await stores.initial_access.find(HASH, NOW) is None
    assert await stores.clients.find("rp-a") is None


async def test_without_a_token_the_caller_has_decided(stores: Stores) -> None:
    assert await stores.registry.register(a_client(), None, NOW, CREATED)


async def test_of_ten_who_register_at_once_as_many_get_through_as_there_are_uses(
    stores: Stores, second: Stores
) -> None:
    await stores.initial_access.add(an_access(), ADDED)
    workers = [stores.registry, second.registry]

    done = await asyncio.gather(
        *(workers[n % 2].register(a_client(f"new-{n}"), HASH, NOW, CREATED) for n in range(10)),
    )

    assert sum(done) == 2
    assert await stores.initial_access.find(HASH, NOW) is None


async def test_the_record_does_not_say_what_the_token_was() -> None:
    access = replace(an_access(), hash=b"a hash")

    assert "a hash" not in repr(access)
