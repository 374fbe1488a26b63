"""Faults, backups: an older backup is restored and the whole gateway starts on it (F-BK-01)."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.admin import backup, backup_restore, keyring
from gateway.admin.acts import Act
from gateway.admin.backup_restore import Wish
from gateway.backup_parts import backup_office, backup_target
from gateway.config import load
from gateway.oidc.names import ClientAuthMethod
from mapping.surrogate import Block
from mapping.vocabulary import HolderClass, Realm, Territory
from tests.asking import RP, asking
from tests.faults.lives import renewed, started_again
from tests.my_identifier import SignedIn, a_browser, my_identifier, signed_in
from tests.relying_party import CODE_AND_REFRESH
from tests.world import World, a_client, a_world

STUDENT = "chan-siu-ming"
SCOPE = "openid profile cn_id offline_access"
PHONE = "phone"


@dataclass
class FirstLife:
    """What was given out before the database was lost."""

    before: SignedIn
    """Known to the backup."""
    unspent: Any
    code: str
    after: SignedIn
    """After it."""
    backup: dict[str, Any]


async def refreshed(world: World, tokens: dict[str, Any]) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": PHONE}
    async with world.net.browser() as http:
        return await http.post(f"{world.issuer}/token", data=form)


async def live(world: World) -> FirstLife:
    """Sign in, make a backup, go on for an hour: another sign-in, a consent taken back."""
    party = a_client(
        PHONE,
        redirect_uris=(f"{RP}/{PHONE}/callback",),
        post_logout_redirect_uris=(),
        token_endpoint_auth_method=ClientAuthMethod.NONE,
        grant_types=CODE_AND_REFRESH,
    )
    await world.register(party)
    address = {"redirect_uri": f"{RP}/{PHONE}/callback"}
    before = await signed_in(world, "hong_kong", STUDENT, client_id=PHONE, scope=SCOPE, **address)
    unspent = asking(PHONE, scope=SCOPE, **address)
    await before.browser.open(unspent.url)
    code = before.browser.answer["code"]

    settings = load(world.folder / "gate.toml")
    office = backup_office(settings, keyring.load(settings.keys_dir), world.stores.backups)
    made = await backup.create(office, Act("ada", world.clock()), folder=world.folder)

    world.clock.advance(seconds=20)
    after = await signed_in(world, "hong_kong", STUDENT, client_id=PHONE, scope=SCOPE, **address)
    page = await my_identifier(a_browser(world), "hong_kong", STUDENT)
    assert any(name.startswith("withdraw-") for name in page.buttons)
    return FirstLife(before, unspent, code, after, made)


def restore(world: World, life: FirstLife, **wishes: Any) -> dict[str, Any]:
    settings = load(world.folder / "gate.toml")
    keys = keyring.load(settings.keys_dir)
    office = backup_office(settings, keys, world.stores.backups)
    wish = Wish(Path(life.backup["file"]), life.backup["id"], Realm(settings.realm), **wishes)
    return backup_restore.restore(office, backup_target(settings, keys), wish, Act("ada", world.clock()))


@pytest.mark.attack("F-BK-01")
async def test_f_bk_01_nothing_that_was_given_out_lives_on_and_people_sign_in_anew(tmp_path: Path) -> None:
    async with a_world(tmp_path / "world") as world:
        life = await live(world)
    renewed(world)

    told = await asyncio.to_thread(restore, world, life)

    assert told["epoch"] == 2
    assert told["left_out"].keys() >= {"grants", "codes", "tokens", "refresh_tokens", "sessions"}
    assert told["changed"]["consents_to_be_asked_again"] >= 1
    assert any("asked for consent again" in warning for warning in told["warnings"])
    async with started_again(world) as second:
        for tokens in (life.before.tokens, life.after.tokens):
            assert (await refreshed(second, tokens)).json()["error"] == "invalid_grant"
            assert (await second.userinfo(tokens["access_token"])).status_code == 401
        late = await second.token(life.unspent, life.code)
        assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")

        page = await life.before.browser.open(life.unspent.url)
        assert "provider-hong-kong" in page.buttons, "the old session is worth nothing"
        page = await life.before.browser.prove(await life.before.browser.press(page, "provider-hong-kong"), STUDENT)
        assert "agree" in page.buttons, "a consent that may have been withdrawn since is asked for again"

        anew = await signed_in(
            second, "hong_kong", STUDENT, client_id=PHONE, scope=SCOPE, redirect_uri=f"{RP}/{PHONE}/callback"
        )
        assert (anew.sub, anew.number) == (life.before.sub, life.before.number)
        assert (await refreshed(second, anew.tokens)).status_code == 200


def test_the_sandbox_keeps_a_region_code_back() -> None:
    block = Block(Territory.HONG_KONG, HolderClass.CHINESE, Realm.SANDBOX)

    assert [tier.codes for tier in block.tiers] == [("810050", "810051", "810052", "810053"), ("810054",)]
