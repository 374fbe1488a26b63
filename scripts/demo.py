"""``make demo``: gateway, simulated providers and authorities, and the sample relying party as one process tree."""

import asyncio
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = Path(os.environ.get("GATE_DEMO_FOLDER", ROOT / ".demo"))
READY_SECONDS: Final = 60.0
_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG of prctl(2)

sys.path.insert(0, str(ROOT))

from gateway.oidc.model import Client  # noqa: E402 - the tree must be importable first
from gateway.oidc.names import ClientAuthMethod  # noqa: E402
from mock_idps.personas import PERSONAS  # noqa: E402
from scripts import demo_operators  # noqa: E402 - as above
from scripts.sandbox import (  # noqa: E402
    ALL_SCOPES,
    PLACES,
    Addresses,
    fapi_client,
    make_world,
    register_clients,
    robot_client,
    service_client,
)
from scripts.sandbox_lists import bring_in  # noqa: E402 - as above

PORTS: Final = 8
"""The gateway, three providers, the guest house, the trust anchor, the certification authorities, the operators."""
_AUTHORITY: Final = 6
_OPERATORS: Final = 7
"""Places in the block of ports."""


def main() -> int:
    """Set up what is missing, start everything, wait, stop everything."""
    first = int(os.environ.get("GATE_PORT", "8000"))
    taken = [port for port in range(first, first + PORTS) if not is_free(port)]
    if taken:
        print(f"demo: port {taken[0]} is in use by another program.")
        print(f"demo: stop that program, or move the whole block of eight ports: GATE_PORT={first + 1000} make demo")
        return 3
    began = time.monotonic()
    database_url = f"sqlite:///{FOLDER / 'gateway.sqlite3'}"
    at = Addresses.with_authorities(first)
    make_world(FOLDER, at, database_url, more=demo_operators.settings(first + _OPERATORS))
    secret = guest_house_secret(first, database_url)
    operator = demo_operators.make_operator(FOLDER, database_url)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    children: list[subprocess.Popen[bytes]] = []
    try:
        children = start([*simulations(first), guest_house_command(first)], party(first, secret))
        if not bring_in(FOLDER, str(at.authority), database_url, patience=READY_SECONDS):
            print(f"demo: nothing answers on port {first + _AUTHORITY}; the reason stands in {FOLDER / 'demo.log'}")
            return 4
        gate = [sys.executable, "-m", "gateway.cli"]
        children += start([[*gate, "serve"], [*gate, "serve-operators"]])
        if not wait_until_ready(first, children):
            return 4
        print(summary(first, time.monotonic() - began, operator), flush=True)
        return watch(children)
    except KeyboardInterrupt:
        print("\ndemo: stopping", flush=True)
        return 0
    finally:
        stop(children)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """On Linux, let a child end when the demo is killed and can no longer stop it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def guest_house_secret(first: int, database_url: str) -> str:
    """Register the demo's relying parties for this block of ports; the guest house's secret is kept in the folder."""
    path = FOLDER / "guest-house.json"
    secrets = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    home = f"http://127.0.0.1:{first + 4}"
    guest_house = Client(
        client_id=f"guest-house-{first}",
        client_name="珠江旅館 Pearl River Guest House",
        redirect_uris=(f"{home}/callback",),
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
        scopes=ALL_SCOPES,
        post_logout_redirect_uris=(f"{home}/",),
        jurisdiction="guangdong",
        purpose="accommodation",
        surrogate_purposes=("accommodation",),
        event_uri=f"{home}/events",
    )
    fapi = fapi_client(FOLDER, "https://fapi-demo.example/callback")
    made = asyncio.run(register_clients(FOLDER, database_url, [guest_house, robot_client(), fapi, service_client()]))
    secrets |= made
    path.write_text(json.dumps(secrets), encoding="utf-8")
    path.chmod(0o600)
    return str(secrets[guest_house.client_id])


def simulations(first: int) -> list[list[str]]:
    """The commands of everything that plays somebody else; the authorities first, for the gateway waits for them."""
    places = ((6, "authority"), *enumerate(PLACES, start=1), (5, "trust_anchor"))
    settings = ["--config", str(FOLDER / "mocks.json")]
    run = [sys.executable, "-m", "mock_idps.run"]
    return [[*run, place, "--port", str(first + number), *settings] for number, place in places]


def guest_house_command(first: int) -> list[str]:
    """The command of the sample relying party."""
    house = "examples.relying_party.app:app"
    return [sys.executable, "-m", "uvicorn", house, "--port", str(first + 4), "--log-level", "warning"]


def party(first: int, secret: str) -> dict[str, str]:
    """What the guest house is told by its environment."""
    return {
        "RP_ISSUER": f"http://127.0.0.1:{first}",
        "RP_HOME": f"http://127.0.0.1:{first + 4}",
        "RP_CLIENT_ID": f"guest-house-{first}",
        "RP_CLIENT_SECRET": secret,
    }


def start(commands: list[list[str]], more: Mapping[str, str] | None = None) -> list[subprocess.Popen[bytes]]:
    """Start processes; each is a child of this one and ends with it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GATE_CONFIG": str(FOLDER / "gate.toml"), **(more or {})}
    log = (FOLDER / "demo.log").open("ab")
    return [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C reaches this program alone, which then stops its children in order
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - this program has no threads
        )
        for command in commands
    ]


def wait_until_ready(first: int, children: list[subprocess.Popen[bytes]]) -> bool:
    """Wait for all of them to answer; say which one did not."""
    mocks = ["/__mock__/"] * len(PLACES)
    paths = ["/readyz", *mocks, "/", "/anchor/.well-known/openid-federation", "/root.json", "/livez"]
    waiting = {first + number: f"http://127.0.0.1:{first + number}{path}" for number, path in enumerate(paths)}
    deadline = time.monotonic() + READY_SECONDS
    while waiting and time.monotonic() < deadline:
        if any(child.poll() is not None for child in children):
            break
        waiting = {port: url for port, url in waiting.items() if not answers(url)}
        time.sleep(0.05)
    if waiting:
        print(f"demo: nothing answers on port {next(iter(waiting))}; the reason stands in {FOLDER / 'demo.log'}")
    return not waiting


def answers(url: str) -> bool:
    """Whether the address answers with success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def summary(first: int, seconds: float, operator: Mapping[str, str]) -> str:
    """Addresses and personas as a short table."""
    rows = [
        ("Book a room (start here)", first + 4, ""),
        ("Gateway", first, "discovery: /.well-known/openid-configuration"),
        ("Simulated iAM Smart, Hong Kong", first + 1, "scenarios: /__mock__/"),
        ("Simulated One Account, Macao", first + 2, "scenarios: /__mock__/"),
        ("Simulated tyrz, Guangdong", first + 3, "scenarios: /__mock__/"),
        ("Check a signature", first, "/signatures and /trust"),
        ("Simulated certification authorities", first + 6, "desk for samples: /sign"),
        ("Federation of the three regions", first + 5, "trust anchor: /anchor/.well-known/openid-federation"),
        ("Operators' pages and API", first + _OPERATORS, f"sign in as {operator['name']}, see below"),
    ]
    lines = ["", f"Ready after {seconds:.1f} s. Everything is a simulation; nobody here is real.", ""]
    lines += [f"  {name:<35} http://127.0.0.1:{port}  {remark}".rstrip() for name, port, remark in rows]
    lines += ["", "  Sign in as (Macao's password is `sandbox`):", ""]
    for person in PERSONAS:
        accounts = [
            word
            for word, level in (("HK", person.hk_user_type), ("MO", person.mo_level), ("GD", person.gd_level))
            if level is not None
        ]
        lines.append(f"  {person.id:<22} {'+'.join(accounts):<6} {person.permit or '-':<10} {person.note}")
    lines += ["", f"  The operator {operator['name']} has the password {operator['password']} and this authenticator:"]
    lines += [f"  {operator['otpauth']}", "  The code of now: .venv/bin/python scripts/demo_operators.py"]
    lines += ["", f"  From a terminal: .venv/bin/gate login try --provider hong-kong --issuer http://127.0.0.1:{first}"]
    return "\n".join([*lines, "  Ctrl-C stops everything.", ""])


def watch(children: list[subprocess.Popen[bytes]]) -> int:
    """Wait; if one child ends by itself, the demo ends and says so."""
    while True:
        for child in children:
            if child.poll() is not None:
                print(f"demo: a process ended with {child.returncode}; see {FOLDER / 'demo.log'}")
                return 4
        time.sleep(0.5)


def stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask all to stop, then insist; a second Ctrl-C does not leave anybody behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=8)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
