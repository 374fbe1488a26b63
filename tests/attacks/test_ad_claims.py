"""Group AD, reserved claims: neither configuration, nor an upstream, nor an import sets what the protocol says (AD-07)."""

import json
from base64 import urlsafe_b64decode
from typing import Any, Final

import pytest

from gateway.admin import clients
from gateway.oidc import issue
from gateway.oidc.claims import CLAIMS_OF, released_by_userinfo
from providers.openid_connect.settings import from_settings
from tests.gateway.oidc.fakes import NOW, a_client, a_grant, an_endpoint

RESERVED: Final = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "acr",
    "amr",
    "auth_time",
    "nonce",
    "cnf",
    "sid",
    "act",
    "azp",
)
RESERVED_HASHES: Final = ("at_hash", "c_hash", "jti", "events")
FOREIGN: Final = "set by somebody else"


def payload(token: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return read


@pytest.mark.attack("AD-07")
def test_ad_07_no_scope_stands_for_what_the_protocol_says() -> None:
    released = {name for names in CLAIMS_OF.values() for name in names}

    assert not released & {*RESERVED, *RESERVED_HASHES}


@pytest.mark.attack("AD-07")
def test_ad_07_values_of_an_upstream_under_protocol_names_leave_neither_by_scope_nor_by_name() -> None:
    hostile = dict.fromkeys((*RESERVED, *RESERVED_HASHES), FOREIGN)
    names = tuple(hostile)
    grant = a_grant(scopes=tuple(CLAIMS_OF), claims=hostile, id_token_claims=names, userinfo_claims=names)

    told = payload(issue.id_token(grant, a_client(), "an-access-token", an_endpoint(), NOW))

    assert FOREIGN not in told.values()
    assert (told["sub"], told["acr"], told["nonce"], told["sid"]) == (grant.sub, grant.acr, grant.nonce, grant.sid)
    assert "cnf" not in told
    assert released_by_userinfo(grant, tuple(CLAIMS_OF)) == {}


@pytest.mark.attack("AD-07")
@pytest.mark.parametrize(
    "key", ["claims", "mapping", "attributes", "sub", "acr", "aud", "claim_mapping", "subject_claim"]
)
def test_ad_07_a_providers_settings_have_no_place_for_them(key: str) -> None:
    block = {
        "kind": "openid_connect",
        "issuer": "https://op.example",
        "client_id": "gate",
        "client_secret": "fictional secret of a test",
        key: {"sub": FOREIGN},
    }

    with pytest.raises(ValueError, match=key):
        from_settings("acme", block, NOW)


@pytest.mark.attack("AD-07")
@pytest.mark.spec("RFC 7591 §2")
def test_ad_07_a_registration_that_brings_them_along_is_registered_without_them() -> None:
    metadata = {"client_name": "Ferry", "redirect_uris": ["https://ferry.example/cb"]}
    hostile = dict.fromkeys((*RESERVED, "claims", "gba_claims", "claim_mapping", "id_token_claims", "sector"), FOREIGN)

    draft = clients.a_draft("ferry", {**metadata, **hostile})

    assert draft == clients.a_draft("ferry", metadata)
    assert FOREIGN not in repr(draft)
