"""The developers' start page says what the discovery document says, and the catalogue explains every error code."""

from dataclasses import replace

import pytest

from gateway.oidc.names import ErrorCode, Profile
from gateway.web.error_catalogue import CATALOGUE
from gateway.web.languages import LOCALES
from gateway.web.start_page import start_page
from tests.gateway.web.page_samples import DISCOVERY, ERROR, ERROR_LIST, STRICT, outline


def test_every_announced_endpoint_is_listed_with_its_specification() -> None:
    page = start_page(DISCOVERY)

    assert {fact.name: fact.value for fact in page.endpoints} == {
        name: address for name, address in DISCOVERY.items() if name.endswith("_endpoint") or name == "jwks_uri"
    }
    assert all(fact.specification for fact in page.endpoints)


def test_an_endpoint_that_is_not_announced_is_not_listed() -> None:
    page = start_page({name: value for name, value in DISCOVERY.items() if name != "registration_endpoint"})

    assert "registration_endpoint" not in [fact.name for fact in page.endpoints]


def test_an_endpoint_that_was_added_elsewhere_is_listed_all_the_same() -> None:
    page = start_page({**DISCOVERY, "challenge_endpoint": "https://id.example/challenge"})

    assert "challenge_endpoint" in [fact.name for fact in page.endpoints]


def test_commands_are_made_of_the_announced_addresses() -> None:
    page = start_page({**DISCOVERY, "token_endpoint": "https://id.example/elsewhere"})

    commands = dict(page.samples)
    assert "https://id.example/elsewhere" in commands["home.sample.token"]
    assert commands["home.sample.discovery"] == "curl https://id.example/.well-known/openid-configuration"


@pytest.mark.parametrize("language", LOCALES)
def test_every_profile_is_explained(language: str) -> None:
    assert all(STRICT.texts.of(language).has(f"home.profile.{profile.value}") for profile in Profile)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_is_explained_in_fixed_ascii(code: ErrorCode) -> None:
    explanation = CATALOGUE[code]

    assert all(text.endswith(".") for text in explanation[:3])
    assert explanation.specification
    assert "".join(explanation).replace("§", "").isascii()


def test_the_catalogue_explains_nothing_that_does_not_exist() -> None:
    assert set(CATALOGUE) == set(ErrorCode)


def test_the_list_links_to_every_page() -> None:
    read = outline(ERROR_LIST)

    assert [read.by_id(f"error-{code.value}")[1]["href"] for code in ErrorCode] == [
        f"/errors/{code.value}" for code in ErrorCode
    ]


@pytest.mark.parametrize("language", LOCALES)
def test_an_explanation_is_marked_as_english_in_a_frame_of_the_readers_language(language: str) -> None:
    read = outline(ERROR, language)

    assert read.by_id("error")
    assert read.by_id("error-code")
    assert len([found for tag, found in read.elements if tag in {"p", "dd"} and found.get("lang") == "en"]) == 4


def test_a_hostile_code_could_not_leave_its_place() -> None:
    assert outline(replace(ERROR, code='"><script>alert(1)</script>')).all("script") == []
