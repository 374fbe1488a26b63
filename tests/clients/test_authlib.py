"""Authlib for Python: told where the discovery document is, it signs in, refreshes, introspects and revokes."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.starlette_client import OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from joserfc.jwk import ECKey

from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType
from scripts.sandbox import ALL_SCOPES
from tests.asking import RP
from tests.clients.person import Person

NONCE = "n-0S6_WzA2Mj"


class BriefAssertion(PrivateKeyJWT):  # type: ignore[misc] # the library has no types
    """For the issuer, as RFC 7523 §3 wants it nowadays, and for a minute; the library's own would live for an hour."""

    def sign(self, auth: Any, token_endpoint: str) -> str:
        return str(
            private_key_jwt_sign(
                auth.client_secret,
                client_id=auth.client_id,
                token_endpoint=token_endpoint,
                alg=self.alg,
                header=dict(self.headers),
                expires_in=60,
            )
        )


def a_client(method: ClientAuthMethod, key: ECKey) -> Client:
    client_id = f"authlib-{method.value.replace('_', '-')}"
    is_keyed = method is ClientAuthMethod.PRIVATE_KEY_JWT
    return Client(
        client_id=client_id,
        client_name="Made with Authlib",
        redirect_uris=(f"{RP}/{client_id}/callback",),
        token_endpoint_auth_method=method,
        jwks={"keys": [{**key.as_dict(private=False), "kid": "one", "use": "sig"}]} if is_keyed else None,
        scopes=ALL_SCOPES,
        grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
    )


async def discovered(person: Person, client: Client, key: ECKey) -> tuple[Any, AsyncOAuth2Client]:
    """The library's two faces: the one that signs people in, and the one that asks about tokens."""
    secret = await person.gateway.register(client)
    method = client.token_endpoint_auth_method
    credential = key if method is ClientAuthMethod.PRIVATE_KEY_JWT else secret or None
    options = {
        "token_endpoint_auth_method": method.value,
        "revocation_endpoint_auth_method": method.value,
        "code_challenge_method": "S256",
        "scope": "openid profile offline_access",
        "verify": person.gateway.trust(),
        "trust_env": False,
    }
    app = OAuth().register(
        "gateway",
        client_id=client.client_id,
        client_secret=credential,
        server_metadata_url=f"{person.gateway.issuer}/.well-known/openid-configuration",
        client_kwargs=options,
    )
    found = await app.load_server_metadata()
    session = AsyncOAuth2Client(client.client_id, credential, **options)
    if credential is key:
        proof = BriefAssertion(found["issuer"], headers={"kid": "one"}, alg="ES256")
        app.client_auth_methods = [proof]
        session.register_client_auth_method(proof)
    return app, session


@pytest.mark.spec("RFC 6749 §6", "RFC 7009 §2", "RFC 7662 §2")
@pytest.mark.parametrize(
    "method", [ClientAuthMethod.BASIC, ClientAuthMethod.POST, ClientAuthMethod.PRIVATE_KEY_JWT, ClientAuthMethod.NONE]
)
async def test_a_client_signs_in_refreshes_introspects_and_revokes(person: Person, method: ClientAuthMethod) -> None:
    key = ECKey.generate_key("P-256")
    client = a_client(method, key)
    app, session = await discovered(person, client, key)
    found = app.server_metadata
    begun = await app.create_authorization_url(client.redirect_uris[0], nonce=NONCE)

    answer = dict(parse_qsl(urlsplit(await person.sign_in(begun["url"])).query))
    tokens = await app.fetch_access_token(
        code=answer["code"], redirect_uri=client.redirect_uris[0], code_verifier=begun["code_verifier"]
    )
    claims = await app.parse_id_token(tokens, nonce=NONCE)
    userinfo = await app.userinfo(token=tokens)

    assert answer["state"] == begun["state"]
    assert answer["iss"] == claims["iss"] == found["issuer"]
    assert userinfo["sub"] == claims["sub"]
    async with session:
        fresh = await session.refresh_token(found["token_endpoint"], refresh_token=tokens["refresh_token"])
        assert fresh["access_token"] != tokens["access_token"]
        if not client.is_public:
            asked = await session.introspect_token(found["introspection_endpoint"], token=fresh["access_token"])
            assert asked.json()["active"] is True
        last = fresh.get("refresh_token", tokens["refresh_token"])
        assert (await session.revoke_token(found["revocation_endpoint"], token=last)).status_code == 200
        headers = {"authorization": f"Bearer {fresh['access_token']}"}
        assert (await person.browser.http.get(found["userinfo_endpoint"], headers=headers)).status_code == 401
