"""The sample API admits tokens that the gateway made for it, and nobody else's."""

from typing import Any

import pytest

from certs.keys import jose
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.names import ClientAuthMethod, GrantType, TokenType
from tests.asking import RP
from tests.examples.calling import API, OTHER, Api, a_service, error_of
from tests.relying_party import Key, RelyingParty, encode
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.spec("RFC 9068 §4")
async def test_a_token_for_the_api_opens_it(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in(resource=API)

    response = await api.call(tokens["access_token"])

    assert response.status_code == 200
    assert response.json()["asked_by"] == ["shop-with-api"]
    assert response.json()["guest"] == (await world.id_token_claims(service.asking(), tokens))["sub"]


async def test_a_call_without_a_token_is_told_both_schemes(api: Api) -> None:
    response = await api.call(None)

    assert response.status_code == 401
    assert [each.split()[0] for each in response.headers.get_list("www-authenticate")] == ["DPoP", "Bearer"]
    assert "error=" not in str(response.headers)


@pytest.mark.spec("RFC 8707 §2")
async def test_a_token_for_another_api_is_refused(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in(resource=OTHER)

    response = await api.call(tokens["access_token"])

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


async def test_a_token_for_userinfo_is_refused(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in()

    response = await api.call(tokens["access_token"])

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


@pytest.mark.spec("RFC 8725 §3.11")
async def test_an_id_token_is_no_access_token(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in(resource=API)

    response = await api.call(tokens["id_token"])

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("typ", "changes"),
    [
        pytest.param("JWT", {}, id="another type"),
        pytest.param("at+jwt", {"iss": "https://other.example"}, id="another issuer"),
        pytest.param("at+jwt", {"aud": [API, OTHER]}, id="several audiences"),
        pytest.param("at+jwt", {"exp": "2099"}, id="an end that is none"),
        pytest.param("at+jwt", {"exp": None}, id="no end"),
        pytest.param("at+jwt", {"sub": None}, id="nobody"),
        pytest.param("at+jwt", {"client_id": None}, id="no client"),
        pytest.param("at+jwt", {"cnf": {"x5t#S256": "x" * 43}}, id="bound to a certificate"),
        pytest.param("at+jwt", {"cnf": "x" * 43}, id="bound to who knows what"),
    ],
)
@pytest.mark.spec("RFC 9068 §4")
async def test_a_token_of_the_gateway_that_is_not_for_this_is_refused(
    world: World, service: RelyingParty, api: Api, typ: str, changes: dict[str, Any]
) -> None:
    tokens = await service.sign_in(resource=API)
    pem = (world.folder / "keys" / "id-token-es256.pem").read_bytes()
    key = SigningKey.from_pem(pem, algorithm=Algorithm.ES256, created_at=world.clock.now)
    claims = {**jose.claimed(tokens["access_token"]), **changes}
    good = {name: value for name, value in claims.items() if value is not None}

    response = await api.call(jose.sign(good, key, typ=typ))

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


async def test_a_token_signed_by_somebody_else_is_refused(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in(resource=API)
    header, claims, _ = tokens["access_token"].split(".")
    forged = Key.make().sign({"iss": world.issuer, "aud": API, "sub": "x"}, {"typ": "at+jwt", "kid": "unknown"})

    answers = [await api.call(each) for each in (forged, f"{header}.{claims}.{encode(b'0' * 64)}", "no.token", "a.b.c")]

    assert {response.status_code for response in answers} == {401}
    assert {error_of(response) for response in answers} == {"invalid_token"}


async def test_a_token_is_refused_after_its_time(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in(resource=API)
    world.clock.advance(minutes=11)

    response = await api.call(tokens["access_token"])

    assert (response.status_code, error_of(response)) == (401, "invalid_token")


async def test_two_tokens_in_one_call_are_one_too_many(world: World, service: RelyingParty, api: Api) -> None:
    async with world.net.browser() as http:
        response = await http.get(
            f"{API}/breakfast", headers=[("Authorization", "Bearer a"), ("Authorization", "Bearer b")]
        )

    assert (response.status_code, error_of(response)) == (400, "invalid_request")


@pytest.mark.spec("RFC 9470 §3")
async def test_an_order_wants_a_higher_level_and_says_which(world: World, service: RelyingParty, api: Api) -> None:
    lower = await service.sign_in("macao", "chan-weng-kin", resource=API)
    higher = await service.sign_in("hong_kong", "chan-siu-ming", resource=API, acr_values="urn:gba:loa:3")

    refused = await api.call(lower["access_token"], "/breakfast/orders", method="POST")
    taken = await api.call(higher["access_token"], "/breakfast/orders", method="POST")

    assert (refused.status_code, error_of(refused)) == (401, "insufficient_user_authentication")
    assert 'acr_values="urn:gba:loa:3"' in refused.headers["www-authenticate"]
    assert (taken.status_code, taken.json()["level"]) == (201, "urn:gba:loa:3")


async def test_an_invoice_wants_somebody_who_acts_for_an_organisation(
    world: World, service: RelyingParty, api: Api
) -> None:
    private = await service.sign_in(resource=API, scope="openid profile")
    asked = service.asking(resource=API, scope="openid organisation")
    browser = world.browser()
    page = await browser.follow(await browser.to_provider(asked, "guangdong"), "tab-legal")
    page = await browser.press(page, "as-li-xiao-hua-for-bay-trading")
    answer = await browser.go_on(page, "li-xiao-hua")
    acting = (await service.redeem(asked, answer["code"])).json()

    refused = await api.call(private["access_token"], "/breakfast/invoice")
    given = await api.call(acting["access_token"], "/breakfast/invoice")

    assert (refused.status_code, error_of(refused)) == (403, "insufficient_scope")
    assert (given.status_code, given.json()["role"]) == (200, "legal_representative")


@pytest.mark.spec("RFC 8693 §4.1")
async def test_after_an_exchange_the_service_that_acts_is_named(world: World, api: Api) -> None:
    front = await RelyingParty.register(
        world, a_service("front", redirect_uris=(f"{RP}/front",), resources=(OTHER,), relying_party="guest_house")
    )
    desk = await RelyingParty.register(
        world,
        a_service(
            "desk",
            redirect_uris=(f"{RP}/desk",),
            token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
            grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.TOKEN_EXCHANGE),
            serves=OTHER,
            relying_party="guest_house",
        ),
    )
    tokens = await front.sign_in(resource=OTHER)
    exchanged = await desk.post(
        "/token",
        {
            "grant_type": GrantType.TOKEN_EXCHANGE.value,
            "subject_token": tokens["access_token"],
            "subject_token_type": TokenType.ACCESS_TOKEN.value,
            "resource": API,
        },
    )

    response = await api.call(exchanged.json()["access_token"])

    assert response.status_code == 200
    assert response.json()["asked_by"] == ["desk"]


async def test_keys_are_fetched_once_whatever_ids_strangers_write(
    world: World, service: RelyingParty, api: Api
) -> None:
    tokens = await service.sign_in(resource=API)
    await api.call(tokens["access_token"])
    before = world.net.count("/jwks")

    for number in range(5):
        await api.call(Key.make().sign({"iss": world.issuer, "aud": API}, {"typ": "at+jwt", "kid": f"k{number}"}))

    assert world.net.count("/jwks") == before


async def test_while_the_gateway_is_away_the_last_keys_serve(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in(resource=API)
    await api.call(tokens["access_token"])
    world.net.unmount(world.issuer)
    world.clock.advance(minutes=6)

    response = await api.call(tokens["access_token"])

    assert response.status_code == 200


async def test_without_any_key_nothing_is_said_about_a_token(world: World, service: RelyingParty, api: Api) -> None:
    tokens = await service.sign_in(resource=API)
    world.net.unmount(world.issuer)

    response = await api.call(tokens["access_token"])

    assert response.status_code == 503
    assert response.headers["retry-after"]
