"""Group CD, redemption: a code is worth one answer, to one client, for a minute (RFC 6749 §4.1.2, RFC 9700 §4.5)."""

import asyncio
import base64
import dataclasses
import json
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from gateway.admin import clients, key_office
from gateway.admin.acts import Act
from gateway.admin.clients import ClientOffice
from gateway.admin.key_work import Order
from gateway.admin.records import Switch, SwitchKind
from gateway.app import create_app
from gateway.audit import AuditAction, AuditEvent
from gateway.config import load
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.random_values import digest
from gateway.store.sql import tables
from mock_idps.personas import PERSONAS, find
from providers.calls import Calls
from tests.attacks.codes import STUDENT, a_code, a_session, codes, error_of
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.world import SHOP, Asked, a_client, asking

BASIC = {"token_endpoint_auth_method": ClientAuthMethod.BASIC}
DEAD = (400, "invalid_grant")
AT_ONCE = 50


@pytest.mark.attack("CD-01")
@pytest.mark.spec("RFC 6749 §4.1.2")
@pytest.mark.parametrize("seconds", [1, 30, 59, 90])
async def test_cd_01_a_replayed_code_ends_what_it_was_worth(world: WatchedWorld, seconds: int) -> None:
    asked, code = await a_code(await a_session(world))
    tokens = (await world.token(asked, code)).json()
    assert (await world.userinfo(tokens["access_token"])).status_code == 200
    first = world.clock.now
    world.clock.advance(seconds=seconds)

    async with leaves_nothing(world, refused=1):
        response = await world.token(asked, code)

    assert error_of(response) == DEAD
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    (event,) = [event for event in await audit_trail(world) if event["action"] == "code.reused"]
    assert (event["at"], event["details"]["first_use"]) == (world.clock.now, first.isoformat())


async def redeemed_at_once(world: WatchedWorld, asked: Asked, code: str) -> list[httpx.Response]:
    return await asyncio.gather(*(world.token(asked, code) for _ in range(AT_ONCE)))


@pytest.mark.attack("CD-02")
async def test_cd_02_fifty_at_once_over_two_workers_give_one_answer(two_workers: WatchedWorld) -> None:
    prepared = await codes(await a_session(two_workers), 10)

    for asked, code in prepared:
        statuses = [response.status_code for response in await redeemed_at_once(two_workers, asked, code)]

        assert sorted(statuses) == [200] + [400] * (AT_ONCE - 1)


@pytest.mark.attack("CD-02")
async def test_cd_02_fifty_at_once_on_sqlite_give_one_answer(world: WatchedWorld) -> None:
    prepared = await codes(await a_session(world), 3)

    for asked, code in prepared:
        statuses = [response.status_code for response in await redeemed_at_once(world, asked, code)]

        assert sorted(statuses) == [200] + [400] * (AT_ONCE - 1)


@pytest.mark.attack("CD-02")
async def test_cd_02_many_codes_at_once_over_two_workers_are_each_answered_once(two_workers: WatchedWorld) -> None:
    prepared = await codes(await a_session(two_workers), 60)

    answers = await asyncio.gather(*(two_workers.token(asked, code) for asked, code in prepared for _ in range(4)))

    assert sum(response.status_code == 200 for response in answers) == len(prepared)


@pytest.mark.attack("CD-03")
@pytest.mark.parametrize("whose", ["its own verifier", "the right verifier"])
@pytest.mark.parametrize("auth", ["secret", "public"])
async def test_cd_03_another_client_gets_nothing_and_the_code_is_dead(
    world: WatchedWorld, whose: str, auth: str
) -> None:
    secrets = await world.register(a_client("rp-b", **(BASIC if auth == "secret" else {})))
    asked, code = await a_code(await a_session(world))
    thief = {"client_id": None if auth == "secret" else "rp-b"}
    if whose == "its own verifier":
        thief["code_verifier"] = asking("rp-b").verifier

    async with leaves_nothing(world, refused=2):
        stolen = await world.token(asked, code, auth=("rp-b", secrets["rp-b"]) if auth == "secret" else None, **thief)
        owner = await world.token(asked, code)

    assert error_of(stolen) == DEAD
    assert error_of(owner) == DEAD
    person = find(PERSONAS, STUDENT)
    assert person is not None
    assert not [v for v in (person.permit, person.name_han, person.hkid, "shop") if v and v in stolen.text]


@pytest.mark.attack("CD-04")
@pytest.mark.spec("RFC 6749 §4.1.3")
@pytest.mark.parametrize(
    "uri", [f"{SHOP}/two/other", f"{SHOP}/two/callback/", "http://127.0.0.1:9001/two/callback", None, ""]
)
async def test_cd_04_the_redirect_uri_must_be_the_one_that_was_asked_with(world: WatchedWorld, uri: str | None) -> None:
    await world.register(a_client("two", redirect_uris=(f"{SHOP}/two/callback", f"{SHOP}/two/other")))
    asked, code = await a_code(await a_session(world, "two"), "two")

    async with leaves_nothing(world, refused=2):
        wrong = await world.token(asked, code, redirect_uri=uri)
        right = await world.token(asked, code)

    assert error_of(wrong) == DEAD
    assert error_of(right) == DEAD


@pytest.mark.attack("CD-05")
@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 400), (61, 400), (3600, 400)])
async def test_cd_05_the_clock_ends_a_code_not_the_cleaner(world: WatchedWorld, seconds: int, status: int) -> None:
    asked, code = await a_code(await a_session(world))
    world.clock.advance(seconds=seconds)

    response = await world.token(asked, code)

    row = select(tables.codes.c.spent_at).where(tables.codes.c.hash == digest(code))
    spent_at = await world.stores.database.read(lambda connection: connection.execute(row).scalar_one())
    assert response.status_code == status
    assert (spent_at is not None) == (status == 200)
    if status != 200:
        assert error_of(response) == DEAD


@pytest.mark.xfail(strict=True, reason="each worker's own clock decides; the database's clock is not asked")
@pytest.mark.attack("CD-05")
async def test_cd_05_a_worker_whose_clock_is_behind_does_not_revive_a_code(two_workers: WatchedWorld) -> None:
    late = create_app(
        load(two_workers.folder / "gate.toml"),
        calls=Calls(two_workers.net),
        clock=lambda: two_workers.clock.now - timedelta(seconds=30),
    )
    asked, code = await a_code(await a_session(two_workers))
    two_workers.clock.advance(seconds=61)

    async with late.inner.router.lifespan_context(late.inner):
        two_workers.witness.app = late
        response = await two_workers.token(asked, code)

    assert error_of(response) == DEAD


async def change(world: WatchedWorld, what: str) -> None:
    """Change the world behind a code's back."""
    now = world.clock.now
    if what == "the person is switched off":
        off = update(tables.subjects).values(disabled_at=now)
        await world.stores.database.run(lambda connection: connection.execute(off).rowcount)
    elif what == "the grant is ended":
        (grant,) = await world.stores.database.read(
            lambda connection: connection.execute(select(tables.codes.c.grant_id)).scalars().all()
        )
        await world.stores.tokens.revoke_grant(grant, now)
    elif what == "the consent is withdrawn":
        (subject,) = await world.stores.database.read(
            lambda connection: connection.execute(select(tables.consents.c.subject_id)).scalars().all()
        )
        event = AuditEvent(AuditAction.CONSENT_WITHDRAWN, now, "withdrawal", "shop", subject)
        assert await world.stores.people.withdraw(subject, "shop", now, event)
    else:
        off = update(tables.clients).values(disabled_at=now)
        await world.stores.database.run(lambda connection: connection.execute(off).rowcount)


@pytest.mark.attack("CD-09")
@pytest.mark.parametrize(
    "what",
    [
        "the person is switched off",
        "the grant is ended",
        "the consent is withdrawn",
        "the client is switched off elsewhere",
    ],
)
async def test_cd_09_a_code_dies_with_what_it_hangs_on(world: WatchedWorld, what: str) -> None:
    asked = asking()
    code = (await world.browser().sign_in(asked, "hong_kong", STUDENT))["code"]
    await change(world, what)

    async with leaves_nothing(world, refused=1):
        response = await world.token(asked, code)

    assert error_of(response) == DEAD


@pytest.mark.attack("CD-09")
async def test_cd_09_a_client_that_is_switched_off_is_no_client(world: WatchedWorld) -> None:
    asked, code = await a_code(await a_session(world))
    office = ClientOffice(world.stores.registry, world.stores.clients, bytes(32))
    await clients.disable(office, "shop", Act("operator", world.clock.now))

    async with leaves_nothing(world, refused=1):
        response = await world.token(asked, code)

    assert error_of(response) == (401, "invalid_client")


@pytest.mark.attack("CD-09")
async def test_cd_09_a_provider_that_is_switched_off_takes_its_codes_along(world: WatchedWorld) -> None:
    asked, code = await a_code(await a_session(world))
    switch = Switch(SwitchKind.PROVIDER, "hong_kong", world.clock.now, "operator:ada", "case 17")
    event = AuditEvent(AuditAction.SWITCHED_OFF, world.clock.now, "switch")
    assert await world.stores.switch_registry.turn_off(switch, event)

    async with leaves_nothing(world, refused=1):
        response = await world.token(asked, code)

    assert error_of(response) == DEAD


@pytest.mark.xfail(
    strict=True,
    reason="taking a provider out of the settings ends no grant: operators switch it off first (tested above)",
)
@pytest.mark.attack("CD-09")
async def test_cd_09_a_provider_that_was_taken_out_takes_its_codes_along(world: WatchedWorld) -> None:
    asked, code = await a_code(await a_session(world))
    settings = load(world.folder / "gate.toml")
    others = {name: block for name, block in settings.providers.items() if name != "hong_kong"}
    without = create_app(dataclasses.replace(settings, providers=others), calls=Calls(world.net), clock=world.clock)

    async with without.inner.router.lifespan_context(without.inner), leaves_nothing(world, refused=1):
        world.witness.app = without
        response = await world.token(asked, code)

    assert error_of(response) == DEAD


@pytest.mark.attack("CD-09")
async def test_cd_09_after_a_change_of_keys_a_code_is_answered_and_verifies(world: WatchedWorld) -> None:
    asked, code = await a_code(await a_session(world))
    managed = world.gateway.inner.state.keys
    old = managed.live.id_tokens.active("ES256").kid
    order = Order(Act("operator", world.clock.now, "case 17"))
    await key_office.compromise(managed.office, "id-token-es256", old, world.clock.now, order)
    await world.chores.refresh_managed_keys()

    response = await world.token(asked, code)
    claims = await world.claims(asked, response.json())

    assert claims["nonce"] == asked.nonce
    assert claimed_kid(response.json()["id_token"]) == managed.live.id_tokens.active("ES256").kid != old


def claimed_kid(token: str) -> str:
    header = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])
