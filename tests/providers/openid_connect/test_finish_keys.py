"""Whose keys an ID token is checked with: chosen by name, seen when they change, never asked for without end."""

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from providers.errors import ProviderError
from tests.providers.openid_connect.builders import (
    SUBJECT,
    FarSide,
    claims_of,
    ec_key,
    forged,
    jwk_of,
    later,
    rsa_key,
    signed,
)
from tests.providers.openid_connect.failing import broken_by


def _pss(text: bytes) -> bytes:
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    return rsa_key().sign(text, scheme, hashes.SHA256())


async def test_rsa_signatures_are_accepted() -> None:
    far = FarSide()
    far.jwks = {"keys": [jwk_of(rsa_key(), "RS256", alg=None)]}

    far.id_token = lambda nonce: signed(claims_of(nonce), key=rsa_key(), algorithm="RS256")
    assert (await far.sign_in()).subject == SUBJECT
    far.id_token = lambda nonce: forged({"alg": "PS256", "kid": "k1"}, claims_of(nonce), _pss)
    assert (await far.sign_in()).subject == SUBJECT


@pytest.mark.spec("OpenID Connect Core §10.1")
async def test_a_token_without_a_key_name_is_accepted_if_there_is_one_key_and_refused_if_there_are_several() -> None:
    one, several = FarSide(), FarSide()
    for far in (one, several):
        far.id_token = lambda nonce: signed(claims_of(nonce), kid=None)
    one.jwks = {"keys": [jwk_of(ec_key(), kid=None), jwk_of(rsa_key(), "RS256", kid="r")]}
    several.jwks = {"keys": [jwk_of(ec_key()), jwk_of(ec_key(1), kid="k2")]}

    assert (await one.sign_in()).subject == SUBJECT
    assert await broken_by(several) == "id_token_keys_refused"


@pytest.mark.spec("OpenID Connect Core §10.1.1")
async def test_a_rotation_is_seen_at_once_and_a_flood_of_unknown_names_makes_no_storm() -> None:
    far = FarSide()
    provider = far.provider()
    await far.sign_in(provider)
    far.jwks = {"keys": [jwk_of(ec_key(1), kid="k2")]}
    far.id_token = lambda nonce: signed(claims_of(nonce), key=ec_key(1), kid="k2")

    assert (await far.sign_in(provider)).subject == SUBJECT
    far.id_token = lambda nonce: signed(claims_of(nonce), key=ec_key(1), kid="k3")
    for _ in range(5):
        with pytest.raises(ProviderError, match="id_token_unknown_kid"):
            await far.sign_in(provider)

    assert far.paths().count("/jwks") == 2


async def test_old_keys_serve_while_the_provider_does_not_give_them() -> None:
    far = FarSide()
    provider = far.provider()
    await far.sign_in(provider)
    far.jwks, far.now = httpx.Response(503), later(301)

    assert (await far.sign_in(provider)).subject == SUBJECT
    assert far.paths().count("/jwks") == 2


@pytest.mark.parametrize(
    ("jwks", "detail"),
    [
        ({"keys": [{"kty": "oct", "k": "AAAA"}]}, "keys"),
        ({"keys": "none"}, "keys"),
        ({}, "keys"),
        (httpx.Response(404), "keys_http_404"),
        (httpx.Response(200, text="{"), "json"),
        ({"keys": []}, "id_token_unknown_kid"),
    ],
)
async def test_a_key_set_that_is_none_is_refused(jwks, detail) -> None:
    far = FarSide()
    far.jwks = jwks

    assert await broken_by(far) == detail
