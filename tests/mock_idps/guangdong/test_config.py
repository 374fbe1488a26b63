import pytest

from mock_idps.guangdong import GuangdongConfig
from mock_idps.guangdong.sm import SmError
from tests.mock_idps.guangdong.stage import PAAS_TOKEN, SECRET, SM4_HEX, STEM, a_client, a_config


def allows(uri):
    return a_config().clients[0].allows_redirect(uri)


@pytest.mark.parametrize("uri", [STEM + "a", STEM + "A-_9" * 16, "https://gateway.test/plain?x=1"])
def test_a_registered_redirect_uri_is_allowed(uri):
    assert allows(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        STEM,
        STEM + "*",
        STEM + "a/b",
        STEM + "a/",
        STEM + "a?x=1",
        STEM + "a#x",
        STEM + "a\n",
        STEM + "..",
        STEM + "%2e",
        STEM + "a" * 65,
        "https://gateway.test/plain",
        "https://gateway.test/plain?x=1&y=2",
        "https://Gateway.test/plain?x=1",
        "https://gateway.test.evil.test/callback/guangdong/a",
    ],
)
def test_any_other_redirect_uri_is_not(uri):
    assert not allows(uri)


def test_secrets_stay_out_of_the_repr():
    text = repr(a_config(sm2_private_hex="0" * 63 + "7"))

    assert not any(secret in text for secret in (SECRET, PAAS_TOKEN, SM4_HEX, "0" * 63))


def test_an_unknown_mode_stops_the_start():
    with pytest.raises(ValueError):
        a_config(mode="v3")


def test_an_unknown_least_level_stops_the_start():
    with pytest.raises(ValueError):
        a_config(clients=[a_client(min_level="L9")])


def test_a_bad_key_stops_the_start():
    with pytest.raises(SmError):
        GuangdongConfig.from_json({"base_url": "https://gd.test", "clients": [a_client(sm2_public_hex="04")]})


@pytest.mark.parametrize("name", ["client_id", "paas_token", "sm4_key_hex", "redirect_uris"])
def test_a_missing_setting_stops_the_start_by_its_name(name):
    entry = a_client()
    del entry[name]

    with pytest.raises(ValueError) as caught:
        a_config(clients=[entry])

    assert name in str(caught.value)
