from datetime import timedelta

import pytest

from gateway.oidc.issue import id_token, new_access_token
from gateway.oidc.names import ErrorCode
from gateway.oidc.random_values import new_value
from gateway.oidc.userinfo import BearerError, answer
from tests.gateway.oidc.fakes import NOW, FakeTokens, a_client, a_grant, an_endpoint


def a_store(**grant):
    tokens, text = FakeTokens(), new_value()
    token = new_access_token(text, a_grant(**grant), NOW, timedelta(minutes=10))
    tokens.access_tokens[token.hash] = token
    tokens.grants[token.grant_id] = a_grant(**grant)
    return tokens, text


async def refusal_of(tokens, authorization, *, query=False, now=NOW) -> BearerError:
    with pytest.raises(BearerError) as refusal:
        await answer(authorization, query, tokens, now)
    return refusal.value


@pytest.mark.spec("OpenID Connect Core §5.3.2")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_holder_of_a_token_gets_the_released_claims(scheme) -> None:
    tokens, text = a_store()

    assert await answer([f"{scheme} {text}"], False, tokens, NOW) == {
        "sub": "pairwise-sub-of-rp-a",
        "name": "Fictional Person",
        "gba_cn_id": {"value": "a fictional identifier"},
    }


async def test_a_scope_that_was_not_granted_releases_nothing() -> None:
    tokens, text = a_store(scopes=("openid",), claims={"name": "Fictional Person", "sub": "somebody"})

    assert await answer([f"Bearer {text}"], False, tokens, NOW) == {"sub": "pairwise-sub-of-rp-a"}


@pytest.mark.spec("RFC 6750 §3.1")
@pytest.mark.parametrize("authorization", [[], ["Basic eDp5"], ["DPoP abc"], [""]])
async def test_a_request_without_a_token_is_only_told_the_scheme(authorization) -> None:
    error = await refusal_of(FakeTokens(), authorization)

    assert (error.status, error.code, error.challenge) == (401, None, "Bearer")


@pytest.mark.spec("RFC 6750 §3.1")
@pytest.mark.parametrize("text", ["x" * 43, "x", "x" * 44, "x" * 100_000, "abc=="])
async def test_an_unknown_token_is_refused(text) -> None:
    error = await refusal_of(FakeTokens(), [f"Bearer {text}"])

    assert (error.status, error.code) == (401, ErrorCode.INVALID_TOKEN)
    assert error.challenge == 'Bearer error="invalid_token", error_description="the access token is not valid"'


async def test_a_token_is_refused_from_the_moment_it_expires() -> None:
    tokens, text = a_store()

    error = await refusal_of(tokens, [f"Bearer {text}"], now=NOW + timedelta(minutes=10))

    assert error.code is ErrorCode.INVALID_TOKEN


async def test_a_token_of_an_ended_grant_is_refused() -> None:
    tokens, text = a_store()
    await tokens.revoke_grant("grant-1", NOW)

    assert (await refusal_of(tokens, [f"Bearer {text}"])).code is ErrorCode.INVALID_TOKEN


@pytest.mark.attack("CD-07")
async def test_cd_07_an_id_token_is_no_access_token() -> None:
    token = id_token(a_grant(), a_client(), "x", an_endpoint(), NOW)

    assert (await refusal_of(FakeTokens(), [f"Bearer {token}"])).code is ErrorCode.INVALID_TOKEN


@pytest.mark.attack("HP-08")
async def test_hp_08_two_headers_a_tab_or_a_trailing_space_are_refused() -> None:
    tokens, text = a_store()
    sent = [[f"Bearer {text}"] * 2, [f"Bearer\t{text}"], [f"Bearer {text} "], [f"Bearer  {text}"], ["Bearer"]]

    for authorization in sent:
        error = await refusal_of(tokens, authorization)

        assert (error.status, error.code) == (400, ErrorCode.INVALID_REQUEST)


@pytest.mark.attack("HP-09")
@pytest.mark.parametrize("with_header", [True, False])
async def test_hp_09_a_token_in_the_query_is_refused(with_header) -> None:
    tokens, text = a_store()

    error = await refusal_of(tokens, [f"Bearer {text}"] if with_header else [], query=True)

    assert (error.status, error.code) == (400, ErrorCode.INVALID_REQUEST)


async def test_no_refusal_quotes_the_token() -> None:
    error = await refusal_of(FakeTokens(), ["Bearer " + "secret-token" * 3])

    assert "secret" not in str(error) + error.challenge
