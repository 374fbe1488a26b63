import pytest
from starlette.requests import Request

from gateway.web.forms import FormError, form_pairs, once, query_pairs

FORM = "application/x-www-form-urlencoded"


def a_request(body: bytes = b"", content_type: str = FORM, query: bytes = b"") -> Request:
    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())] if content_type else []
    return Request({"type": "http", "method": "POST", "path": "/", "query_string": query, "headers": headers}, receive)


async def test_doubles_are_kept_so_that_they_can_be_refused() -> None:
    assert await form_pairs(a_request(b"a=1&a=1&b=")) == [("a", "1"), ("a", "1"), ("b", "")]


@pytest.mark.attack("HP-04")
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data; boundary=x",
        f"{FORM}; charset=utf-16",
        "text/plain",
        f"{FORM}; x=y",
    ],
)
async def test_hp_04_only_a_form_in_utf_8_is_read(content_type: str) -> None:
    with pytest.raises(FormError) as refused:
        await form_pairs(a_request(b"a=1", content_type))

    assert refused.value.status == 415


@pytest.mark.attack("HP-04")
@pytest.mark.parametrize("body", [b"a=%ff", b"a=\xff", b"&".join(b"a%d=1" % n for n in range(65))])
async def test_hp_04_a_form_that_is_not_utf_8_or_too_rich_is_refused(body: bytes) -> None:
    with pytest.raises(FormError):
        await form_pairs(a_request(body))


async def test_a_semicolon_separates_nothing() -> None:
    assert await form_pairs(a_request(b"a=1;b=2")) == [("a", "1;b=2")]


async def test_utf_8_may_be_said_explicitly() -> None:
    assert await form_pairs(a_request(b"a=%E9%99%B3", f"{FORM}; charset=UTF-8")) == [("a", "陳")]


def test_once_refuses_a_double_even_of_equal_values() -> None:
    with pytest.raises(FormError):
        once(query_pairs(a_request(query=b"code=1&code=1")))
