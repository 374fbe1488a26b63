import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.random_values import digest
from gateway.oidc.token import answer
from tests.gateway.oidc.fakes import CALLBACK, VERIFIER, a_basic_header, a_call, an_endpoint, with_code
from tests.gateway.oidc.proofs import a_proof, binding, proof_key
from tests.gateway.oidc.refreshing import (
    a_public_refresher,
    a_refresher,
    an_offline_grant,
    refresh,
    refusal_of,
    with_refresh,
)


@pytest.mark.attack("TN-01")
async def test_tn_01_a_refresh_token_of_another_client_is_refused_and_stays_as_it_is() -> None:
    op = an_endpoint(a_refresher(), a_refresher(client_id="rp-b"))
    token = with_refresh(op)

    assert await refusal_of(op, token, client_id="rp-b") is ErrorCode.INVALID_GRANT
    assert (await refresh(op, token)).access_token


@pytest.mark.spec("RFC 9449 §5")
async def test_a_refresh_token_of_a_public_client_is_bound_to_its_key_and_stays() -> None:
    op = an_endpoint(a_public_refresher(dpop_bound_access_tokens=True))
    token = with_refresh(op, confirmation=binding())

    response = await refresh(op, token, proofs=[a_proof()])

    assert (response.token_type, response.refresh_token) == ("DPoP", token)
    thief = proof_key(name="thief")
    assert await refusal_of(op, token, proofs=[a_proof(thief)]) is ErrorCode.INVALID_GRANT
    assert await refusal_of(op, token) is ErrorCode.INVALID_DPOP_PROOF


async def test_a_bound_token_is_not_refreshed_without_a_proof_even_if_the_client_need_not_send_one() -> None:
    op = an_endpoint(a_public_refresher())
    token = with_refresh(op, confirmation=binding())

    assert await refusal_of(op, token) is ErrorCode.INVALID_GRANT
    assert (await refresh(op, token, proofs=[a_proof()])).refresh_token == token


@pytest.mark.spec("RFC 9449 §5")
async def test_a_client_that_proves_itself_may_change_its_key() -> None:
    op = an_endpoint(a_refresher(dpop_bound_access_tokens=True))
    token = with_refresh(op)
    await refresh(op, token, proofs=[a_proof()])

    response = await refresh(op, token, proofs=[a_proof(proof_key(name="new"))])

    bound = op.tokens.access_tokens[digest(response.access_token)].confirmation
    assert bound == binding(proof_key(name="new"))
    assert await refusal_of(op, token) is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.parametrize("token", ["x", "é" * 43, "x" * 4000])
async def test_an_unknown_refresh_token_is_refused(token) -> None:
    assert await refusal_of(an_endpoint(a_refresher()), token) is ErrorCode.INVALID_GRANT


async def test_a_request_without_refresh_token_is_refused() -> None:
    assert await refusal_of(an_endpoint(a_refresher()), "") is ErrorCode.INVALID_REQUEST


@pytest.mark.attack("CD-07")
async def test_cd_07_codes_and_access_tokens_are_no_refresh_tokens() -> None:
    op = an_endpoint(a_refresher())
    code = with_code(op.tokens)
    access_token = (await refresh(op, with_refresh(op))).access_token

    for other in (code, access_token):
        assert await refusal_of(op, other) is ErrorCode.INVALID_GRANT


async def test_no_refusal_quotes_the_token() -> None:
    with pytest.raises(OAuthError) as refusal:
        await refresh(an_endpoint(a_refresher()), "secret-token")

    assert "secret" not in str(refusal.value)


# ----------------------------------------------------------------------------------- what it is bound to at first
async def redeem_code(client):
    op = an_endpoint(client)
    form = [
        ("grant_type", "authorization_code"),
        ("code", with_code(op.tokens, grant=an_offline_grant())),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
    header = [] if client.is_public else [a_basic_header()]
    named = [("client_id", "rp-a")] if client.is_public else []
    await answer(a_call([*form, *named], header, proofs=[a_proof()]), op)
    (token,) = op.tokens.refresh_tokens.values()
    return token


@pytest.mark.spec("RFC 9449 §5")
async def test_only_the_refresh_token_of_a_public_client_is_bound_to_the_key() -> None:
    assert (await redeem_code(a_public_refresher())).confirmation == binding()
    assert (await redeem_code(a_refresher())).confirmation is None
