from dataclasses import replace

import pytest

from certs.keys.signing_key import Algorithm
from gateway.oidc.confirmation import confirm
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Confirmation
from gateway.oidc.names import ConfirmationMethod, ErrorCode, Profile
from gateway.oidc.token import answer
from tests.gateway.oidc.assertions import an_assertion, assertion_form
from tests.gateway.oidc.fakes import (
    CALLBACK,
    VERIFIER,
    FakeCertificates,
    a_call,
    a_client,
    a_grant,
    a_key_client,
    an_endpoint,
    with_code,
)
from tests.gateway.oidc.proofs import a_proof, binding, proof_key

BOUND = a_client(dpop_bound_access_tokens=True)
BY_CERTIFICATE = a_client(tls_client_certificate_bound_access_tokens=True)
FAPI = a_key_client(profile=Profile.FAPI2_SP, dpop_bound_access_tokens=True, redirect_uris=("https://rp-a.example/cb",))


async def confirmed(client, **call):
    return await confirm(client, a_call(**call), an_endpoint(client, certificates=FakeCertificates()))


async def refusal_of(client, **call) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await confirmed(client, **call)
    return refusal.value.code


async def test_a_bearer_token_is_bound_to_nothing() -> None:
    assert await confirmed(a_client()) is None
    assert await confirmed(a_client(), certificate=b"one") is None


@pytest.mark.spec("RFC 9449 §5")
@pytest.mark.parametrize("client", [a_client(), BOUND])
async def test_whoever_sends_a_proof_gets_a_token_bound_to_its_key(client) -> None:
    assert await confirmed(client, proofs=[a_proof()]) == binding()


@pytest.mark.attack("DP-01")
async def test_dp_01_a_client_registered_for_bound_tokens_gets_none_without_a_proof() -> None:
    assert await refusal_of(BOUND) is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.spec("RFC 8705 §3")
async def test_a_token_is_bound_to_the_certificate_of_the_connection() -> None:
    bound = await confirmed(BY_CERTIFICATE, certificate=b"one")

    assert bound == Confirmation(ConfirmationMethod.X5T_S256, FakeCertificates().thumbprint(b"one"))


async def test_a_client_registered_for_certificate_bound_tokens_gets_none_without_a_certificate() -> None:
    assert await refusal_of(BY_CERTIFICATE) is ErrorCode.INVALID_REQUEST


async def test_where_mutual_tls_is_not_offered_a_certificate_proves_nothing() -> None:
    with pytest.raises(OAuthError):
        await confirm(BY_CERTIFICATE, a_call(certificate=b"one"), an_endpoint())


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1")
async def test_a_fapi_client_gets_no_bearer_token() -> None:
    client = a_key_client(profile=Profile.FAPI2_SP)

    assert await refusal_of(client) is ErrorCode.INVALID_REQUEST


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1")
async def test_a_fapi_client_signs_no_proof_with_rs256() -> None:
    assert await refusal_of(FAPI, proofs=[a_proof(proof_key(Algorithm.RS256))]) is ErrorCode.INVALID_DPOP_PROOF


# ------------------------------------------------------------------------------------------- the code grant
def form(code):
    return [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        *assertion_form(an_assertion()),
    ]


async def test_a_fapi_client_gets_a_token_of_type_dpop() -> None:
    op = an_endpoint(FAPI)

    response = await answer(a_call(form(with_code(op.tokens)), proofs=[a_proof()]), op)

    (token,) = op.tokens.access_tokens.values()
    assert (response.token_type, token.confirmation) == ("DPoP", binding())


@pytest.mark.attack("DP-06")
@pytest.mark.spec("RFC 9449 §10")
async def test_dp_06_a_code_is_bound_to_the_key_of_its_request() -> None:
    op = an_endpoint(FAPI)
    bound_to = binding().thumbprint
    code = with_code(op.tokens, grant=a_grant(dpop_jkt=bound_to))

    with pytest.raises(OAuthError) as refusal:
        await answer(a_call(form(code), proofs=[a_proof(proof_key(name="thief"))]), op)

    assert refusal.value.code is ErrorCode.INVALID_GRANT
    assert op.tokens.access_tokens == {}


@pytest.mark.attack("DP-06")
async def test_dp_06_the_key_of_the_request_redeems_the_code() -> None:
    op = an_endpoint(FAPI)
    code = with_code(op.tokens, grant=a_grant(dpop_jkt=binding().thumbprint))

    assert await answer(a_call(form(code), proofs=[a_proof()]), op)


@pytest.mark.attack("DP-06")
async def test_dp_06_a_code_that_is_bound_to_a_key_is_not_redeemed_without_any() -> None:
    op = an_endpoint(a_key_client())
    code = with_code(op.tokens, grant=a_grant(dpop_jkt=binding().thumbprint))

    with pytest.raises(OAuthError) as refusal:
        await answer(a_call(form(code)), op)

    assert refusal.value.code is ErrorCode.INVALID_GRANT


async def test_a_registration_that_does_not_keep_its_profile_is_not_served() -> None:
    op = an_endpoint(replace(FAPI, dpop_bound_access_tokens=False))

    with pytest.raises(OAuthError) as refusal:
        await answer(a_call(form(with_code(op.tokens)), proofs=[a_proof()]), op)

    assert refusal.value.code is ErrorCode.UNAUTHORIZED_CLIENT
