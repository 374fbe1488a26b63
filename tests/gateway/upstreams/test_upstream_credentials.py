"""Which credentials there are, what a block looks like with those that are held, and the numbers of their rotation."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.keys.errors import KeyMaterialError
from certs.keys.rotation.rules import Publication
from gateway.config import Settings
from gateway.credential_rules import descriptions
from gateway.held_credentials import Held, overlay
from gateway.upstream_credentials import credential_sets
from tests.gateway.upstreams.rehearsal import guangdong_rehearsal, hong_kong_rehearsal, macao_rehearsal

_NOT_SECRET = {
    "base_url",
    "client_id",
    "platform_public_keys",
    "paas_id",
    "app_code",
    "kind",
    "issuer",
    "private_key_id",
    "default_level",
}


def settings_of(providers: dict[str, Any], register: dict[str, Any] | None = None) -> Settings:
    return Settings("https://gateway.test", Path("keys"), providers=providers, register=register)


def everything() -> Settings:
    guangdong = guangdong_rehearsal()
    providers = {
        **hong_kong_rehearsal().providers,
        **macao_rehearsal().providers,
        **guangdong.providers,
        "partner": {
            "kind": "openid_connect",
            "issuer": "https://op.test",
            "client_id": "us",
            "client_secret": "s",
            "default_level": 1,
        },
        "other": {
            "kind": "openid_connect",
            "issuer": "https://other.test",
            "client_id": "us",
            "private_key": "pem",
            "private_key_id": "first",
            "default_level": 1,
        },
    }
    return settings_of(providers, guangdong.register)


def test_every_secret_of_every_block_belongs_to_a_set() -> None:
    settings = everything()
    blocks = {f"providers.{name}": block for name, block in settings.providers.items()}
    blocks["register"] = settings.register or {}

    secrets = {(name, key) for name, block in blocks.items() for key in block if key not in _NOT_SECRET}

    assert {(one.block, one.setting) for one in credential_sets(settings)} == secrets


def test_sets_exist_for_configured_blocks_only() -> None:
    names = [one.name for one in credential_sets(settings_of(macao_rehearsal().providers))]

    assert names == ["macao-client-secret"]


def test_a_set_has_one_name_and_its_operators_know_whose_it_is() -> None:
    described = descriptions(everything())

    assert len(described) == len(credential_sets(everything()))
    assert described["hong_kong-decryption-key"].place == "hong_kong"
    assert described["register-sm2-key"].place == "guangdong"
    assert described["partner-client-secret"].place is None


def test_the_key_before_is_kept_as_long_as_something_may_be_sealed_for_it() -> None:
    rules = descriptions(everything())["hong_kong-decryption-key"].rules

    assert rules.publication is Publication.PARTNER
    assert rules.overlap > timedelta(hours=24)
    assert rules.settle >= rules.overlap


def test_what_only_proves_who_we_are_ends_with_the_calls_in_flight() -> None:
    rules = descriptions(everything())["macao-client-secret"].rules

    assert rules.overlap == timedelta(minutes=11)


def test_values_of_the_settings_beside_the_active_one_give_way_to_what_is_held() -> None:
    sets = {one.name: one for one in credential_sets(everything())}
    block = {"decryption_key": "file", "previous_decryption_key": "older file", "client_secret": "kept"}

    alone = overlay(block, sets, {"hong_kong-decryption-key": Held(b"new\n")})
    between = overlay(block, sets, {"hong_kong-decryption-key": Held(b"new", (b"next",), (b"old", b"older"))})

    assert alone == {"decryption_key": "new", "client_secret": "kept"}
    assert between == {
        "decryption_key": "new",
        "next_decryption_key": "next",
        "previous_decryption_key": "old",
        "client_secret": "kept",
    }


def test_a_dialect_that_opens_nothing_is_given_the_active_value_and_no_other() -> None:
    sets = {one.name: one for one in credential_sets(everything())}

    made = overlay({"client_secret": "file"}, sets, {"macao-client-secret": Held(b"new", (b"next",), (b"old",))})

    assert made == {"client_secret": "new"}


@pytest.mark.parametrize(("held", "name"), [(b"pem", "first"), (b"another pem", None)])
def test_the_name_of_the_first_private_key_is_not_given_to_the_next_one(held: bytes, name: str | None) -> None:
    settings = everything()
    sets = {one.name: one for one in credential_sets(settings)}

    made = overlay(settings.providers["other"], sets, {"other-private-key": Held(held)})

    assert made.get("private_key_id") == name


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("hong_kong-client-secret", b"short", "setting client_secret must have at least"),
        ("hong_kong-decryption-key", b"-----BEGIN", "setting decryption_key"),
        ("macao-client-secret", b" \n", "setting client_secret must be a text"),
        ("guangdong-client-secret", b"\xff", "setting client_secret must be a text"),
        ("register-sm4-key", b"00112233", "setting sm4_key must be"),
        ("register-sm2-key", b"-----BEGIN", "setting sm2_key must be"),
        ("partner-client-secret", b"", "setting client_secret must be a text"),
        ("other-private-key", b"-----BEGIN", "setting private_key"),
    ],
)
def test_a_value_of_which_no_provider_can_be_made_is_refused_when_it_is_brought(
    name: str, value: bytes, problem: str
) -> None:
    check = descriptions(everything())[name].check
    assert check is not None

    with pytest.raises(KeyMaterialError, match=problem) as refused:
        check(value)

    assert "00112233" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hong_kong-client-secret", b"long-enough-for-a-secret\n"),
        ("macao-client-secret", b"secret"),
        ("register-sm4-key", b"00112233445566778899aabbccddeeff"),
        ("partner-client-secret", b"secret"),
    ],
)
def test_a_value_that_can_be_used_is_taken(name: str, value: bytes) -> None:
    check = descriptions(everything())[name].check
    assert check is not None

    check(value)
