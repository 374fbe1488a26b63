"""A block of settings: what stops the start, and that nothing secret is shown."""

import pytest

from providers.base import Assurance
from providers.calls import Calls
from providers.openid_connect import OpenIDConnect, from_settings
from providers.registry import FACTORIES, factory_for
from tests.providers.openid_connect.builders import BLOCK, NOW, SECRET, ec_key, pem_of, rsa_key


def read(name: str = "shenzhen", **changes):
    block = {key: value for key, value in (BLOCK | changes).items() if value is not None}
    return from_settings(name, block, NOW)


def test_a_block_is_read_with_its_defaults() -> None:
    settings = read()

    assert (settings.name, settings.title, settings.scopes) == ("shenzhen", "Shenzhen", ("openid", "profile"))
    assert settings.highest is Assurance.THREE
    assert settings.id_token_algorithms == {"ES256", "PS256", "RS256"}


def test_neither_secret_nor_key_is_shown() -> None:
    key = read(client_secret=None, private_key=pem_of(ec_key()))

    assert SECRET not in repr(read())
    assert "PRIVATE" not in repr(key)


def test_a_gateway_needs_no_table_of_levels() -> None:
    assert read(levels=None, is_gateway=True).levels["urn:gba:loa:4"] is Assurance.FOUR


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"issuer": None}, "issuer is missing"),
        ({"issuer": "ftp://x"}, "issuer must be"),
        ({"issuer": "https://x.test/?a=b"}, "issuer must be"),
        ({"client_id": ""}, "client_id must be"),
        ({"client_secret": None}, "exactly one"),
        ({"private_key": pem_of(ec_key())}, "exactly one"),
        ({"client_secret": None, "private_key": "nothing"}, "private_key: not an unencrypted"),
        ({"client_secret": None, "private_key": pem_of(rsa_key())}, "private_key: ES256 needs"),
        (
            {"client_secret": None, "private_key": pem_of(ec_key()), "private_key_algorithm": "HS256"},
            "private_key_algorithm",
        ),
        ({"levels": None}, "levels is missing"),
        ({"levels": {}}, "levels must be a table"),
        ({"levels": "high"}, "levels must be a table"),
        ({"levels": {"high": 5}}, "levels.high must be a level"),
        ({"levels": {"high": True}}, "levels.high must be a level"),
        ({"levels": {"high": "3"}}, "levels.high must be a level"),
        ({"default_level": 0}, "default_level must be a level"),
        ({"scopes": ["profile"]}, "scopes must contain openid"),
        ({"scopes": []}, "scopes must be a list"),
        ({"id_token_algorithms": ["HS256"]}, "id_token_algorithms"),
        ({"id_token_algorithms": ["none"]}, "id_token_algorithms"),
        ({"is_gateway": "yes"}, "is_gateway must be true or false"),
        ({"isuer": "x"}, "unknown setting isuer; did you mean issuer"),
    ],
)
def test_a_wrong_block_stops_the_start_and_names_the_key(changes, complaint) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        read(**changes)

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["", "Shenzhen", "shen-zhen", "_x", "x_", "1x", "x__y", "深圳", "x" * 33, "a/b"])
def test_a_name_that_fits_no_callback_is_refused(name) -> None:
    with pytest.raises(ValueError, match="name"):
        read(name)


async def test_a_provider_with_a_name_of_its_own_is_made_by_its_kind() -> None:
    factory = factory_for("shenzhen", BLOCK)
    assert factory is not None
    calls = Calls()

    provider = factory(BLOCK, calls, lambda: NOW)
    await calls.aclose()

    assert isinstance(provider, OpenIDConnect)
    assert (provider.name, provider.highest_assurance, provider.keeps_state) == ("shenzhen", Assurance.THREE, True)


def test_the_names_of_the_three_places_stay_theirs_and_other_kinds_are_unknown() -> None:
    assert factory_for("macao", BLOCK) is FACTORIES["macao"]
    assert factory_for("shenzhen", {"base_url": "https://x.test"}) is None
    assert factory_for("shenzhen", {"kind": "saml"}) is None
