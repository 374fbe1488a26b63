"""The QR page: what it shows, and which parameters it refuses."""

import re

import pytest
import segno

from tests.mock_idps.hong_kong.conftest import BASE, REDIRECT, callback_of, data_code, ticket_of

PAGE_HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


async def test_a_person_signs_in_with_links_and_forms_alone(browser):
    page = await browser.get_qr()
    phone = await browser.http.get(re.search(r'id="open-phone"[^>]*href="([^"]+)"', page.text).group(1))
    decided = await browser.phone(ticket_of(page), "chan-siu-ming")
    home = await browser.go_on(ticket_of(page))

    assert (page.status_code, phone.status_code, decided.status_code) == (200, 200, 200)
    parameters = callback_of(home)
    assert re.fullmatch(r"[0-9a-f]{32}", parameters.pop("code"))
    assert parameters == {"state": "state-1"}


async def test_pages_carry_the_promised_ids_language_title_banner_and_labels(browser):
    page = await browser.get_qr()
    phone = await browser.http.get("/qr", params={"c": ticket_of(page)})

    assert all(f'id="{name}"' in page.text for name in ("open-phone", "continue", "cancel"))
    assert all(f'id="{name}"' in phone.text for name in ("person", "approve", "reject", "person-chan-siu-ming"))
    assert '<label for="person">' in phone.text
    assert '<meta http-equiv="refresh"' in page.text
    for one in (page, phone):
        assert '<html lang="en-US">' in one.text
        assert "<title>" in one.text
        assert "Simulation" in one.text
        assert "<script" not in one.text
        assert PAGE_HEADERS.items() <= one.headers.items()
        assert "frame-ancestors 'none'" in one.headers["content-security-policy"]


async def test_the_qr_is_a_picture_of_the_address_of_the_phone(browser, monkeypatch):
    seen = []
    real = segno.make
    monkeypatch.setattr(segno, "make", lambda payload, **options: seen.append(payload) or real(payload, **options))

    page = await browser.get_qr()

    assert seen == [f"{BASE}/qr?c={ticket_of(page)}"]
    assert "<svg" in page.text


@pytest.mark.parametrize(
    ("lang", "expected"), [(None, "zh-HK"), ("zh-HK", "zh-HK"), ("zh-CN", "zh-CN"), ("en-US", "en-US")]
)
async def test_a_page_speaks_the_language_asked_for(browser, lang, expected):
    page = await browser.get_qr(lang=lang)

    assert f'<html lang="{expected}">' in page.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"clientID": None}, "D20001"),
        ({"clientID": ""}, "D20002"),
        ({"clientID": "not-hex"}, "D20003"),
        ({"clientID": "0" * 32}, "D20018"),
        ({"responseType": None}, "D20001"),
        ({"responseType": "token"}, "D20003"),
        ({"source": None}, "D20001"),
        ({"source": "App_Link"}, "D20007"),
        ({"source": "Netscape"}, "D20007"),
        ({"redirectURI": None}, "D20001"),
        ({"redirectURI": REDIRECT + "/"}, "D20008"),
        ({"redirectURI": "https://evil.test/"}, "D20008"),
        ({"scope": None}, "D20001"),
        ({"scope": ""}, "D20002"),
        ({"scope": "eidapi_auth  eidapi_profiles"}, "D20003"),
        ({"scope": "eidapi_profiles"}, "D20015"),
        ({"scope": "eidapi_auth eidapi_sign"}, "D20015"),
        ({"scope": "EIDAPI_AUTH"}, "D20015"),
        ({"lang": "fr-FR"}, "D20003"),
        ({"state": ""}, "D20003"),
        ({"state": "x" * 37}, "D20003"),
        ({"state": "a b"}, "D20003"),
        ({"state": "état"}, "D20003"),
        ({"brokerPage": "yes"}, "D20003"),
        ({"state": ["one", "two"]}, "D20003"),
        ({"redirectURI": [REDIRECT, "https://evil.test/"]}, "D20003"),
        ({"auto": "nobody"}, "D20003"),
        ({"auto": "li-xiao-hua"}, "D20003"),
    ],
)
async def test_a_wrong_parameter_is_named_by_its_code_on_a_page(browser, changes, code):
    page = await browser.get_qr(**changes)

    assert page.status_code == 400
    assert data_code(page) == code
    assert PAGE_HEADERS.items() <= page.headers.items()


@pytest.mark.parametrize("parameter", ["state", "lang", "clientID", "scope", "source", "redirectURI", "auto"])
async def test_markup_in_a_parameter_never_reaches_a_page(browser, parameter):
    page = await browser.get_qr(**{parameter: '"><script>alert(1)</script>'})

    assert page.status_code == 400
    assert "alert(1)" not in page.text


async def test_markup_in_an_ignored_parameter_stays_text_on_the_expired_page(browser, clock):
    ticket = await browser.open_login(extra='"><script>alert(1)</script>')
    clock.now += 120_000

    page = await browser.go_on(ticket)

    assert "<script" not in page.text


async def test_the_name_of_a_service_is_text(browser):
    page = await browser.get_qr()

    assert "Gateway &lt;b&gt;" in page.text


async def test_a_login_without_state_comes_back_without_state(browser):
    home = await browser.get_qr(state=None, auto="chan-siu-ming")

    assert set(callback_of(home)) == {"code"}


async def test_a_same_device_login_offers_the_phone_before_the_qr(browser):
    page = await browser.get_qr(brokerPage="true")

    assert page.text.index('id="open-phone"') < page.text.index("<svg")
