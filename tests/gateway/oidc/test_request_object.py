import json
from dataclasses import replace

import pytest

from certs.keys.signing_key import Algorithm
from gateway.oidc import request_object
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from tests.gateway.oidc.fake_stores import FakeFetch
from tests.gateway.oidc.fakes import (
    CALLBACK,
    CHALLENGE,
    ISSUER,
    NOW,
    a_client,
    a_key_client,
    an_endpoint,
    base64url,
    signing_key,
)
from tests.gateway.oidc.request_fakes import AT, LEFT_OUT, MINUTE, a_fapi_client, a_request_object

PUBLISHED_KEY = {
    "kty": "RSA",
    "kid": "k2bdc",
    "n": "x5RbkAZkmpRxia65qRQ1wwSMSxQUnS7gcpVTV_cdHmfmG2ltd2yabEO9XadD8pJNZubINPpmgHh3J1aD9WRwS05ucmFq3CfFsluLt13_7oX5yDRSKX7poXmT_5ko8k4NJZPMAO8fPToDTH7kHYbONSE2FYa5GZ60CUsFhSonI-dcMDJ0Ary9lxIw5k2z4TAdARVWcS7sD07VhlMMshrwsPHBQgTatlkxyIHXbYdtak8fqvNAwr7OlVEvM_Ipf5OfmdB8Sd-wjzaBsyP4VhJKoi_qdgSzpC694XZeYPq45Sw-q51iFUlcOlTCI7z6jltUtnR6ySn6XDGFnzH5Fe5ypw",
    "e": "AQAB",
}
PUBLISHED = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsyYmRjIn0.ewogICAgImlzcyI6ICJzNkJoZFJrcXQzIiwKICAgICJhdWQiOiAiaHR0cHM6Ly9zZXJ2ZXIuZXhhbXBsZS5jb20iLAogICAgInJlc3BvbnNlX3R5cGUiOiAiY29kZSBpZF90b2tlbiIsCiAgICAiY2xpZW50X2lkIjogInM2QmhkUmtxdDMiLAogICAgInJlZGlyZWN0X3VyaSI6ICJodHRwczovL2NsaWVudC5leGFtcGxlLm9yZy9jYiIsCiAgICAic2NvcGUiOiAib3BlbmlkIiwKICAgICJzdGF0ZSI6ICJhZjBpZmpzbGRraiIsCiAgICAibm9uY2UiOiAibi0wUzZfV3pBMk1qIiwKICAgICJtYXhfYWdlIjogODY0MDAKfQ.Nsxa_18VUElVaPjqW_ToI1yrEJ67BgKb5xsuZRVqzGkfKrOIX7BCx0biSxYGmjK9KJPctH1OC0iQJwXu5YVY-vnW0_PLJb1C2HG-ztVzcnKZC2gE4i0vgQcpkUOCpW3SEYXnyWnKzuKzqSb1wAZALo5f89B_p6QA6j6JwBSRvdVsDPdulW8lKxGTbH82czCaQ50rLAg3EYLYaCb4ik4I1zGXE4fvim9FIMs8OCMmzwIB5S-ujFfzwFjoyuPEV4hJnoVUmXR_W9typPf846lGwA8h9G9oNTIuX8Ft2jfpnZdFmLg3_wr3Wa5q3a-lfbgF3S9H_8nN3j1i7tLR_5Nz-g"


async def members(token: str, client: Client | None = None, *, is_dated: bool = True) -> dict[str, str]:
    known = client or a_key_client()
    return dict(await request_object.read(token, known, an_endpoint(known), NOW, is_dated=is_dated))


async def refused(token: str, client: Client | None = None) -> bool:
    with pytest.raises(OAuthError) as refusal:
        await members(token, client)
    return refusal.value.code is ErrorCode.INVALID_REQUEST_OBJECT


@pytest.mark.spec("RFC 9101 §4")
async def test_the_published_request_object_is_read() -> None:
    client = a_client(client_id="s6BhdRkqt3", jwks={"keys": [PUBLISHED_KEY]})
    op = an_endpoint(client, issuer="https://server.example.com")

    found = await request_object.read(PUBLISHED, client, op, NOW, is_dated=False)

    assert dict(found) == {
        "response_type": "code id_token",
        "client_id": "s6BhdRkqt3",
        "redirect_uri": "https://client.example.org/cb",
        "scope": "openid",
        "state": "af0ifjsldkj",
        "nonce": "n-0S6_WzA2Mj",
        "max_age": "86400",
    }


async def test_the_published_request_object_with_one_bit_changed_is_refused() -> None:
    client = a_client(client_id="s6BhdRkqt3", jwks={"keys": [PUBLISHED_KEY]})
    header, payload, signature = PUBLISHED.split(".")

    with pytest.raises(OAuthError):
        await request_object.read(
            f"{header}.{payload}.O{signature[1:]}",
            client,
            an_endpoint(client, issuer="https://server.example.com"),
            NOW,
            is_dated=False,
        )


@pytest.mark.spec("RFC 9101 §6.3")
async def test_the_parameters_come_out_without_the_claims_of_the_token() -> None:
    found = await members(a_request_object(jti="one", iat=AT))

    assert found["redirect_uri"] == CALLBACK
    assert found["code_challenge"] == CHALLENGE
    assert found.keys().isdisjoint({"iss", "aud", "exp", "nbf", "iat", "jti"})


async def test_members_that_are_not_text_become_what_a_query_would_hold() -> None:
    found = await request_object.read(
        a_request_object(max_age=0, claims={"userinfo": {"name": None}}, resource=["urn:a:1", "urn:a:2"], nonce=None),
        a_key_client(),
        an_endpoint(a_key_client()),
        NOW,
        is_dated=True,
    )

    assert ("max_age", "0") in found
    assert ("claims", '{"userinfo":{"name":null}}') in found
    assert [pair for pair in found if pair[0] == "resource"] == [("resource", "urn:a:1"), ("resource", "urn:a:2")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": ["openid"]},
        {"max_age": True},
        {"max_age": 1.5},
        {"state": 7},
        {"claims": []},
        {"resource": [1]},
        {"prompt": {}},
    ],
)
async def test_a_member_of_the_wrong_type_is_refused(wrong) -> None:
    assert await refused(a_request_object(**wrong))


@pytest.mark.attack("RO-06")
@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "https://other.example"},
        {"aud": f"{ISSUER}/"},
        {"aud": LEFT_OUT},
        {"iss": "rp-b"},
        {"iss": LEFT_OUT},
        {"exp": LEFT_OUT},
        {"nbf": LEFT_OUT},
        {"exp": AT - 5 * MINUTE},
        {"exp": AT + 70 * MINUTE},
        {"nbf": AT - 70 * MINUTE},
        {"nbf": AT + 70},
        {"exp": "soon"},
        {"client_id": "rp-b"},
    ],
    ids=str,
)
async def test_ro_06_a_request_object_that_is_not_for_us_now_is_refused(wrong) -> None:
    assert await refused(a_request_object(**wrong))


@pytest.mark.attack("RO-06")
@pytest.mark.spec("FAPI 2.0 Message Signing §5.3.1")
@pytest.mark.parametrize("good", [{"exp": AT + 60 * MINUTE}, {"nbf": AT - 60 * MINUTE}, {"nbf": AT + 8}], ids=str)
async def test_ro_06_an_hour_to_either_side_is_still_good(good) -> None:
    assert await members(a_request_object(**good))


async def test_the_issuer_may_be_one_of_several_audiences() -> None:
    assert await members(a_request_object(aud=["https://other.example", ISSUER]))


@pytest.mark.attack("RO-06")
@pytest.mark.attack("CA-01")
async def test_ro_06_ca_01_an_unsigned_request_object_is_refused() -> None:
    _, payload, _ = a_request_object().split(".")
    header = base64url(b'{"alg":"none"}')

    assert await refused(f"{header}.{payload}.")


@pytest.mark.attack("RO-06")
async def test_ro_06_another_key_is_refused() -> None:
    assert await refused(a_request_object(key=signing_key(name="stranger")))


@pytest.mark.attack("RO-06")
async def test_ro_06_another_algorithm_than_the_registered_one_is_refused() -> None:
    keys = [signing_key(Algorithm.RS256, "client").public_jwk(), signing_key(name="client").public_jwk()]
    any_of_them = a_key_client(jwks={"keys": keys})
    one = replace(any_of_them, request_object_signing_alg="ES256")
    token = a_request_object(key=signing_key(Algorithm.RS256, "client"))

    assert await members(token, any_of_them)
    assert await refused(token, one)


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1")
async def test_rs256_is_refused_of_a_client_under_fapi() -> None:
    client = a_fapi_client(jwks={"keys": [signing_key(Algorithm.RS256, "client").public_jwk()]})

    assert await refused(a_request_object(key=signing_key(Algorithm.RS256, "client")), client)


async def test_a_registered_algorithm_that_is_not_offered_lets_nothing_pass() -> None:
    assert await refused(a_request_object(), a_key_client(request_object_signing_alg="none"))


@pytest.mark.attack("RO-03")
@pytest.mark.parametrize("nested", [{"request": "eyJ.eyJ.x"}, {"request_uri": "https://rp-a.example/r"}])
async def test_ro_03_a_request_object_inside_another_is_refused(nested) -> None:
    assert await refused(a_request_object(**nested))


@pytest.mark.spec("RFC 9101 §10.8")
async def test_an_object_that_could_pass_for_a_client_assertion_is_refused() -> None:
    assert await refused(a_request_object(sub="rp-a"))


@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "JWT"])
async def test_the_types_of_the_registry_are_read(typ) -> None:
    assert await members(a_request_object(typ=typ))


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "logout+jwt"])
async def test_a_token_of_another_kind_is_no_request_object(typ) -> None:
    assert await refused(a_request_object(typ=typ))


async def test_a_client_without_keys_has_no_request_objects() -> None:
    assert await refused(a_request_object(), a_client())


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.b.c.d.e", "x" * 20_000])
async def test_what_is_no_token_is_refused(token) -> None:
    assert await refused(token)


async def test_keys_are_fetched_from_where_the_client_publishes_them() -> None:
    address = "https://rp-a.example/jwks"
    document = json.dumps({"keys": [signing_key(name="client").public_jwk()]}).encode()
    client = a_key_client(jwks=None, jwks_uri=address)
    op = an_endpoint(client, fetch=FakeFetch({address: document}))

    found = await request_object.read(a_request_object(), client, op, NOW, is_dated=True)

    assert dict(found)["client_id"] == "rp-a"
