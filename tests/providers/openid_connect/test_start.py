"""The request that goes to an OpenID Provider: what travels upstream, and by which way."""

import base64
import hashlib

import httpx
import pytest
from jose import jwt as far_side

from providers.base import Assurance
from providers.errors import ProviderError, ProviderFailure
from tests.providers.openid_connect.builders import (
    CALLBACK_URL,
    CLIENT_ID,
    EPOCH,
    ISSUER,
    LOGIN_ID,
    SECRET,
    FarSide,
    a_login,
    ec_key,
    jwk_of,
    pem_of,
    query_of,
)


async def failure_of(far: FarSide, **login) -> tuple[ProviderFailure, str]:
    with pytest.raises(ProviderError) as caught:
        await far.provider().start(a_login(**login))
    return caught.value.failure, caught.value.detail


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
async def test_the_request_binds_the_sign_in_in_three_ways() -> None:
    start = await FarSide().provider().start(a_login())

    query = query_of(start.url)
    challenge = hashlib.sha256(start.kept["code_verifier"].encode()).digest()
    assert start.url.startswith(f"{ISSUER}/authorize?theme=plain&response_type=code&")
    assert query == {
        "theme": "plain",
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK_URL,
        "scope": "openid profile",
        "state": LOGIN_ID,
        "nonce": start.kept["nonce"],
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "ui_locales": "zh-Hant-HK",
    }


async def test_two_sign_ins_share_neither_verifier_nor_nonce() -> None:
    provider = FarSide().provider()

    first, second = (await provider.start(a_login())).kept, (await provider.start(a_login())).kept

    assert first["nonce"] != second["nonce"]
    assert first["code_verifier"] != second["code_verifier"]


async def test_a_wish_for_fresh_proof_travels_upstream_and_is_remembered() -> None:
    start = await FarSide().provider().start(a_login(fresh=True))

    assert query_of(start.url) | {"prompt": "login", "max_age": "0"} == query_of(start.url)
    assert start.kept["fresh_since"] == str(EPOCH)


@pytest.mark.parametrize(
    ("wished", "acr_values"),
    [
        (None, None),
        (Assurance.ONE, "low substantial high"),
        (Assurance.TWO, "substantial high"),
        (Assurance.THREE, "high"),
        (Assurance.FOUR, "high"),
    ],
)
async def test_a_wished_level_travels_in_the_providers_own_words(wished, acr_values) -> None:
    start = await FarSide().provider().start(a_login(assurance=wished))

    assert query_of(start.url).get("acr_values") == acr_values


async def test_an_organisation_is_asked_for_only_when_somebody_wants_to_know() -> None:
    provider = FarSide(scopes=["openid", "organisation"]).provider()

    without, with_it = [
        query_of((await provider.start(a_login(organisation=wanted))).url)["scope"] for wanted in (False, True)
    ]

    assert (without, with_it) == ("openid", "openid organisation")


@pytest.mark.spec("RFC 9126 §2")
async def test_the_request_goes_ahead_of_the_browser_where_the_provider_takes_it() -> None:
    far = FarSide()
    far.offers(pushed_authorization_request_endpoint=f"{ISSUER}/par")

    start = await far.provider().start(a_login(fresh=True))

    assert query_of(start.url) == {"theme": "plain", "client_id": CLIENT_ID, "request_uri": "urn:par:1"}
    assert far.form("/par")["nonce"] == start.kept["nonce"]
    assert far.form("/par")["prompt"] == "login"
    assert far.asked[-1].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(400, json={"error": "invalid_request"}), (ProviderFailure.MISCONFIGURED, "invalid_request")),
        (httpx.Response(401, json={"error": "invalid_client"}), (ProviderFailure.MISCONFIGURED, "invalid_client")),
        (httpx.Response(503, text="later"), (ProviderFailure.UNREACHABLE, "http_503")),
        (httpx.Response(201, json={"expires_in": 60}), (ProviderFailure.BROKEN, "request_uri")),
        (httpx.Response(201, json={"request_uri": "a b"}), (ProviderFailure.BROKEN, "request_uri")),
        (httpx.Response(201, text="<html>"), (ProviderFailure.BROKEN, "content_type")),
        (httpx.Response(404, text="<html>"), (ProviderFailure.BROKEN, "http_404")),
        (httpx.Response(400, json={"error": 7}), (ProviderFailure.BROKEN, "http_400")),
        (httpx.Response(400, json={"error": "<script>"}), (ProviderFailure.BROKEN, "error")),
    ],
)
async def test_a_push_that_fails_sends_nobody_away(answer, expected) -> None:
    far = FarSide()
    far.offers(pushed_authorization_request_endpoint=f"{ISSUER}/par")
    far.pushed = answer

    assert await failure_of(far) == expected


@pytest.mark.spec("RFC 6749 §2.3.1")
async def test_a_secret_is_form_encoded_inside_basic() -> None:
    far = FarSide()
    await far.sign_in()

    token_call = next(request for request in far.asked if request.url.path == "/token")
    given = base64.b64decode(token_call.headers["authorization"].removeprefix("Basic ")).decode()
    assert given == "gateway%3A1:s3cret%3A%2B+%25%2F%C3%BC"
    assert SECRET not in token_call.content.decode()
    assert "client_id" not in far.form("/token")


@pytest.mark.spec("OpenID Connect Core §9")
async def test_a_key_proves_us_with_an_assertion_for_this_issuer_alone() -> None:
    far = FarSide(client_secret=None, private_key=pem_of(ec_key(7)), private_key_id="ours-1")
    far.offers(pushed_authorization_request_endpoint=f"{ISSUER}/par")
    await far.sign_in()

    proofs = [far.form(path) for path in ("/par", "/token")]
    keys = jwk_of(ec_key(7))
    claims = [
        far_side.decode(each["client_assertion"], keys, ["ES256"], audience=ISSUER, options={"verify_exp": False})
        for each in proofs
    ]
    assert {each["client_assertion_type"] for each in proofs} == {
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    }
    assert far_side.get_unverified_header(proofs[0]["client_assertion"])["kid"] == "ours-1"
    assert [(each["iss"], each["sub"], each["aud"]) for each in claims] == [(CLIENT_ID, CLIENT_ID, ISSUER)] * 2
    assert claims[0]["exp"] == EPOCH + 60
    assert claims[0]["jti"] != claims[1]["jti"]
    assert all("authorization" not in request.headers for request in far.asked if request.url.path != "/userinfo")


async def test_a_dead_provider_is_told_as_unreachable_and_asked_again_when_it_lives() -> None:
    far = FarSide()
    alive, far.metadata = far.metadata, httpx.Response(502)
    provider = far.provider()
    with pytest.raises(ProviderError) as caught:
        await provider.start(a_login())
    far.metadata = alive

    start = await provider.start(a_login())

    assert caught.value.failure is ProviderFailure.UNREACHABLE
    assert start.url.startswith(ISSUER)


async def test_sign_out_is_offered_once_the_provider_has_said_where() -> None:
    far = FarSide()
    provider = far.provider()
    before = provider.sign_out_url("https://gateway.test/signed-out")
    await provider.start(a_login())

    url = provider.sign_out_url("https://gateway.test/signed-out")

    assert before is None
    assert url is not None
    assert url.startswith(f"{ISSUER}/logout?")
    assert query_of(url) == {"client_id": CLIENT_ID, "post_logout_redirect_uri": "https://gateway.test/signed-out"}


async def test_a_provider_without_sign_out_offers_none() -> None:
    far = FarSide()
    far.offers(end_session_endpoint=None)
    provider = far.provider()
    await provider.start(a_login())

    assert provider.sign_out_url("https://gateway.test/") is None
