"""Refresh tokens: one suite for every engine behind `TokenStore.refresh`."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.admin.records import Switch, SwitchKind
from gateway.audit import AuditAction
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import Refreshing, RefreshSettlement
from gateway.store.open import Stores
from tests.contracts.stores.builders import (
    COOKIE,
    MINUTE,
    NOW,
    SECOND,
    TOKEN_TEXT,
    World,
    a_consent,
    a_session,
    accepting,
    an_event,
    digest,
)
from tests.contracts.stores.requests import (
    CERTIFICATE,
    DAY,
    KEY,
    an_access_token,
    an_offline_grant,
    offline,
    rotating,
    staying,
)
from tests.contracts.stores.watching import statements_of

EXCHANGED = an_event(AuditAction.TOKEN_EXCHANGED)
REVOKED = an_event(AuditAction.TOKEN_REVOKED)


@pytest.mark.spec("RFC 6749 §6")
async def test_a_refresh_token_comes_back_as_it_was_given_with_its_grant(world: World) -> None:
    token, grant = await an_offline_grant(world, confirmation=KEY, scopes=("openid",))

    assert await world.stores.tokens.find_refresh_token(token.hash, NOW) == (token, grant)
    assert await world.stores.tokens.find_refresh_token(digest("guessed"), NOW) is None


@pytest.mark.attack("RT-01")
async def test_rt_01_a_spent_token_is_judged_again_for_as_long_as_its_family_lives(world: World) -> None:
    token, _ = await an_offline_grant(world)
    await world.stores.tokens.refresh(token.hash, NOW + SECOND, rotating("second"))
    seen: list[Refreshing] = []

    def judge(found: Refreshing) -> RefreshSettlement:
        seen.append(found)
        return RefreshSettlement(an_event(AuditAction.TOKEN_REUSED), ends_family=True)

    await world.stores.tokens.refresh(token.hash, NOW + 80 * DAY, judge)

    assert [found.token.spent_at for found in seen] == [NOW + SECOND]
    assert (await world.actions())[-1] == "token.reused"


@pytest.mark.attack("RT-01")
async def test_rt_01_ending_the_family_ends_every_token_of_it(world: World) -> None:
    token, _ = await an_offline_grant(world)
    tokens = world.stores.tokens
    await tokens.refresh(token.hash, NOW, rotating("second"))
    await tokens.refresh(digest("second"), NOW, rotating("third"))

    ended = RefreshSettlement(an_event(AuditAction.TOKEN_REUSED), ends_family=True)
    assert await tokens.refresh(token.hash, NOW + MINUTE, lambda _: ended) is not None

    assert await tokens.refresh(digest("third"), NOW + MINUTE, rotating("fourth")) is None
    assert await tokens.find_refresh_token(digest("third"), NOW + MINUTE) is None
    for text in (TOKEN_TEXT, "access beside second", "access beside third"):
        assert await tokens.find_access_token(digest(text), NOW + MINUTE) is None


@pytest.mark.attack("RT-02")
async def test_rt_02_of_twenty_parallel_refreshes_comes_one_chain(world: World, second: Stores) -> None:
    token, _ = await an_offline_grant(world)
    workers = [world.stores.tokens, second.tokens]
    firsts: list[bool] = []

    def judge(number: int) -> Callable[[Refreshing], RefreshSettlement]:
        def settle(found: Refreshing) -> RefreshSettlement:
            firsts.append(found.token.spent_at is None)
            settlement = rotating("the one successor")(found)
            return settlement._replace(token=an_access_token(found.grant, f"access {number}"))

        return settle

    answers = await asyncio.gather(*(workers[n % 2].refresh(token.hash, NOW, judge(n)) for n in range(20)))

    assert all(answer is not None for answer in answers)
    assert sum(firsts) == 1
    assert await world.count("refresh_tokens") == 2


async def test_a_successor_is_stored_once_and_what_it_has_come_to_stays(world: World) -> None:
    token, _ = await an_offline_grant(world)
    tokens = world.stores.tokens
    await tokens.refresh(token.hash, NOW, rotating("second"))
    await tokens.refresh(digest("second"), NOW, rotating("third"))

    late = rotating("second")
    await tokens.refresh(token.hash, NOW, lambda found: late(found)._replace(token=None))

    assert await tokens.find_refresh_token(digest("second"), NOW) is None
    assert await world.count("refresh_tokens") == 3


async def test_a_token_that_stays_moves_its_idle_end_and_never_beyond_its_absolute_one(world: World) -> None:
    token, grant = await an_offline_grant(world)
    tokens = world.stores.tokens

    await tokens.refresh(token.hash, NOW + 13 * DAY, staying(NOW + 27 * DAY))
    moved = await tokens.find_refresh_token(token.hash, NOW + 26 * DAY)
    await tokens.refresh(token.hash, NOW + 26 * DAY, staying(NOW + 1000 * DAY))

    assert moved == (replace(token, idle_ends_at=NOW + 27 * DAY), grant)
    assert await tokens.find_refresh_token(token.hash, NOW + 90 * DAY - SECOND) is not None
    assert await tokens.find_refresh_token(token.hash, NOW + 90 * DAY) is None


@pytest.mark.parametrize("late", [14 * DAY, 90 * DAY])
async def test_the_clock_ends_a_refresh_token_whose_row_is_still_there(world: World, late: timedelta) -> None:
    token, _ = await an_offline_grant(world)

    assert await world.stores.tokens.refresh(token.hash, NOW + late, rotating("second")) is None
    assert await world.count("refresh_tokens") == 1


async def test_a_refused_refresh_changes_nothing_and_is_recorded(world: World) -> None:
    token, grant = await an_offline_grant(world)
    refused = RefreshSettlement(
        an_event(AuditAction.TOKEN_REFUSED), error=OAuthError(ErrorCode.INVALID_SCOPE, "scope is not granted")
    )

    assert await world.stores.tokens.refresh(token.hash, NOW + SECOND, lambda _: refused) is not None

    assert await world.stores.tokens.find_refresh_token(token.hash, NOW + SECOND) == (token, grant)
    assert await world.count("tokens") == 1
    assert (await world.actions())[-1] == "token.refused"


@pytest.mark.attack("RT-06")
@pytest.mark.parametrize("ground", ["sign-out", "consent", "subject", "provider", "client", "grant", "erased"])
async def test_rt_06_nothing_is_refreshed_once_the_ground_is_gone(world: World, ground: str) -> None:
    code, grant = await world.sign_in(consent=a_consent(world.subject_id), new_session=a_session(world.subject_id))
    await world.stores.tokens.redeem(code.hash, NOW, offline())

    await take_away(world, ground, grant.id)

    found = await world.stores.tokens.refresh(digest("fictional-refresh-canary-8sPq1z"), NOW, rotating("second"))
    assert found is None
    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW) is None


async def take_away(world: World, ground: str, grant_id: str) -> None:
    stores, subject_id = world.stores, world.subject_id
    match ground:
        case "sign-out":
            await stores.sign_ins.end_session(COOKIE, NOW, an_event(AuditAction.SIGNED_OUT))
        case "consent":
            await stores.people.withdraw(subject_id, "rp-a", NOW, an_event(AuditAction.CONSENT_WITHDRAWN))
        case "subject":
            await stores.subject_registry.block(subject_id, NOW, an_event(AuditAction.SUBJECT_BLOCKED))
        case "provider":
            off = Switch(SwitchKind.PROVIDER, "hong_kong", NOW, "operator:ada", "drill")
            await stores.switch_registry.turn_off(off, an_event(AuditAction.SWITCHED_OFF))
        case "client":
            await stores.registry.disable("rp-a", NOW, an_event(AuditAction.CLIENT_DISABLED))
        case "erased":
            await stores.people.erase(subject_id, NOW, an_event(AuditAction.SUBJECT_ERASED))
        case _:
            await stores.tokens.revoke_grant(grant_id, NOW)


@pytest.mark.attack("CD-01")
async def test_cd_01_a_code_that_comes_again_after_weeks_ends_its_refresh_token(world: World) -> None:
    token, _ = await an_offline_grant(world)
    later = NOW + 10 * DAY
    await world.stores.purge(later, 100)

    assert await world.stores.tokens.redeem(digest("fictional-code-canary-6Zt0Wv"), later, accepting("more")) is None

    assert await world.stores.tokens.refresh(token.hash, later, rotating("second")) is None


async def test_what_an_access_token_is_bound_to_and_meant_for_is_kept(world: World) -> None:
    _, grant = await world.sign_in()
    token = an_access_token(grant, confirmation=CERTIFICATE, audience="https://api.example", actor="rp-b")

    assert await world.stores.tokens.add_access_token(token, EXCHANGED, NOW)

    assert await world.stores.tokens.find_access_token(token.hash, NOW) == (token, grant)
    assert (await world.actions())[-1] == "token.exchanged"


async def test_no_token_is_added_to_a_grant_that_has_ended_or_never_was(world: World) -> None:
    _, grant = await world.sign_in()
    await world.stores.tokens.revoke_grant(grant.id, NOW)
    tokens = [an_access_token(grant), an_access_token(replace(grant, id="another"))]

    assert [await world.stores.tokens.add_access_token(token, EXCHANGED, NOW) for token in tokens] == [False, False]

    assert await world.count("tokens") == 0
    assert "token.exchanged" not in await world.actions()


@pytest.mark.spec("RFC 7009 §2.2")
async def test_revoking_an_access_token_leaves_its_grant_and_is_recorded_once(world: World) -> None:
    token, _ = await an_offline_grant(world)
    revoke = world.stores.tokens.revoke_access_token

    assert [await revoke(digest(TOKEN_TEXT), REVOKED, NOW) for _ in range(2)] == [True, False]

    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW) is None
    assert await world.stores.tokens.find_refresh_token(token.hash, NOW) is not None
    assert (await world.actions()).count("token.revoked") == 1


async def test_ending_a_grant_is_recorded_once(world: World) -> None:
    _, grant = await an_offline_grant(world)

    for _ in range(2):
        await world.stores.tokens.revoke_grant(grant.id, NOW, REVOKED)

    assert (await world.actions()).count("token.revoked") == 1


async def test_a_refresh_takes_four_statements_and_a_rotation_five(world: World) -> None:
    token, _ = await an_offline_grant(world)
    statements = statements_of(world.stores)

    await world.stores.tokens.refresh(token.hash, NOW, staying(NOW + DAY))
    staying_takes = len(statements)
    await world.stores.tokens.refresh(token.hash, NOW, rotating("second"))

    assert (staying_takes, len(statements) - staying_takes) == (4, 5)
