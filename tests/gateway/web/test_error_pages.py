"""The pages behind ``error_uri``: one for every code, none for anything else, and every error leads to its own."""

import pytest

from gateway.oidc.names import ErrorCode
from tests.asking import AT, asking
from tests.world import World


async def test_the_list_leads_to_a_page_for_every_code(world: World) -> None:
    browser = world.browser(**{"accept-language": "en"})
    page = await browser.open(f"{AT.issuer}/errors")

    for code in ErrorCode:
        opened = await browser.follow(page, f"error-{code.value}")
        assert (opened.status, opened.texts["error-code"]) == (200, code.value)


@pytest.mark.parametrize("code", ["nonsense", "INVALID_GRANT", "invalid_grant%00", "%3Cscript%3E", "invalid_grant/x"])
async def test_a_code_that_does_not_exist_has_no_page(world: World, code: str) -> None:
    browser = world.browser(**{"accept-language": "en"})

    page = await browser.open(f"{AT.issuer}/errors/{code}")

    assert page.status == 404
    assert "<script" not in browser.last.text


@pytest.mark.spec("RFC 6749 §5.2")
async def test_the_address_that_an_error_names_opens(world: World) -> None:
    browser = world.browser(**{"accept-language": "en"})
    refused = await world.token(asking(), "no-such-code")

    page = await browser.open(refused.json()["error_uri"])

    assert page.texts["error-code"] == refused.json()["error"]


async def test_the_start_page_lists_what_is_announced(world: World) -> None:
    browser = world.browser(**{"accept-language": "en"})
    async with world.net.browser() as http:
        document = (await http.get(f"{AT.issuer}/.well-known/openid-configuration")).json()

    page = await browser.open(f"{AT.issuer}/")

    assert page.texts["issuer"] == AT.issuer
    for name, value in document.items():
        if name.endswith("_endpoint"):
            assert value in browser.last.text
