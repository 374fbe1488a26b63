"""openid-client 6 for Node, a certified relying party: it is told the issuer and finds everything else by itself."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, GrantType, Profile
from scripts.sandbox import ALL_SCOPES
from tests.asking import RP
from tests.clients.node_program import for_web_crypto, run
from tests.clients.person import Person
from tests.relying_party import Key

CODE = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
SCOPE = "openid profile cn_id"


def a_client(client_id: str, **changes: Any) -> Client:
    values: dict[str, Any] = {
        "client_id": client_id,
        "client_name": "Made with openid-client",
        "redirect_uris": (f"{RP}/{client_id}/callback",),
        "post_logout_redirect_uris": (f"{RP}/{client_id}/bye",),
        "token_endpoint_auth_method": ClientAuthMethod.BASIC,
        "scopes": ALL_SCOPES,
        "grant_types": CODE,
        "purpose": "accommodation",
        "surrogate_purposes": ("accommodation",),
    }
    return Client(**(values | changes))


async def run_as(client: Client, program: str, person: Person, **settings: Any) -> dict[str, Any]:
    """Register the client and let the program be it."""
    told = {
        "issuer": person.gateway.issuer,
        "client_id": client.client_id,
        "client_secret": await person.gateway.register(client),
        "redirect_uri": client.redirect_uris[0],
        "scope": SCOPE,
    }
    return await run(program, told | settings, person)


async def test_the_code_flow_with_a_secret(person: Person) -> None:
    client = a_client("node-plain")

    found = await run_as(client, "plain.mjs", person, scope=f"{SCOPE} offline_access", parameters={"prompt": "consent"})

    assert found["claims"]["iss"] == person.gateway.issuer
    assert found["userinfo"]["gba_cn_id"]
    assert found["again"]["sub"] == found["claims"]["sub"]
    assert found["refused"] == "invalid_grant"
    assert found["bye"] == f"{RP}/node-plain/bye?state=signed-out"


async def test_an_encrypted_id_token_tells_the_number(person: Person) -> None:
    key = Key.make()
    own = {**key.jwk, "use": "enc", "alg": "ECDH-ES"}
    client = a_client(
        "node-sealed",
        jwks={"keys": [own]},
        id_token_encrypted_response_alg="ECDH-ES",
        id_token_encrypted_response_enc="A256GCM",
    )
    asked = {"prompt": "consent"}
    decryption = {**for_web_crypto(key), "alg": "ECDH-ES"}

    found = await run_as(
        client, "plain.mjs", person, scope=f"{SCOPE} offline_access", parameters=asked, decryption=decryption
    )

    assert found["claims"]["gba_cn_id"] == found["userinfo"]["gba_cn_id"]


@pytest.mark.parametrize("alg", ["ES256", "PS256"])
@pytest.mark.parametrize("profile", [Profile.FAPI2_SP, Profile.FAPI2_MS])
@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.3")
async def test_fapi_2_with_pushed_requests_and_dpop(person: Person, profile: Profile, alg: str) -> None:
    key = Key.make(alg)
    name = f"node-{profile}-{alg.lower()}"
    client = a_fapi_client(name, profile, key)
    metadata = {
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "userinfo_signed_response_alg": client.userinfo_signed_response_alg,
        "authorization_signed_response_alg": client.authorization_signed_response_alg,
        "introspection_signed_response_alg": client.introspection_signed_response_alg,
    }

    found = await run_as(
        client,
        "fapi.mjs",
        person,
        scope=f"{SCOPE} offline_access",
        profile=profile,
        key=for_web_crypto(key),
        metadata={member: value for member, value in metadata.items() if value},
    )

    assert set(dict(parse_qsl(urlsplit(found["url"]).query))) == {"client_id", "request_uri"}
    assert ("response=" in found["address"]) == (profile is Profile.FAPI2_MS)
    assert found["type"] == "dpop"
    assert found["userinfo"]["name"]
    assert found["active"]["active"] is True
    assert found["active"]["cnf"]["jkt"]
    assert found["inactive"]["active"] is False


def a_fapi_client(name: str, profile: Profile, key: Key) -> Client:
    client = a_client(
        name,
        token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        jwks=key.jwks,
        profile=profile,
        dpop_bound_access_tokens=True,
        id_token_signed_response_alg=key.alg,
    )
    if profile is Profile.FAPI2_SP:
        return client
    return replace(
        client,
        userinfo_signed_response_alg=key.alg,
        authorization_signed_response_alg=key.alg,
        introspection_signed_response_alg=key.alg,
    )


@pytest.mark.spec("RFC 8628 §3")
async def test_a_kiosk(person: Person) -> None:
    client = a_client("node-kiosk", grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.DEVICE_CODE))

    found = await run_as(client, "kiosk.mjs", person)

    assert found["early"] == "authorization_pending"
    assert found["userinfo"]["sub"] == found["claims"]["sub"]


@pytest.mark.spec("CIBA Core 1.0 §7")
async def test_a_counter(person: Person) -> None:
    client = a_client(
        "node-counter",
        grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.CIBA),
        backchannel_token_delivery_mode=DeliveryMode.POLL,
    )

    found = await run_as(client, "counter.mjs", person)

    assert found["claims"]["sub"] == found["known"]["sub"]
    assert found["userinfo"]["gba_cn_id"]
