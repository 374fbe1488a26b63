"""fapi2-security-profile-final-test-plan with certificates: mutual TLS for the client, the tokens, or both (RFC 8705).

The certificate arrives as a trusted proxy hands it on (RFC 9440); no socket is opened.
"""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.config import Server
from gateway.oidc.names import ClientAuthMethod
from tests.certs import pki
from tests.certs.pki import SUBJECT
from tests.conformance.fapi import SCOPE, assert_refused
from tests.conformance.suite import ISSUER, PLAIN_SCOPE, Suite, a_suite
from tests.relying_party import RelyingParty, without_none
from tests.world import NOW

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1")]
BOUND = {"dpop_bound_access_tokens": False, "tls_client_certificate_bound_access_tokens": True}
VALID: dict[str, Any] = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=30)}


def a_certificate(**changes: Any) -> bytes:
    """A client's certificate that counts while these worlds live."""
    return pki.a_client_certificate(**(VALID | changes))


@dataclass(slots=True)
class Certified:
    """A client whose connections carry a certificate."""

    suite: Suite
    party: RelyingParty
    certificate: bytes | None

    @property
    def headers(self) -> dict[str, str]:
        if self.certificate is None:
            return {}
        return {"client-cert": f":{base64.b64encode(self.certificate).decode('ascii')}:"}

    async def post(self, path: str, form: dict[str, Any]) -> httpx.Response:
        return await self.party.post(path, without_none(form), headers=self.headers)

    async def code(self, **changes: str | None) -> tuple[Any, str]:
        """Push, sign in, and give the request with its code."""
        asked = self.party.asking(**{"scope": PLAIN_SCOPE, **changes})
        pushed = await self.post("/par", dict(asked.parameters))
        assert pushed.status_code == 201, pushed.text
        asked.parameters = {"client_id": asked.client_id, "request_uri": pushed.json()["request_uri"]}
        return asked, (await self.suite.sign_in(asked))["code"]

    async def redeem(self, asked: Any, code: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect_uri}
        return await self.post("/token", {**form, "code_verifier": asked.verifier})

    async def tokens(self, **changes: str | None) -> dict[str, Any]:
        asked, code = await self.code(**changes)
        return await self.suite.checked(self.party, asked, await self.redeem(asked, code))

    async def resource(self, access_token: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {access_token}", **self.headers}
        async with self.suite.world.net.browser() as http:
            return await http.get(f"{ISSUER}/userinfo", headers=headers)

    def with_certificate(self, certificate: bytes | None) -> "Certified":
        return Certified(self.suite, self.party, certificate)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """A gateway behind a proxy that ends TLS."""
    folder = tmp_path_factory.mktemp("mtls")
    (folder / "authority.pem").write_bytes(pki.pem_of(pki.an_authority(**VALID)))
    server = Server(
        client_certificate_header="Client-Cert",
        trusted_proxies=("127.0.0.1/32",),
        tls_client_ca=folder / "authority.pem",
    )
    async with a_suite(folder / "world", server=server) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["mtls-mtls", "private_key_jwt-mtls"])
async def client(request: pytest.FixtureRequest, suite: Suite) -> Certified:
    """Client authentication and sender constraint, as the plan's variants name them."""
    changes: dict[str, Any] = dict(BOUND)
    if request.param == "mtls-mtls":
        changes |= {"token_endpoint_auth_method": ClientAuthMethod.TLS, "tls_client_auth_subject_dn": SUBJECT}
    party = await RelyingParty.fapi(suite.world, request.param, **changes)
    party.dpop = None
    return Certified(suite, party, a_certificate())


async def test_fapi2_security_profile_final_discovery_end_point_verification(suite: Suite) -> None:
    found = await suite.discovery()

    assert found["tls_client_certificate_bound_access_tokens"] is True
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(found["token_endpoint_auth_methods_supported"])
    aliases = found["mtls_endpoint_aliases"]
    assert aliases.keys() >= {"token_endpoint", "pushed_authorization_request_endpoint", "userinfo_endpoint"}
    assert all(address.startswith("https://") for address in aliases.values())


async def test_fapi2_security_profile_final_happy_flow(client: Certified) -> None:
    tokens = await client.tokens()

    assert (await client.resource(tokens["access_token"])).json()["sub"] == tokens["claims"]["sub"]
    other = client.with_certificate(a_certificate(number=1))
    assert (await other.resource(tokens["access_token"])).status_code == 401


async def test_fapi2_security_profile_final_ensure_holder_of_key_required(client: Certified) -> None:
    asked, code = await client.code()

    answer = await client.with_certificate(None).redeem(asked, code)

    assert_refused(answer, "invalid_request", "invalid_client", "invalid_grant")


async def test_a_bound_token_opens_nothing_without_its_certificate(client: Certified) -> None:
    tokens = await client.tokens()

    assert (await client.with_certificate(None).resource(tokens["access_token"])).status_code == 401


async def test_fapi2_security_profile_final_refresh_token(client: Certified) -> None:
    tokens = await client.tokens(scope=SCOPE, prompt="consent")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    fresh = await client.post("/token", form)
    unbound = await client.with_certificate(None).post("/token", form)

    assert fresh.json()["refresh_token"] == tokens["refresh_token"]
    assert (await client.resource(fresh.json()["access_token"])).status_code == 200
    assert_refused(unbound, "invalid_request", "invalid_client", "invalid_grant")


async def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(client: Certified) -> None:
    asked, code = await client.code()
    party = await RelyingParty.fapi(client.suite.world, f"other-of-{client.party.client.client_id}", **BOUND)
    party.dpop = None

    answer = await Certified(client.suite, party, a_certificate(number=1)).redeem(asked, code)

    assert_refused(answer, "invalid_grant")


async def test_a_certificate_of_another_subject_or_authority_is_not_the_client(suite: Suite) -> None:
    changes = {"token_endpoint_auth_method": ClientAuthMethod.TLS, "tls_client_auth_subject_dn": SUBJECT}
    party = await RelyingParty.fapi(suite.world, "named", **BOUND, **changes)
    party.dpop = None
    asked = party.asking(scope=PLAIN_SCOPE)

    for certificate in (
        a_certificate(subject="CN=somebody.else"),
        a_certificate(issued_by=2000),
        None,
    ):
        answer = await Certified(suite, party, certificate).post("/par", dict(asked.parameters))
        assert_refused(answer, "invalid_client")
