import pytest

from gateway.oidc import resources
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from tests.gateway.oidc.fakes import a_client

KNOWN = ("https://api.rp-a.example/", "https://api.rp-a.example/v1?tenant=1", "urn:fictional:records")


@pytest.mark.spec("RFC 8707 §2")
def test_registered_resources_are_read_in_their_order() -> None:
    assert resources.read(KNOWN[::-1], a_client(resources=KNOWN)) == KNOWN[::-1]


def test_no_resource_is_no_error() -> None:
    assert resources.read((), a_client()) == ()


@pytest.mark.spec("RFC 8707 §2")
@pytest.mark.parametrize(
    "value",
    [
        "https://api.rp-b.example/",
        "https://api.rp-a.example",
        "HTTPS://api.rp-a.example/",
        "api",
        "/v1",
        "https:",
        "https://a/#f",
        "https://a b/",
    ],
)
def test_any_other_resource_is_refused(value) -> None:
    with pytest.raises(OAuthError) as refusal:
        resources.read((value,), a_client(resources=KNOWN))

    assert refusal.value.code is ErrorCode.INVALID_TARGET


def test_a_relative_or_fragmented_identifier_is_refused_even_if_it_were_registered() -> None:
    for value in ("api", "https://a/#f"):
        with pytest.raises(OAuthError):
            resources.read((value,), a_client(resources=(value,)))


def test_too_many_resources_are_refused() -> None:
    many = tuple(f"urn:fictional:{number}" for number in range(9))

    with pytest.raises(OAuthError):
        resources.read(many, a_client(resources=many))
