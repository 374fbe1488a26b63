"""What a kiosk or a counter asks for: the same checks as in a browser, less the way back (RFC 8628 §3.1, CIBA §7)."""

import pytest

from gateway.oidc.authorize import decoupled_request
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import GrantType
from gateway.oidc.parameters import Parameters
from tests.gateway.oidc.fakes import (
    NOW,
    a_client,
    an_endpoint,
)
from tests.gateway.oidc.request_fakes import OFFERED


@pytest.mark.spec("RFC 8628 §3.1")
def test_a_request_without_a_browser_needs_no_way_back() -> None:
    client = a_client(grant_types=(GrantType.DEVICE_CODE,))
    form = Parameters([("client_id", "rp-a"), ("scope", "openid profile"), ("acr_values", "urn:gba:loa:2")])

    request = decoupled_request(form, client, OFFERED, an_endpoint(client), NOW)

    assert (request.redirect_uri, request.code_challenge, request.scopes) == ("", "", ("openid", "profile"))
    assert request.acr_values == ("urn:gba:loa:2",)


@pytest.mark.parametrize(
    "form",
    [
        [("scope", "profile")],
        [("scope", "openid"), ("scope", "openid")],
        [("scope", "openid"), ("colour", "red"), ("colour", "red")],
    ],
)
def test_a_request_without_a_browser_passes_the_same_checks(form) -> None:
    with pytest.raises(OAuthError):
        decoupled_request(Parameters(form), a_client(), OFFERED, an_endpoint(), NOW)
