"""Addresses that a relying party registers: what may be shown, what a browser may open, what we call."""

import pytest

from gateway.oidc.registration import MetadataError, check_client, with_sector
from tests.gateway.oidc.fakes import a_client, a_public_client

CALLED = ["jwks_uri", "backchannel_logout_uri", "backchannel_client_notification_endpoint", "event_uri", "logo_uri"]
PRIVATE = [
    "https://127.0.0.1/x",
    "https://169.254.169.254/latest",
    "https://[::1]/x",
    "https://10.0.0.1/x",
    "https://0.0.0.0/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://localhost/x",
    "https://localhost./x",
    "https://db.localhost/x",
    "https://printer.local/x",
    "https://vault.internal/x",
    "https://intranet/x",
]
TRICKS = [
    "file:///etc/passwd",
    "gopher://rp-a.example/x",
    "ftp://rp-a.example/x",
    "data:text/plain,x",
    "ldap://rp-a.example/x",
    "http://rp-a.example/x",
    "https://user@rp-a.example/x",
    "https://user:pass@rp-a.example/x",
    "https:\\\\rp-a.example\\x",
    "https://rp-a.example\t/x",
    "https://rp-a.example./x",
    "https://rp-ä.example/x",
    "https://rp-a.example:22/x",
    "https://rp-a.example:25/x",
    "https://rp-a.example:6379/x",
    "https://rp-a.example:80/x",
    "https://rp-a.example:65536/x",
    "https://rp-a.example/x#f",
    "https://rp-a.example/../x",
    "https:///x",
    "",
]


def refused(field: str, uri: str, *, allow_loopback: bool = False) -> MetadataError:
    with pytest.raises(MetadataError) as refusal:
        check_client(a_client(**{field: uri}), allow_loopback=allow_loopback)
    return refusal.value


@pytest.mark.attack("SF-01")
@pytest.mark.parametrize("uri", PRIVATE)
@pytest.mark.parametrize("field", CALLED)
def test_sf_01_a_private_target_is_refused_at_registration(field: str, uri: str) -> None:
    refusal = refused(field, uri)

    assert refusal.field == field
    assert uri not in str(refusal)


@pytest.mark.attack("SF-01")
@pytest.mark.parametrize("uri", PRIVATE)
def test_sf_01_a_sector_document_and_a_request_object_are_nowhere_private(uri: str) -> None:
    with pytest.raises(MetadataError):
        check_client(with_sector(a_client(sector_identifier_uri=uri)))
    with pytest.raises(MetadataError) as refusal:
        check_client(a_client(request_uris=(uri,)))

    assert refusal.value.field == "request_uris"


@pytest.mark.attack("SF-04")
@pytest.mark.parametrize("uri", TRICKS)
@pytest.mark.parametrize("field", CALLED)
def test_sf_04_a_trick_of_scheme_host_or_port_is_refused(field: str, uri: str) -> None:
    refused(field, uri)
    refused(field, uri, allow_loopback=True)


@pytest.mark.attack("LO-06")
@pytest.mark.parametrize(
    "uri",
    [
        "https://${client_session_host}/logout",
        "https://{host}.rp-a.example/logout",
        "https://rp-a.example/logout?host=%{host}",
        "https://%72p-a.example/logout",
        "//rp-a.example/logout",
    ],
)
def test_lo_06_a_logout_address_with_a_placeholder_is_refused(uri: str) -> None:
    assert refused("backchannel_logout_uri", uri).field == "backchannel_logout_uri"


@pytest.mark.parametrize("field", CALLED)
@pytest.mark.parametrize("uri", ["https://api.rp-a.example/x?y=1", "https://rp-a.example:8443/x"])
def test_a_public_address_may_be_called(field: str, uri: str) -> None:
    check_client(a_client(**{field: uri}))


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9000/x", "https://[::1]:9000/x", "https://localhost:8443/x"])
def test_in_development_an_address_may_be_on_this_machine(uri: str) -> None:
    check_client(a_client(jwks_uri=uri), allow_loopback=True)

    assert refused("jwks_uri", uri).reason == "an address on the loopback or in a private network is for development"


@pytest.mark.spec("OpenID Connect Core §6.2")
def test_the_address_of_a_request_object_may_name_a_version_behind_a_hash() -> None:
    check_client(a_client(request_uris=("https://rp-a.example/r.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM",)))

    with pytest.raises(MetadataError):
        check_client(a_client(request_uris=("https://rp-a.example/r.jwt#a/b",)))


@pytest.mark.parametrize("uris", [("http://127.0.0.1/r",), tuple(f"https://rp-a.example/{n}" for n in range(11))])
def test_request_objects_come_by_https_and_from_few_addresses(uris: tuple[str, ...]) -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(a_client(request_uris=uris), allow_loopback=True)

    assert refusal.value.field == "request_uris"


@pytest.mark.spec("OpenID Connect Front-Channel Logout 1.0 §2")
@pytest.mark.parametrize(
    ("uri", "is_good"),
    [
        ("https://rp-a.example/out", True),
        ("https://rp-a.example/out?x=1", True),
        ("https://rp-a.example:8443/out", False),
        ("https://other.example/out", False),
        ("http://rp-a.example/out", False),
        ("https://rp-a.example/out#f", False),
        ("javascript:alert(1)", False),
    ],
)
def test_only_a_page_of_the_client_itself_is_opened_in_our_frames(uri: str, is_good: bool) -> None:
    client = a_client(frontchannel_logout_uri=uri)

    if is_good:
        check_client(client)
        return
    with pytest.raises(MetadataError) as refusal:
        check_client(client)
    assert refusal.value.field == "frontchannel_logout_uri"


def test_on_the_loopback_that_page_may_have_another_port() -> None:
    client = with_sector(
        a_public_client(redirect_uris=("http://127.0.0.1/cb",), frontchannel_logout_uri="http://127.0.0.1:9000/out")
    )

    check_client(client)
