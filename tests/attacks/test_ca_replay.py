"""Group CA, replay: an assertion counts once, at whichever endpoint and worker, until it is too old (CA-07)."""

import asyncio
from typing import Final

import pytest

from gateway.oidc.client_assertion import ASSERTION_LIFETIME
from gateway.oidc.names import ClientAuthMethod
from tests.asking import AT, RP
from tests.attacks.places import assertion_form, json_verdict
from tests.attacks.watch import WatchedWorld
from tests.relying_party import RelyingParty
from tests.world import a_client

REFUSED: Final = (401, "invalid_client")
AT_ONCE: Final = 50
LONGEST: Final = int(ASSERTION_LIFETIME.total_seconds())


async def a_party(world: WatchedWorld, client_id: str = "server") -> RelyingParty:
    """A client that signs."""
    client = a_client(
        client_id,
        token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        redirect_uris=(f"{RP}/{client_id}/callback",),
        post_logout_redirect_uris=(),
    )
    return await RelyingParty.register(world, client)


async def offered(world: WatchedWorld, party: RelyingParty, path: str, token: str) -> tuple[int, str]:
    """An assertion at an endpoint, with a request that is good beside it."""
    more = party.asking().parameters if path == "/par" else {"token": "t" * 43}
    if path == "/token":
        more = {"grant_type": "authorization_code", "code": "c" * 43, "redirect_uri": RP, "code_verifier": "v" * 43}
    async with world.net.browser() as http:
        form = {**more, "client_id": party.client.client_id, **assertion_form(token)}
        return json_verdict(await http.post(f"{AT.issuer}{path}", data=form))


ACCEPTED: Final = {"/token": (400, "invalid_grant"), "/par": (201, ""), "/introspect": (200, "")}


@pytest.mark.attack("CA-07")
@pytest.mark.parametrize("path", ACCEPTED)
async def test_ca_07_a_second_use_is_refused_by_whichever_worker(workers: WatchedWorld, path: str) -> None:
    party = await a_party(workers)
    token = party.assertion()

    found = [await offered(workers, party, path, token) for _ in range(4)]

    assert found == [ACCEPTED[path], REFUSED, REFUSED, REFUSED]


@pytest.mark.attack("CA-07")
async def test_ca_07_of_fifty_uses_side_by_side_one_is_accepted(workers: WatchedWorld) -> None:
    party = await a_party(workers)
    token = party.assertion()
    paths = [list(ACCEPTED)[n % len(ACCEPTED)] for n in range(AT_ONCE)]

    found = await asyncio.gather(*(offered(workers, party, path, token) for path in paths))

    assert sum(verdict != REFUSED for verdict in found) == 1
    assert found.count(REFUSED) == AT_ONCE - 1


@pytest.mark.attack("CA-07")
@pytest.mark.parametrize("first", ACCEPTED)
async def test_ca_07_an_assertion_that_one_endpoint_took_is_spent_at_all(workers: WatchedWorld, first: str) -> None:
    party = await a_party(workers)
    token = party.assertion()
    assert await offered(workers, party, first, token) == ACCEPTED[first]

    elsewhere = [await offered(workers, party, path, token) for path in ACCEPTED]

    assert elsewhere == [REFUSED] * len(ACCEPTED)


@pytest.mark.attack("CA-07")
async def test_ca_07_it_stays_spent_until_it_would_be_refused_for_its_age(world: WatchedWorld) -> None:
    party = await a_party(world)
    token = party.assertion(exp=int(world.clock.now.timestamp()) + LONGEST)
    assert await offered(world, party, "/introspect", token) == ACCEPTED["/introspect"]

    found = []
    for _ in range(LONGEST // 30 + 4):
        world.clock.advance(seconds=30)
        await world.chores.purge()
        found.append(await offered(world, party, "/introspect", token))

    assert found == [REFUSED] * len(found)


@pytest.mark.attack("CA-07")
async def test_ca_07_the_same_jti_of_two_clients_is_two_assertions(world: WatchedWorld) -> None:
    one, other = await a_party(world), await a_party(world, "other")

    found = [await offered(world, party, "/introspect", party.assertion(jti="same")) for party in (one, other, one)]

    assert found == [(200, ""), (200, ""), REFUSED]
