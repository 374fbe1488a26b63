"""What is switched off while the gateway runs: one suite for every engine behind `SwitchRegistry`."""

import asyncio
from typing import Any, Final

import pytest

from gateway.admin.records import Switch, SwitchKind
from gateway.audit import AuditAction
from gateway.store.open import Stores
from gateway.store.sql import switches
from tests.contracts.stores.builders import (
    COOKIE,
    MINUTE,
    NOW,
    TOKEN_TEXT,
    World,
    a_completion,
    a_grant,
    a_session,
    accepting,
    an_event,
    digest,
)

OFF: Final = an_event(AuditAction.SWITCHED_OFF)
ON: Final = an_event(AuditAction.SWITCHED_ON)


def a_switch(**changes: Any) -> Switch:
    values = {
        "kind": SwitchKind.PROVIDER,
        "name": "hong_kong",
        "at": NOW,
        "actor": "operator:ada",
        "reason": "their keys are lost",
    }
    return Switch(**(values | changes))


def a_region(code: str = "810070") -> Switch:
    return a_switch(kind=SwitchKind.REGION, name=code)


async def test_what_is_off_is_listed_as_it_was_said(stores: Stores) -> None:
    region, provider = a_region(), a_switch()
    for switch in (region, provider):
        assert await stores.switch_registry.turn_off(switch, OFF)

    assert await stores.switch_registry.all() == [provider, region]


async def test_what_is_off_already_stays_as_it_was_and_leaves_no_event(world: World) -> None:
    registry = world.stores.switch_registry
    await registry.turn_off(a_switch(), OFF)

    assert not await registry.turn_off(a_switch(at=NOW + MINUTE, actor="operator:bob"), OFF)

    assert await registry.all() == [a_switch()]
    assert (await world.actions()).count("switched.off") == 1


async def test_of_two_operators_who_switch_one_thing_off_at_once_one_does(stores: Stores, second: Stores) -> None:
    workers = [stores.switch_registry, second.switch_registry]

    done = await asyncio.gather(*(worker.turn_off(a_region(), OFF) for worker in workers))

    assert sorted(done) == [False, True]


async def test_what_is_switched_on_again_is_off_no_more(world: World) -> None:
    registry = world.stores.switch_registry
    await registry.turn_off(a_switch(), OFF)

    assert await registry.turn_on(SwitchKind.PROVIDER, "hong_kong", ON)
    assert not await registry.turn_on(SwitchKind.PROVIDER, "hong_kong", ON)

    assert await registry.all() == []
    assert (await world.actions()).count("switched.on") == 1


async def test_a_kind_does_not_switch_another_kind_on(stores: Stores) -> None:
    await stores.switch_registry.turn_off(a_region("macao"), OFF)

    assert not await stores.switch_registry.turn_on(SwitchKind.PROVIDER, "macao", ON)

    assert len(await stores.switch_registry.all()) == 1


@pytest.mark.parametrize("name", ["", "with\0nul", "\ud800", "x" * 257])
async def test_what_cannot_be_a_name_is_not_switched(stores: Stores, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await stores.switch_registry.turn_off(a_switch(name=name), OFF)

    assert not await stores.switch_registry.turn_on(SwitchKind.PROVIDER, name, ON)


async def test_frozen_regions_are_region_codes_and_nothing_else(stores: Stores) -> None:
    for switch in (a_region("810070"), a_region("820071"), a_switch()):
        await stores.switch_registry.turn_off(switch, OFF)

    assert await stores.database.read(switches.frozen_regions) == {"810070", "820071"}


@pytest.mark.attack("AL-09")
async def test_al_09_no_session_of_a_provider_that_is_off_is_known(world: World) -> None:
    await world.sign_in(new_session=a_session(world.subject_id))

    await world.stores.switch_registry.turn_off(a_switch(), OFF)

    assert await world.stores.sign_ins.session(COOKIE, NOW) is None


@pytest.mark.attack("AL-09")
async def test_al_09_a_sign_in_that_began_before_does_not_end(world: World) -> None:
    await world.stores.switch_registry.turn_off(a_switch(), OFF)

    assert not await world.stores.sign_ins.complete(a_completion(world.subject_id), NOW)

    assert [await world.count(table) for table in ("grants", "codes")] == [0, 0]


@pytest.mark.attack("AL-09", "CD-09")
async def test_cd_09_codes_and_tokens_of_a_provider_that_is_off_are_worth_nothing(world: World) -> None:
    tokens = world.stores.tokens
    spent, _ = await world.sign_in()
    await tokens.redeem(spent.hash, NOW, accepting())
    unspent, _ = await world.sign_in(2)

    await world.stores.switch_registry.turn_off(a_switch(), OFF)

    assert await tokens.redeem(unspent.hash, NOW, accepting("another")) is None
    assert await tokens.find_access_token(digest(TOKEN_TEXT), NOW) is None


@pytest.mark.attack("AL-09")
async def test_al_09_the_people_of_another_provider_are_not_disturbed(world: World) -> None:
    code, _ = await world.sign_in(new_session=a_session(world.subject_id))

    await world.stores.switch_registry.turn_off(a_switch(name="macao"), OFF)
    await world.stores.switch_registry.turn_off(a_region("hong_kong"), OFF)

    assert await world.stores.sign_ins.session(COOKIE, NOW) is not None
    redeemed = await world.stores.tokens.redeem(code.hash, NOW, accepting())
    assert redeemed is not None
    assert redeemed[0].grant == a_grant(world.subject_id)
