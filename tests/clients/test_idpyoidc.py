"""idpyoidc for Python, a certified relying party: it registers itself, signs somebody in and signs them out.

Its assertions are for a list of audiences, which this gateway takes from nobody (FAPI 2.0 Security Profile §5.3.2.1), so it
has a secret here.
"""

import asyncio
import functools
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.asking import RP
from tests.clients.person import Person
from tests.clients.running_gateway import RunningGateway
from tests.gateway.cli.folder import answer

pytest.importorskip("idpyoidc", reason="idpyoidc is not installed")
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # of the library's own; here they say nothing of us

HOME = f"{RP}/idpyoidc"
SCOPE = ["openid", "profile"]
HEARD_SECONDS = 15
"""How long a sign-out may take to reach a service on a busy machine; it is usually there within one."""
SERVICES = {
    "discovery": {"class": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery"},
    "registration": {"class": "idpyoidc.client.oidc.registration.Registration"},
    "authorization": {"class": "idpyoidc.client.oidc.authorization.Authorization"},
    "access_token": {"class": "idpyoidc.client.oidc.access_token.AccessToken"},
    "refresh_access_token": {"class": "idpyoidc.client.oidc.refresh_access_token.RefreshAccessToken"},
    "userinfo": {"class": "idpyoidc.client.oidc.userinfo.UserInfo"},
    "end_session": {"class": "idpyoidc.client.oidc.end_session.EndSession"},
}
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}


def initial_access_token(gateway: RunningGateway) -> str:
    """What an operator hands to a developer who registers a relying party."""
    scopes = [option for scope in SCOPE for option in ("--scope", scope)]
    made = answer("client", "tokens", "create", f"t-{secrets.token_hex(4)}", *scopes, "--config", gateway.settings)
    return str(made["token"])


def a_client(gateway: RunningGateway, folder: Path, method: str) -> Any:
    """The library's client, which knows the issuer and nothing else of the gateway."""
    from idpyoidc.client.oauth2.stand_alone_client import StandAloneClient  # noqa: PLC0415 - absent on some machines

    config = {
        "base_url": HOME,
        "issuer": gateway.issuer,
        "client_type": "oidc",
        "key_conf": {
            "private_path": str(folder / "private.json"),
            "key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}],
            "public_path": str(folder / "public.json"),
            "read_only": False,
        },
        "redirect_uris": [f"{HOME}/callback"],
        "client_name": "Made with idpyoidc",
        "client_authn_methods": [method, "bearer_header"],
        "preference": {
            "response_types": ["code"],
            "token_endpoint_auth_method": method,
            "token_endpoint_auth_methods_supported": [method],
            "subject_types_supported": [
                "pairwise"
            ],  # nobody gets the other kind by registering (docs/reference/endpoints.md)
        },
        "add_ons": {"pkce": PKCE},
    }
    client = StandAloneClient(
        config=config,
        services=SERVICES,
        httpc=functools.partial(calling, initial_access_token(gateway)),
        httpc_params={"verify": str(gateway.certificate), "timeout": 10},
    )
    # The library looks for the whole text of `scope` in its list, though RFC 7591 §2 has it as one text of many scopes.
    client.get_context().claims._supports["scopes_supported"] = [" ".join(SCOPE)]
    return client


def calling(token: str, method: str, url: str, **options: Any) -> Any:
    """The library's way out; it knows no initial access tokens, so the header is added here (RFC 7591 §3)."""
    import requests  # noqa: PLC0415 - comes with the library

    headers = {"Authorization": f"Bearer {token}"} if url.endswith("/register") else {}
    with requests.Session() as session:
        session.trust_env = False
        given = options.pop("headers", None) or {}
        return session.request(method, url, headers={**given, **headers}, **options)


@pytest.mark.spec("RFC 7591 §3", "OpenID Connect Core §3.1")
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_client_that_registered_itself_signs_in_and_out(person: Person, tmp_path: Path, method: str) -> None:
    client = await asyncio.to_thread(a_client, person.gateway, tmp_path, method)
    issuer = await asyncio.to_thread(client.do_provider_info)
    await asyncio.to_thread(client.do_client_registration, {"post_logout_redirect_uris": [f"{HOME}/bye"]})
    url = client.init_authorization(req_args={"scope": SCOPE})

    address = await person.sign_in(url)
    found = await asyncio.to_thread(client.finalize, dict(parse_qsl(urlsplit(address).query)))
    bye = await person.sign_out(client.logout(found["state"], f"{HOME}/bye")["url"])

    assert issuer == person.gateway.issuer
    assert client.get_context().registration_response["token_endpoint_auth_method"] == method
    assert found["userinfo"]["sub"] == found["id_token"]["sub"]
    assert found["userinfo"]["name"]
    assert bye.startswith(f"{HOME}/bye")


@pytest.mark.spec("OpenID Connect Back-Channel Logout §2.6")
async def test_the_library_accepts_our_logout_token(person: Person, tmp_path: Path) -> None:
    from idpyoidc.client.oauth2.stand_alone_client import backchannel_logout  # noqa: PLC0415 - absent on some machines

    client = await asyncio.to_thread(a_client, person.gateway, tmp_path, "client_secret_basic")
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with listening(person.gateway, heard) as address:
        await asyncio.to_thread(client.do_provider_info)
        await asyncio.to_thread(client.do_client_registration, {"backchannel_logout_uri": address})
        answered = await person.sign_in(client.init_authorization(req_args={"scope": SCOPE}))
        found = await asyncio.to_thread(client.finalize, dict(parse_qsl(urlsplit(answered).query)))
        await person.leave()

        async with asyncio.timeout(HEARD_SECONDS):
            body = await heard

    assert backchannel_logout(client, request=body) == found["state"]


@asynccontextmanager
async def listening(gateway: RunningGateway, heard: "asyncio.Future[str]") -> AsyncIterator[str]:
    """A relying party's server that takes one notice and agrees (Back-Channel Logout §2.8)."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split("\r\n")[0])
        heard.set_result((await reader.readexactly(length)).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(gateway.certificate, gateway.certificate_key)
    async with await asyncio.start_server(take, "127.0.0.1", gateway.free_port, ssl=context):
        yield f"https://127.0.0.1:{gateway.free_port}/heard"
