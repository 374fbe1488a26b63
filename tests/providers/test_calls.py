"""The one door to HTTP: limits on time and size, no redirects, one error language, and JSON that is read strictly."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.calls import SIZE_LIMIT, Calls, json_object
from providers.errors import ProviderError, ProviderFailure
from tests.providers.loopback import JSON, a_server, server_context

URL = "https://provider.test/token?client_secret=hidden"


def calls_to(answer: Callable[[httpx.Request], Any], *, total: float = 5.0) -> Calls:
    async def handler(request: httpx.Request) -> httpx.Response:
        outcome = answer(request)
        if isinstance(outcome, Exception):
            raise outcome
        return await outcome if asyncio.iscoroutine(outcome) else outcome

    return Calls(httpx.MockTransport(handler), total=total)


class Parts(httpx.AsyncByteStream):
    """A body in parts, counting those that were read."""

    def __init__(self, parts: int, size: int) -> None:
        self.parts, self.size, self.given, self.is_closed = parts, size, 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.parts):
            self.given += 1
            yield b"x" * self.size

    async def aclose(self) -> None:
        self.is_closed = True


async def refusal_of(calls: Calls) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        await calls.get("macao", URL)
    return refused.value


async def test_an_answer_within_the_limits_is_handed_over_and_hides_its_content() -> None:
    calls = calls_to(lambda _: httpx.Response(200, json={"token": "hidden"}))

    answer = await calls.get("macao", URL)

    assert (answer.status, json.loads(answer.content)) == (200, {"token": "hidden"})
    assert answer.content_type == "application/json"
    assert "hidden" not in repr(answer)


async def test_a_refusal_of_the_provider_is_handed_over_for_the_dialect_to_read() -> None:
    answer = await calls_to(lambda _: httpx.Response(401, json={})).get("macao", URL)

    assert answer.status == 401


async def test_query_headers_form_and_bytes_arrive_as_given() -> None:
    seen: list[httpx.Request] = []
    calls = calls_to(lambda request: seen.append(request) or httpx.Response(200))

    await calls.get("macao", "https://provider.test/a", query={"q": "a b&c"}, headers={"x-one": "1"})
    await calls.post("macao", "https://provider.test/b", form={"f": "ü+ "})
    await calls.post("macao", "https://provider.test/c", content=b'{"exact": true}')

    assert dict(seen[0].url.params) == {"q": "a b&c"}
    assert seen[0].headers["x-one"] == "1"
    assert seen[1].content == b"f=%C3%BC%2B+"
    assert seen[2].content == b'{"exact": true}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.attack("MO-04")
async def test_mo_04_a_redirect_is_not_followed(status: int) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(status, headers={"location": "https://elsewhere.example/"})

    refused = await refusal_of(calls_to(answer))

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "redirect")
    assert seen == ["provider.test"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
async def test_a_provider_that_is_down_or_throttles_is_unreachable(status: int) -> None:
    refused = await refusal_of(calls_to(lambda _: httpx.Response(status, text="their text")))

    assert (refused.failure, refused.detail) == (ProviderFailure.UNREACHABLE, f"http_{status}")


async def test_an_oversized_answer_is_given_up_early_and_closed() -> None:
    body = Parts(parts=1000, size=64 * 1024)

    refused = await refusal_of(calls_to(lambda _: httpx.Response(200, stream=body)))

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "oversized")
    assert body.given == SIZE_LIMIT // body.size + 1
    assert body.is_closed


async def test_an_answer_of_exactly_the_limit_is_read() -> None:
    answer = await calls_to(lambda _: httpx.Response(200, content=b"x" * SIZE_LIMIT)).get("macao", URL)

    assert len(answer.content) == SIZE_LIMIT


async def test_a_compressed_answer_is_neither_asked_for_nor_unpacked() -> None:
    seen: list[str] = []
    bomb = gzip.compress(bytes(50_000_000))

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["accept-encoding"])
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(bomb))

    refused = await refusal_of(calls_to(answer))

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "encoding")
    assert seen == ["identity"]


async def test_a_provider_that_does_not_answer_is_given_up_at_the_deadline() -> None:
    refused = await refusal_of(calls_to(lambda _: asyncio.sleep(60), total=0.01))

    assert (refused.failure, refused.detail) == (ProviderFailure.UNREACHABLE, "timeout")


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (httpx.ConnectError(f"cannot reach {URL}"), "transport"),
        (httpx.RemoteProtocolError(f"nonsense from {URL}"), "transport"),
        (httpx.ReadTimeout(f"waiting for {URL}"), "timeout"),
    ],
)
@pytest.mark.attack("GD-07")
async def test_gd_07_a_failure_of_the_wire_shows_no_address(
    error: Exception, detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    refused = await refusal_of(calls_to(lambda _: error))

    assert (refused.failure, refused.detail) == (ProviderFailure.UNREACHABLE, detail)
    assert refused.__suppress_context__
    assert "hidden" not in str(refused) + repr(refused) + caplog.text


@pytest.mark.attack("GD-07")
async def test_gd_07_a_call_that_succeeds_logs_no_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    await calls_to(lambda _: httpx.Response(200)).get("macao", URL)

    assert "hidden" not in caplog.text


async def test_ambient_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")

    answer = await calls_to(lambda _: httpx.Response(200)).get("macao", URL)

    assert answer.status == 200


async def test_the_pool_closes_with_the_process() -> None:
    transport = Closing()
    calls = Calls(transport)

    await calls.aclose()

    assert transport.is_closed


class Closing(httpx.AsyncBaseTransport):
    """A transport that knows whether it was closed."""

    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


async def test_a_cookie_of_one_answer_never_travels_with_another_persons_call() -> None:
    seen: list[str | None] = []

    def far_side(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"set-cookie": "session=of-the-first-person; Path=/"})

    calls = calls_to(far_side)
    await calls.get("macao", URL)
    await calls.get("macao", URL)

    assert seen == [None, None]


def test_a_json_object_is_read() -> None:
    assert json_object("macao", '{"名": [1, -2.5, true, null, {"a": "b"}]}'.encode()) == {
        "名": [1, -2.5, True, None, {"a": "b"}]
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{} trailing",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        '{"名": "字"}'.encode("gbk"),
        b'{"a": 1, "a": 1}',
        b'{"deep": {"a": 1, "a": 2}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": -1e999}',
        b'{"a": ' + b"9" * 21 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a": ' + b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"a": "\x00"}',
    ],
)
@pytest.mark.attack("HP-07")
def test_hp_07_hostile_json_is_refused(content: bytes) -> None:
    with pytest.raises(ProviderError) as refused:
        json_object("macao", content)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "json")


@pytest.mark.attack("HP-07")
def test_hp_07_many_members_are_no_fault() -> None:
    many = {f"m{number}": number for number in range(10_000)}

    assert json_object("macao", json.dumps(many).encode()) == many


def test_thirty_two_levels_are_the_deepest_that_are_read() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert json_object("macao", nested(31))
    with pytest.raises(ProviderError):
        json_object("macao", nested(33))


async def test_what_one_answer_sets_does_not_travel_with_the_next_persons_call() -> None:
    answer = JSON.replace(b"\r\n\r\n", b"\r\nSet-Cookie: person=one; Path=/\r\nConnection: close\r\n\r\n", 1)
    calls = Calls()
    async with a_server(answer) as (url, heads):
        named = url.replace("127.0.0.1", "localhost")  # jars keep nothing of a host that is a number
        await calls.get("macao", named)
        await calls.get("macao", named)
    await calls.aclose()

    assert len(heads) == 2
    assert b"cookie" not in heads[1].lower()


@pytest.mark.parametrize("talk", [b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b""])
async def test_something_that_does_not_speak_http_is_unreachable(talk: bytes) -> None:
    calls = Calls()
    async with a_server(talk) as (url, _):
        with pytest.raises(ProviderError) as refused:
            await calls.get("macao", url)
    await calls.aclose()

    assert refused.value.failure is ProviderFailure.UNREACHABLE


@pytest.mark.attack("SF-05")
async def test_sf_05_a_provider_of_a_private_network_is_trusted_by_its_named_authority_alone(tmp_path: Path) -> None:
    context, authority = server_context(tmp_path, ["127.0.0.1"], datetime.now(UTC))
    trusting, careful = Calls(ca_bundle=authority), Calls()
    async with a_server(JSON, context) as (url, heads):
        answer = await trusting.get("macao", url)
        with pytest.raises(ProviderError) as refused:
            await careful.get("macao", url)
    await trusting.aclose()
    await careful.aclose()

    assert (answer.status, len(heads)) == (200, 1)
    assert refused.value.failure is ProviderFailure.UNREACHABLE
