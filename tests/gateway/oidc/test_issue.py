from datetime import timedelta

import pytest
from jose import jwt as far_side
from joserfc import jwe
from joserfc.jwk import RSAKey

from certs.keys.signing_key import Algorithm
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import id_token, new_access_token, new_code
from gateway.oidc.names import ErrorCode
from gateway.oidc.protection import for_id_tokens
from gateway.oidc.random_values import digest, new_value
from gateway.oidc.token import answer
from tests.gateway.oidc.fakes import (
    CALLBACK,
    CHALLENGE,
    ISSUER,
    NOW,
    VERIFIER,
    a_basic_header,
    a_call,
    a_client,
    a_grant,
    a_request,
    an_endpoint,
    half_hash,
    signing_key,
    with_code,
)

AT = int(NOW.timestamp())


def read(token: str, algorithm: str = "ES256"):
    """Read an ID token as a relying party with another library does."""
    keys = [key for key in an_endpoint().keys.jwks()["keys"] if key["alg"] == algorithm]
    return far_side.decode(
        token,
        {"keys": keys},
        algorithms=[algorithm],
        audience="rp-a",
        issuer=ISSUER,
        access_token="the-access-token",
        options={"verify_exp": False, "verify_iat": False},
    )


def issue(client=None, **grant):
    return id_token(a_grant(**grant), client or a_client(), "the-access-token", an_endpoint(), NOW)


@pytest.mark.spec("OpenID Connect Core §2")
def test_an_id_token_says_exactly_this() -> None:
    claims = read(issue())

    assert len(claims.pop("jti")) == 43
    assert claims == {
        "iss": ISSUER,
        "sub": "pairwise-sub-of-rp-a",
        "aud": "rp-a",
        "iat": AT,
        "exp": AT + 300,
        "auth_time": AT - 120,
        "acr": "urn:gba:loa:3",
        "amr": ["face"],
        "sid": "session-1",
        "nonce": "a-nonce",
        "at_hash": half_hash("the-access-token"),
    }


def test_the_header_of_an_id_token_holds_three_members() -> None:
    header = far_side.get_unverified_header(issue())

    assert header == {"alg": "ES256", "kid": an_endpoint().keys.active("ES256").kid, "typ": "JWT"}


def test_the_client_chooses_the_algorithm() -> None:
    token = issue(a_client(id_token_signed_response_alg="RS256"))

    assert read(token, "RS256")["sub"] == "pairwise-sub-of-rp-a"


def test_what_was_not_there_is_left_out() -> None:
    claims = read(issue(nonce=None, sid="", scopes=("openid",)))

    assert not {"nonce", "sid", "gba_cn_id", "gba_doc"} & set(claims)


def test_a_released_claim_never_takes_the_place_of_a_protocol_claim() -> None:
    claims = read(issue(claims={"sub": "somebody", "iss": "elsewhere", "gba_cn_id": {}}))

    assert (claims["sub"], claims["iss"]) == ("pairwise-sub-of-rp-a", ISSUER)


def test_two_id_tokens_of_one_second_differ() -> None:
    assert read(issue())["jti"] != read(issue())["jti"]


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_a_code_is_bound_to_its_request_and_kept_as_a_hash() -> None:
    text, code = new_code(a_request(), a_grant(), NOW, timedelta(seconds=60))

    assert (code.client_id, code.redirect_uri, code.code_challenge) == ("rp-a", CALLBACK, CHALLENGE)
    assert (code.grant_id, code.expires_at, code.spent_at) == ("grant-1", NOW + timedelta(seconds=60), None)
    assert code.hash == digest(text)


def test_an_access_token_carries_the_scopes_of_its_grant() -> None:
    token = new_access_token("x" * 43, a_grant(), NOW, timedelta(minutes=10))

    assert (token.scopes, token.client_id, token.hash) == (a_grant().scopes, "rp-a", digest("x" * 43))


@pytest.mark.attack("CD-06")
def test_cd_06_values_are_long_and_never_repeated() -> None:
    values = {new_value() for _ in range(10_000)}

    assert len(values) == 10_000
    assert {len(value) for value in values} == {43}


# ------------------------------------------------------------------------------------------ encrypted ID tokens
def reader(use="enc"):
    key = signing_key(Algorithm.RS256, "reader")
    numbers = {name: key.public_jwk()[name] for name in ("kty", "n", "e")}
    return {"keys": [numbers | {"use": use, "kid": "one"}]}


def an_encrypting_client(**spoilt):
    return a_client(**{"jwks": reader(), "id_token_encrypted_response_alg": "RSA-OAEP"} | spoilt)


async def sealed(client):
    op = an_endpoint(client)
    envelope = await for_id_tokens(client, op, NOW)
    return id_token(a_grant(), client, "the-access-token", op, NOW, envelope=envelope)


@pytest.mark.attack("PR-05")
@pytest.mark.spec("OpenID Connect Core §10.2")
@pytest.mark.parametrize("enc", [None, "A128CBC-HS256", "A256GCM"])
async def test_pr_05_a_client_that_encrypts_its_id_tokens_finds_the_number_inside(enc) -> None:
    token = await sealed(an_encrypting_client(id_token_encrypted_response_enc=enc))

    key = RSAKey.import_key(signing_key(Algorithm.RS256, "reader").to_pem())
    opened = jwe.decrypt_compact(token, key, algorithms=["RSA-OAEP", enc or "A128CBC-HS256"])
    assert opened.headers()["cty"] == "JWT"
    assert read((opened.plaintext or b"").decode())["gba_cn_id"] == {"value": "a fictional identifier"}


@pytest.mark.parametrize("jwks", [None, {"keys": []}, reader("sig")])
async def test_an_id_token_is_never_sent_in_the_clear_instead_of_encrypted(jwks) -> None:
    with pytest.raises(OAuthError) as refusal:
        await sealed(an_encrypting_client(jwks=jwks))

    assert refusal.value.code is ErrorCode.SERVER_ERROR


@pytest.mark.parametrize("keys", [{"jwks": None, "jwks_uri": "https://rp-a.example/keys"}, {"jwks": reader("sig")}])
async def test_a_code_is_not_spent_while_nothing_could_be_encrypted(keys) -> None:
    op = an_endpoint(an_encrypting_client(**keys))
    code = with_code(op.tokens)
    form = [("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]

    with pytest.raises(OAuthError) as refusal:
        await answer(a_call([("grant_type", "authorization_code"), *form], [a_basic_header()]), op)

    assert refusal.value.code is ErrorCode.SERVER_ERROR
    assert op.tokens.codes[digest(code)].spent_at is None


@pytest.mark.attack("PR-05")
def test_pr_05_without_encryption_no_number_stands_in_an_id_token() -> None:
    claims = read(issue(scopes=("openid", "cn_id", "cn_doc"), id_token_claims=("gba_cn_id", "name")))

    assert not {"gba_cn_id", "gba_doc"} & set(claims)
    assert claims["name"] == "Fictional Person"


def test_an_id_token_of_an_organisation_names_the_person_who_acts() -> None:
    assert read(issue(actor_sub="a-person"))["act"] == {"sub": "a-person"}
