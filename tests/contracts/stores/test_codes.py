"""Codes, access tokens and grants: one suite for every engine behind `TokenStore`."""

import asyncio
from dataclasses import replace

import pytest

from gateway.admin.records import Switch, SwitchKind
from gateway.audit import AuditAction
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import Redemption, Settlement
from gateway.store.open import Stores
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    SECOND,
    TOKEN_TEXT,
    World,
    a_consent,
    accepting,
    an_event,
    digest,
)


@pytest.mark.spec("RFC 6749 §4.1.2")
async def test_a_code_gives_back_all_that_it_was_made_with(world: World) -> None:
    code, grant = await world.sign_in()

    redeemed = await world.stores.tokens.redeem(code.hash, NOW + SECOND, accepting())

    assert redeemed is not None
    assert redeemed[0] == Redemption(replace(code, spent_at=NOW + SECOND), grant)
    assert await world.actions() == ["client.created", "sign_in.completed", "token.issued"]


async def test_an_unknown_code_is_worth_nothing_and_leaves_no_trace(world: World) -> None:
    assert await world.stores.tokens.redeem(digest("guessed"), NOW, accepting()) is None

    assert await world.actions() == ["client.created"]


@pytest.mark.attack("CD-01")
async def test_cd_01_a_code_that_comes_a_second_time_ends_its_tokens(world: World) -> None:
    code, _ = await world.sign_in()
    await world.stores.tokens.redeem(code.hash, NOW, accepting())
    before = await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW)

    second = await world.stores.tokens.redeem(code.hash, NOW + SECOND, accepting("another"))

    assert before is not None
    assert second is None
    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW + SECOND) is None
    assert (await world.actions())[-1] == AuditAction.CODE_REUSED


@pytest.mark.attack("CD-01")
async def test_cd_01_reuse_is_noticed_after_the_code_has_expired(world: World) -> None:
    code, _ = await world.sign_in()
    await world.stores.tokens.redeem(code.hash, NOW, accepting())

    await world.stores.tokens.redeem(code.hash, NOW + 5 * MINUTE, accepting("another"))

    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW + 5 * MINUTE) is None


@pytest.mark.attack("CD-02")
async def test_cd_02_of_fifty_who_bring_one_code_at_once_exactly_one_gets_an_answer(
    world: World, second: Stores
) -> None:
    code, _ = await world.sign_in()
    workers = [world.stores.tokens, second.tokens]

    answers = await asyncio.gather(
        *(workers[n % 2].redeem(code.hash, NOW, accepting(f"token {n}")) for n in range(50)),
    )

    assert sum(answer is not None for answer in answers) == 1
    assert await world.count("tokens") == 1


@pytest.mark.attack("CD-05")
@pytest.mark.parametrize(("late", "is_good"), [(MINUTE - SECOND, True), (MINUTE, False), (MINUTE + SECOND, False)])
async def test_cd_05_the_clock_ends_a_code_whose_row_is_still_there(world: World, late, is_good: bool) -> None:
    code, _ = await world.sign_in()

    redeemed = await world.stores.tokens.redeem(code.hash, NOW + late, accepting())

    assert (redeemed is not None) is is_good
    assert await world.count("codes") == 1


@pytest.mark.attack("CD-05")
async def test_cd_05_the_clock_ends_a_token_whose_row_is_still_there(world: World) -> None:
    code, grant = await world.sign_in()
    await world.stores.tokens.redeem(code.hash, NOW, accepting(lifetime=MINUTE))

    found = await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW + MINUTE - SECOND)

    assert found is not None
    assert found[1] == grant
    assert found[0].scopes == grant.scopes
    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW + MINUTE) is None


@pytest.mark.attack("CD-09")
@pytest.mark.parametrize("what", ["subject", "provider", "consent", "client", "grant"])
async def test_cd_09_what_ends_before_the_redemption_ends_the_code(world: World, what: str) -> None:
    code, grant = await world.sign_in(consent=a_consent(world.subject_id))

    await switch_off(world, what, grant.id)

    assert await world.stores.tokens.redeem(code.hash, NOW, accepting()) is None
    assert await world.count("tokens") == 0


@pytest.mark.attack("CD-09")
@pytest.mark.parametrize("what", ["subject", "provider", "consent", "client", "grant"])
async def test_cd_09_what_ends_after_the_redemption_ends_the_token(world: World, what: str) -> None:
    code, grant = await world.sign_in(consent=a_consent(world.subject_id))
    await world.stores.tokens.redeem(code.hash, NOW, accepting())

    await switch_off(world, what, grant.id)

    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW) is None


async def test_a_refused_redemption_spends_the_code_and_is_recorded(world: World) -> None:
    code, _ = await world.sign_in()
    error = OAuthError(ErrorCode.INVALID_GRANT, "code_verifier does not match")

    refused = await world.stores.tokens.redeem(
        code.hash, NOW, lambda _: Settlement(an_event(AuditAction.TOKEN_REFUSED), error=error)
    )

    assert refused is not None
    assert refused[1].error is error
    assert await world.count("tokens") == 0
    assert await world.stores.tokens.redeem(code.hash, NOW, accepting()) is None
    assert (await world.actions())[-2:] == ["token.refused", "code.reused"]


async def test_a_fault_while_settling_leaves_the_code_as_it_was(world: World) -> None:
    code, _ = await world.sign_in()

    def broken(_: Redemption) -> Settlement:
        raise LookupError

    with pytest.raises(LookupError):
        await world.stores.tokens.redeem(code.hash, NOW, broken)

    assert await world.stores.tokens.redeem(code.hash, NOW, accepting()) is not None


async def test_ending_an_unknown_grant_is_no_error(world: World) -> None:
    await world.stores.tokens.revoke_grant("grant-of-nobody", NOW)

    assert await world.count("grants") == 0


async def switch_off(world: World, what: str, grant_id: str) -> None:
    stores, subject_id = world.stores, world.subject_id
    if what == "subject":
        await stores.subject_registry.block(subject_id, NOW, an_event(AuditAction.SUBJECT_BLOCKED))
    elif what == "provider":
        off = Switch(SwitchKind.PROVIDER, "hong_kong", NOW, "operator:ada", "drill")
        await stores.switch_registry.turn_off(off, an_event(AuditAction.SWITCHED_OFF))
    elif what == "consent":
        await stores.people.withdraw(subject_id, "rp-a", NOW, an_event(AuditAction.CONSENT_WITHDRAWN))
    elif what == "client":
        assert await stores.registry.disable("rp-a", NOW, an_event(AuditAction.CLIENT_DISABLED))
    else:
        await stores.tokens.revoke_grant(grant_id, NOW)
