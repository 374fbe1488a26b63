"""Programs for Node, started and spoken with over their standard streams."""

import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests import browser_binary
from tests.clients.person import Person
from tests.relying_party import Key

PROGRAMS: Final = Path(__file__).parent / "openid_client"
SECONDS: Final = 60


def for_web_crypto(key: Key) -> dict[str, str]:
    """A private key as the program imports it."""
    pkcs8 = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {"pkcs8": base64.b64encode(pkcs8).decode("ascii"), "alg": key.alg, "kid": key.thumbprint}


async def run(program: str, settings: dict[str, Any], person: Person) -> dict[str, Any]:
    """What the program reports at its end; meanwhile the person does what it asks for."""
    if not (browser_binary.ROOT / "node_modules" / "openid-client").exists():
        pytest.skip("openid-client is not installed: npm ci")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = await asyncio.create_subprocess_exec(
        str(browser_binary.node()),
        str(PROGRAMS / program),
        env={**environment, "NODE_EXTRA_CA_CERTS": str(person.gateway.certificate)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            return await _talk(process, settings, person)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _talk(process: asyncio.subprocess.Process, settings: dict[str, Any], person: Person) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    message: dict[str, Any] = settings
    while True:
        process.stdin.write(f"{json.dumps(message)}\n".encode())
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise AssertionError((await process.stderr.read()).decode())
        said = json.loads(line)
        if "result" in said:
            return dict(said["result"])
        message = await _granted(said, person)


async def _granted(said: dict[str, Any], person: Person) -> dict[str, Any]:
    match said["wish"]:
        case "sign_in":
            return {"address": await person.sign_in(said["url"])}
        case "sign_out":
            return {"address": await person.sign_out(said["url"])}
        case "kiosk":
            await person.answer_kiosk(said["verification_uri"], said["user_code"])
        case "approve":
            await person.approve()
    return {}
