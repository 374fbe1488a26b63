"""At an OpenID Provider: our private key changes while both are registered, and its keys are fetched without a storm."""

import asyncio
from pathlib import Path

import pytest

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.config import Settings
from gateway.held_credentials import Held
from gateway.live_upstreams import LiveUpstreams, Outcome
from gateway.oidc.names import ClientAuthMethod
from gateway.upstreams import build_upstreams
from providers.base import LoginRequest
from providers.calls import Calls
from providers.errors import ProviderError
from providers.openid_connect.published import INTERVAL
from tests.asking import AT, SHOP
from tests.providers.openid_connect.builders import FarSide, claims_of, later, signed
from tests.world import a_client, a_world

LOGIN = LoginRequest("login-id-0123456789-abcdefghijkl", f"{SHOP}/callback/bay_area", "en")


async def test_our_private_key_changes_while_both_are_registered(tmp_path: Path) -> None:
    async with a_world(tmp_path / "world") as world:
        old, new, unknown = (SigningKey.generate(Algorithm.ES256, world.clock()) for _ in range(3))
        method = ClientAuthMethod.PRIVATE_KEY_JWT
        registered = {"keys": [old.public_jwk(), new.public_jwk()]}
        client = a_client(
            "downstream", redirect_uris=(LOGIN.callback_url,), token_endpoint_auth_method=method, jwks=registered
        )
        await world.register(client)
        block = {
            "kind": "openid_connect",
            "issuer": AT.issuer,
            "client_id": "downstream",
            "private_key": old.to_pem().decode(),
            "is_gateway": True,
        }
        settings = Settings("https://gateway.test", Path("keys"), providers={"bay_area": block})
        upstreams = build_upstreams(settings, Calls(world.net), world.clock)
        live = LiveUpstreams(settings, upstreams, world.clock)
        late = upstreams.providers["bay_area"]
        await late.start(LOGIN)

        swapped = live.apply("bay_area-private-key", Held(new.to_pem()))
        await upstreams.providers["bay_area"].start(LOGIN)
        await late.start(LOGIN)
        live.apply("bay_area-private-key", Held(unknown.to_pem()))

        assert swapped.outcome is Outcome.SWAPPED
        with pytest.raises(ProviderError, match="invalid_client"):
            await upstreams.providers["bay_area"].start(LOGIN)


@pytest.mark.spec("OpenID Connect Core §10.1.1")
async def test_a_storm_of_unknown_names_makes_one_fetch_in_an_interval() -> None:
    far = FarSide()
    provider = far.provider()
    await far.sign_in(provider)
    far.id_token = lambda nonce: signed(claims_of(nonce), kid="nobody-has-seen-it")
    fetched = []

    for turn in (1, 2):
        far.now = later(turn * int(INTERVAL.total_seconds()))
        storm = (far.sign_in(provider) for _ in range(10))
        answers = await asyncio.gather(*storm, return_exceptions=True)
        assert all(isinstance(answer, ProviderError) for answer in answers)
        fetched.append(far.paths().count("/jwks"))

    assert fetched == [2, 3]
