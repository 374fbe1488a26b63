"""fapi2-security-profile-final-test-plan, private_key_jwt and DPoP: proofs of the key, and what is bound to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from tests.conformance.fapi import Fapi, assert_refused
from tests.conformance.suite import ISSUER, Suite
from tests.conformance.wire import claims_of, spoiled, unsigned
from tests.relying_party import Key, RelyingParty, encode

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("RFC 9449 §4.3, §5, §7, §10")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fapi(suite: Suite) -> Fapi:
    first, second = [await RelyingParty.fapi(suite.world, name) for name in ("first", "second")]
    return Fapi(suite, first, second)


def now(fapi: Fapi) -> int:
    return int(fapi.suite.world.clock.now.timestamp())


async def test_fapi2_security_profile_final_check_dpop_proof_nbf_exp(fapi: Fapi) -> None:
    dated = {"nbf": now(fapi), "exp": now(fapi) + 60}

    await with_proofs(fapi, **dated)


@pytest.mark.parametrize("seconds", [-10, 10])
async def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_to_either_side_succeeds(
    fapi: Fapi, seconds: int
) -> None:
    # …-ensure-dpopproof-with-iat-10seconds-before-succeeds, …-ensure-dpopproof-with-iat-10seconds-after-succeeds
    await with_proofs(fapi, iat=now(fapi) + seconds)


async def with_proofs(fapi: Fapi, **changes: Any) -> None:
    """The whole way with proofs like these at all three endpoints."""
    asked = fapi.ask()
    code = (await fapi.code(asked, proof=fapi.first.proof("/par", **changes)))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect_uri}
    answer = await fapi.first.post(
        "/token", {**form, "code_verifier": asked.verifier}, proof=fapi.first.proof("/token", **changes)
    )
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert (await fapi.resource(token, proofs=(fapi.proof(token, **changes),))).status_code == 200


async def test_fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails(fapi: Fapi) -> None:
    await fapi.refused_push(fapi.ask(dpop_jkt=Key.make().thumbprint), "invalid_dpop_proof", "invalid_request")


async def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(
    fapi: Fapi,
) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]

    await redeem_with_another_key(fapi, asked, code)


async def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(fapi: Fapi) -> None:
    assert fapi.first.dpop is not None
    asked = fapi.ask(dpop_jkt=fapi.first.dpop.thumbprint)
    code = (await fapi.code(asked, prove=False))["code"]

    await redeem_with_another_key(fapi, asked, code)


async def redeem_with_another_key(fapi: Fapi, asked: Any, code: str) -> None:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect_uri}
    proof = fapi.first.proof("/token", key=Key.make())
    answer = await fapi.first.post("/token", {**form, "code_verifier": asked.verifier}, proof=proof)
    assert_refused(answer, "invalid_dpop_proof", "invalid_grant")


async def test_fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success(fapi: Fapi) -> None:
    asked = fapi.ask()
    answer = await fapi.code(asked)

    assert (await fapi.suite.tokens(fapi.first, asked, answer))["token_type"] == "DPoP"


async def test_fapi2_security_profile_final_ensure_dpop_auth_code_binding_success(fapi: Fapi) -> None:
    assert fapi.first.dpop is not None
    asked = fapi.ask(dpop_jkt=fapi.first.dpop.thumbprint)
    answer = await fapi.code(asked)

    assert (await fapi.suite.tokens(fapi.first, asked, answer))["token_type"] == "DPoP"


def private(key: Key) -> dict[str, Any]:
    return {"jwk": {**key.members, "d": encode(b"d" * 32)}}


def not_a_proof(fapi: Fapi, token: str) -> tuple[str, ...]:
    return (fapi.proof(token).rpartition(".")[0],)


BAD_PROOFS: dict[str, Callable[[Fapi, str], tuple[str, ...]]] = {
    "two_proofs": lambda fapi, token: (fapi.proof(token), fapi.proof(token)),
    "not_well_formed": not_a_proof,
    "without_typ": lambda fapi, token: (fapi.proof(token, header={"typ": None}),),
    "other_typ": lambda fapi, token: (fapi.proof(token, header={"typ": "JWT"}),),
    "without_jwk": lambda fapi, token: (fapi.proof(token, header={"jwk": None}),),
    "private_key": lambda fapi, token: (fapi.proof(token, header=private(fapi.first.dpop or Key.make())),),
    "without_alg": lambda fapi, token: (fapi.proof(token, header={"alg": ""}),),
    **{
        f"without_{name}": lambda fapi, token, name=name: (fapi.proof(token, **{name: None}),)  # type: ignore[misc]
        for name in ("jti", "htm", "htu", "iat", "ath")
    },
    "alg_none": lambda fapi, token: (
        unsigned(claims_of(fapi.proof(token)), typ="dpop+jwt", jwk=(fapi.first.dpop or Key.make()).members),
    ),
    "invalid_signature": lambda fapi, token: (spoiled(fapi.proof(token)),),
    "other_htm": lambda fapi, token: (fapi.proof(token, htm="PUT"),),
    "other_htu": lambda fapi, token: (fapi.proof(token, htu="https://other.example/userinfo"),),
    "one_hour_ahead": lambda fapi, token: (fapi.proof(token, iat=now(fapi) + 3600),),
    "one_hour_past": lambda fapi, token: (fapi.proof(token, iat=now(fapi) - 3600),),
    "other_ath": lambda fapi, token: (fapi.proof(token, ath=encode(b"h" * 32)),),
    "other_key": lambda fapi, token: (fapi.proof(token, key=Key.make()),),
    "no_proof": lambda _fapi, _token: (),
}
GOOD_PROOFS: dict[str, dict[str, Any]] = {
    "htu_with_query_and_fragment": {"htu": f"{ISSUER}/userinfo?query=1#fragment"},
    "htu_in_capitals": {"htu": "HTTPS://GATE.EXAMPLE/userinfo"},
    "htu_with_port": {"htu": "https://gate.example:443/userinfo"},
    "more_claims": {"foo": "bar", "header": {"foo": "bar"}},
}


async def test_fapi2_security_profile_final_dpop_negative_tests(fapi: Fapi) -> None:
    token = (await fapi.tokens())["access_token"]

    answers = {case: await fapi.resource(token, proofs=make(fapi, token)) for case, make in BAD_PROOFS.items()}

    assert {case: answer.status_code for case, answer in answers.items() if answer.status_code not in {400, 401}} == {}
    assert all("DPoP" in answer.headers["www-authenticate"] for answer in answers.values())
    for case, changes in GOOD_PROOFS.items():
        assert (await fapi.resource(token, proofs=(fapi.proof(token, **changes),))).status_code == 200, case
    assert (await fapi.resource(token, name="DPOP")).status_code == 200


async def test_fapi2_security_profile_final_dpop_negative_tests_a_proof_counts_once(fapi: Fapi) -> None:
    token = (await fapi.tokens())["access_token"]
    proof = fapi.proof(token)

    statuses = [(await fapi.resource(token, proofs=(proof,))).status_code for _ in range(2)]

    assert statuses == [200, 401]


async def test_fapi2_security_profile_final_dpop_negative_tests_a_bound_token_is_no_bearer_token(fapi: Fapi) -> None:
    token = (await fapi.tokens())["access_token"]

    assert (await fapi.resource(token, scheme="Bearer", proofs=())).status_code == 401
    assert (await fapi.resource(token)).status_code == 200


async def test_fapi2_security_profile_final_dpop_negative_tests_rs256(fapi: Fapi) -> None:
    # An RSA key may sign PS256 proofs; the same key's RS256 counts nowhere.
    party = await RelyingParty.fapi(fapi.suite.world, "rsa-proofs")
    party.dpop = Key.make("PS256")
    token = (await fapi.tokens(party))["access_token"]
    weaker = replace(party.dpop, alg="RS256")

    await fapi.refused_push(fapi.ask(party), "invalid_dpop_proof", party=party, proof=party.proof("/par", key=weaker))
    proof = party.proof("/userinfo", method="GET", access_token=token, key=weaker)

    assert (await fapi.resource(token, proofs=(proof,))).status_code == 401
    assert (await party.userinfo(token)).status_code == 200
