"""Where a request comes from: one address however it is written, and a certificate from those alone who may hand it on."""

import base64
import ssl
from typing import Any

import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.web.source import PEER, CertificateSource, source_of

DER = b"0\x82\x01\x0a certificate"
PROXY, STRANGER = "10.0.0.7", "192.0.2.1"
BEHIND_PROXY = CertificateSource("Client-Cert", ("10.0.0.0/24", "fd00::7"))


def a_scope(peer: str = PROXY, *values: bytes, **changes: Any) -> dict[str, Any]:
    headers = [(b"client-cert", value) for value in values]
    return {"client": ("203.0.113.9", 0), "headers": headers, "extensions": {PEER: peer}} | changes


def written(content: bytes = DER) -> bytes:
    return b":" + base64.b64encode(content) + b":"


# ------------------------------------------------------------------------------------------------ addresses
@pytest.mark.attack("DS-04")
@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:0DB8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("unknown", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_ds_04_one_source_is_one_address_however_it_is_written(host: str, source: str) -> None:
    assert source_of({"client": (host, 0)}) == source


def test_a_request_without_an_address_is_counted_with_those_like_it() -> None:
    assert source_of({}) == "unreadable"


# --------------------------------------------------------------------------------------------- certificates
@pytest.mark.spec("RFC 9440 §2.1")
@pytest.mark.parametrize("peer", ["10.0.0.7", "10.0.0.255", "fd00::7"])
def test_a_trusted_proxy_hands_the_certificate_on(peer: str) -> None:
    assert BEHIND_PROXY.read(a_scope(peer, written())) == DER


@pytest.mark.parametrize("peer", [STRANGER, "10.0.1.7", "fd00::8", "", "10.0.0.7, 192.0.2.1"])
def test_a_header_from_anybody_else_is_as_if_it_were_not_there(peer: str) -> None:
    assert BEHIND_PROXY.read(a_scope(peer, written())) is None


def test_the_forwarded_address_makes_nobody_a_proxy() -> None:
    scope = a_scope(STRANGER, written(), client=(PROXY, 0))

    assert BEHIND_PROXY.read(scope) is None


def test_without_the_setting_the_header_is_nothing() -> None:
    assert CertificateSource().read(a_scope(PROXY, written())) is None


def test_a_proxys_own_certificate_is_not_the_clients() -> None:
    extensions = {PEER: PROXY, "tls": {"client_cert_chain": (ssl.DER_cert_to_PEM_cert(b"the proxy"),)}}

    assert BEHIND_PROXY.read(a_scope(PROXY, extensions=extensions)) is None
    assert BEHIND_PROXY.read(a_scope(PROXY, written(), extensions=extensions)) == DER


@pytest.mark.spec("RFC 8705 §2")
def test_the_connections_certificate_counts_without_a_proxy() -> None:
    extensions = {PEER: STRANGER, "tls": {"client_cert_chain": (ssl.DER_cert_to_PEM_cert(DER),)}}

    assert CertificateSource().read(a_scope(extensions=extensions)) == DER
    assert BEHIND_PROXY.read(a_scope(extensions=extensions)) == DER


def test_a_connection_without_a_certificate_has_none() -> None:
    assert CertificateSource().read(a_scope(extensions={"tls": {"client_cert_chain": ()}})) is None


@pytest.mark.parametrize(
    "values",
    [
        (b"",),
        (b":",),
        (b"::",),
        (base64.b64encode(DER),),
        (b":%%%%:",),
        (written() + b";a=1",),
        (written(), written()),
        (b"-----BEGIN CERTIFICATE-----",),
    ],
)
def test_a_malformed_header_of_a_proxy_is_refused(values: tuple[bytes, ...]) -> None:
    with pytest.raises(OAuthError) as refusal:
        BEHIND_PROXY.read(a_scope(PROXY, *values))

    assert refusal.value.code is ErrorCode.INVALID_REQUEST
