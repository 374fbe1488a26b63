"""Keys to the operator API: shown once, kept as keyed hashes, taken back at once."""

import hashlib
import hmac

import pytest

from gateway.admin import operators
from gateway.admin.operators import OperatorNameError, OperatorTakenError
from gateway.admin.records import Role
from gateway.audit import AuditAction
from gateway.oidc.client_auth import hash_secret
from tests.gateway.admin.fakes import DAY, NOW, FakeOperators, an_act

KEY = b"fictional pepper of thirty-two b"


async def made(registry: FakeOperators, name: str = "ada", role: Role = Role.KEEPER) -> str:
    return (await operators.create(registry, name, role, KEY, an_act())).key


async def test_a_key_has_256_bits_and_opens_the_door_of_its_operator() -> None:
    registry = FakeOperators()
    key = await made(registry)

    operator = await operators.authenticate(registry, KEY, key, NOW)

    assert operator is not None
    assert (operator.name, operator.role) == ("ada", Role.KEEPER)
    assert len(key) == 43
    assert registry.events[0].details["role"] == "keeper"
    assert key not in str(registry.events)


async def test_what_is_kept_is_a_hash_that_is_no_client_secrets() -> None:
    registry = FakeOperators()
    key = await made(registry)

    (kept,) = registry.by_hash
    assert kept == hmac.digest(KEY, b"operator|" + key.encode(), hashlib.sha256)
    assert kept != hash_secret(KEY, key)


@pytest.mark.parametrize("presented", ["", "x", "x" * 10_000, "é€", "\ud800"])
async def test_a_wrong_key_opens_nothing(presented: str) -> None:
    registry = FakeOperators()
    await made(registry)

    assert await operators.authenticate(registry, KEY, presented, NOW) is None


async def test_a_key_with_something_behind_it_is_another_key() -> None:
    registry = FakeOperators()
    key = await made(registry)

    assert await operators.authenticate(registry, KEY, key + "x", NOW) is None


async def test_a_key_that_was_taken_back_opens_nothing() -> None:
    registry = FakeOperators()
    key = await made(registry)

    assert await operators.disable(registry, "ada", an_act())
    assert await operators.authenticate(registry, KEY, key, NOW + DAY) is None
    assert await operators.authenticate(registry, KEY, key, NOW) is None
    assert not await operators.disable(registry, "ada", an_act())
    assert registry.actions == [AuditAction.OPERATOR_CREATED, AuditAction.OPERATOR_DISABLED]


async def test_a_name_is_never_given_twice() -> None:
    registry = FakeOperators()
    await made(registry)
    await operators.disable(registry, "ada", an_act())

    for dry_run in (False, True):
        with pytest.raises(OperatorTakenError):
            await operators.create(registry, "ada", Role.READER, KEY, an_act(), dry_run=dry_run)


@pytest.mark.parametrize("name", ["", "Ada", "1a", "a b", "a" * 41, "operator:x", "ada\n"])
async def test_a_name_that_reads_badly_in_the_records_is_refused(name: str) -> None:
    with pytest.raises(OperatorNameError):
        await operators.create(FakeOperators(), name, Role.READER, KEY, an_act())


async def test_a_dry_run_makes_and_disables_nobody() -> None:
    registry = FakeOperators()
    await operators.create(registry, "ada", Role.READER, KEY, an_act(), dry_run=True)
    assert registry.by_hash == {}
    await made(registry)

    assert await operators.disable(registry, "ada", an_act(), dry_run=True)
    assert not await operators.disable(registry, "ben", an_act(), dry_run=True)
    assert all(one.disabled_at is None for one in registry.by_hash.values())


async def test_a_new_operator_hides_the_key_from_its_printed_form() -> None:
    created = await operators.create(FakeOperators(), "ada", Role.READER, KEY, an_act())

    assert created.key not in repr(created)
