"""The values of the settings as the first credentials on record: named without giving them away, and never mixed up."""

from dataclasses import replace

import pytest

from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from gateway.settings_backend import SettingsBackend
from gateway.upstream_credentials import CredentialSet, credential_sets
from tests.gateway.upstreams.rehearsal import (
    HK_SECRET,
    KEY,
    NEXT_KEY,
    PAAS_TOKEN,
    guangdong_rehearsal,
    hong_kong_rehearsal,
    private_pem,
)

SECRET_KEY = b"k" * 32
SETTINGS = hong_kong_rehearsal().settings
BACKEND = SettingsBackend(SETTINGS, SECRET_KEY)


def the_set(name: str) -> CredentialSet:
    return next(one for one in credential_sets(SETTINGS) if one.name == name)


def test_a_secret_is_adopted_and_read_again() -> None:
    made = BACKEND.adopt(the_set("hong_kong-client-secret"))

    assert (made.algorithm, made.public) == ("secret", {})
    assert made.handle.startswith("settings:providers.hong_kong.client_secret#")
    assert BACKEND.secret(made.handle) == HK_SECRET.encode()


def test_a_private_key_is_named_by_its_public_half() -> None:
    made = BACKEND.adopt(the_set("hong_kong-decryption-key"))
    elsewhere = SettingsBackend(SETTINGS, b"x" * 32).adopt(the_set("hong_kong-decryption-key"))

    assert made.kid == elsewhere.kid
    assert set(made.public) == {"kty", "n", "e"}
    assert BACKEND.secret(made.handle) == private_pem(KEY).strip().encode()


def test_an_sm2_key_shows_its_public_half() -> None:
    settings = guangdong_rehearsal().settings
    one = next(one for one in credential_sets(settings) if one.algorithm == "SM2")

    made = SettingsBackend(settings, SECRET_KEY).adopt(one)

    assert made.public["crv"] == "SM2"


def test_the_name_of_a_secret_needs_our_key_to_be_guessed_from_the_secret() -> None:
    one = the_set("hong_kong-client-secret")

    assert BACKEND.adopt(one).kid == BACKEND.adopt(one).kid
    assert BACKEND.adopt(one).kid != SettingsBackend(SETTINGS, b"x" * 32).adopt(one).kid


def test_equal_values_of_two_settings_have_two_names() -> None:
    rehearsal = guangdong_rehearsal()
    guangdong = {**rehearsal.providers["guangdong"], "client_secret": PAAS_TOKEN}
    settings = replace(rehearsal.settings, providers={"guangdong": guangdong})
    backend = SettingsBackend(settings, SECRET_KEY)

    names = {backend.adopt(one).kid for one in credential_sets(settings) if one.algorithm == "secret"}

    assert len(names) == 3


def test_a_file_that_was_changed_later_is_not_passed_off_as_what_was_adopted() -> None:
    handle = BACKEND.adopt(the_set("hong_kong-client-secret")).handle
    block = {**SETTINGS.providers["hong_kong"], "client_secret": "a-later-secret-0001"}
    later = SettingsBackend(replace(SETTINGS, providers={"hong_kong": block}), SECRET_KEY)

    with pytest.raises(KeyUnavailableError, match="client_secret was changed") as refused:
        later.secret(handle)

    assert "a-later-secret" not in str(refused.value)


@pytest.mark.parametrize(
    "handle",
    [
        "settings:providers.macao.client_secret#x",
        "settings:providers.hong_kong.base_url#x",
        "settings:",
        "sealed:providers.hong_kong.client_secret#x",
        "",
    ],
)
def test_a_handle_that_leads_to_no_credential_is_refused(handle: str) -> None:
    with pytest.raises(KeyUnavailableError):
        BACKEND.secret(handle)


def test_a_file_with_a_key_of_another_kind_is_not_adopted() -> None:
    block = {**SETTINGS.providers["hong_kong"], "decryption_key": "no key"}
    backend = SettingsBackend(replace(SETTINGS, providers={"hong_kong": block}), SECRET_KEY)

    with pytest.raises(KeyMaterialError):
        backend.adopt(the_set("hong_kong-decryption-key"))


def test_nothing_is_made_or_signed_or_destroyed_in_the_settings() -> None:
    handle = BACKEND.adopt(the_set("hong_kong-client-secret")).handle
    BACKEND.destroy(handle)

    with pytest.raises(KeyMaterialError):
        BACKEND.generate("hong_kong-client-secret", "secret")
    with pytest.raises(KeyMaterialError):
        BACKEND.signer(handle)
    assert BACKEND.answers()
    assert BACKEND.secret(handle) == HK_SECRET.encode()


def test_another_key_in_the_place_of_an_adopted_one_is_noticed() -> None:
    handle = BACKEND.adopt(the_set("hong_kong-decryption-key")).handle
    block = {**SETTINGS.providers["hong_kong"], "decryption_key": private_pem(NEXT_KEY)}
    later = SettingsBackend(replace(SETTINGS, providers={"hong_kong": block}), SECRET_KEY)

    with pytest.raises(KeyUnavailableError, match="decryption_key was changed"):
        later.secret(handle)
