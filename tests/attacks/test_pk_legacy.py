"""Group PK, the one named switch: a confidential client without PKCE, and nothing that others could make of it."""

import pytest

from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, Profile
from gateway.oidc.registration import MetadataError, check_client, with_sector
from tests.attacks.watch import WatchedWorld
from tests.world import a_client, asking

WITHOUT = {"code_challenge": None, "code_challenge_method": None}
PERSON = "chan-siu-ming"


@pytest.fixture
async def auth(world: WatchedWorld) -> tuple[str, str]:
    client = a_client("old", token_endpoint_auth_method=ClientAuthMethod.BASIC, legacy_without_pkce=True)
    return "old", (await world.register(client))["old"]


@pytest.mark.attack("PK-01")
async def test_pk_01_with_the_switch_a_code_without_challenge_is_redeemed_with_the_secret(
    world: WatchedWorld, auth: tuple[str, str]
) -> None:
    asked = asking("old", scope="openid", **WITHOUT)
    answer = await world.browser().sign_in(asked, "hong_kong", PERSON)

    response = await world.token(asked, answer["code"], auth=auth, code_verifier=None)

    assert response.status_code == 200, response.text


@pytest.mark.attack("PK-03")
async def test_pk_03_a_verifier_without_a_challenge_is_a_downgrade_and_refused(
    world: WatchedWorld, auth: tuple[str, str]
) -> None:
    asked = asking("old", scope="openid", **WITHOUT)
    answer = await world.browser().sign_in(asked, "hong_kong", PERSON)

    response = await world.token(asked, answer["code"], auth=auth)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.attack("PK-02")
async def test_pk_02_a_challenge_that_is_given_must_be_met_all_the_same(
    world: WatchedWorld, auth: tuple[str, str]
) -> None:
    asked = asking("old", scope="openid")
    answer = await world.browser().sign_in(asked, "hong_kong", PERSON)

    response = await world.token(asked, answer["code"], auth=auth, code_verifier=None)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.attack("PK-01")
@pytest.mark.parametrize("half", [{"code_challenge": None}, {"code_challenge_method": None}])
async def test_pk_01_half_of_pkce_is_refused(
    world: WatchedWorld, auth: tuple[str, str], half: dict[str, str | None]
) -> None:
    browser = world.browser()

    await browser.open(asking("old", scope="openid", **half).url)

    assert auth[0] == "old"
    assert browser.answer["error"] == "invalid_request"


@pytest.mark.attack("PK-01")
@pytest.mark.parametrize(
    "client",
    [
        a_client(legacy_without_pkce=True),
        a_client(
            legacy_without_pkce=True,
            token_endpoint_auth_method=ClientAuthMethod.BASIC,
            client_secret_hash=bytes(range(32)),
            registered_by="dynamic",
        ),
        a_client(legacy_without_pkce=True, profile=Profile.FAPI2_SP),
    ],
)
def test_pk_01_public_fapi_and_self_registered_clients_cannot_have_the_switch(client: Client) -> None:
    with pytest.raises(MetadataError, match="gba_legacy_without_pkce"):
        check_client(with_sector(client))
