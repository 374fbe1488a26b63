"""mod_auth_openidc for Apache, a certified relying party: the pages behind it are open to those who signed in."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from scripts.sandbox import ALL_SCOPES
from tests.clients import apache
from tests.clients.apache import Apache
from tests.clients.person import Person
from tests.relying_party import Key
from tests.server_process import ServerProcess

pytestmark = pytest.mark.skipif(not apache.is_there(), reason="Apache with mod_auth_openidc is not installed")

HEARD_SECONDS = 15
"""How long a sign-out may take to reach a service on a busy machine; it is usually there within one."""


def a_client(server: Apache, **changes: Any) -> Client:
    values: dict[str, Any] = {
        "client_id": server.client_id,
        "client_name": "A service behind Apache",
        "redirect_uris": (server.callback,),
        "post_logout_redirect_uris": (f"{server.origin}/bye.html",),
        "backchannel_logout_uri": f"{server.callback}?logout=backchannel",
        "backchannel_logout_session_required": True,
        "token_endpoint_auth_method": ClientAuthMethod.BASIC,
        "scopes": ALL_SCOPES,
        "purpose": "accommodation",
        "surrogate_purposes": ("accommodation",),
    }
    return Client(**(values | changes))


@contextmanager
def running(
    server: Apache, secret: str, directives: Mapping[str, str], files: Mapping[str, bytes] | None = None
) -> Iterator[ServerProcess]:
    process = server.start(secret, directives, files or {})
    try:
        yield process
    except BaseException:
        print(
            *(
                (process.home / name).read_text(errors="replace")
                for name in ("log", "errors")
                if (process.home / name).exists()
            )
        )
        raise
    finally:
        process.stop()


async def enter(server: Apache, person: Person) -> None:
    """Open the members' page and sign in on the way; the module has checked everything when the page comes."""
    page = await person.go_on(await person.browser.open(server.members))

    assert (page.status, page.url) == (200, server.members), person.browser.last.text[:2000]
    told = person.browser.last.headers
    assert told["x-issuer"] == person.gateway.issuer
    assert len(told["x-sub"]) >= 20


async def is_in(server: Apache, person: Person) -> bool:
    """Whether the members' page opens without a detour."""
    return (await person.browser.http.get(server.members)).status_code == 200


@pytest.mark.spec("OpenID Connect Core §3.1", "OpenID Connect RP-Initiated Logout §2")
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256"])
async def test_a_person_signs_in_and_out(person: Person, alg: str) -> None:
    server = Apache(person.gateway, f"apache-{alg.lower()}")
    secret = await person.gateway.register(a_client(server, id_token_signed_response_alg=alg))
    directives = {"OIDCIDTokenSignedResponseAlg": alg, "OIDCProviderTokenEndpointAuth": "client_secret_basic"}

    with running(server, secret, directives):
        assert not await is_in(server, person)
        await enter(server, person)
        assert await is_in(server, person)

        page = await person.browser.open(f"{server.callback}?logout={server.origin}/bye.html")
        if "confirm-sign-out" in page.buttons:
            page = await person.browser.press(page, "confirm-sign-out")

        assert page.url.startswith(f"{server.origin}/bye.html")
        assert not await is_in(server, person)


@pytest.mark.spec("OpenID Connect Back-Channel Logout §2.5", "OpenID Connect Core §10.2")
@pytest.mark.parametrize(("alg", "enc"), [("RSA-OAEP", "A128CBC-HS256"), ("RSA-OAEP", "A256GCM")])
async def test_a_sign_out_at_the_gateway_ends_a_session_that_an_encrypted_id_token_began(
    person: Person, alg: str, enc: str
) -> None:
    key = Key.make("RS256")
    jwk = {**key.jwk, "use": "enc", "alg": alg, "kid": "sealing"}
    server = Apache(person.gateway, f"apache-sealed-{enc.lower()}")
    client = a_client(
        server,
        jwks={"keys": [jwk]},
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
    )
    directives = {
        "OIDCIDTokenEncryptedResponseAlg": alg,
        "OIDCIDTokenEncryptedResponseEnc": enc,
        "OIDCPrivateKeyFiles": "sealing#$home/sealing.pem",
    }
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    with running(server, await person.gateway.register(client), directives, {"sealing.pem": pem}):
        await enter(server, person)
        await person.leave()

        deadline = time.monotonic() + HEARD_SECONDS
        while await is_in(server, person):
            assert time.monotonic() < deadline, "the service has heard of no sign-out"
            await asyncio.sleep(0.1)
