from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.broker.own_client import OWN_CLIENT_ID, is_own, own_client, sign_in_url
from gateway.oidc.authorize import OfferedValues, validate
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.registration import MetadataError, check_client
from tests.gateway.broker.builders import ISSUER, NOW, an_enrolled_client, an_op


def test_the_own_client_may_ask_for_nothing_but_a_sign_in() -> None:
    client = own_client(ISSUER)

    assert (client.client_id, client.scopes) == ("gate-account", ("openid",))
    assert client.redirect_uris == (f"{ISSUER}/account/return",)
    assert client.token_endpoint_auth_method is ClientAuthMethod.NONE
    assert is_own(client)
    assert not is_own(an_enrolled_client())


@pytest.mark.parametrize(
    ("issuer", "sector"),
    [
        (ISSUER, "id.example.hk"),
        ("https://id.example.hk:8443", "id.example.hk"),
        ("http://127.0.0.1:8000", "loopback:gate-account"),
        ("http://[::1]:8000", "loopback:gate-account"),
        ("http://localhost:8000", "loopback:gate-account"),
    ],
)
def test_its_sector_is_the_gateways_own_host(issuer, sector) -> None:
    assert own_client(issuer).sector == sector


async def test_the_sign_in_is_fresh_and_a_request_like_any_other() -> None:
    address = urlsplit(sign_in_url(ISSUER))
    client = own_client(ISSUER)

    found, request = await validate(
        parse_qsl(address.query), an_op(client), offered=OfferedValues(frozenset({"hong_kong"})), now=NOW
    )

    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/authorize"
    assert (found, request.redirect_uri) == (client, f"{ISSUER}/account/return")
    assert request.prompts == {"login"}


def test_no_two_sign_ins_share_a_challenge() -> None:
    challenges = {dict(parse_qsl(urlsplit(sign_in_url(ISSUER)).query))["code_challenge"] for _ in range(20)}

    assert len(challenges) == 20


def test_nobody_is_registered_under_its_name() -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(an_enrolled_client(client_id=OWN_CLIENT_ID))

    assert refusal.value.field == "client_id"
