import json
from dataclasses import replace
from datetime import timedelta

import pytest
from jose import jwt as far_side
from joserfc import jwe
from joserfc.jwk import RSAKey

from certs.keys.signing_key import Algorithm
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import id_token, new_access_token
from gateway.oidc.model import Confirmation
from gateway.oidc.names import ConfirmationMethod, ErrorCode
from gateway.oidc.random_values import new_value
from gateway.oidc.userinfo import BearerError, answer
from tests.gateway.oidc.fakes import (
    ISSUER,
    NOW,
    FakeCertificates,
    a_call,
    a_client,
    a_grant,
    an_endpoint,
    signing_key,
)
from tests.gateway.oidc.proofs import USERINFO_ADDRESS, a_proof, ath, binding, proof_key

EVERYTHING = {
    "sub": "pairwise-sub-of-rp-a",
    "name": "Fictional Person",
    "gba_cn_id": {"value": "a fictional identifier"},
}
AT_CERTIFICATE = Confirmation(ConfirmationMethod.X5T_S256, FakeCertificates().thumbprint(b"one"))


def a_store(client=None, *, token=(), **grant):
    """A provider that has given out one access token."""
    op, text = an_endpoint(client or a_client(), certificates=FakeCertificates()), new_value()
    kept = replace(new_access_token(text, a_grant(**grant), NOW, timedelta(minutes=10)), **dict(token))
    op.tokens.access_tokens[kept.hash] = kept
    op.tokens.grants[kept.grant_id] = a_grant(**grant)
    return op, text


async def ask(op, authorization, *, query=False, now=NOW, **call):
    sent = a_call((), authorization, path="/userinfo", method="GET", now=now, **call)
    return await answer(sent, op, query_has_token=query)


async def refusal_of(op, authorization, **more) -> BearerError:
    with pytest.raises(BearerError) as refusal:
        await ask(op, authorization, **more)
    return refusal.value


@pytest.mark.spec("OpenID Connect Core §5.3.2")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_holder_of_a_token_gets_the_released_claims(scheme) -> None:
    op, text = a_store()

    assert await ask(op, [f"{scheme} {text}"]) == EVERYTHING


async def test_a_scope_that_was_not_granted_releases_nothing() -> None:
    op, text = a_store(scopes=("openid",), claims={"name": "Fictional Person", "sub": "somebody"})

    assert await ask(op, [f"Bearer {text}"]) == {"sub": "pairwise-sub-of-rp-a"}


@pytest.mark.spec("RFC 6750 §3.1")
@pytest.mark.parametrize("authorization", [[], ["Basic eDp5"], ["Token eDp5"], [""]])
async def test_a_request_without_a_token_is_only_told_the_scheme(authorization) -> None:
    error = await refusal_of(an_endpoint(), authorization)

    assert (error.status, error.code, error.challenge) == (401, None, "Bearer")


@pytest.mark.spec("RFC 6750 §3.1")
@pytest.mark.parametrize("text", ["x" * 43, "x", "x" * 44, "x" * 100_000, "abc=="])
async def test_an_unknown_token_is_refused(text) -> None:
    error = await refusal_of(an_endpoint(), [f"Bearer {text}"])

    assert (error.status, error.code) == (401, ErrorCode.INVALID_TOKEN)
    assert error.challenge == 'Bearer error="invalid_token", error_description="the access token is not valid"'


@pytest.mark.spec("RFC 9449 §7.1")
async def test_an_unknown_token_with_the_scheme_dpop_is_told_the_algorithms() -> None:
    error = await refusal_of(an_endpoint(), ["DPoP abc"])

    assert (error.status, error.code) == (401, ErrorCode.INVALID_TOKEN)
    assert error.challenge.startswith('DPoP error="invalid_token", ')
    assert error.challenge.endswith(', algs="ES256 PS256 RS256"')


async def test_a_token_is_refused_from_the_moment_it_expires() -> None:
    op, text = a_store()

    error = await refusal_of(op, [f"Bearer {text}"], now=NOW + timedelta(minutes=10))

    assert error.code is ErrorCode.INVALID_TOKEN


async def test_a_token_of_an_ended_grant_is_refused() -> None:
    op, text = a_store()
    await op.tokens.revoke_grant("grant-1", NOW)

    assert (await refusal_of(op, [f"Bearer {text}"])).code is ErrorCode.INVALID_TOKEN


@pytest.mark.parametrize("client", [a_client(disabled_at=NOW), a_client(client_id="rp-b")])
async def test_a_token_whose_client_is_gone_is_refused(client) -> None:
    op, text = a_store(client)

    assert (await refusal_of(op, [f"Bearer {text}"])).code is ErrorCode.INVALID_TOKEN


async def test_a_token_that_was_narrowed_below_openid_has_too_little_scope() -> None:
    op, text = a_store(token={"scopes": ("profile",)})

    error = await refusal_of(op, [f"Bearer {text}"])

    assert (error.status, error.code) == (403, ErrorCode.INSUFFICIENT_SCOPE)


@pytest.mark.attack("CD-07")
async def test_cd_07_an_id_token_is_no_access_token() -> None:
    token = id_token(a_grant(), a_client(), "x", an_endpoint(), NOW)

    assert (await refusal_of(an_endpoint(), [f"Bearer {token}"])).code is ErrorCode.INVALID_TOKEN


@pytest.mark.attack("TN-01")
async def test_tn_01_a_token_for_a_resource_server_is_none_for_userinfo() -> None:
    op, text = a_store(token={"audience": "https://register.example.hk"})
    own, its_text = a_store(token={"audience": ISSUER})

    assert (await refusal_of(op, [f"Bearer {text}"])).code is ErrorCode.INVALID_TOKEN
    assert await ask(own, [f"Bearer {its_text}"]) == EVERYTHING


@pytest.mark.attack("HP-08")
async def test_hp_08_two_headers_a_tab_or_a_trailing_space_are_refused() -> None:
    op, text = a_store()
    sent = [[f"Bearer {text}"] * 2, [f"Bearer\t{text}"], [f"Bearer {text} "], [f"Bearer  {text}"], ["Bearer"]]

    for authorization in [*sent, ["DPoP"], [f"DPoP {text} "]]:
        error = await refusal_of(op, authorization)

        assert (error.status, error.code) == (400, ErrorCode.INVALID_REQUEST)


@pytest.mark.attack("HP-09")
@pytest.mark.parametrize("with_header", [True, False])
async def test_hp_09_a_token_in_the_query_is_refused(with_header) -> None:
    op, text = a_store()

    error = await refusal_of(op, [f"Bearer {text}"] if with_header else [], query=True)

    assert (error.status, error.code) == (400, ErrorCode.INVALID_REQUEST)


async def test_no_refusal_quotes_the_token() -> None:
    error = await refusal_of(an_endpoint(), ["Bearer " + "secret-token" * 3])

    assert "secret" not in str(error) + error.challenge


async def test_too_many_requests_of_one_client_are_refused_once_its_token_is_known() -> None:
    async def admit(client, call) -> None:
        raise OAuthError(ErrorCode.TEMPORARILY_UNAVAILABLE, "too many requests", retry_after=timedelta(seconds=1))

    op, text = a_store()
    limited = replace(op, admit=admit)

    with pytest.raises(OAuthError):
        await ask(limited, [f"Bearer {text}"])
    assert (await refusal_of(limited, ["Bearer unknown"])).code is ErrorCode.INVALID_TOKEN


# ---------------------------------------------------------------------------------- tokens bound to a key
def for_userinfo(text, key=None, **changed):
    return a_proof(key, **{"htm": "GET", "htu": USERINFO_ADDRESS, "ath": ath(text)} | changed)


@pytest.mark.spec("RFC 9449 §7.1")
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
async def test_whoever_proves_the_key_of_a_token_gets_the_claims(scheme) -> None:
    op, text = a_store(token={"confirmation": binding()})

    assert await ask(op, [f"{scheme} {text}"], proofs=[for_userinfo(text)]) == EVERYTHING


@pytest.mark.attack("DP-01")
async def test_dp_01_a_bound_token_is_no_bearer_token() -> None:
    op, text = a_store(token={"confirmation": binding()})

    for proofs in ([], [for_userinfo(text)]):
        error = await refusal_of(op, [f"Bearer {text}"], proofs=proofs)

        assert (error.status, error.code, error.scheme) == (401, ErrorCode.INVALID_TOKEN, "DPoP")


@pytest.mark.attack("DP-01")
async def test_dp_01_a_bound_token_without_proof_or_with_another_keys_is_refused() -> None:
    op, text = a_store(token={"confirmation": binding()})
    thief = for_userinfo(text, proof_key(name="thief"))

    without = await refusal_of(op, [f"DPoP {text}"])
    by_another = await refusal_of(op, [f"DPoP {text}"], proofs=[thief])

    assert (without.status, without.code) == (401, ErrorCode.INVALID_DPOP_PROOF)
    assert (by_another.status, by_another.code) == (401, ErrorCode.INVALID_TOKEN)


@pytest.mark.attack("DP-04")
@pytest.mark.parametrize(
    "changed", [{"ath": None}, {"ath": ath("another")}, {"htm": "POST"}, {"htu": f"{ISSUER}/token"}]
)
async def test_dp_04_a_proof_for_something_else_is_refused(changed) -> None:
    op, text = a_store(token={"confirmation": binding()})

    error = await refusal_of(op, [f"DPoP {text}"], proofs=[for_userinfo(text, **changed)])

    assert (error.status, error.code) == (401, ErrorCode.INVALID_DPOP_PROOF)
    assert error.challenge.startswith('DPoP error="invalid_dpop_proof"')


async def test_a_proof_counts_once_at_userinfo_too() -> None:
    op, text = a_store(token={"confirmation": binding()})
    proof = for_userinfo(text)
    await ask(op, [f"DPoP {text}"], proofs=[proof])

    assert (await refusal_of(op, [f"DPoP {text}"], proofs=[proof])).code is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.spec("RFC 9449 §9")
async def test_userinfo_tells_the_nonce_to_use() -> None:
    op, text = a_store(token={"confirmation": binding()})
    asking = replace(op, dpop_nonce_key=b"a fictional key for server nonces")

    error = await refusal_of(asking, [f"DPoP {text}"], proofs=[for_userinfo(text)])

    assert (error.status, error.code) == (401, ErrorCode.USE_DPOP_NONCE)
    assert await ask(asking, [f"DPoP {text}"], proofs=[for_userinfo(text, nonce=error.dpop_nonce)]) == EVERYTHING


async def test_a_bearer_token_is_not_taken_for_a_bound_one() -> None:
    op, text = a_store()

    error = await refusal_of(op, [f"DPoP {text}"], proofs=[for_userinfo(text)])

    assert (error.status, error.code) == (401, ErrorCode.INVALID_TOKEN)


@pytest.mark.spec("RFC 8705 §3")
async def test_a_token_bound_to_a_certificate_comes_with_it() -> None:
    op, text = a_store(token={"confirmation": AT_CERTIFICATE})

    assert await ask(op, [f"Bearer {text}"], certificate=b"one") == EVERYTHING


@pytest.mark.attack("DP-01")
@pytest.mark.parametrize("certificate", [None, b"two"])
async def test_dp_01_a_token_bound_to_a_certificate_is_refused_without_it(certificate) -> None:
    op, text = a_store(token={"confirmation": AT_CERTIFICATE})

    assert (await refusal_of(op, [f"Bearer {text}"], certificate=certificate)).code is ErrorCode.INVALID_TOKEN
    without_tls = replace(op, certificates=None)
    assert (await refusal_of(without_tls, [f"Bearer {text}"], certificate=b"one")).code is ErrorCode.INVALID_TOKEN


# ------------------------------------------------------------------------------- signed and encrypted answers
@pytest.mark.spec("OpenID Connect Core §5.3.2")
@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_a_client_may_have_its_userinfo_signed(algorithm) -> None:
    op, text = a_store(a_client(userinfo_signed_response_alg=algorithm))

    token = await ask(op, [f"Bearer {text}"])

    keys = [key for key in op.keys.jwks()["keys"] if key["alg"] == algorithm]
    assert isinstance(token, str)
    assert far_side.decode(token, {"keys": keys}, algorithms=[algorithm], audience="rp-a", issuer=ISSUER) == {
        **EVERYTHING,
        "iss": ISSUER,
        "aud": "rp-a",
    }


KEY = signing_key(Algorithm.RS256, "reader")
SEALED = {
    "jwks": {
        "keys": [{"kty": "RSA", "use": "enc", "kid": "one"} | {name: KEY.public_jwk()[name] for name in ("n", "e")}]
    },
    "userinfo_encrypted_response_alg": "RSA-OAEP",
}


def opened(token) -> bytes:
    assert isinstance(token, str)
    key = RSAKey.import_key(KEY.to_pem())
    return jwe.decrypt_compact(token, key, algorithms=["RSA-OAEP", "A128CBC-HS256"]).plaintext or b""


@pytest.mark.spec("OpenID Connect Core §5.3.2")
async def test_a_client_may_have_its_userinfo_encrypted() -> None:
    op, text = a_store(a_client(**SEALED))

    assert json.loads(opened(await ask(op, [f"Bearer {text}"]))) == {**EVERYTHING, "iss": ISSUER, "aud": "rp-a"}


@pytest.mark.spec("RFC 7519 §5.2")
async def test_a_client_may_have_its_userinfo_signed_and_then_encrypted() -> None:
    op, text = a_store(a_client(**SEALED, userinfo_signed_response_alg="ES256"))

    token = opened(await ask(op, [f"Bearer {text}"])).decode()

    assert far_side.get_unverified_claims(token)["sub"] == "pairwise-sub-of-rp-a"


async def test_userinfo_is_never_sent_in_the_clear_instead_of_encrypted() -> None:
    op, text = a_store(a_client(**SEALED | {"jwks": None}))

    with pytest.raises(OAuthError) as refusal:
        await ask(op, [f"Bearer {text}"])

    assert refusal.value.code is ErrorCode.SERVER_ERROR
