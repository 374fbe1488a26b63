"""Running a snippet as a developer would: start it, open the address that it prints, paste the address at the end."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from gateway.cli.snippet import Language
from mock_idps.personas import PERSONAS
from tests import browser_binary
from tests.person_browser import Browser

SECONDS: Final = 60
_FILES: Final = {
    Language.PYTHON: "sign_in.py",
    Language.JAVASCRIPT: "sign-in.mjs",
    Language.CURL: "sign-in.sh",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program on disk with what it needs beside it."""

    language: Language
    folder: Path
    environment: dict[str, str]

    @property
    def command(self) -> list[str]:
        interpreter = {
            Language.PYTHON: sys.executable,
            Language.JAVASCRIPT: str(browser_binary.node()),
            Language.CURL: shutil.which("bash") or "bash",
        }[self.language]
        return [interpreter, str(self.folder / _FILES[self.language])]

    @classmethod
    def write(cls, language: Language, text: str, folder: Path, environment: dict[str, str]) -> "Snippet":
        (folder / _FILES[language]).write_text(text, encoding="utf-8")
        if language is Language.JAVASCRIPT:
            (folder / "node_modules").symlink_to(browser_binary.node_modules())
        return cls(language, folder, environment)

    async def run(self) -> dict[str, Any]:
        """What the program printed at its end, after somebody has signed in."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS):
                return await self._talk(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _talk(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        said = ""
        while "Paste" not in said:
            line = (await process.stdout.readline()).decode()
            if not line:
                break
            said += line
        where = next((line for line in said.splitlines() if line.startswith("http")), None)
        if where is None:
            raise AssertionError((await process.communicate())[1].decode())
        process.stdin.write(f"{await sign_in(where)}\n".encode())
        out, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        found: dict[str, Any] = json.loads(out.decode().strip().splitlines()[-1])
        return found


async def sign_in(where: str) -> str:
    """Go to the address, sign in, agree, and give the address at which the browser has ended."""
    person = PERSONAS[0].id
    async with httpx.AsyncClient(follow_redirects=False, trust_env=False) as http:
        browser = Browser(http)
        page = await browser.open(where)
        page = await browser.press(page, "provider-hong-kong")
        await browser.go_on(await browser.prove(page, person), person)
        assert browser.caught is not None
        return browser.caught
