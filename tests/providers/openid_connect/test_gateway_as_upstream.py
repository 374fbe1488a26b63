"""A gateway of this kind as the provider of another one: the whole way, with a signed assertion and a pushed request."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.names import ClientAuthMethod
from mapping.documents import TravelPermit
from mock_idps.personas import PERSONAS, find
from providers.base import Assurance, Callback, LoginRequest
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.openid_connect import OpenIDConnect, build
from tests.asking import AT, SHOP
from tests.world import World, a_client, a_world

LOGIN = LoginRequest(
    login_id="login-id-0123456789-abcdefghijkl",
    callback_url=f"{SHOP}/callback/bay_area",
    language="en",
    assurance=Assurance.TWO,
)


@contextlib.asynccontextmanager
async def an_upstream(folder: Path) -> AsyncIterator[tuple[World, OpenIDConnect]]:
    async with a_world(folder) as world:
        key = SigningKey.generate(Algorithm.ES256, world.clock())
        client = a_client(
            "downstream",
            redirect_uris=(LOGIN.callback_url,),
            token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
            jwks={"keys": [key.public_jwk()]},
        )
        await world.register(client)
        block: dict[str, Any] = {
            "kind": "openid_connect",
            "issuer": AT.issuer,
            "client_id": "downstream",
            "private_key": key.to_pem().decode(),
            "scopes": ["openid", "profile", "cn_id", "cn_doc"],
            "is_gateway": True,
        }
        yield world, build("bay_area", block, Calls(world.net), world.clock)


async def test_a_person_comes_through_two_gateways_with_level_and_document(tmp_path) -> None:
    async with an_upstream(tmp_path / "world") as (world, provider):
        start = await provider.start(LOGIN)
        browser = world.browser()
        page = await browser.open(start.url)
        page = await browser.prove(await browser.press(page, "provider-hong-kong"), "chan-siu-ming")
        answer = await browser.go_on(page, "chan-siu-ming")

        person = await provider.finish(Callback(answer, start.kept, LOGIN.login_id, world.clock()))

    known = find(PERSONAS, "chan-siu-ming")
    assert known is not None
    assert world.net.count("/par") == 1
    assert "state" not in start.url
    assert (person.provider, person.assurance) == ("bay_area", Assurance.THREE)
    assert person.name.han == known.name_han
    assert person.birthdate is not None
    assert person.birthdate.isoformat() == known.birthdate
    assert person.documents == (TravelPermit.parse(known.permit),)  # and no stand-in of the other gateway's


async def test_a_person_who_refuses_at_the_other_gateway_is_told_so_here(tmp_path) -> None:
    async with an_upstream(tmp_path / "world") as (world, provider):
        start = await provider.start(LOGIN)
        browser = world.browser()
        page = await browser.open(start.url)
        await browser.follow(page, "way-home")

        with pytest.raises(ProviderError) as caught:
            await provider.finish(Callback(browser.answer, start.kept, LOGIN.login_id, world.clock()))

    assert caught.value.failure is ProviderFailure.REFUSED


async def test_the_other_gateways_session_can_be_ended_from_here(tmp_path) -> None:
    async with an_upstream(tmp_path / "world") as (_, provider):
        await provider.start(LOGIN)

        url = provider.sign_out_url(f"{SHOP}/bye")

    assert url is not None
    assert url.startswith(f"{AT.issuer}/")
