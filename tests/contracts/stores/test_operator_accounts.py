"""Operators' accounts, sessions and acts of two persons: one suite for every engine; one database for many checks."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select

from gateway.admin import joint_acts
from gateway.admin.acts import Act
from gateway.admin.joint_acts import JointActError
from gateway.admin.operation_records import Credentials, JointActKind, OperatorSession, Strength
from gateway.admin.records import Operator, Role
from gateway.audit import AuditAction
from gateway.store.open import Stores
from gateway.store.sql.operation_tables import operator_credentials
from tests.contracts.stores.builders import MINUTE, NOW, SECOND, World, an_event, digest

EVENT: Final = an_event(AuditAction.OPERATOR_UPDATED)
SECRET: Final = b"fictional secret 20b"
ADA: Final = Credentials("ada", "$argon2id$fictional", SECRET, 7, "thumbprint-1")


def an_operator(name: str = "ada", **changes: Any) -> Operator:
    return Operator(**({"name": name, "role": Role.KEEPER, "created_at": NOW} | changes))


def a_session(name: str = "ada", key: str = "s-1", **changes: Any) -> OperatorSession:
    told = {"began_at": NOW, "seen_at": NOW, "ends_at": NOW + MINUTE, "latest_end": NOW + 60 * MINUTE}
    return OperatorSession(**({"hash": digest(key), "name": name, "strength": Strength.TWO_FACTORS} | told | changes))


async def staffed(world: World, *names: str) -> None:
    for name in names:
        await world.stores.operator_registry.save(an_operator(name), digest(name), EVENT)


async def test_what_operators_sign_in_with_is_kept_sealed_and_each_part_has_one_owner(
    world: World, second: Stores
) -> None:
    await staffed(world, "ada", "ben")
    accounts = world.stores.operator_accounts

    assert await accounts.set_credentials(ADA, NOW, EVENT)

    assert await accounts.credentials("ada") == ADA
    assert await accounts.of_certificate("thumbprint-1") == ADA
    for absent in (accounts.credentials("ben"), accounts.credentials("\0"), accounts.of_certificate("")):
        assert await absent is None
    await _is_sealed(world)
    await _has_one_owner(world)
    await _is_spent_once(world, second)
    await _takes_the_place_of_its_origin(world)


async def _is_sealed(world: World) -> None:
    box = await world.stores.database.read(
        lambda connection: connection.execute(select(operator_credentials.c.box)).scalar_one()
    )
    assert SECRET not in box
    assert (await world.stores.rekeying.remaining()).total == 0


async def _has_one_owner(world: World) -> None:
    accounts, before = world.stores.operator_accounts, await world.actions()

    assert not await accounts.set_credentials(Credentials("ben", certificate="thumbprint-1"), NOW, EVENT)

    assert await accounts.credentials("ben") is None
    assert await world.actions() == before


async def _is_spent_once(world: World, second: Stores) -> None:
    first = world.stores.operator_accounts

    spent = await asyncio.gather(*(one.spend_code("ada", 8, NOW) for one in (first, second.operator_accounts)))

    assert sorted(spent) == [False, True]
    assert not await first.spend_code("ada", 7, NOW)
    assert await first.spend_code("ada", 9, NOW)
    assert not await first.spend_code("ben", 9, NOW)


async def _takes_the_place_of_its_origin(world: World) -> None:
    accounts = world.stores.operator_accounts

    assert not await accounts.renew_hash("ada", "another", "$newer", NOW)
    assert await accounts.renew_hash("ada", ADA.password or "", "$newer", NOW)

    assert await accounts.credentials("ada") == replace(ADA, password="$newer", totp_step=9)


async def test_sessions_last_until_their_end_and_no_change_of_their_operator(world: World) -> None:
    await staffed(world, "ada", "ben")
    accounts, registry = world.stores.operator_accounts, world.stores.operator_registry
    one = a_session()
    await accounts.begin(one, EVENT)

    assert await accounts.session(one.hash, NOW) == one
    assert await accounts.session(one.hash, one.ends_at) is None
    seen = replace(one, seen_at=NOW + SECOND, ends_at=NOW + 2 * MINUTE)
    await accounts.touch(seen)
    assert await accounts.sessions("ada", NOW + MINUTE) == [seen]
    assert await accounts.end(one.hash, EVENT)
    assert not await accounts.end(one.hash, EVENT)

    after = an_operator(role=Role.AUDITOR, jurisdictions=("hong_kong", "macao"))
    await accounts.begin(a_session("ben", "s-2"), EVENT)
    for change in (
        lambda: accounts.set_credentials(ADA, NOW, EVENT),
        lambda: registry.change(an_operator(), after, EVENT),
        lambda: accounts.end_all("ada", EVENT),
        lambda: registry.disable("ada", NOW, EVENT),
    ):
        await accounts.begin(one, EVENT)
        assert await change()
        assert await accounts.sessions("ada", NOW) == []
    assert len(await accounts.sessions("ben", NOW)) == 1
    await world.stores.purge(NOW + MINUTE, 100)
    assert await accounts.end_all("ben", EVENT) == 0

    assert await registry.find("ada") == await registry.of_key(digest("ada")) == replace(after, disabled_at=NOW)
    assert not await registry.change(an_operator(), after, EVENT)
    assert not await registry.change(an_operator("cyd"), an_operator("cyd"), EVENT)
    assert await registry.find("\0") is None


@pytest.mark.attack("AD-05")
async def test_ad_05_an_act_of_two_persons_is_agreed_to_and_done_once_also_by_two_workers(
    world: World, second: Stores
) -> None:
    stores = world.stores
    kind, subject = JointActKind.KEY_EXPORT, {"key": "fictional", "n": 1}
    ada, ben, cyd = (Act(name, NOW, "case 17") for name in ("ada", "ben", "cyd"))
    asked = await joint_acts.ask(stores.joint_acts, kind, subject, ada)
    assert await stores.joint_acts.find(asked.id) == asked

    async def tried(step: Any) -> bool:
        try:
            await step
        except JointActError:
            return False
        return True

    agreed = await asyncio.gather(
        tried(joint_acts.agree(stores.joint_acts, asked.id, ben)),
        tried(joint_acts.agree(second.joint_acts, asked.id, cyd)),
    )
    assert sorted(agreed) == [False, True]
    taken = await asyncio.gather(
        *(tried(joint_acts.take(one.joint_acts, asked.id, kind, subject, ada)) for one in (stores, second))
    )
    assert sorted(taken) == [False, True]
    assert await stores.joint_acts.waiting(NOW) == []
    await _is_refused_by_the_statement_itself(world)


async def _is_refused_by_the_statement_itself(world: World) -> None:
    port = world.stores.joint_acts
    asked = await joint_acts.ask(port, JointActKind.KEY_EXPORT, {"key": "x"}, Act("ada", NOW, "case 17"))
    event = an_event(AuditAction.JOINT_ACT_AGREED)

    assert not await port.agree(asked.id, "ada", NOW, event)
    assert not await port.agree(asked.id, "ADA", NOW, event)
    assert not await port.agree("unknown", "ben", NOW, event)
    assert not await port.agree("\0 hostile", "ben", NOW, event)
    assert not await port.agree(asked.id, "ben", asked.ends_at, event)
    assert not await port.take(asked.id, asked.digest, "ada", NOW, event)
    assert await port.agree(asked.id, "ben", NOW, event)
    assert not await port.take(asked.id, "0" * 64, "ada", NOW, event)
    assert not await port.take(asked.id, asked.digest, "ben", NOW, event)
    assert not await port.take(asked.id, asked.digest, "ada", asked.ends_at, event)
    assert await port.refuse(asked.id, "ben", NOW, event)
    assert not await port.take(asked.id, asked.digest, "ada", NOW, event)
    assert not await port.refuse(asked.id, "ben", NOW, event)
    assert (await world.actions())[-2:] == ["joint_act.agreed", "joint_act.agreed"]
    await world.stores.purge(NOW + timedelta(days=29), 100)
    assert await port.find(asked.id) is not None
    await world.stores.purge(NOW + timedelta(days=31), 100)
    assert await port.find(asked.id) is None
