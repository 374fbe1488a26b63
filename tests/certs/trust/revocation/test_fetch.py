"""The one door to the network: to named hosts, in the open, within limits, and never led astray."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from certs.trust.addresses import Origin, is_bare
from certs.trust.errors import Fault
from certs.trust.fetch import BREAKER_FAILURES, BREAKER_SECONDS, Budget, Fetcher, _PinnedTransport
from certs.trust.reasons import Reason

URL = "http://crl.ca.example.hk/current.crl"
ALLOWED = frozenset({Origin("http", "crl.ca.example.hk", 80)})
OUTSIDE = "203.0.114.9"
LIMIT = 1_000


class Net:
    """A transport that answers with what it was told, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def a_fetcher(net, *, addresses=(OUTSIDE,), **changes) -> Fetcher:
    async def lookup(host: str, port: int) -> tuple[str, ...]:
        return tuple(addresses)

    return Fetcher(transport=httpx.MockTransport(net), lookup=lookup, **changes)


async def refused(fetcher: Fetcher, url: str = URL, allowed=ALLOWED) -> Reason:
    with pytest.raises(Fault) as raised:
        await fetcher.get(url, allowed=allowed, limit=LIMIT)
    return raised.value.reason


async def test_what_lies_at_a_named_host_is_fetched_without_memory_or_compression():
    net = Net(httpx.Response(200, content=b"list", headers={"content-type": "text/html"}))

    found = await a_fetcher(net).get(URL, allowed=ALLOWED, limit=LIMIT)

    assert found == b"list"
    assert net.requests[0].headers["accept-encoding"] == "identity"
    assert net.requests[0].extensions["addresses"] == (OUTSIDE,)


async def test_a_question_is_posted_with_its_type():
    net = Net(httpx.Response(200, content=b"answer"))

    found = await a_fetcher(net).post(URL, b"question", "application/ocsp-request", allowed=ALLOWED, limit=LIMIT)

    assert (found, net.requests[0].content) == (b"answer", b"question")
    assert net.requests[0].headers["content-type"] == "application/ocsp-request"


@pytest.mark.attack("SG-06")
@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/current.crl",
        "https://crl.ca.example.hk/current.crl",
        "http://crl.ca.example.hk:8080/current.crl",
        "http://crl.ca.example.hk.evil.example/",
        "http://crl.ca.example.hk@evil.example/",
        "http://user:pass@crl.ca.example.hk/",
        "http://crl.ca.example.hk\\@evil.example/",
        "http://crl.ca.example.hk/\r\nHost: evil.example",
        "ldap://crl.ca.example.hk/cn=ca",
        "file:///etc/passwd",
        "http://crl.ca.example.hk/#part",
        f"http://crl.ca.example.hk/{'a' * 2048}",
    ],
)
async def test_sg_06_addresses_that_no_entry_names_are_not_called(url):
    net = Net(httpx.Response(200))

    assert await refused(a_fetcher(net), url) is Reason.REVOCATION_UNREACHABLE
    assert net.requests == []


@pytest.mark.attack("SG-06")
@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("10.0.0.1",), ("169.254.169.254",), ("::1",), ("fe80::1%eth0",), (OUTSIDE, "192.168.1.1"), ()],
    ids=str,
)
async def test_sg_06_a_named_host_inside_our_own_network_is_not_called(addresses):
    net = Net(httpx.Response(200))

    assert await refused(a_fetcher(net, addresses=addresses)) is Reason.REVOCATION_UNREACHABLE
    assert net.requests == []


async def test_for_development_the_own_machine_may_be_called_and_nothing_else_inside():
    net = Net(httpx.Response(200, content=b"list"))

    assert await a_fetcher(net, addresses=("127.0.0.1",), allow_loopback=True).get(URL, allowed=ALLOWED, limit=9)
    assert await refused(a_fetcher(net, addresses=("10.0.0.1",), allow_loopback=True))


@pytest.mark.attack("SG-06")
async def test_sg_06_a_redirect_to_the_own_machine_is_not_followed():
    net = Net(httpx.Response(302, headers={"location": "http://127.0.0.1/admin"}))

    assert await refused(a_fetcher(net)) is Reason.REVOCATION_UNREACHABLE
    assert len(net.requests) == 1


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize("status", [204, 301, 403, 404, 429, 500, 503])
async def test_sg_05_every_status_but_ok_is_no_answer(status):
    assert await refused(a_fetcher(Net(httpx.Response(status)))) is Reason.REVOCATION_UNREACHABLE


@pytest.mark.attack("SG-06")
@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "x-gzip"])
async def test_sg_06_compressed_content_is_not_unpacked(coding):
    bomb = httpx.Response(200, stream=_Endless(), headers={"content-encoding": coding})

    assert await refused(a_fetcher(Net(bomb))) is Reason.REVOCATION_UNREACHABLE


class _Endless(httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += 300
            yield b"x" * 300


@pytest.mark.attack("SG-05")
@pytest.mark.attack("SG-06")
async def test_sg_06_content_without_end_is_cut_off_at_the_limit():
    stream = _Endless()

    assert await refused(a_fetcher(Net(httpx.Response(200, stream=stream)))) is Reason.REVOCATION_TOO_LARGE
    assert stream.sent <= LIMIT + 300


@pytest.mark.attack("SG-06")
async def test_sg_06_two_hundred_announced_megabytes_are_not_begun():
    stream = _Endless()
    answer = httpx.Response(200, stream=stream, headers={"content-length": "200000000"})

    assert await refused(a_fetcher(Net(answer))) is Reason.REVOCATION_TOO_LARGE
    assert stream.sent == 0


@pytest.mark.attack("SG-05")
async def test_sg_05_a_host_that_hangs_is_given_up():
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert await refused(a_fetcher(hang, total=0.01)) is Reason.REVOCATION_UNREACHABLE


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ReadTimeout("late"), OSError("gone")], ids=repr)
async def test_troubles_of_the_wire_become_one_finding_without_their_text(error):
    fetcher = a_fetcher(Net(error))

    with pytest.raises(Fault) as raised:
        await fetcher.get(URL, allowed=ALLOWED, limit=LIMIT)

    assert str(raised.value) == "revocation-unreachable"


async def test_a_name_that_nobody_knows_is_unreachable():
    async def lookup(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(-2, "unknown")

    fetcher = Fetcher(transport=httpx.MockTransport(Net(httpx.Response(200))), lookup=lookup)

    assert await refused(fetcher) is Reason.REVOCATION_UNREACHABLE


async def test_a_host_that_keeps_failing_is_left_alone_for_a_while():
    clock = Clock()
    net = Net(httpx.Response(500))
    fetcher = a_fetcher(net, clock=clock)

    for _ in range(BREAKER_FAILURES + 3):
        await refused(fetcher)
    assert len(net.requests) == BREAKER_FAILURES

    clock.now = BREAKER_SECONDS + 1
    net.answers = [httpx.Response(200, content=b"list")]
    assert await fetcher.get(URL, allowed=ALLOWED, limit=LIMIT) == b"list"
    await fetcher.get(URL, allowed=ALLOWED, limit=LIMIT)


async def test_equal_calls_share_one_flight_and_its_failure():
    gate = asyncio.Event()
    calls = []

    async def make() -> bytes:
        calls.append(1)
        await gate.wait()
        raise Fault(Reason.REVOCATION_UNREACHABLE)

    fetcher = a_fetcher(Net(httpx.Response(200)))
    waiting = [asyncio.create_task(fetcher.once("key", make, Budget())) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(end) for end in ends] == [Fault] * 3
    assert len(calls) == 1


async def test_a_budget_that_is_spent_ends_the_waiting_but_not_the_flight():
    gate = asyncio.Event()
    landed = asyncio.Event()

    async def make() -> bytes:
        await gate.wait()
        landed.set()
        return b"list"

    fetcher = a_fetcher(Net(httpx.Response(200)))
    budget = Budget(0.005)
    with pytest.raises(Fault):
        await fetcher.once("key", make, budget)
    with pytest.raises(Fault):
        await fetcher.once("key", make, Budget(0))
    gate.set()

    await landed.wait()
    await fetcher.aclose()


async def test_time_that_is_waited_is_taken_from_the_budget():
    clock = Clock()

    async def make() -> bytes:
        clock.now += 3
        return b"list"

    budget = Budget(8)
    await a_fetcher(Net(httpx.Response(200)), clock=clock).once("key", make, budget)

    assert budget.left == 5


async def test_closing_ends_what_is_in_flight():
    async def hang() -> bytes:
        await asyncio.Event().wait()
        return b""

    fetcher = a_fetcher(Net(httpx.Response(200)))
    waiting = asyncio.create_task(fetcher.once("key", hang, Budget()))
    await asyncio.sleep(0)
    await fetcher.aclose()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_connection_goes_to_the_address_that_was_judged_under_the_hosts_name():
    seen: list[httpx.Request] = []

    async def connect(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "203.0.114.8":
            raise httpx.ConnectError("down")
        return httpx.Response(200, content=b"list")

    pinned = _PinnedTransport(None)
    await pinned._inner.aclose()
    pinned._inner = httpx.MockTransport(connect)

    async def lookup(host: str, port: int) -> tuple[str, ...]:
        return ("203.0.114.8", OUTSIDE)

    fetcher = Fetcher(transport=pinned, lookup=lookup)
    url = URL.replace("http:", "https:")
    found = await fetcher.get(url, allowed=frozenset({Origin("https", "crl.ca.example.hk", 443)}), limit=LIMIT)

    assert found == b"list"
    assert [request.url.host for request in seen] == ["203.0.114.8", OUTSIDE]
    assert {request.headers["host"] for request in seen} == {"crl.ca.example.hk"}
    assert {request.extensions["sni_hostname"] for request in seen} == {"crl.ca.example.hk"}
    await fetcher.aclose()


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://A.Example/x", Origin("http", "a.example", 80)),
        ("https://a.example", Origin("https", "a.example", 443)),
        ("http://[::1]:8080/", Origin("http", "::1", 8080)),
        ("http://a.example:70000/", None),
        ("http://a.example:0/", None),
        ("ftp://a.example/", None),
        ("http://ä.example/", None),
    ],
)
def test_an_origin_is_read_strictly(url, origin):
    assert Origin.of(url) == origin


def test_a_bare_address_names_only_a_host():
    assert is_bare("http://a.example")
    assert is_bare("http://a.example/")
    assert not is_bare("http://a.example/list.crl")
