"""Everything that runs while it is measured: three simulated providers, the gateway, and the stand-in beside it."""

import asyncio
import json
import secrets
import sqlite3
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks import stand_in
from benchmarks.driver import Job, Tally
from benchmarks.processes import ROOT, Running, free_ports, surroundings
from gateway.cli.robot import Page, Robot, RobotError
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.store.sql.sqlite import journal_mode
from mock_idps.personas import PERSONAS, find
from scripts.sandbox import ALL_SCOPES, PLACES, Addresses, make_world, register_clients

CLIENT_ID: Final = "benchmark"
REDIRECT_URI: Final = "http://127.0.0.1:9/benchmark"
"""Nobody answers there; the browsers stop before."""
CAST: Final = {
    "macao": ["lei-ka-meng", "chao-sio-man", "jose-da-luz", "ines-conceicao"],
    "hong_kong": ["chan-siu-ming", "wong-ka-yan", "leung-kin-hong", "lau-chi-wai", "cheung-mei-fong", "lam-yi-lin"],
    "guangdong": ["wong-ka-yan", "li-xiao-hua"],
}
"""People whose sign-in ends with an identifier, residence permits and surrogates among them."""
_UPSTREAM_ID: Final = "stand-in"
_PAGES: Final = 6


class CourseError(Exception):
    """The course cannot be run; the text says where it stuck."""


@dataclass(frozen=True, slots=True)
class Course:
    """What runs, and whom to ask for it."""

    folder: Path
    gateway: Running
    job: Job
    """A sign-in through the gateway; the other jobs are changes of it."""
    stand_in_job: Job | None

    def drive(self, job: Job, **changes: Any) -> Tally:
        """Let browsers of a process of their own do a job."""
        asked = json.dumps(asdict(replace(job, **changes)))
        command = [sys.executable, "-m", "benchmarks.driver"]
        around = surroundings(self.folder)
        done = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=ROOT, env=around, check=False)
        if done.returncode != 0:
            raise CourseError(f"the driver failed: {done.stderr.strip()[-1500:]}")
        return Tally(**json.loads(done.stdout))

    def through_gateway(self, provider: str = "macao", **changes: Any) -> Tally:
        """Sign-ins through the gateway."""
        return self.drive(self.job, provider=provider, personas=CAST[provider], **changes)

    def through_stand_in(self, **changes: Any) -> Tally:
        """Sign-ins through the stand-in, which knows Macao alone."""
        if self.stand_in_job is None:
            raise CourseError("this course has no stand-in")
        return self.drive(self.stand_in_job, **changes)


@contextmanager
def running(
    folder: Path, gateway_url: str, stand_in_url: str | None, algorithm: str, *, server: str = "gateway.cli"
) -> Iterator[Course]:
    """Start everything on fresh databases, do the first-time pages, and stop everything at the end."""
    ports = free_ports(len(PLACES) + 2)
    homes = [f"http://127.0.0.1:{port}" for port in ports]
    at = Addresses(*homes[:4])
    settings = make_world(folder, at, gateway_url, unlimited=True)
    upstream_secret = _enrol_stand_in(folder / "mocks.json", homes[4])
    client_secret = asyncio.run(register_clients(folder, gateway_url, [_client(algorithm)]))[CLIENT_ID]
    with ExitStack() as stack:
        mocks = {
            place: stack.enter_context(_mock(folder, place, port))
            for place, port in zip(PLACES, ports[1:4], strict=True)
        }
        gateway = stack.enter_context(start_gateway(folder, settings, at.issuer, server))
        others = [mock.pid for mock in mocks.values()]
        job = Job(
            issuer=at.issuer,
            browsers=16,
            seconds=1.0,
            server_pid=gateway.pid,
            other_pids=others,
            personas=CAST["macao"],
            client_id=CLIENT_ID,
            client_secret=client_secret,
            redirect_uri=REDIRECT_URI,
        )
        beside = None
        if stand_in_url is not None:
            beside = replace(job, issuer=homes[4])
            path = folder / "stand_in.json"
            _write_stand_in(path, beside, at.macao, stand_in_url, algorithm, secret=upstream_secret)
            beside = replace(beside, server_pid=stack.enter_context(_stand_in(folder, path, ports[4])).pid)
        _first_time(at)
        yield Course(folder, gateway, job, beside)


def start_gateway(folder: Path, settings: Path, issuer: str, server: str = "gateway.cli") -> Running:
    """Start the gateway as operators do, or under the profiler."""
    return Running.start("gateway", server, ["serve", "--config", str(settings)], folder, f"{issuer}/readyz")


def _mock(folder: Path, place: str, port: int) -> Running:
    arguments = [place, "--port", str(port), "--config", str(folder / "mocks.json")]
    return Running.start(place, "mock_idps.run", arguments, folder, f"http://127.0.0.1:{port}/__mock__/")


def _stand_in(folder: Path, settings: Path, port: int) -> Running:
    arguments = [str(settings), "--port", str(port)]
    return Running.start("stand_in", "benchmarks.stand_in", arguments, folder, f"http://127.0.0.1:{port}/jwks")


def _client(algorithm: str) -> Client:
    return Client(
        client_id=CLIENT_ID,
        client_name="Benchmark",
        redirect_uris=(REDIRECT_URI,),
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
        scopes=ALL_SCOPES,
        id_token_signed_response_alg=algorithm,
        purpose="accommodation",
        surrogate_purposes=("accommodation",),
    )


def _enrol_stand_in(path: Path, home: str) -> str:
    """Make the stand-in a client of the simulated One Account."""
    blocks = json.loads(path.read_text(encoding="utf-8"))
    secret = secrets.token_urlsafe(24)
    entry = {
        "client_id": "stand-in",
        "client_secret": secret,
        "name": "Stand-in",
        "redirect_uris": [f"{home}/callback"],
    }
    blocks["macao"]["clients"].append(entry)
    path.write_text(json.dumps(blocks), encoding="utf-8")
    return secret


def _write_stand_in(path: Path, job: Job, macao: str, database_url: str, algorithm: str, *, secret: str) -> None:
    """As durable as the gateway, and with the same journal."""
    settings = stand_in.Settings(
        issuer=job.issuer,
        database_url=database_url,
        journal=journal_mode(sqlite3.sqlite_version_info),
        algorithm=algorithm,
        client_id=job.client_id,
        client_secret=job.client_secret,
        redirect_uri=job.redirect_uri,
        upstream=macao,
        upstream_id=_UPSTREAM_ID,
        upstream_secret=secret,
    )
    path.write_text(json.dumps(asdict(settings)), encoding="utf-8")


def _first_time(at: Addresses) -> None:
    """Meet the pages that a person meets once: the permit number, and the consent that is remembered."""
    for place, people in CAST.items():
        home = getattr(at, place)
        for person in people:
            _post(f"{home}/__mock__/auto", {"persona": person})
            _walk(at.issuer, place, person)
        _post(f"{home}/__mock__/reset", {})


def _walk(issuer: str, provider: str, person: str) -> None:
    known = find(PERSONAS, person)
    permit = known.permit if known else None
    robot = Robot(REDIRECT_URI)
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile cn_id cn_doc",
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": secrets.token_urlsafe(32),
        "code_challenge_method": "S256",
        "idp_hint": provider,
        "ui_locales": "en",
    }
    try:
        page = robot.open(f"{issuer}/authorize?{urllib.parse.urlencode(query)}")
        for _ in range(_PAGES):
            if robot.caught is not None:
                break
            page = _answer(robot, page, permit)
    except RobotError as error:
        raise CourseError(f"{person} cannot sign in at {provider}: {error}") from error
    if robot.caught is None or "code=" not in robot.caught:
        raise CourseError(f"{person} does not come back from {provider} (status {page.status})")


def _answer(robot: Robot, page: Page, permit: str | None) -> Page:
    if "permit" in page.inputs and permit:
        return robot.press(page, "check-permit", permit=permit)
    return robot.press(page, "agree")


def _post(url: str, content: dict[str, str]) -> None:
    body = json.dumps(content).encode()
    request = urllib.request.Request(url, data=body, headers={"content-type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        answer.read()
