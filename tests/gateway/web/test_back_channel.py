"""What relying parties' servers call: how answers and refusals look on the wire, and how often they may ask."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.config import Dpop, Limits
from gateway.oidc import metadata, token
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.ports import StoreUnavailableError
from tests.relying_party import CODE_AND_REFRESH, RelyingParty
from tests.world import AT, World, a_client, a_world, asking

FORM_ENDPOINTS = ("token", "par", "revocation", "introspection", "device_authorization", "backchannel_authentication")


@pytest.fixture
async def shop(world: World) -> RelyingParty:
    return await RelyingParty.register(
        world,
        a_client("till", token_endpoint_auth_method=ClientAuthMethod.BASIC, grant_types=CODE_AND_REFRESH),
    )


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[World]:
    limits = Limits(requests_per_minute=3, pushed_requests_per_minute=2, refusals_per_minute=3, sign_ins_per_minute=2)
    async with a_world(tmp_path / "world", limits=limits) as running:
        yield running


async def post(world: World, path: str, data: dict[str, str] | None = None, **options: object) -> httpx.Response:
    async with world.net.browser() as http:
        return await http.post(f"{AT.issuer}{path}", data=data, **options)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize("name", FORM_ENDPOINTS)
async def test_a_caller_who_proves_nothing_is_refused_everywhere_alike(world: World, name: str) -> None:
    response = await post(world, metadata.PATHS[name], {"client_id": "nobody", "grant_type": "authorization_code"})

    assert response.status_code == 401
    assert response.json() == {
        "error": "invalid_client",
        "error_description": response.json()["error_description"],
        "error_uri": f"{AT.issuer}/errors/invalid_client",
    }
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", FORM_ENDPOINTS)
async def test_parameters_in_the_address_are_refused(world: World, name: str) -> None:
    response = await post(world, f"{metadata.PATHS[name]}?client_id=shop", {"client_id": "shop"})

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("name", FORM_ENDPOINTS)
async def test_a_body_that_is_no_form_is_refused(world: World, name: str) -> None:
    response = await post(world, metadata.PATHS[name], json={"client_id": "shop"})

    assert (response.status_code, response.json()["error"]) == (415, "invalid_request")


@pytest.mark.parametrize("name", FORM_ENDPOINTS)
async def test_servers_post(world: World, name: str) -> None:
    async with world.net.browser() as http:
        response = await http.get(f"{AT.issuer}{metadata.PATHS[name]}")

    assert response.status_code == 405


@pytest.mark.parametrize("name", [*FORM_ENDPOINTS, "userinfo"])
async def test_no_page_of_another_site_may_read_an_answer(world: World, name: str) -> None:
    response = await post(world, metadata.PATHS[name], {"client_id": "shop"}, headers={"origin": "https://evil.test"})

    assert "access-control-allow-origin" not in response.headers


async def test_a_fault_of_ours_is_json_for_a_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("H00000018")

    monkeypatch.setattr(token, "answer", broken)

    response = await post(world, "/token", {"client_id": "shop"})

    assert (response.status_code, response.json()["error"]) == (500, "server_error")
    assert "H00000018" not in response.text


async def test_a_store_that_is_away_is_503_and_says_when_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(token, "answer", away)

    response = await post(world, "/token", {"client_id": "shop"})

    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert response.headers["retry-after"] == "5"


async def test_every_refusal_is_put_on_record_once(world: World) -> None:
    before = await refusals_on_record(world)

    await post(world, "/token", {"client_id": "nobody", "grant_type": "authorization_code"})

    assert await refusals_on_record(world) == before + 1


async def refusals_on_record(world: World) -> int:
    def count(connection: object) -> int:
        rows = connection.exec_driver_sql("SELECT count(*) FROM audit WHERE action = 'request.refused'")  # type: ignore[attr-defined]
        return int(rows.scalar())

    return await world.stores.database.read(count)


# -------------------------------------------------------------------------------------------------- answers
@pytest.mark.spec("RFC 9126 §2.2")
async def test_a_pushed_request_is_answered_with_its_handle(shop: RelyingParty) -> None:
    response = await shop.push(shop.asking())

    assert response.status_code == 201
    assert response.json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert response.json()["expires_in"] == 90
    assert response.headers["cache-control"] == "no-store"


async def test_a_pushed_request_leads_to_a_sign_in(shop: RelyingParty) -> None:
    asked = await shop.pushed(shop.asking())

    answer = await shop.world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")

    assert (await shop.redeem(asked, answer["code"])).status_code == 200


@pytest.mark.spec("RFC 7009 §2.2")
async def test_revocation_is_an_empty_200_whatever_the_token(shop: RelyingParty) -> None:
    response = await shop.post("/revoke", {"token": "nothing-of-ours"})

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.spec("RFC 7662 §2.2")
async def test_introspection_answers_json(shop: RelyingParty) -> None:
    tokens = await shop.sign_in()

    response = await shop.post("/introspect", {"token": tokens["access_token"]})

    assert response.headers["content-type"] == "application/json"
    assert response.json()["active"] is True


@pytest.mark.spec("RFC 9701 §5")
async def test_introspection_answers_with_a_token_to_who_asks_for_one(shop: RelyingParty) -> None:
    tokens = await shop.sign_in()
    accept = {"accept": "application/token-introspection+jwt"}

    response = await shop.post("/introspect", {"token": tokens["access_token"]}, headers=accept)

    assert response.headers["content-type"] == "application/token-introspection+jwt"
    assert response.text.count(".") == 2


@pytest.mark.spec("OpenID Connect Core §5.3.2")
async def test_userinfo_is_a_token_for_a_client_that_registered_so(world: World) -> None:
    party = await RelyingParty.register(world, a_client("signed", userinfo_signed_response_alg="ES256"))
    tokens = await party.sign_in()

    response = await party.userinfo(tokens["access_token"])

    assert response.headers["content-type"] == "application/jwt"
    assert response.text.count(".") == 2


@pytest.mark.spec("RFC 9449 §8")
async def test_a_proof_without_our_nonce_is_told_which_one_to_use(tmp_path: Path) -> None:
    async with a_world(tmp_path / "world", dpop=Dpop(nonce=True)) as world:
        party = await RelyingParty.fapi(world)

        refused = await party.push(party.asking())
        nonce = refused.headers["dpop-nonce"]
        accepted = await party.push(party.asking(), proof=party.proof("/par", nonce=nonce))

    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    assert accepted.status_code == 201


# ------------------------------------------------------------------------------------------------ how often
@pytest.mark.attack("DS-01")
async def test_ds_01_a_client_beyond_its_limit_gets_429_and_others_go_on(narrow: World) -> None:
    hasty = await RelyingParty.register(narrow, a_client("hasty", token_endpoint_auth_method=ClientAuthMethod.BASIC))
    calm = await RelyingParty.register(narrow, a_client("calm", token_endpoint_auth_method=ClientAuthMethod.BASIC))

    answers = [await hasty.post("/revoke", {"token": "x"}) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert (await calm.post("/revoke", {"token": "x"})).status_code == 200


@pytest.mark.attack("DS-02")
async def test_ds_02_a_stranger_cannot_use_up_a_clients_share(narrow: World) -> None:
    till = await RelyingParty.register(narrow, a_client("till", token_endpoint_auth_method=ClientAuthMethod.BASIC))
    for _ in range(3):
        await post(narrow, "/revoke", {"token": "x"}, auth=("till", "a guess"))
    narrow.clock.advance(minutes=1)

    answers = [await till.post("/revoke", {"token": "x"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.attack("DS-03")
async def test_ds_03_an_address_that_guesses_is_not_listened_to_for_a_while(narrow: World) -> None:
    answers = [await post(narrow, "/token", {"token": "x"}, auth=("shop", f"guess-{n}")) for n in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]


@pytest.mark.attack("DS-04")
async def test_ds_04_however_a_client_names_itself_it_is_one_client(narrow: World) -> None:
    by_post = await RelyingParty.register(narrow, a_client("one", token_endpoint_auth_method=ClientAuthMethod.POST))

    answers = [
        await by_post.post(path, form)
        for path, form in (
            ("/revoke", {"token": "x"}),
            ("/introspect", {"token": "x"}),
            ("/token", {"grant_type": "nothing"}),
            ("/revoke", {"token": "x"}),
        )
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 400, 429]


@pytest.mark.attack("RO-07")
async def test_ro_07_a_flood_of_pushed_requests_stops_at_its_limit(narrow: World) -> None:
    party = await RelyingParty.register(narrow, a_client("till", token_endpoint_auth_method=ClientAuthMethod.BASIC))

    answers = [await party.push(party.asking()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]


@pytest.mark.attack("DS-01")
async def test_ds_01_sign_ins_begun_without_end_get_a_page_that_says_when(narrow: World) -> None:
    browser = narrow.browser()

    pages = [await browser.open(asking().url) for _ in range(3)]

    assert [page.status for page in pages] == [200, 200, 429]
    assert int(browser.last.headers["retry-after"]) == 60
    assert "problem" in browser.last.text
