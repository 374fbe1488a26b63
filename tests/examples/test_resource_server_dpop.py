"""The sample API and tokens that are bound to a key: worth nothing without it (RFC 9449 §7)."""

from typing import Any, TypeAlias

import pytest
import pytest_asyncio

from tests.examples.calling import API, Api, error_of, proof
from tests.relying_party import Key, RelyingParty
from tests.world import World

Holder: TypeAlias = tuple[RelyingParty, str]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def holder(world: World) -> Holder:
    """A relying party with a bound token for the API."""
    party = await RelyingParty.fapi(world, resources=(API,))
    tokens = await party.sign_in(resource=API)
    assert tokens["token_type"] == "DPoP"
    return party, tokens["access_token"]


@pytest.mark.spec("RFC 9449 §7.1")
async def test_a_bound_token_with_its_proof_opens_the_api(holder: Holder, api: Api) -> None:
    party, token = holder

    response = await api.call(token, scheme="DPoP", proofs=[proof(party, token)])

    assert response.status_code == 200
    assert response.json()["asked_by"] == ["fapi"]


@pytest.mark.spec("RFC 9449 §7.2")
async def test_a_bound_token_is_no_bearer_token(holder: Holder, api: Api) -> None:
    party, token = holder

    response = await api.call(token, scheme="Bearer", proofs=[proof(party, token)])

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


async def test_a_bearer_token_is_no_bound_one(service: RelyingParty, api: Api) -> None:
    token = (await service.sign_in(resource=API))["access_token"]

    response = await api.call(token, scheme="DPoP", proofs=[proof(service, token)])

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


async def test_a_thief_with_a_key_of_his_own_is_refused(holder: Holder, api: Api) -> None:
    party, token = holder

    response = await api.call(token, scheme="DPoP", proofs=[proof(party, token, key=Key.make())])

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"htm": "POST"}, id="another method"),
        pytest.param({"htu": f"{API}/breakfast/orders"}, id="another address"),
        pytest.param({"ath": "x" * 43}, id="another token"),
        pytest.param({"ath": None}, id="no token named"),
        pytest.param({"iat": None}, id="undated"),
        pytest.param({"iat": True}, id="a date that is none"),
        pytest.param({"header": {"typ": "JWT"}}, id="another type"),
        pytest.param({"header": {"jwk": None}}, id="no key"),
        pytest.param({"header": {"alg": "none"}}, id="unsigned"),
        pytest.param({"header": {"alg": "HS256"}}, id="a shared secret"),
    ],
)
@pytest.mark.spec("RFC 9449 §4.3")
async def test_a_proof_that_is_not_for_this_request_is_refused(
    holder: Holder, api: Api, spoilt: dict[str, Any]
) -> None:
    party, token = holder

    response = await api.call(token, scheme="DPoP", proofs=[proof(party, token, **spoilt)])

    assert (response.status_code, error_of(response)) == (401, "invalid_dpop_proof")


async def test_a_proof_is_taken_once(holder: Holder, api: Api) -> None:
    party, token = holder
    once = proof(party, token)

    first = await api.call(token, scheme="DPoP", proofs=[once])
    second = await api.call(token, scheme="DPoP", proofs=[once])

    assert (first.status_code, second.status_code) == (200, 401)
    assert error_of(second) == "invalid_dpop_proof"


@pytest.mark.parametrize("seconds", [-61, 61])
async def test_a_proof_is_fresh(holder: Holder, api: Api, seconds: int) -> None:
    party, token = holder
    dated = proof(party, token, iat=api.world.clock.seconds() + seconds)

    response = await api.call(token, scheme="DPoP", proofs=[dated])

    assert (response.status_code, error_of(response)) == (401, "invalid_dpop_proof")


async def test_none_and_two_proofs_are_refused(holder: Holder, api: Api) -> None:
    party, token = holder

    without = await api.call(token, scheme="DPoP")
    doubled = await api.call(token, scheme="DPoP", proofs=[proof(party, token), proof(party, token)])

    assert {error_of(without), error_of(doubled)} == {"invalid_dpop_proof"}
