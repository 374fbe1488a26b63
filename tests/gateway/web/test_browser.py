import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.web.browser import Cookies, form_token, is_form_token

KEY = bytes(32)


def a_request(cookie: str) -> Request:
    return Request(
        {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"cookie", cookie.encode())]}
    )


@pytest.mark.attack("WB-04")
def test_wb_04_over_https_cookies_carry_the_host_prefix_and_every_attribute() -> None:
    response = Response()

    Cookies(secure=True, session_seconds=60).set_session(response, "v")

    header = response.headers["set-cookie"]
    assert header.startswith("__Host-gate_session=v;")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=60"} <= set(header.split("; "))
    assert "Domain" not in header


@pytest.mark.attack("WB-04")
@pytest.mark.parametrize(
    "cookie", ["gate_session=a; gate_session=b", "gate_session=", f"gate_session={'x' * 129}", "other=a"]
)
def test_wb_04_a_doubled_empty_or_oversized_cookie_is_worth_nothing(cookie: str) -> None:
    assert Cookies(secure=False, session_seconds=60).session(a_request(cookie)) is None


def test_a_cookie_of_ours_is_read() -> None:
    assert Cookies(secure=False, session_seconds=60).session(a_request("a=b; gate_session=v")) == "v"


@pytest.mark.attack("WB-02")
@pytest.mark.parametrize(
    ("binding", "purpose", "key"),
    [
        ("other", "tx/consent", KEY),
        ("mine", "tx2/consent", KEY),
        ("mine", "tx/permit", KEY),
        ("mine", "tx/consent", b"1" * 32),
    ],
)
def test_wb_02_a_form_token_is_for_one_browser_one_sign_in_and_one_step(binding: str, purpose: str, key: bytes) -> None:
    token = form_token(KEY, "mine", "tx/consent")

    assert is_form_token(KEY, "mine", "tx/consent", token)
    assert not is_form_token(key, binding, purpose, token)


@pytest.mark.parametrize("given", ["", "é", "\ud800", "0" * 64])
def test_a_hostile_form_token_is_refused_without_a_fault(given: str) -> None:
    assert not is_form_token(KEY, "mine", "tx/consent", given)
