"""A gateway that validates: the sandbox's lists imported, services registered, and ways to ask it."""

import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from certs.keys.verification_keys import VerificationKeys
from gateway.admin import keyring, trust_import
from gateway.admin.acts import Act
from gateway.admin.trust_office import TrustOffice
from gateway.config import Signatures
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType, ServiceScope
from gateway.trust_files import trust_files
from mock_idps.authority import equivalence, listed, lists, root
from tests.authority import NOW
from tests.authority import a_world as authorities
from tests.certs.signatures.judging import branch, detached, good_news, text
from tests.world import World, a_world

ROOT: Final = "/v1/signatures"
VALIDATE: Final = f"{ROOT}/validate"
ALL: Final = tuple(scope.value for scope in ServiceScope)
REASON: Final = "lists of the sandbox"


def a_service(client_id: str = "registry", *scopes: str) -> Client:
    return Client(
        client_id=client_id,
        client_name=f"Service {client_id}",
        redirect_uris=(),
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
        grant_types=(GrantType.CLIENT_CREDENTIALS,),
        service_scopes=scopes or ALL,
    )


def a_request(**changes: Any) -> dict[str, Any]:
    """A good Hong Kong signature with what its responders say, to be used in Guangdong."""
    world = authorities()
    certificate = world.issue("hk-personal-mr", "chan-tai-man")
    stapled = [text(one.der) for one in good_news(world, *branch(certificate))]
    members = {
        **detached(certificate),
        "relying_jurisdiction": "GD",
        "purpose": "contract",
        "revocation": {"ocsp": stapled},
    }
    return {name: value for name, value in (members | changes).items() if value is not None}


@dataclass(frozen=True, slots=True)
class SignatureGateway:
    world: World
    secrets: dict[str, str]

    async def token(self, client_id: str = "registry", **form: str) -> str:
        response = await self.asked_for_token(client_id, **form)
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    async def asked_for_token(self, client_id: str = "registry", **form: str) -> httpx.Response:
        async with self.world.net.browser() as http:
            return await http.post(
                f"{self.world.issuer}/token",
                data={"grant_type": "client_credentials", **form},
                auth=(client_id, self.secrets[client_id]),
            )

    async def call(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {})) | ({} if token is None else {"authorization": f"Bearer {token}"})
        async with self.world.net.browser() as http:
            return await http.request(method, f"{self.world.issuer}{path}", headers=headers, **more)


@contextlib.asynccontextmanager
async def a_signature_gateway(folder: Path, *services: Client) -> AsyncIterator[SignatureGateway]:
    pinned = folder.parent / f"{folder.name}-root.json"
    pinned.write_bytes(root.signed_root(authorities()))
    block = Signatures(pinned, folder.parent / f"{folder.name}-high-water")
    async with a_world(folder, signatures=block) as world:
        world.clock.now = NOW
        await import_lists(world, block)
        yield SignatureGateway(world, await world.register(*(services or (a_service(),))))


async def import_lists(world: World, block: Signatures) -> None:
    """Two operators bring in all that the authorities publish."""
    stores, made = world.stores, authorities()
    files = trust_files(block, keyring.load(world.folder / "keys"))
    office = TrustOffice(stores.trust_lists, stores.trust_proposals, stores.reports, stores.audit, files)
    tokens: Sequence[bytes] = [
        *(lists.signed_list(made, name) for name in listed.LISTS),
        equivalence.signed_equivalence(made),
    ]
    plan = await trust_import.dry_run(office, tokens, Act("ada", NOW, REASON))
    codes = [one["code"] for one in plan["documents"] if one["code"]]
    found = await trust_import.propose(office, tokens, codes, Act("ada", NOW, REASON))
    if found["result"] == "waiting":
        await trust_import.acknowledge(office, found["proposal"], codes, Act("ben", NOW, REASON))
    world.clock.now = NOW + timedelta(seconds=10)


async def validate(gateway: SignatureGateway, client_id: str = "registry", **changes: Any) -> httpx.Response:
    return await gateway.call("POST", VALIDATE, await gateway.token(client_id), json=a_request(**changes))


def said(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


async def multipart(gateway: SignatureGateway, members: dict[str, Any], **files: bytes) -> httpx.Response:
    parts = {"request": json.dumps(members).encode(), **files}
    return await gateway.call(
        "POST", VALIDATE, await gateway.token(), files={name: (name, data) for name, data in parts.items()}
    )


async def keys(gateway: SignatureGateway) -> VerificationKeys:
    return VerificationKeys.from_jwks((await gateway.call("GET", f"{ROOT}/keys")).json())


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}
