"""Calls to addresses that strangers name: what arrives, what is cut off, and how little a failure tells."""

import asyncio
import contextlib
import logging
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import Outbound as OutboundSettings
from gateway.oidc.ports import FetchError
from gateway.outbound import build_fetch
from providers.outbound import SIZE_LIMIT, Outbound, OutboundError
from tests.providers.loopback import JSON, a_server, server_context

REAL_NOW = datetime.now(UTC)  # TLS is verified by the machine's own clock, and by no other


@contextlib.asynccontextmanager
async def an_outbound(**options) -> AsyncIterator[Outbound]:
    outbound = Outbound(**({"allow_loopback": True, "total": 2.0} | options))
    try:
        yield outbound
    finally:
        await outbound.aclose()


async def is_refused(outbound: Outbound, url: str) -> bool:
    with pytest.raises(OutboundError) as caught:
        await outbound.get(url)
    return str(caught.value) == "the address gave nothing usable"


def knows(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def lookup(host: str, port: int) -> list[str]:
        return list(addresses)

    return lookup


async def test_an_answer_within_the_limits_is_handed_over_with_its_type() -> None:
    async with a_server(JSON) as (url, heads), an_outbound() as outbound:
        answer = await outbound.get(url, {"Accept": "application/json"})

    assert (answer.status, answer.content, answer.content_type) == (200, b"{}", "application/json")
    assert b"accept-encoding: identity" in heads[0].lower()
    assert b"accept: application/json" in heads[0].lower()


async def test_bytes_are_posted_as_they_are_and_a_refusal_is_handed_over() -> None:
    bodies: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(12))
        writer.write(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")

    async with a_server(take) as (url, heads), an_outbound() as outbound:
        answer = await outbound.post(url, b"logout_token", {"Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status, bodies) == (503, [b"logout_token"])
    assert heads[0].startswith(b"POST /keys ")


@pytest.mark.attack("SF-01")
@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["8.8.8.8", "10.0.0.1"], []],
)
async def test_sf_01_a_name_that_leads_to_a_private_address_is_not_called(addresses, monkeypatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(socket, "socket", lambda *given: opened.append(given))
    async with an_outbound(lookup=knows(*addresses)) as outbound:
        assert await is_refused(outbound, "https://rp.example.mo/keys")

    assert opened == []


@pytest.mark.attack("SF-01")
async def test_sf_01_the_connection_goes_to_the_address_that_was_judged() -> None:
    asked: list[str] = []
    dialled: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    class Watched(Outbound):
        def _socket(self, info) -> socket.socket:
            dialled.append(info[4][0])
            raise OSError("no packet leaves a test")

    watched = Watched(lookup=rebinding)
    for _ in range(2):
        assert await is_refused(watched, "https://rp.example.mo/keys")
    await watched.aclose()

    assert asked == ["rp.example.mo"] * 2
    assert dialled == ["8.8.8.8"]


@pytest.mark.attack("SF-01")
async def test_sf_01_the_last_door_refuses_what_no_resolver_was_asked_about() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 443))
    async with an_outbound(allow_loopback=False) as outbound:
        with pytest.raises(OSError, match="not a public address"):
            outbound._socket(info)


@pytest.mark.attack("SF-01")
async def test_sf_01_the_loopback_is_out_of_reach_outside_development() -> None:
    async with a_server(JSON) as (url, heads), an_outbound(allow_loopback=False) as outbound:
        assert await is_refused(outbound, url)

    assert heads == []


@pytest.mark.attack("SF-02")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://127.0.0.1/", "file:///etc/passwd", "https://other.example.hk/"])
async def test_sf_02_a_redirect_is_not_followed(status, target) -> None:
    answer = f"HTTP/1.1 {status} Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    async with a_server(answer) as (url, heads), an_outbound() as outbound:
        assert await is_refused(outbound, url)

    assert len(heads) == 1


async def _endless_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(4 * SIZE_LIMIT // 4096):
        writer.write(b"x" * 4096)
        await writer.drain()


async def _announced_only(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nx")
    await writer.drain()
    await asyncio.Event().wait()


async def _dripping(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)  # the attack itself: every single wait is short


async def _dripping_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X: y")
        await writer.drain()
        await asyncio.sleep(0.01)  # the same


async def _endless_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 100) for n in range(10_000)))


async def _continue_for_ever(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)  # the same


async def _silent(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.mark.attack("SF-03")
@pytest.mark.parametrize(
    "talk",
    [
        _endless_body,
        _announced_only,
        _dripping,
        _dripping_headers,
        _endless_headers,
        _continue_for_ever,
        _silent,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=lambda talk: getattr(talk, "__name__", "bytes"),
)
async def test_sf_03_a_bad_answer_is_cut_off_in_bounded_time(talk) -> None:
    async with a_server(talk) as (url, _), an_outbound(total=0.4) as outbound:
        async with asyncio.timeout(3.0):
            assert await is_refused(outbound, url)


@pytest.mark.attack("SF-03")
async def test_sf_03_an_answer_just_within_the_limit_is_read() -> None:
    content = b"x" * SIZE_LIMIT
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE_LIMIT
    async with a_server(head + content) as (url, _), an_outbound() as outbound:
        assert (await outbound.get(url)).content == content


@pytest.mark.attack("SF-03")
async def test_sf_03_a_slow_name_server_is_given_up() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    async with an_outbound(total=0.1, lookup=never) as outbound:
        assert await is_refused(outbound, "https://rp.example.mo/keys")


@pytest.mark.attack("SF-06")
@pytest.mark.parametrize(
    "talk",
    [b"SSH-2.0-OpenSSH_9.9\r\n", b"220 mail.internal ESMTP\r\n", b"-ERR unknown command\r\n", b"", b"\x00\xff" * 40],
    ids=["ssh", "smtp", "redis", "closed", "binary"],
)
async def test_sf_06_a_banner_and_a_closed_port_look_the_same(talk, caplog) -> None:
    caplog.set_level(logging.DEBUG, "gateway")
    async with a_server(talk) as (url, _), an_outbound() as outbound:
        with pytest.raises(OutboundError) as spoken:
            await outbound.get(url)
    async with an_outbound() as outbound:
        with pytest.raises(OutboundError) as closed:
            await outbound.get(url)

    assert str(spoken.value) == str(closed.value)
    assert spoken.value.__cause__ is None
    assert "mail.internal" not in caplog.text
    assert "OpenSSH" not in caplog.text


async def test_an_address_of_the_wrong_kind_opens_nothing_and_is_not_quoted(caplog) -> None:
    caplog.set_level(logging.DEBUG, "gateway")
    async with an_outbound() as outbound:
        assert await is_refused(outbound, "https://user:secret@rp.example.mo/")

    assert "secret" not in caplog.text


@pytest.mark.attack("SF-05")
async def test_sf_05_a_certificate_of_a_named_authority_is_accepted(tmp_path) -> None:
    context, authority = server_context(tmp_path, ["127.0.0.1"], REAL_NOW)
    async with a_server(JSON, context) as (url, _), an_outbound(ca_bundle=authority) as outbound:
        assert (await outbound.get(url)).status == 200


@pytest.mark.attack("SF-05")
@pytest.mark.parametrize(
    ("hosts", "now", "is_known"),
    [
        (["127.0.0.1"], REAL_NOW, False),
        (["rp.example.mo"], REAL_NOW, True),
        (["127.0.0.1"], REAL_NOW - timedelta(days=365), True),
        (["127.0.0.1"], REAL_NOW + timedelta(days=2), True),
    ],
    ids=["self-signed", "wrong host", "over", "not yet"],
)
async def test_sf_05_a_certificate_that_does_not_hold_is_refused(tmp_path, hosts, now, is_known) -> None:
    context, authority = server_context(tmp_path, hosts, now)
    bundle = authority if is_known else None
    async with a_server(JSON, context) as (url, heads), an_outbound(ca_bundle=bundle) as outbound:
        assert await is_refused(outbound, url)

    assert heads == []


@pytest.mark.attack("SF-05")
async def test_sf_05_an_old_version_of_tls_is_refused(tmp_path) -> None:
    context, authority = server_context(tmp_path, ["127.0.0.1"], REAL_NOW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with a_server(JSON, context) as (url, heads), an_outbound(ca_bundle=authority) as outbound:
        assert await is_refused(outbound, url)

    assert heads == []


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
async def test_a_bundle_that_holds_no_authorities_stops_the_start(tmp_path, content) -> None:
    (tmp_path / "bundle.pem").write_bytes(content)

    with pytest.raises(ValueError, match="bundle of authorities"):
        Outbound(ca_bundle=tmp_path / "bundle.pem")
    with pytest.raises(ValueError, match="cannot be read"):
        Outbound(ca_bundle=tmp_path / "missing.pem")


async def test_the_port_of_the_protocol_core_gets_answers_and_one_error() -> None:
    async with a_server(JSON) as (url, _), build_fetch(OutboundSettings(allow_loopback=True)) as fetch:
        fetched = await fetch.get(url)
        posted = await fetch.post(url, b"", {})
        with pytest.raises(FetchError, match="unusable"):
            await fetch.get("http://rp.example.mo/")
        with pytest.raises(FetchError, match="unusable"):
            await fetch.post("http://rp.example.mo/", b"", {})

    assert (fetched.status, fetched.body, fetched.content_type) == (200, b"{}", "application/json")
    assert posted.status == 200
