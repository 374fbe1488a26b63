from dataclasses import replace
from datetime import timedelta

import pytest
from jose import jwt as far_side

from certs.keys.signing_key import Algorithm, KeySet
from gateway.oidc.access_token import Terms, acting, issue
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.random_values import digest, new_value
from gateway.oidc.token import answer
from tests.gateway.oidc.fakes import (
    CALLBACK,
    ISSUER,
    NOW,
    VERIFIER,
    a_basic_header,
    a_call,
    a_client,
    a_grant,
    an_endpoint,
    signing_key,
    with_code,
)
from tests.gateway.oidc.proofs import binding, thumbprint

AT = int(NOW.timestamp())
REGISTER, ARCHIVE = "https://register.example.hk", "https://archive.example.hk"
CLIENT = a_client(resources=(REGISTER, ARCHIVE))


def read(token: str):
    """Read an access token as a resource server with another library does."""
    keys = [key for key in an_endpoint().keys.jwks()["keys"] if key["alg"] == "ES256"]
    options = {"verify_exp": False, "verify_iat": False}
    return far_side.decode(
        token, {"keys": keys}, algorithms=["ES256"], audience=REGISTER, issuer=ISSUER, options=options
    )


def issued(grant=None, **terms):
    wanted = Terms(**{"client_id": "rp-a", "scopes": ("openid", "profile"), "audience": REGISTER} | terms)
    return issue(new_value(), grant or a_grant(), wanted, an_endpoint(), NOW)


@pytest.mark.spec("RFC 9068 §2.2")
def test_a_token_for_a_resource_server_says_exactly_this() -> None:
    token = issued(confirmation=binding())

    claims = read(token.text)
    assert len(claims.pop("jti")) == 43
    assert claims == {
        "iss": ISSUER,
        "sub": "pairwise-sub-of-rp-a",
        "aud": REGISTER,
        "exp": AT + 600,
        "iat": AT,
        "client_id": "rp-a",
        "scope": "openid profile",
        "auth_time": AT - 120,
        "acr": "urn:gba:loa:3",
        "amr": ["face"],
        "cnf": {"jkt": thumbprint()},
    }
    assert far_side.get_unverified_header(token.text)["typ"] == "at+jwt"
    assert token.token.hash == digest(token.text)


@pytest.mark.attack("PR-05")
def test_pr_05_no_token_for_a_resource_server_holds_a_name_or_a_number() -> None:
    held = {"name": "Fictional", "gba_cn_id": {"value": "x"}, "gba_organisation": {"identifier": "x"}}

    claims = read(issued(a_grant(claims=held), scopes=("openid", "profile", "cn_id", "organisation")).text)

    assert not set(held) & set(claims)


def test_a_token_of_an_organisation_names_the_person_who_acts_and_the_mandate() -> None:
    mandate = {"role": "agent", "scope": ["tax"]}

    claims = read(issued(a_grant(claims={"gba_mandate": mandate}, actor_sub="a-person")).text)

    assert (claims["act"], claims["gba_mandate"]) == ({"sub": "a-person"}, mandate)


@pytest.mark.spec("RFC 8693 §4.1")
def test_whoever_acts_last_stands_outermost() -> None:
    grant = a_grant(actor_sub="a-person")

    assert acting("last first", grant) == {
        "client_id": "last",
        "act": {"client_id": "first", "act": {"sub": "a-person"}},
    }
    assert acting(None, a_grant()) is None


def test_a_token_without_audience_is_opaque() -> None:
    token = issued(audience=None)

    assert len(token.text) == 43
    assert (token.token.hash, token.token.audience) == (digest(token.text), None)


def test_a_token_ends_no_later_than_it_may() -> None:
    soon = NOW + timedelta(seconds=30)

    assert issued(not_after=soon).token.expires_at == soon
    assert read(issued(not_after=soon).text)["exp"] == AT + 30


# ------------------------------------------------------------------------------------------ the code grant
async def redeem(op, *resources, **grant):
    code = with_code(op.tokens, grant=a_grant(**grant))
    form = [("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
    asked = [("resource", resource) for resource in resources]
    return await answer(a_call([("grant_type", "authorization_code"), *form, *asked], [a_basic_header()]), op)


async def refusal_of(op, *resources, **grant) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await redeem(op, *resources, **grant)
    return refusal.value.code


@pytest.mark.spec("RFC 8707 §2.2")
@pytest.mark.parametrize("asked", [[], [REGISTER]])
async def test_the_resource_that_was_granted_is_whom_the_token_is_for(asked) -> None:
    op = an_endpoint(CLIENT)

    response = await redeem(op, *asked, resources=(REGISTER,))

    (token,) = op.tokens.access_tokens.values()
    assert token.audience == REGISTER
    assert read(response.access_token)["aud"] == REGISTER


@pytest.mark.spec("RFC 8707 §2.2")
async def test_one_of_several_resources_is_chosen_at_the_token_endpoint() -> None:
    op = an_endpoint(CLIENT)

    response = await redeem(op, REGISTER, resources=(ARCHIVE, REGISTER))

    assert read(response.access_token)["aud"] == REGISTER


@pytest.mark.parametrize(
    ("asked", "granted"), [([], ()), ([], (ARCHIVE, REGISTER)), ([ISSUER], (REGISTER,)), ([ISSUER], ())]
)
async def test_otherwise_the_token_is_for_userinfo(asked, granted) -> None:
    op = an_endpoint(CLIENT)

    response = await redeem(op, *asked, resources=granted)

    (token,) = op.tokens.access_tokens.values()
    assert (token.audience, len(response.access_token)) == (None, 43)


@pytest.mark.attack("TN-01")
@pytest.mark.spec("RFC 8707 §2")
@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ([ARCHIVE], (REGISTER,)),
        ([REGISTER], ()),
        ([REGISTER, ARCHIVE], (REGISTER, ARCHIVE)),
        (["https://unknown.example"], (REGISTER,)),
        (["register"], (REGISTER,)),
        ([f"{REGISTER}#part"], (REGISTER,)),
    ],
)
async def test_tn_01_a_resource_that_was_not_granted_is_refused(asked, granted) -> None:
    op = an_endpoint(CLIENT)

    assert await refusal_of(op, *asked, resources=granted) is ErrorCode.INVALID_TARGET
    assert op.tokens.access_tokens == {}


async def test_a_code_is_not_spent_while_no_key_could_sign_the_access_token() -> None:
    client = replace(CLIENT, id_token_signed_response_alg="RS256")
    op = an_endpoint(client, keys=KeySet((signing_key(Algorithm.RS256),)))

    assert await refusal_of(op, REGISTER, resources=(REGISTER,)) is ErrorCode.SERVER_ERROR
    assert [code.spent_at for code in op.tokens.codes.values()] == [None]
