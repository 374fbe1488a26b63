import pytest

from gateway.oidc import profiles
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Confirmation
from gateway.oidc.names import (
    CLIENT_ASSERTION_ALGORITHMS,
    ClientAuthMethod,
    ConfirmationMethod,
    ErrorCode,
    Profile,
)
from tests.gateway.oidc.fakes import a_client, a_public_client
from tests.gateway.oidc.request_fakes import a_fapi_client

A_KEY = Confirmation(ConfirmationMethod.JKT, "x" * 43)


@pytest.mark.parametrize("profile", sorted(profiles.FAPI))
def test_a_client_as_its_profile_wants_it_breaks_no_rule(profile) -> None:
    client = a_fapi_client(profile=profile)

    assert profiles.demands(client) == []
    profiles.check_client(client)


def test_a_client_without_a_profile_has_no_rules_to_break() -> None:
    assert profiles.demands(a_public_client(id_token_signed_response_alg="RS256")) == []


def test_tokens_bound_to_a_certificate_will_do_as_well() -> None:
    client = a_fapi_client(
        token_endpoint_auth_method=ClientAuthMethod.TLS,
        dpop_bound_access_tokens=False,
        tls_client_certificate_bound_access_tokens=True,
    )

    assert profiles.demands(client) == []


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2")
@pytest.mark.parametrize("profile", sorted(profiles.FAPI))
@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"token_endpoint_auth_method": ClientAuthMethod.BASIC}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": ClientAuthMethod.POST}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": ClientAuthMethod.NONE}, "token_endpoint_auth_method"),
        ({"dpop_bound_access_tokens": False}, "dpop_bound_access_tokens"),
        ({"redirect_uris": ("http://127.0.0.1/cb",)}, "redirect_uris"),
        ({"id_token_signed_response_alg": "RS256"}, "id_token_signed_response_alg"),
        ({"userinfo_signed_response_alg": "RS256"}, "userinfo_signed_response_alg"),
        ({"authorization_signed_response_alg": "RS256"}, "authorization_signed_response_alg"),
        ({"introspection_signed_response_alg": "RS256"}, "introspection_signed_response_alg"),
        ({"request_object_signing_alg": "RS256"}, "request_object_signing_alg"),
        ({"request_object_signing_alg": "none"}, "request_object_signing_alg"),
    ],
)
def test_each_rule_names_the_field_that_breaks_it(profile, broken, field) -> None:
    client = a_fapi_client(profile=profile, **broken)

    assert [name for name, _ in profiles.demands(client)] == [field]
    with pytest.raises(OAuthError) as refusal:
        profiles.check_client(client)
    assert refusal.value.code is ErrorCode.UNAUTHORIZED_CLIENT


@pytest.mark.spec("FAPI 2.0 Message Signing §5.3.1")
def test_message_signing_wants_the_keys_of_the_client() -> None:
    without = {
        "token_endpoint_auth_method": ClientAuthMethod.TLS,
        "jwks": None,
    }

    assert [name for name, _ in profiles.demands(a_fapi_client(profile=Profile.FAPI2_MS, **without))] == ["jwks"]
    assert profiles.demands(a_fapi_client(**without)) == []


def test_a_profile_demands_all_of_its_rules_at_once() -> None:
    assert len(profiles.demands(a_client(profile=Profile.FAPI2_MS, id_token_signed_response_alg="RS256"))) == 4


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1")
def test_a_bearer_token_is_refused_where_a_bound_one_is_demanded() -> None:
    with pytest.raises(OAuthError) as refusal:
        profiles.check_confirmation(a_fapi_client(), None)

    assert refusal.value.code is ErrorCode.INVALID_REQUEST
    profiles.check_confirmation(a_fapi_client(), A_KEY)
    profiles.check_confirmation(a_client(), None)


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1")
def test_rs256_is_offered_to_plain_clients_only() -> None:
    assert profiles.algorithms(a_client(), CLIENT_ASSERTION_ALGORITHMS) == {"ES256", "PS256", "RS256"}
    assert profiles.algorithms(a_fapi_client(), CLIENT_ASSERTION_ALGORITHMS) == {"ES256", "PS256"}


def test_introspection_is_signed_for_whoever_registered_it_and_under_message_signing() -> None:
    assert profiles.signs_introspection(a_fapi_client(profile=Profile.FAPI2_MS))
    assert profiles.signs_introspection(a_client(introspection_signed_response_alg="ES256"))
    assert not profiles.signs_introspection(a_fapi_client())
