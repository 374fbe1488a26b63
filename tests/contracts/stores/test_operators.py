"""Who has a key to the operator API: one suite for every engine behind `OperatorRegistry`."""

import asyncio
from dataclasses import replace
from typing import Any, Final

import pytest

from gateway.admin.records import Operator, Role
from gateway.audit import AuditAction
from gateway.store.open import Stores
from tests.contracts.stores.builders import MINUTE, NOW, World, an_event, digest

CREATED: Final = an_event(AuditAction.OPERATOR_CREATED)
DISABLED: Final = an_event(AuditAction.OPERATOR_DISABLED)
KEY: Final = digest("key-1")


def an_operator(name: str = "ada", **changes: Any) -> Operator:
    return Operator(**({"name": name, "role": Role.KEEPER, "created_at": NOW} | changes))


async def test_an_operator_is_found_by_their_key_alone(world: World) -> None:
    registry = world.stores.operator_registry

    assert await registry.save(an_operator(), KEY, CREATED)

    assert await registry.of_key(KEY) == an_operator()
    assert await registry.of_key(digest("key-2")) is None
    assert await registry.of_key(b"") is None
    assert (await world.actions())[-1] == "operator.created"


async def test_a_taken_name_is_refused_and_nothing_changes(world: World) -> None:
    registry = world.stores.operator_registry
    await registry.save(an_operator(), KEY, CREATED)

    assert not await registry.save(an_operator(role=Role.READER), digest("key-2"), CREATED)

    assert await registry.all() == [an_operator()]
    assert await registry.of_key(digest("key-2")) is None
    assert (await world.actions()).count("operator.created") == 1


async def test_a_key_belongs_to_one_operator(stores: Stores) -> None:
    await stores.operator_registry.save(an_operator(), KEY, CREATED)

    assert not await stores.operator_registry.save(an_operator("bob"), KEY, CREATED)

    assert await stores.operator_registry.of_key(KEY) == an_operator()


async def test_of_two_who_take_one_name_at_once_one_gets_it(stores: Stores, second: Stores) -> None:
    workers = [stores.operator_registry, second.operator_registry]

    saved = await asyncio.gather(
        *(worker.save(an_operator(), digest(f"key {n}"), CREATED) for n, worker in enumerate(workers))
    )

    assert sorted(saved) == [False, True]


async def test_everybody_is_listed_by_name(stores: Stores) -> None:
    for name in ("cyd", "ada", "bob"):
        await stores.operator_registry.save(an_operator(name), digest(name), CREATED)

    assert [operator.name for operator in await stores.operator_registry.all()] == ["ada", "bob", "cyd"]


async def test_a_key_that_was_taken_back_says_so_and_its_name_is_not_given_again(world: World) -> None:
    registry = world.stores.operator_registry
    await registry.save(an_operator(), KEY, CREATED)

    assert await registry.disable("ada", NOW + MINUTE, DISABLED)
    assert not await registry.disable("ada", NOW + 2 * MINUTE, DISABLED)

    assert await registry.of_key(KEY) == replace(an_operator(), disabled_at=NOW + MINUTE)
    assert not await registry.save(an_operator(), digest("key-2"), CREATED)
    assert (await world.actions()).count("operator.disabled") == 1


@pytest.mark.parametrize("name", ["", "with\0nul", "\ud800", "名", "x" * 257])
async def test_what_cannot_be_a_name_is_not_saved_and_not_known(stores: Stores, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await stores.operator_registry.save(an_operator(name), KEY, CREATED)

    assert not await stores.operator_registry.disable(name, NOW, DISABLED)


async def test_an_unknown_operator_cannot_be_disabled(stores: Stores) -> None:
    assert not await stores.operator_registry.disable("nobody", NOW, DISABLED)
