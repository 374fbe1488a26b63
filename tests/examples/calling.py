"""How relying parties call the sample API of the tests."""

from dataclasses import dataclass
from typing import Any

import httpx

from gateway.oidc.model import Client
from tests.relying_party import Key, RelyingParty
from tests.world import World, a_client

API = "https://breakfast.example"
OTHER = "https://laundry.example"


def a_service(client_id: str = "shop-with-api", **changes: Any) -> Client:
    """A relying party that may ask for tokens for the API and for another one."""
    return a_client(client_id, **{"resources": (API, OTHER), **changes})


@dataclass(frozen=True, slots=True)
class Api:
    """The API, seen from outside."""

    world: World

    async def call(
        self,
        token: str | None,
        path: str = "/breakfast",
        *,
        method: str = "GET",
        scheme: str = "Bearer",
        proofs: list[str] | None = None,
    ) -> httpx.Response:
        """One request; ``proofs`` are its DPoP headers."""
        headers = [("DPoP", proof) for proof in proofs or []]
        if token is not None:
            headers.append(("Authorization", f"{scheme} {token}"))
        async with self.world.net.browser() as http:
            return await http.request(method, f"{API}{path}", headers=headers)


def proof(party: RelyingParty, token: str, path: str = "/breakfast", *, key: Key | None = None, **changes: Any) -> str:
    """A valid proof of this relying party for the API; one keyword spoils it."""
    method = changes.pop("htm", "GET")
    return party.proof("", method=method, access_token=token, key=key, **{"htu": f"{API}{path}", **changes})


def error_of(response: httpx.Response) -> str:
    """The error code in both challenges."""
    challenges = response.headers.get_list("www-authenticate")
    codes = {part.split('error="')[1].split('"')[0] for part in challenges if 'error="' in part}
    assert len(challenges) == 2
    assert len(codes) == 1, challenges
    return codes.pop()
