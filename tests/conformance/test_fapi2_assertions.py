"""fapi2-security-profile-final-test-plan, private_key_jwt and DPoP: how the client proves who it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import pytest_asyncio

from gateway.oidc.names import CLIENT_ASSERTION_TYPE
from tests.conformance.fapi import Fapi, assert_refused
from tests.conformance.suite import ISSUER, Suite
from tests.conformance.wire import claims_of, spoiled, unsigned
from tests.relying_party import Key, RelyingParty

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1, §5.4")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fapi(suite: Suite) -> Fapi:
    first, second = [await RelyingParty.fapi(suite.world, name) for name in ("first", "second")]
    return Fapi(suite, first, second)


def now(fapi: Fapi) -> int:
    return int(fapi.suite.world.clock.now.timestamp())


BAD_ASSERTIONS: dict[str, Callable[[Fapi], str | None]] = {
    "none": lambda _: None,  # …-ensure-client-assertion-in-token-endpoint
    "without_sub": lambda fapi: fapi.first.assertion(sub=None),  # …-ensure-client-assertion-with-no-sub-fails
    "wrong_sub": lambda fapi: fapi.first.assertion(sub="somebody-else"),
    "without_iss": lambda fapi: fapi.first.assertion(iss=None),
    "wrong_iss": lambda fapi: fapi.first.assertion(iss="somebody-else"),
    "without_aud": lambda fapi: fapi.first.assertion(aud=None),
    "unrelated_aud": lambda fapi: fapi.first.assertion(
        aud="https://other.example"
    ),  # …-ensure-client-assertion-with-wrong-aud-fails
    "par_endpoint_as_aud": lambda fapi: fapi.first.assertion(aud=f"{ISSUER}/par"),
    "token_endpoint_as_aud": lambda fapi: fapi.first.assertion(aud=f"{ISSUER}/token"),
    "array_as_aud": lambda fapi: fapi.first.assertion(aud=[ISSUER, "https://other.example"]),
    "array_of_the_issuer_alone": lambda fapi: fapi.first.assertion(aud=[ISSUER]),
    # …-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
    "five_minutes_past": lambda fapi: fapi.first.assertion(exp=now(fapi) - 300, iat=now(fapi) - 360),
    "nbf_over_60_seconds_ahead": lambda fapi: fapi.first.assertion(
        nbf=now(fapi) + 70, iat=now(fapi) + 70, exp=now(fapi) + 130
    ),
    "rs256": lambda fapi: fapi.first.assertion(key=Key.make("RS256")),
    "alg_none": lambda fapi: unsigned(claims_of(fapi.first.assertion())),
    "invalid_signature": lambda fapi: spoiled(fapi.first.assertion()),
}


@pytest.mark.parametrize("path", ["/par", "/token"])
@pytest.mark.parametrize("case", BAD_ASSERTIONS)
async def test_fapi2_security_profile_final_ensure_invalid_client_assertions_fail(
    fapi: Fapi, case: str, path: str
) -> None:
    # The modules about one mistake each are rows of one table, as in the suite's newest module.
    form = fapi.ask().parameters if path == "/par" else {"grant_type": "refresh_token", "refresh_token": "r" * 43}
    made = BAD_ASSERTIONS[case](fapi)
    shown = {"client_assertion": made, "client_assertion_type": None if made is None else CLIENT_ASSERTION_TYPE}

    answer = await fapi.first.post(path, {**form, "client_id": fapi.first.client.client_id, **shown})

    assert_refused(answer, "invalid_client", "invalid_request")


@pytest.mark.parametrize("kind", [None, "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
async def test_fapi2_security_profile_final_ensure_the_type_of_the_assertion_is_named(
    fapi: Fapi, kind: str | None
) -> None:
    answer = await fapi.first.post("/par", {**fapi.ask().parameters, "client_assertion_type": kind})

    assert_refused(answer, "invalid_client", "invalid_request")


async def test_fapi2_security_profile_final_ensure_signed_client_assertion_with_rs256_fails(fapi: Fapi) -> None:
    # Also with a key that is the client's own: RSA, which may sign PS256 and nothing else.
    key = Key.make("PS256")
    party = await RelyingParty.fapi(fapi.suite.world, "rsa", jwks={"keys": [without_alg(key)]})
    party.key = key
    assert (await party.push(fapi.ask(party))).status_code == 201

    answer = await party.post(
        "/par", {**fapi.ask(party).parameters, "client_assertion": party.assertion(key=replace(key, alg="RS256"))}
    )

    assert_refused(answer, "invalid_client")


async def test_fapi2_security_profile_final_ensure_client_assertion_8_seconds_ahead_succeeds(fapi: Fapi) -> None:
    ahead = fapi.first.assertion(nbf=now(fapi) + 8, iat=now(fapi) + 8, exp=now(fapi) + 68)

    answer = await fapi.first.post("/par", {**fapi.ask().parameters, "client_assertion": ahead})

    assert answer.status_code == 201


def without_alg(key: Key) -> dict[str, str]:
    """A key that does not say what it signs with."""
    return {name: value for name, value in key.jwk.items() if name != "alg"}
