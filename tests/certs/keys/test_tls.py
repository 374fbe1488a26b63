"""Certificates for development: their own maker, and nobody else, trusts them."""

import ssl
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.keys.tls import LIFETIME, self_signed
from tests.certs.builders import NOW


def test_a_certificate_names_every_host_and_address():
    pem, _ = self_signed(["gateway.example.hk", "127.0.0.1", "::1"], NOW)

    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["gateway.example.hk"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]


def test_a_certificate_lives_for_its_time_and_a_little_before():
    certificate = x509.load_pem_x509_certificate(self_signed(["localhost"], NOW)[0])

    assert certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert certificate.not_valid_after_utc == NOW + LIFETIME


def test_the_key_belongs_to_the_certificate_and_is_new_each_time():
    pem, key = self_signed(["localhost"], NOW)

    assert load_pem_private_key(key, None).public_key() == x509.load_pem_x509_certificate(pem).public_key()
    assert self_signed(["localhost"], NOW)[1] != key


def test_a_server_can_use_it_and_a_client_can_name_it_as_its_authority(tmp_path):
    pem, key = self_signed(["localhost"], NOW)
    (tmp_path / "both.pem").write_bytes(pem + key)

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "both.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=pem.decode())

    assert client.cert_store_stats()["x509"] == 1


def test_a_certificate_for_nobody_is_not_made():
    with pytest.raises(ValueError, match="at least one host"):
        self_signed([], NOW)
