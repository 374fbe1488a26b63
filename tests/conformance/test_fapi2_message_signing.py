"""fapi2-message-signing-final-test-plan: signed requests in PAR (JAR), and signed answers (JARM)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from gateway.oidc.names import Profile
from tests.asking import Asked
from tests.conformance.fapi import Fapi, a_dynamic_client, assert_error_page, assert_refused
from tests.conformance.suite import ISSUER, PERSON, PROVIDER, Suite
from tests.conformance.wire import address_of, claims_of, header_of, spoiled, unsigned, verified
from tests.relying_party import Key, RelyingParty

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("FAPI 2.0 Message Signing §5.3, §5.4")]


class Signing(Fapi):
    """The same two clients, which sign what they push."""

    async def push_signed(self, asked: Asked, token: str | None = None, **changes: Any) -> Any:
        """Push a signed request; keywords change its claims."""
        request = token or self.first.request_object(asked, **changes)
        return await self.first.post("/par", {"client_id": asked.client_id, "request": request})

    async def pushed(self, asked: Asked, party: RelyingParty | None = None, **changes: Any) -> Asked:
        used = party or self.first
        answer = await used.post("/par", {"request": used.request_object(asked, **changes)})
        assert answer.status_code == 201, answer.text
        return replace(asked, parameters={"client_id": asked.client_id, "request_uri": answer.json()["request_uri"]})

    async def signed_answer(self, asked: Asked) -> dict[str, Any]:
        """The claims of the signed response to a request (JARM §2.1, §2.4)."""
        browser = self.suite.browser()
        answer = await browser.sign_in(await self.pushed(asked), PROVIDER, PERSON)
        return await self.read(asked, answer)

    async def read(self, asked: Asked, answer: dict[str, str]) -> dict[str, Any]:
        assert answer.keys() == {"response"}
        claims = verified(answer["response"], await self.suite.document("/jwks"))
        now = self.suite.world.clock.now.timestamp()
        assert header_of(answer["response"])["alg"] in {"ES256", "PS256"}
        assert (claims["iss"], claims["aud"]) == (ISSUER, asked.client_id)
        assert now < claims["exp"] <= now + 600
        assert claims.get("state", "") == asked.state
        return claims


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fapi(suite: Suite) -> Signing:
    first = await RelyingParty.fapi(suite.world, "signs", profile=Profile.FAPI2_MS)
    second = await a_dynamic_client(suite, "signs-too", gba_profile="fapi2-ms")
    return Signing(suite, first, second)


def now(fapi: Fapi) -> int:
    return int(fapi.suite.world.clock.now.timestamp())


# -------------------------------------------------------------------------------------------- signed requests
async def test_fapi2_security_profile_final_discovery_end_point_verification(suite: Suite) -> None:
    found = await suite.discovery()

    assert found["request_parameter_supported"] is True
    assert {"ES256", "PS256"} <= set(found["request_object_signing_alg_values_supported"])
    assert {"ES256", "PS256"} <= set(found["authorization_signing_alg_values_supported"])
    assert "none" not in found["request_object_signing_alg_values_supported"]
    assert {"jwt", "query.jwt"} <= set(found["response_modes_supported"])


async def test_fapi2_security_profile_final_happy_flow(fapi: Signing) -> None:
    for party in (fapi.first, fapi.second):
        tokens = await fapi.tokens(party)
        assert tokens["userinfo"]["sub"] == tokens["claims"]["sub"]


async def test_fapi2_security_profile_final_ensure_request_object_with_multiple_aud_succeeds(fapi: Signing) -> None:
    answer = await fapi.push_signed(fapi.ask(), aud=["https://other.example", ISSUER])

    assert answer.status_code == 201


async def test_fapi2_security_profile_final_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(
    fapi: Signing,
) -> None:
    answer = await fapi.push_signed(fapi.ask(), nbf=now(fapi) + 8, iat=now(fapi) + 8)

    assert answer.status_code == 201


BAD_OBJECTS: dict[str, Callable[[Signing], dict[str, Any]]] = {
    "ensure-request-object-without-exp-fails": lambda _: {"exp": None},
    "ensure-request-object-without-nbf-fails": lambda _: {"nbf": None},
    "ensure-expired-request-object-fails": lambda fapi: {
        "nbf": now(fapi) - 600,
        "iat": now(fapi) - 600,
        "exp": now(fapi) - 300,
    },
    "ensure-request-object-with-bad-aud-fails": lambda _: {"aud": "https://other.example"},
    "ensure-request-object-with-exp-over-60-fails": lambda fapi: {"exp": now(fapi) + 70 * 60},
    "ensure-request-object-with-nbf-over-60-fails": lambda fapi: {"nbf": now(fapi) - 70 * 60},
    "ensure-request-object-without-redirect-uri-fails": lambda _: {"redirect_uri": None},
}


@pytest.mark.parametrize("case", BAD_OBJECTS)
async def test_fapi2_security_profile_final(fapi: Signing, case: str) -> None:
    answer = await fapi.push_signed(fapi.ask(), **BAD_OBJECTS[case](fapi))

    assert_refused(answer, "invalid_request_object")


def foreign(fapi: Signing, asked: Asked) -> str:
    return fapi.first.request_object(asked, key=fapi.second.key)


BAD_SIGNATURES: dict[str, Callable[[Signing, Asked], str]] = {
    "ensure-signed-request-object-with-RS256-fails": lambda fapi, asked: fapi.first.request_object(
        asked, key=Key.make("RS256")
    ),
    "ensure-request-object-signature-algorithm-is-not-none": lambda fapi, asked: unsigned(
        claims_of(fapi.first.request_object(asked))
    ),
    "ensure-request-object-with-invalid-signature-fails": lambda fapi, asked: spoiled(fapi.first.request_object(asked)),
    "ensure-matching-key-in-authorization-request": foreign,
}


@pytest.mark.parametrize("case", BAD_SIGNATURES)
async def test_fapi2_security_profile_final_signature(fapi: Signing, case: str) -> None:
    asked = fapi.ask()

    answer = await fapi.push_signed(asked, BAD_SIGNATURES[case](fapi, asked))

    assert_refused(answer, "invalid_request_object", "invalid_request")


async def test_fapi2_security_profile_final_ensure_unsigned_request_at_par_endpoint_fails(fapi: Signing) -> None:
    await fapi.refused_push(fapi.ask(), "invalid_request", "invalid_request_object")


async def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri(fapi: Signing) -> None:
    # Inside the signed request, and beside it.
    asked = fapi.ask()
    inside = await fapi.push_signed(asked, request_uri="urn:ietf:params:oauth:request_uri:made-up")
    beside = await fapi.first.post(
        "/par", {"request": fapi.first.request_object(asked), "request_uri": "https://rp.example/request"}
    )

    assert_refused(inside, "invalid_request_object", "invalid_request")
    assert_refused(beside, "invalid_request_object", "invalid_request")


async def test_fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object(
    fapi: Signing,
) -> None:
    asked = fapi.ask()
    form = {"request": fapi.first.request_object(asked), "nonce": "outside", "state": "outside"}
    answer = await fapi.first.post("/par", form)
    pushed = replace(asked, parameters={"client_id": asked.client_id, "request_uri": answer.json()["request_uri"]})

    tokens = await fapi.suite.tokens(fapi.first, asked, await fapi.suite.sign_in(pushed))

    assert tokens["claims"]["nonce"] == asked.nonce


async def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(fapi: Signing) -> None:
    asked = fapi.ask(state=None)
    answer = await fapi.first.post("/par", {"request": fapi.first.request_object(asked), "state": "outside"})
    pushed = replace(asked, parameters={"client_id": asked.client_id, "request_uri": answer.json()["request_uri"]})

    assert "state" not in await fapi.suite.sign_in(pushed)


async def test_a_signed_request_that_was_not_pushed_is_refused(fapi: Signing) -> None:
    asked, browser = fapi.ask(), fapi.suite.browser()
    asked.parameters = {"client_id": asked.client_id, "request": fapi.first.request_object(asked)}

    await browser.open(address_of(asked))

    assert_error_page(browser)


# --------------------------------------------------------------------------------------------- signed answers
@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
async def test_fapi2_security_profile_final_happy_flow_jarm(fapi: Signing, mode: str) -> None:
    asked = fapi.ask(response_mode=mode)

    claims = await fapi.signed_answer(asked)

    assert (await fapi.suite.tokens(fapi.first, asked, claims))["claims"]["nonce"] == asked.nonce


async def test_fapi2_security_profile_final_user_rejects_authentication_jarm(fapi: Signing) -> None:
    asked, browser = fapi.ask(response_mode="jwt", prompt="consent"), fapi.suite.browser()
    page = await browser.prove(await browser.to_provider(await fapi.pushed(asked), PROVIDER), PERSON)

    await browser.press(page, "refuse")

    assert (await fapi.read(asked, browser.answer))["error"] == "access_denied"


async def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success_jarm(
    fapi: Signing,
) -> None:
    claims = await fapi.signed_answer(fapi.ask(response_mode="jwt", state=None))

    assert "state" not in claims
