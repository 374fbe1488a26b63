"""A wrong settings file is noticed when it is read."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mock_idps.hong_kong import Client, HongKongConfig

VALID = {
    "client_id": "3f5c0e8b7a0145d0b6c2a19d4e77c001",
    "client_secret": "gba-test-secret-0001",
    "name": "Gateway",
    "redirect_uris": ["https://gateway.test/callback/*", "https://gateway.test/exact?x=1"],
}


def read(**changes) -> HongKongConfig:
    return HongKongConfig.from_json({"base_url": "https://iamsmart.test/", "clients": [{**VALID, **changes}]})


def test_a_valid_file_is_read_and_its_secret_is_not_shown():
    config = read()

    assert config.base_url == "https://iamsmart.test"
    assert config.client(VALID["client_id"]).name == "Gateway"
    assert config.client("0" * 32) is None
    assert "gba-test-secret" not in repr(config)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "short"},
        {"client_id": VALID["client_id"].upper()},
        {"client_secret": ""},
        {"name": 5},
        {"redirect_uris": "https://gateway.test"},
        {"redirect_uris": [""]},
        {"kek_public_pem": "no key"},
        {"kek_public_pem": 5},
        {"scopes": ["eidapi_sign"]},
        {"unheard_of": True},
    ],
)
def test_a_spoiled_client_is_refused(changes):
    with pytest.raises(ValueError):
        read(**changes)


@pytest.mark.parametrize(
    "settings", [{}, {"base_url": "x"}, {"base_url": "x", "clients": [5]}, {"base_url": 5, "clients": []}]
)
def test_a_spoiled_file_is_refused(settings):
    with pytest.raises(ValueError):
        HongKongConfig.from_json(settings)


def test_a_key_encryption_key_must_be_rsa():
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    with pytest.raises(ValueError):
        read(kek_public_pem=pem)


@pytest.mark.parametrize(
    ("redirect_uri", "allowed"),
    [
        ("https://gateway.test/exact?x=1", True),
        ("https://gateway.test/callback/login_1-A", True),
        ("https://gateway.test/exact?x=1&y=2", False),
        ("https://gateway.test/exact", False),
        ("https://gateway.test/callback/", False),
        ("https://gateway.test/callback/*", False),
        ("https://gateway.test/callback/a/b", False),
        ("https://gateway.test/callback/..", False),
        ("https://gateway.test/callback/a?b", False),
        ("https://gateway.test/callback/a\n", False),
        ("https://gateway.test/callback/" + "a" * 65, False),
        ("https://gateway.test.evil.test/callback/a", False),
        ("HTTPS://gateway.test/callback/a", False),
    ],
)
def test_a_redirect_address_is_equal_or_one_segment_longer(redirect_uri, allowed):
    client: Client = read().clients[0]

    assert client.may_redirect_to(redirect_uri) is allowed
