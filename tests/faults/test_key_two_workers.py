"""Keys rotate, and one is lost, under constant traffic on two real workers, by the hand of an operator (KM-01, KM-03)."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from jose import jwt

from gateway.admin import joint_acts, keyring
from gateway.admin.acts import Act
from gateway.product import utc_now
from gateway.store.open import open_stores
from tests.faults.gateways import RoundRobin, Town, a_town
from tests.faults.mortal import ROOT
from tests.faults.weight import IS_HEAVY, PATIENT, rounds
from tests.relying_party import CODE_AND_REFRESH, RelyingParty
from tests.world import AT, a_client

pytestmark = [
    PATIENT,
    # Every day the same is played with two gateways in one process and a clock of its own (test_km_rotation.py).
    pytest.mark.skipif(not IS_HEAVY, reason="rotates on two real servers for a minute: GATE_HEAVY=1"),
]
SHORT: Final = """
[keys]
automatic = false
jwks_max_age = "1s"
jwks_stale_if_error = "1s"
partner_refresh = "1s"
skew = "1s"
settle = "2s"
"""
CLIENTS: Final = rounds(2, 6)
ROTATIONS: Final = rounds(1, 10)
SET: Final = "id-token-es256"


@dataclass(slots=True)
class Verifier:
    """A relying party that keeps a key set for exactly as long as it was told."""

    net: RoundRobin
    held: dict[str, Any] = field(default_factory=dict)
    until: float = 0
    verified: int = 0
    failed: list[str] = field(default_factory=list)
    kids: set[str] = field(default_factory=set)

    async def check(self, token: str) -> None:
        if time.monotonic() >= self.until:
            async with self.net.browser() as http:
                answer = await http.get(f"{AT.issuer}/jwks")
            seconds = int(answer.headers["cache-control"].split("max-age=")[1].split(",")[0])
            self.held, self.until = answer.json(), time.monotonic() + seconds
        kid = jwt.get_unverified_header(token)["kid"]
        self.kids.add(kid)
        key = next((key for key in self.held["keys"] if key["kid"] == kid), None)
        if key is None:
            self.failed.append(kid)
            return
        jwt.decode(token, key, algorithms=["ES256"], options={"verify_aud": False, "verify_at_hash": False})
        self.verified += 1


async def gate(folder: Path, *arguments: str) -> dict[str, Any]:
    """What an operator types at another terminal."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", *arguments, "--config", str(folder / "gate.toml"), "--json"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    answer: dict[str, Any] = json.loads(out) if out else {}
    return {**answer, "code": process.returncode, "said": err.decode()}


@contextlib.asynccontextmanager
async def traffic(town: Town) -> AsyncIterator[Verifier]:
    """Sign-ins renewed without a pause by several clients, every token checked by a client that caches."""
    verifier = Verifier(town.world.net)  # type: ignore[arg-type]  # a round-robin stands in for the net
    parties = []
    for number in range(CLIENTS):
        client = a_client(f"steady-{number}", scopes=("openid", "offline_access"), grant_types=CODE_AND_REFRESH)
        party = await RelyingParty.register(town.world, client)
        parties.append((party, await party.sign_in(scope="openid offline_access", prompt="consent")))

    async def go_on(party: RelyingParty, tokens: dict[str, Any]) -> None:
        while True:
            await verifier.check(tokens["id_token"])
            answer = await party.refresh(tokens["refresh_token"])
            assert answer.status_code == 200, answer.text
            tokens = answer.json()
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(go_on(party, tokens)) for party, tokens in parties]
    try:
        yield verifier
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def second_person(folder: Path) -> tuple[str, str]:
    """Nobody serves the issuer's own address here, so that two persons vouch for the publication."""
    asked = await gate(folder, "keys", "prove", SET, "--override", "--ask", "--reason", "case 7")
    keys = keyring.load(folder / "keys")
    stores = await open_stores(
        f"sqlite:///{folder / 'gateway.sqlite3'}", sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
    )
    await joint_acts.agree(stores.joint_acts, asked["id"], Act("ben", utc_now()))
    await stores.aclose()
    return "--joint-act", asked["id"]


async def until_done(folder: Path, *arguments: str) -> dict[str, Any]:
    """Ask again while a guard is closed, as an operator would who was told when it opens."""
    for _ in range(40):
        answer = await gate(folder, *arguments)
        if answer["code"] == 0:
            return answer
        assert answer["code"] == 3, answer
        await asyncio.sleep(0.5)
    raise AssertionError(answer)


async def kids_of(worker_port: int) -> set[str]:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{worker_port}/jwks")
    return {key["kid"] for key in answer.json()["keys"]}


@pytest.mark.attack("KM-01", "KM-03")
async def test_km_01_no_verification_fails_in_a_rotation_and_km_03_a_lost_key_is_gone_within_a_minute(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "town"
    async with a_town(folder, f"sqlite:///{folder / 'gateway.sqlite3'}", (), settings=SHORT) as town:
        async with traffic(town) as verifier:
            for _ in range(ROTATIONS):
                await until_done(folder, "keys", "generate", SET)
                await until_done(folder, "keys", "publish", SET)
                await until_done(folder, "keys", "prove", SET, "--override", *await second_person(folder))
                rotated = await until_done(folder, "keys", "activate", SET)
                await asyncio.sleep(6)  # both workers follow within five seconds
            verified = verifier.verified
            assert verifier.failed == []
            assert len(verifier.kids) == ROTATIONS + 1
        lost = rotated["kid"]
        began = time.monotonic()
        await gate(folder, "keys", "compromise", SET, lost, "--reason", "case 9", "--yes")
        while any([lost in await kids_of(worker.port) for worker in town.workers]):
            assert time.monotonic() - began < 60
            await asyncio.sleep(0.2)

    assert verified > 20 * CLIENTS
