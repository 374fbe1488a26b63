import asyncio
from datetime import timedelta

import pytest

from certs.keys.signing_key import Algorithm
from gateway.oidc.names import CLIENT_ASSERTION_TYPE, ErrorCode, Profile
from tests.gateway.oidc.assertions import SOON, an_assertion, assertion_form, client_of, refusal_of
from tests.gateway.oidc.fakes import (
    ISSUER,
    NOW,
    a_basic_header,
    a_client,
    a_key_client,
    a_key_set,
    an_endpoint,
    base64url,
    signing_key,
)


@pytest.mark.spec("RFC 7523 §3")
@pytest.mark.parametrize("more", [[], [("client_id", "rp-a")]])
@pytest.mark.parametrize("typ", ["JWT", "client-authentication+jwt"])
async def test_a_client_is_known_by_its_signed_assertion(more, typ) -> None:
    endpoint = an_endpoint(a_key_client())

    assert await client_of(endpoint, assertion_form(an_assertion(typ=typ), *more)) == "rp-a"


@pytest.mark.parametrize("algorithm", [Algorithm.RS256, Algorithm.PS256])
async def test_assertions_may_be_signed_with_an_rsa_key(algorithm) -> None:
    key = signing_key(algorithm, "client")
    endpoint = an_endpoint(a_key_client(jwks={"keys": [key.public_jwk()]}))

    assert await client_of(endpoint, assertion_form(an_assertion(key))) == "rp-a"


@pytest.mark.attack("CA-07")
async def test_ca_07_an_assertion_is_accepted_once_until_it_has_expired() -> None:
    endpoint = an_endpoint(a_key_client())
    form = assertion_form(an_assertion())
    await client_of(endpoint, form)

    late = NOW + timedelta(seconds=60 + 59)

    assert (await refusal_of(endpoint, form)).code is ErrorCode.INVALID_CLIENT
    assert (await refusal_of(endpoint, form, now=late)).code is ErrorCode.INVALID_CLIENT
    assert min(endpoint.replays.seen.values()) >= late


@pytest.mark.attack("CA-07")
async def test_ca_07_two_clients_may_use_the_same_jti() -> None:
    endpoint = an_endpoint(a_key_client(), a_key_client(client_id="rp-b"))
    await client_of(endpoint, assertion_form(an_assertion()))

    assert await client_of(endpoint, assertion_form(an_assertion(iss="rp-b", sub="rp-b"))) == "rp-b"


async def test_a_refused_assertion_does_not_use_up_its_jti() -> None:
    endpoint = an_endpoint(a_key_client())

    await refusal_of(endpoint, assertion_form(an_assertion(aud="elsewhere")))

    assert endpoint.replays.seen == {}


@pytest.mark.attack("CA-08")
@pytest.mark.parametrize(
    "audience",
    [f"{ISSUER}/token", [ISSUER], [ISSUER, "https://other.example"], f"{ISSUER}/", None, "https://idp.example.mo"],
)
async def test_ca_08_only_the_issuer_as_one_string_is_an_audience(audience) -> None:
    error = await refusal_of(an_endpoint(a_key_client()), assertion_form(an_assertion(aud=audience)))

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-09")
@pytest.mark.parametrize(
    "times",
    [
        {"exp": None},
        {"exp": SOON - 60 - 300},
        {"exp": SOON + 86_400},
        {"nbf": SOON - 60 + 61},
        {"iat": SOON - 60 + 600},
        {"exp": str(SOON)},
        {"exp": 1e30},
        {"exp": -1},
        {"exp": True},
    ],
)
async def test_ca_09_an_assertion_outside_its_time_is_refused(times) -> None:
    error = await refusal_of(an_endpoint(a_key_client()), assertion_form(an_assertion(**times)))

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-09")
async def test_ca_09_a_clock_that_is_eight_seconds_ahead_is_accepted() -> None:
    ahead = SOON - 60 + 8

    assert await client_of(an_endpoint(a_key_client()), assertion_form(an_assertion(nbf=ahead, iat=ahead))) == "rp-a"


@pytest.mark.attack("CA-10")
@pytest.mark.parametrize("changed", [{"iss": "rp-b"}, {"iss": None}, {"sub": "rp-b"}, {"sub": None}, {"sub": ["rp-a"]}])
async def test_ca_10_issuer_and_subject_name_the_same_client(changed) -> None:
    endpoint = an_endpoint(a_key_client(), a_key_client(client_id="rp-b"))

    assert (await refusal_of(endpoint, assertion_form(an_assertion(**changed)))).code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-10")
@pytest.mark.parametrize("way", ["assertion", "basic"])
async def test_ca_10_a_client_id_in_the_body_must_agree(way) -> None:
    other = ("client_id", "rp-b")
    by_key = way == "assertion"
    endpoint = an_endpoint(a_key_client() if by_key else a_client(), a_client(client_id="rp-b"))

    error = await refusal_of(
        endpoint, assertion_form(an_assertion(), other) if by_key else [other], [] if by_key else [a_basic_header()]
    )

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.parametrize("jti", [None, "", "x" * 257, 7])
async def test_an_assertion_needs_a_name_of_its_own(jti) -> None:
    error = await refusal_of(an_endpoint(a_key_client()), assertion_form(an_assertion(jti=jti)))

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-04")
@pytest.mark.attack("CA-06")
async def test_ca_04_ca_06_only_the_keys_of_that_client_count() -> None:
    foreign = signing_key(name="somebody")
    endpoint = an_endpoint(a_key_client(), a_key_client(client_id="rp-b", jwks={"keys": [foreign.public_jwk()]}))

    error = await refusal_of(endpoint, assertion_form(an_assertion(foreign)))

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-01")
@pytest.mark.parametrize("header", [b'{"alg":"none"}', b'{"alg":"HS256"}', b"{}", b'{"alg":"ES256","alg":"none"}'])
async def test_ca_01_unsigned_and_symmetric_assertions_are_refused(header) -> None:
    _, payload, signature = an_assertion().split(".")

    for last in ("", signature):
        error = await refusal_of(an_endpoint(a_key_client()), assertion_form(f"{base64url(header)}.{payload}.{last}"))

        assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("HP-07")
@pytest.mark.attack("CA-16")
@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 4000,
        b'{"sub":' * 400 + b"1" + b"}" * 400,
        b'{"sub":"rp-a","exp":' + b"9" * 5000 + b"}",
        b'{"sub":"rp-a","exp":NaN}',
        b'{"sub":"rp-a","exp":1e999}',
        b'{"sub":"rp-a","sub":"rp-b"}',
        b'{"sub":"\\ud800"}',
        b'\xef\xbb\xbf{"sub":"rp-a"}',
        b'"rp-a"',
        b"\xff",
    ],
)
async def test_hp_07_ca_16_hostile_json_in_an_assertion_is_refused(payload) -> None:
    header, _, signature = an_assertion().split(".")

    error = await refusal_of(an_endpoint(a_key_client()), assertion_form(f"{header}.{base64url(payload)}.{signature}"))

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CD-07")
async def test_cd_07_a_token_of_another_type_is_no_assertion() -> None:
    endpoint = an_endpoint(a_key_client())

    for typ in ("at+jwt", "logout+jwt", "dpop+jwt"):
        error = await refusal_of(endpoint, assertion_form(an_assertion(typ=typ)))

        assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-18")
async def test_ca_18_a_token_signed_by_the_gateway_authenticates_no_unknown_client() -> None:
    ours = a_key_set().active("ES256")

    error = await refusal_of(an_endpoint(), assertion_form(an_assertion(ours, iss="rp-x", sub="rp-x")))

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.parametrize(
    "pairs",
    [
        [("client_assertion", an_assertion())],
        [("client_assertion_type", CLIENT_ASSERTION_TYPE)],
        [("client_assertion", an_assertion()), ("client_assertion_type", "jwt-bearer")],
        assertion_form("not a token"),
        assertion_form("a.b.c.d.e"),
        assertion_form("." * 8000),
        assertion_form(an_assertion(sub="x" * 129, iss="x" * 129)),
        assertion_form(an_assertion(sub="rp-a\x00", iss="rp-a\x00")),
    ],
)
async def test_a_malformed_assertion_is_refused(pairs) -> None:
    endpoint = an_endpoint(a_key_client())

    assert (await refusal_of(endpoint, [("client_id", "rp-a"), *pairs])).code is ErrorCode.INVALID_CLIENT


@pytest.mark.parametrize("jwks", [None, {}, {"keys": []}, {"keys": [{"kty": "oct", "k": ""}]}])
async def test_a_client_without_usable_keys_has_no_way_in(jwks) -> None:
    error = await refusal_of(an_endpoint(a_key_client(jwks=jwks)), assertion_form(an_assertion()))

    assert error.code is ErrorCode.INVALID_CLIENT


async def test_a_client_whose_keys_changed_is_checked_with_the_new_ones() -> None:
    old, new = signing_key(name="client"), signing_key(name="client's new key")
    await client_of(an_endpoint(a_key_client()), assertion_form(an_assertion(old)))
    changed = an_endpoint(a_key_client(jwks={"keys": [new.public_jwk()]}))

    assert (await refusal_of(changed, assertion_form(an_assertion(old)))).code is ErrorCode.INVALID_CLIENT
    assert await client_of(changed, assertion_form(an_assertion(new))) == "rp-a"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1")
@pytest.mark.parametrize(("algorithm", "is_good"), [(Algorithm.PS256, True), (Algorithm.RS256, False)])
async def test_a_fapi_client_signs_with_the_algorithms_of_its_profile(algorithm, is_good) -> None:
    key = signing_key(algorithm, "client")
    jwks = {"keys": [{name: value for name, value in key.public_jwk().items() if name != "alg"}]}
    op = an_endpoint(a_key_client(jwks=jwks, profile=Profile.FAPI2_SP, dpop_bound_access_tokens=True))
    form = assertion_form(an_assertion(key))

    if is_good:
        assert await client_of(op, form) == "rp-a"
    else:
        assert (await refusal_of(op, form)).code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-07")
async def test_ca_07_an_assertion_that_one_endpoint_has_seen_is_spent_for_all() -> None:
    op = an_endpoint(a_key_client())
    form = assertion_form(an_assertion())
    await client_of(op, form, path="/par")

    for path in ("/token", "/revoke", "/introspect", "/par"):
        assert (await refusal_of(op, form, path=path)).code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-07")
async def test_ca_07_of_many_simultaneous_uses_one_succeeds() -> None:
    op = an_endpoint(a_key_client())
    form = assertion_form(an_assertion())

    results = await asyncio.gather(*(client_of(op, form) for _ in range(50)), return_exceptions=True)

    assert results.count("rp-a") == 1
