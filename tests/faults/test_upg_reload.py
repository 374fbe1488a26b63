"""Faults, upgrades: a real ``gate serve`` gets SIGHUP with bad settings and with good ones while it is being asked.

Heavy runs only; what decides, without real servers, is looked at every day in ``tests/gateway/cli/test_reload.py``.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.faults.gateways import free_ports
from tests.faults.mortal import ROOT
from tests.faults.weight import IS_HEAVY, PATIENT

pytestmark = [PATIENT, pytest.mark.skipif(not IS_HEAVY, reason="starts real servers: GATE_HEAVY=1")]
SECONDS = 120.0
LOOK = 0.05


@dataclass(slots=True)
class Served:
    """A running gateway and its settings file."""

    file: Path
    port: int
    process: asyncio.subprocess.Process
    text: str
    asked: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def log(self) -> str:
        return (self.file.parent / "log").read_text(encoding="utf-8")

    def hup(self, settings: str) -> None:
        """Change the settings and tell the gateway."""
        self.file.write_text(self.text + settings, encoding="utf-8")
        self.process.send_signal(signal.SIGHUP)

    async def cache_control(self) -> str:
        """What is said of the key set: a setting that can be seen from outside."""
        async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as http:
            answer = await http.get(f"http://127.0.0.1:{self.port}/jwks")
        return answer.headers["cache-control"]

    async def keep_asking(self) -> None:
        """Ask all the time, each time over a connection of its own, as many clients do."""
        while True:
            try:
                assert "max-age" in await self.cache_control()
                self.asked += 1
            except (httpx.HTTPError, KeyError, AssertionError) as error:
                self.failed.append(type(error).__name__)
            await asyncio.sleep(LOOK)

    async def until(self, word: str, times: int = 1) -> None:
        """Wait until the gateway has said something so often."""
        async with self.patience():
            while self.log.count(word) < times:
                assert self.process.returncode is None, "it has ended"
                await asyncio.sleep(LOOK)

    async def until_it_says(self, age: int) -> None:
        """Wait until every worker speaks by the new settings."""
        async with self.patience():
            while {await self.cache_control() for _ in range(8)} != {f"public, max-age={age}, stale-if-error=86400"}:
                self.asked += 8

    @contextlib.asynccontextmanager
    async def patience(self) -> AsyncIterator[None]:
        """Wait, but not for ever, and then show what the gateway has said."""
        try:
            async with asyncio.timeout(SECONDS):
                yield
        except (TimeoutError, AssertionError) as error:
            raise AssertionError(self.log[-3000:]) from error


@pytest.fixture(params=[1, 2])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Served]:
    """Give a gateway of one worker, and one of two."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    file = tmp_path / "gate.toml"
    assert CliRunner().invoke(app, ["db", "upgrade", "--config", str(file)]).exit_code == 0
    text = file.read_text(encoding="utf-8") + f"\n[server]\nworkers = {request.param}\n"
    file.write_text(text, encoding="utf-8")
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "gateway.cli", "serve", "--port", str(port), "--config", str(file)]
    with (tmp_path / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
        )
    running = Served(file, port, process, text)
    try:
        await running.until("Application startup complete", request.param)
        yield running
    finally:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                await process.wait()
        if process.returncode is None:
            process.kill()


@pytest.mark.attack("F-UPG-04")
async def test_f_upg_04_bad_settings_change_nothing_and_good_ones_come_into_force_without_a_lost_request(
    served: Served,
) -> None:
    asking = asyncio.create_task(served.keep_asking())

    served.hup("[keys]\njwks_max_age = 300\n")
    await served.until("the old ones stay in force: setting keys.jwks_max_age")
    after_bad = await served.cache_control()
    served.hup('[providers.macau]\nbase_url = "https://mo.example"\n')
    await served.until("the old ones stay in force: providers: unknown provider macau")
    served.hup('[keys]\njwks_max_age = "10m"\n')
    await served.until_it_says(600)
    asking.cancel()

    assert after_bad == "public, max-age=300, stale-if-error=86400"
    assert served.process.returncode is None
    assert served.asked > 10
    assert served.failed == []
