"""golang.org/x/oauth2 with go-oidc: the program that `gate client snippet` writes, built and run as its reader would."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.snippet import Language
from tests.clients.person import Person
from tests.gateway.cli.folder import answer
from tests.snippets.test_snippets_run import KINDS, registered

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")

MODULE = Path(__file__).parent / "go_oidc"
SECONDS = 90


async def built(folder: Path) -> Path:
    """Build the program in the folder; a machine that cannot have the modules says so."""
    for name in ("go.mod", "go.sum"):
        shutil.copy(MODULE / name, folder)
    fetched, complaint = await _go(folder, "mod", "download")
    if fetched:
        pytest.skip(f"the Go modules cannot be had: {complaint[-200:]}")
    failed, complaint = await _go(folder, "build", "-o", "sign-in", ".")
    assert not failed, complaint
    return folder / "sign-in"


async def _go(folder: Path, *arguments: str) -> tuple[int, str]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("go", *arguments, cwd=folder, stdout=pipe, stderr=pipe)
    _, errors = await process.communicate()
    return process.returncode or 0, errors.decode()


async def run(program: Path, person: Person, environment: dict[str, str]) -> dict[str, Any]:
    """Open the address that the program prints, paste the address at the end; gives what it found out."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        program, cwd=program.parent, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        where = ""
        async for line in process.stdout:
            if line.startswith(b"http"):
                where = line.decode().strip()
                break
        assert where, (await process.communicate())[1].decode()
        out, errors = await process.communicate(f"{await person.sign_in(where)}\n".encode())
    assert process.returncode == 0, errors.decode()
    found: dict[str, Any] = json.loads(out.decode().strip().splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", ["secret", "fapi2-sp", "fapi2-ms"])
async def test_a_program_in_go_signs_somebody_in(person: Person, tmp_path: Path, kind: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment["SSL_CERT_FILE"] = str(person.gateway.certificate)
    config = person.gateway.settings
    client = await asyncio.to_thread(registered, KINDS[kind], tmp_path, config, environment)
    options = (client["client_id"], "--language", Language.GO, "--config", config)
    written = await asyncio.to_thread(answer, "client", "snippet", *options)
    (tmp_path / "main.go").write_text(written["program"])

    found = await run(await built(tmp_path), person, environment)

    assert found["claims"]["aud"] == client["client_id"]
    assert found["userinfo"]["sub"] == found["claims"]["sub"]
