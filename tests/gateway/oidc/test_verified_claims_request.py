import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.verified_claims_request import check_verified_claims

ANY = {"trust_framework": None}


@pytest.mark.spec("OpenID Connect for Identity Assurance §6")
@pytest.mark.parametrize(
    "asked",
    [
        {"verification": ANY, "claims": {"name": None}},
        {"verification": {"trust_framework": {}}, "claims": {"name": {}}},
        {"verification": {"trust_framework": "hk_iam_smart"}, "claims": {"name": {"essential": False}}},
        {"verification": {"trust_framework": {"values": ["a", "b"]}}, "claims": {"claim%1/a&,.b": None}},
        {"verification": ANY | {"evidence": [{"type": {"value": "document"}}]}, "claims": {"name": {"value": "x"}}},
        {"verification": ANY | {"time": {"max_age": 63113852}}, "claims": {"name": {"purpose": "to know you"}}},
        [{"verification": ANY, "claims": {"name": None}}, {"verification": ANY, "claims": {"birthdate": None}}],
    ],
)
def test_a_request_for_verified_claims_is_read_loosely(asked) -> None:
    check_verified_claims(asked)


@pytest.mark.spec("OpenID Connect for Identity Assurance §6")
@pytest.mark.parametrize(
    "asked",
    [
        None,
        {},
        [],
        "name",
        [None],
        {"claims": {"name": None}},
        {"verification": None, "claims": {"name": None}},
        {"verification": {}, "claims": {"name": None}},
        {"verification": {"trust_framework": 7}, "claims": {"name": None}},
        {"verification": ANY | {"evidence": "document"}, "claims": {"name": None}},
        {"verification": ANY | {"evidence": ["document"]}, "claims": {"name": None}},
        {"verification": ANY},
        {"verification": ANY, "claims": None},
        {"verification": ANY, "claims": {}},
        {"verification": ANY, "claims": {"name": "yes"}},
        {"verification": ANY, "claims": {"name": {"purpose": "ab"}}},
        {"verification": ANY, "claims": {"name": {"purpose": "x" * 301}}},
        [{"verification": ANY, "claims": {"name": None}}] * 9,
    ],
)
def test_a_request_for_verified_claims_without_its_shape_is_refused(asked) -> None:
    with pytest.raises(OAuthError) as refusal:
        check_verified_claims(asked)

    assert refusal.value.code is ErrorCode.INVALID_REQUEST
