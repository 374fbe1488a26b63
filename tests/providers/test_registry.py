"""The registry: three providers by name, and a block that stops the start when it is wrong."""

import pytest

from mapping.ports import LinkRegister
from providers.base import IdentityProvider
from providers.calls import Calls
from providers.registry import FACTORIES, build_register, check_block
from tests.providers.guangdong.builders import NOW
from tests.providers.guangdong.test_settings import BLOCK as GUANGDONG_BLOCK
from tests.providers.guangdong.test_settings import LINK_BLOCK
from tests.providers.macao.test_settings import BLOCK as MACAO_BLOCK


@pytest.fixture
async def calls():
    calls = Calls()
    yield calls
    await calls.aclose()


def test_the_three_places_are_registered() -> None:
    assert set(FACTORIES) == {"hong_kong", "macao", "guangdong"}


@pytest.mark.parametrize(("name", "block"), [("macao", MACAO_BLOCK), ("guangdong", GUANGDONG_BLOCK)])
async def test_a_provider_is_made_from_its_block_and_bears_its_name(name: str, block: dict, calls: Calls) -> None:
    provider: IdentityProvider = FACTORIES[name](block, calls, lambda: NOW)

    assert provider.name == name


@pytest.mark.parametrize("name", ["hong_kong", "macao", "guangdong"])
async def test_an_empty_block_names_what_is_missing(name: str, calls: Calls) -> None:
    with pytest.raises(ValueError, match="base_url is missing"):
        FACTORIES[name]({}, calls, lambda: NOW)


@pytest.mark.parametrize("name", ["hong_kong", "macao", "guangdong"])
async def test_an_unknown_key_is_named(name: str, calls: Calls) -> None:
    with pytest.raises(ValueError, match="unknown setting base_ulr"):
        FACTORIES[name]({"base_ulr": "https://x.test"}, calls, lambda: NOW)


async def test_the_register_is_made_from_its_block(calls: Calls) -> None:
    register: LinkRegister = build_register(LINK_BLOCK, calls, lambda: NOW)

    assert callable(register.ask)
    assert callable(register.redeem)


async def test_the_register_names_what_is_missing(calls: Calls) -> None:
    with pytest.raises(ValueError, match="setting paas_id is missing"):
        build_register({"base_url": "https://gd.test"}, calls, lambda: NOW)


@pytest.mark.parametrize(
    ("name", "block"), [("macao", MACAO_BLOCK), ("guangdong", GUANGDONG_BLOCK), (None, LINK_BLOCK)]
)
def test_a_block_is_checked_without_making_anything(name: str | None, block: dict) -> None:
    check_block(name, block, NOW)

    with pytest.raises(ValueError, match="base_url is missing"):
        check_block(name, {key: block[key] for key in block if key != "base_url"}, NOW)


def test_a_block_of_another_name_is_one_of_openid_connect() -> None:
    with pytest.raises(ValueError, match="client_id is missing"):
        check_block("partner", {"kind": "openid_connect", "issuer": "https://op.test"}, NOW)
