"""The blocks of settings for Guangdong: complete, known and sensible, or named."""

from typing import Any

import pytest

from providers.guangdong.settings import from_settings, link_from_settings
from tests.providers.guangdong.builders import CONTENT_KEY, NEXT_PLATFORM, OURS, PLATFORM

FIRST, SECOND = PLATFORM.public_key.to_hex(), NEXT_PLATFORM.public_key.to_hex()
BLOCK = {
    "base_url": "https://gd.test/",
    "client_id": "gateway-1",
    "client_secret": "a-secret-value",
    "platform_public_keys": [FIRST],
}
LINK_BLOCK = {
    "base_url": "https://gd.test",
    "paas_id": "gba_gateway",
    "paas_token": "a-secret-value",
    "app_code": "GBAGATEWAY",
    "sm2_key": OURS.to_pem().decode(),
    "sm4_key": CONTENT_KEY.hex().upper(),
    "platform_public_keys": f"{FIRST}\n{SECOND}\n",
}


def test_blocks_are_read_and_hide_their_secrets() -> None:
    sign_in, link = from_settings({**BLOCK, "mode": "v2"}), link_from_settings(LINK_BLOCK)

    assert sign_in.base_url == "https://gd.test"
    assert sign_in.platform_keys == (PLATFORM.public_key,)
    assert link.platform_keys == (PLATFORM.public_key, NEXT_PLATFORM.public_key)
    assert link.content_key == CONTENT_KEY
    assert "a-secret-value" not in repr(sign_in) + repr(link)
    assert repr(link.content_key) not in repr(link)


@pytest.mark.parametrize("name", list(BLOCK))
def test_a_missing_key_of_the_sign_in_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"setting {name} is missing"):
        from_settings({key: value for key, value in BLOCK.items() if key != name})


@pytest.mark.parametrize("name", list(LINK_BLOCK))
def test_a_missing_key_of_the_register_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"setting {name} is missing"):
        link_from_settings({key: value for key, value in LINK_BLOCK.items() if key != name})


def test_an_unknown_key_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(ValueError, match="unknown setting platform_public_key; did you mean platform_public_keys"):
        from_settings({**BLOCK, "platform_public_key": FIRST})


@pytest.mark.attack("GD-05")
def test_gd_05_the_bare_mode_v1_cannot_be_configured() -> None:
    with pytest.raises(ValueError, match="setting mode must be"):
        from_settings({**BLOCK, "mode": "v1"})


@pytest.mark.parametrize(
    "keys",
    [
        [],
        "",
        ["04" + "00" * 64],
        ["04"],
        [FIRST + "00"],
        [7],
        FIRST.encode(),
        [FIRST] * 5,
        [FIRST.replace("04", "06", 1)],
    ],
)
def test_platform_keys_that_are_none_are_refused(keys: Any) -> None:
    with pytest.raises(ValueError, match="setting platform_public_keys"):
        from_settings({**BLOCK, "platform_public_keys": keys})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "gd.test"),
        ("paas_id", "two words"),
        ("paas_id", "gba\r\nx-tif-uid: 1"),
        ("paas_token", ""),
        ("sm2_key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
        ("sm2_key", OURS.to_pem().decode().replace("PRIVATE", "PUBLIC")),
        ("sm4_key", "00112233"),
        ("sm4_key", "zz" * 16),
        ("next_sm4_key", "00112233"),
        ("previous_sm4_key", "zz" * 16),
    ],
)
def test_a_value_that_cannot_be_is_named_and_not_shown(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"setting {name} must be") as refused:
        link_from_settings({**LINK_BLOCK, name: value})

    assert not value or value not in str(refused.value)


def test_the_keys_of_a_rotation_stand_beside_the_one_that_seals() -> None:
    link = link_from_settings({**LINK_BLOCK, "previous_sm4_key": "11" * 16, "next_sm4_key": "22" * 16})

    assert link.content_key == CONTENT_KEY
    assert link.further_content_keys == (bytes([0x22]) * 16, bytes([0x11]) * 16)
    assert "1111" not in repr(link)
