"""The gateway's own entity configuration can be read by whoever reads others' the way we do."""

import pytest

from certs.keys.jose import claimed
from certs.keys.signing_key import Algorithm, KeySet, SigningKey
from gateway.oidc.federation.entity import OwnEntity
from gateway.oidc.federation.statement import read_configuration
from gateway.oidc.metadata import discovery
from tests.gateway.oidc.federation.net import ANCHOR, NOW

ISSUER = "https://id.example.hk"


@pytest.mark.spec("OpenID Federation 1.0 §9")
def test_the_configuration_is_self_signed_and_names_superiors_and_role():
    keys = KeySet((SigningKey.generate(Algorithm.ES256, NOW),))
    own = OwnEntity(ISSUER, "Gateway", (ANCHOR,), keys, "ES256", discovery(ISSUER, acr_values=(), ui_locales=()))

    token = own.configuration(NOW)

    statement = read_configuration(token, ISSUER, NOW)
    provider = statement.metadata["openid_provider"]
    assert statement.authority_hints == (ANCHOR,)
    assert provider["client_registration_types_supported"] == ["automatic"]
    assert provider["authorization_endpoint"] == f"{ISSUER}/authorize"
    assert provider["request_authentication_methods_supported"]["authorization_endpoint"] == ["request_object"]
    assert "d" not in claimed(token)["jwks"]["keys"][0]
