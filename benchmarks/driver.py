"""Scripted browsers with a relying party behind each: as light as Python allows, in a process of their own.

`python -m benchmarks.driver` reads one job as JSON from standard input and writes one tally to standard output. A
browser starts every sign-in without the broker's cookies, as a person on a new device does; the provider may remember
it. Pages are not read: what needs a page (consent, the permit number) was done before, and a page is a failure here.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import uvloop

from benchmarks.processes import cpu_seconds
from benchmarks.wire import Reply, Wire, WireError

_HOPS: Final = 8
_PAUSE: Final = 0.05
_REMEMBERED: Final = b"mo_sso"
"""With this cookie Macao's platform knows the browser and needs no page."""


class JourneyError(Exception):
    """A sign-in went wrong; the text names the place and no value."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do, against whom and for how long."""

    issuer: str
    browsers: int
    seconds: float
    server_pid: int
    other_pids: list[int] = field(default_factory=list)
    document: str = ""
    """A path to fetch over and over; empty means sign-ins."""
    provider: str = "macao"
    personas: list[str] = field(default_factory=list)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = ""
    scope: str = "openid profile cn_id cn_doc"


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a job; `cpu_ms` and `others_cpu_ms` are processor time per success."""

    done: int
    failures: dict[str, int]
    seconds: float
    cpu_ms: float
    others_cpu_ms: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Successes per second."""
        return self.done / self.seconds

    @classmethod
    def of(cls, latencies: list[float], failures: Counter[str], seconds: float, cpu: float, others: float) -> Self:
        """Sum up one run."""
        done = len(latencies)
        cuts = statistics.quantiles(latencies, n=100) if done > 1 else [float("nan")] * 99
        per = 1000 / max(done, 1)
        return cls(done, dict(failures), seconds, cpu * per, others * per, cuts[49] * 1000, cuts[98] * 1000)


class Browser:
    """One browser, and the relying party's server behind it."""

    def __init__(self, job: Job, endpoints: dict[str, str], wire: Wire, persona: str) -> None:
        self._job = job
        self._at = endpoints
        self._wire = wire
        self._persona = persona
        self._broker = urlsplit(job.issuer).netloc
        self._jars: defaultdict[str, dict[bytes, bytes]] = defaultdict(dict)
        pair = base64.b64encode(f"{job.client_id}:{job.client_secret}".encode())
        self._token_head = b"authorization: Basic %b\r\ncontent-type: application/x-www-form-urlencoded\r\n" % pair

    async def sign_in(self) -> None:
        """The whole trip: authorize, provider, callback, token, userinfo."""
        self._jars[self._broker].clear()
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        answer = await self._code(verifier, state, nonce)
        if answer.get("state") != state or answer.get("iss") != self._job.issuer or "code" not in answer:
            raise JourneyError(f"answer {answer.get('error', 'of another sign-in')}")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self._job.redirect_uri,
            "code_verifier": verifier,
        }
        reply = await self._wire.request(
            "POST", self._at["token_endpoint"], self._token_head, urlencode(form).encode("ascii")
        )
        tokens = _content(reply, "token")
        body = tokens["id_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        bearer = f"authorization: Bearer {tokens['access_token']}\r\n".encode("ascii")
        person = _content(await self._wire.request("GET", self._at["userinfo_endpoint"], bearer), "userinfo")
        if claims["nonce"] != nonce or claims["sub"] != person["sub"]:
            raise JourneyError("tokens of another sign-in")

    async def _code(self, verifier: str, state: str, nonce: str) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._job.client_id,
            "redirect_uri": self._job.redirect_uri,
            "scope": self._job.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "idp_hint": self._job.provider,
            "ui_locales": "en",
        }
        url = f"{self._at['authorization_endpoint']}?{urlencode(query)}"
        is_named = False
        for _ in range(_HOPS):
            netloc = urlsplit(url).netloc
            if netloc != self._broker and not is_named and _REMEMBERED not in self._jars[netloc]:
                url, is_named = f"{url}&auto={self._persona}", True
            reply = await self._get(url, netloc)
            location = reply.headers.get(b"location")
            if location is None:
                raise JourneyError(f"status {reply.status} at {_place(url)}")
            url = urljoin(url, location.decode("ascii"))
            if url.startswith(self._job.redirect_uri):
                return dict(parse_qsl(urlsplit(url).query))
        raise JourneyError("too many redirects")

    async def _get(self, url: str, netloc: str) -> Reply:
        jar = self._jars[netloc]
        cookies = b"; ".join(b"%b=%b" % pair for pair in jar.items())
        reply = await self._wire.request("GET", url, b"cookie: %b\r\n" % cookies if cookies else b"")
        for cookie in reply.cookies:
            name, _, value = cookie.partition(b";")[0].partition(b"=")
            jar[name] = value
        return reply


def _content(reply: Reply, place: str) -> dict[str, Any]:
    if reply.status != 200:
        raise JourneyError(f"status {reply.status} at {place}")
    content: dict[str, Any] = json.loads(reply.body)
    return content


def _place(url: str) -> str:
    """The first part of the path: what follows may be a value of the sign-in."""
    return urlsplit(url).path.split("/")[1]


async def run(job: Job) -> Tally:
    """Run all browsers until the time is up; what has begun by then is finished and counted."""
    wire = Wire()
    reply = await wire.request("GET", f"{job.issuer}/.well-known/openid-configuration")
    endpoints = _content(reply, "discovery")
    steps = [
        _step(job, endpoints, wire, persona) for persona, _ in zip(cycle(job.personas or [""]), range(job.browsers))
    ]
    latencies: list[float] = []
    failures: Counter[str] = Counter()
    cpu, others, began = cpu_seconds([job.server_pid]), cpu_seconds(job.other_pids), time.perf_counter()
    until = began + job.seconds
    await asyncio.gather(*(_repeat(step, until, latencies, failures) for step in steps))
    took = time.perf_counter() - began
    cpu, others = cpu_seconds([job.server_pid]) - cpu, cpu_seconds(job.other_pids) - others
    wire.close()
    return Tally.of(latencies, failures, took, cpu, others)


def _step(job: Job, endpoints: dict[str, str], wire: Wire, persona: str) -> Callable[[], Awaitable[None]]:
    if not job.document:
        return Browser(job, endpoints, wire, persona).sign_in

    async def fetch() -> None:
        _content(await wire.request("GET", job.issuer + job.document), "document")

    return fetch


async def _repeat(
    step: Callable[[], Awaitable[None]], until: float, latencies: list[float], failures: Counter[str]
) -> None:
    while (began := time.perf_counter()) < until:
        try:
            await step()
        except JourneyError as error:
            failures[str(error)] += 1
        except (WireError, OSError, EOFError, KeyError, ValueError) as error:
            failures[type(error).__name__] += 1
        else:
            latencies.append(time.perf_counter() - began)
            continue
        await asyncio.sleep(_PAUSE)


def main() -> None:
    """Read a job, do it, write the tally."""
    tally = uvloop.run(run(Job(**json.load(sys.stdin))))
    json.dump(asdict(tally), sys.stdout)


if __name__ == "__main__":
    main()
