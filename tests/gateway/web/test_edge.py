import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from gateway.web import edge
from gateway.web.edge import BODY_BYTES, HEADER_LINES, Edge


async def echo(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} {request.state.correlation_id}")


async def fault(_: Request) -> Response:
    raise KeyError("H00000018")


def an_edge(*, secure: bool = False) -> Edge:
    routes = [Route("/", echo, methods=["GET", "POST"]), Route("/fault", fault)]
    return Edge(Router(routes), secure=secure)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(an_edge())
    async with httpx.AsyncClient(transport=transport, base_url="http://gate.test", trust_env=False) as client:
        yield client


async def test_every_response_is_dressed(http: httpx.AsyncClient) -> None:
    headers = (await http.get("/")).headers

    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


async def test_over_https_the_browser_is_told_to_stay_there() -> None:
    transport = httpx.ASGITransport(an_edge(secure=True))
    async with httpx.AsyncClient(transport=transport, base_url="https://gate.test", trust_env=False) as client:
        assert "max-age=31536000" in (await client.get("/")).headers["strict-transport-security"]


@pytest.mark.attack("HP-06")
async def test_hp_06_an_oversized_body_is_refused_before_it_is_read(http: httpx.AsyncClient) -> None:
    assert (await http.post("/", content=b"x" * (BODY_BYTES + 1))).status_code == 413


@pytest.mark.attack("HP-06")
async def test_hp_06_an_endless_body_without_length_is_cut_off(http: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 4096

    assert (await http.post("/", content=endless())).status_code == 413


async def test_a_body_of_exactly_the_limit_passes(http: httpx.AsyncClient) -> None:
    assert (await http.post("/", content=b"x" * BODY_BYTES)).text.startswith(str(BODY_BYTES))


@pytest.mark.attack("HP-06")
async def test_hp_06_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_ORDINARY", edge.BodyLimit(seconds=0.01))
    sent: list[dict] = []

    async def receive() -> dict:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http", "server": ("gate.test", 80), "root_path": "",
    }  # fmt: skip
    await an_edge()(scope, receive, send)

    assert sent[0]["status"] == 408


@pytest.mark.attack("HP-06")
@pytest.mark.parametrize("headers", [[("x-long", "y" * 70_000)], [(f"x-{n}", "y") for n in range(HEADER_LINES + 1)]])
async def test_hp_06_too_many_or_too_long_headers_are_refused(http: httpx.AsyncClient, headers) -> None:
    assert (await http.get("/", headers=headers)).status_code == 431


async def test_a_target_that_is_too_long_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/?" + "q" * 17_000)).status_code == 414


@pytest.mark.attack("HP-08")
@pytest.mark.parametrize("name", ["authorization", "host", "content-type"])
async def test_hp_08_a_header_that_may_occur_once_may_not_occur_twice(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get("/", headers=[(name, "a"), (name, "b")])).status_code == 400


@pytest.mark.attack("HP-05")
async def test_hp_05_two_ways_of_saying_the_length_are_refused(http: httpx.AsyncClient) -> None:
    headers = {"content-length": "3", "transfer-encoding": "chunked"}

    assert (await http.post("/", content=b"abc", headers=headers)).status_code == 400


@pytest.mark.parametrize("length", ["-1", "１", "1e3", "9" * 40, ""])
async def test_a_length_that_is_no_number_is_refused(http: httpx.AsyncClient, length: str) -> None:
    request = http.build_request("POST", "/")
    request.headers = httpx.Headers([("host", "gate.test"), ("content-length", length.encode())])

    assert (await http.send(request)).status_code == 413


async def test_a_fault_reaches_nobody_but_the_log_and_there_without_its_text(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await http.get("/fault")

    assert response.status_code == 500
    assert response.text.startswith("GBA-5002 ")
    assert "KeyError" in caplog.text
    assert "H00000018" not in caplog.text + response.text
