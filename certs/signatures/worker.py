"""Reads hostile input in a process that can be killed: `python -m certs.signatures.worker` on pipes.

A parser that hangs or eats memory takes nobody along: the parent waits two seconds, kills the worker and reports
INDETERMINATE. What crosses the pipe is JSON in both directions; frames are a length of eight bytes and the text.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from certs.signatures.codec import signers_from_json, signers_to_json
from certs.signatures.evidence import SignerEvidence
from certs.signatures.reading import UserIds, prepare_for_pdf, read_signers, unreadable
from certs.signatures.request import read_request
from certs.signatures.signed import Format
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason

WALL_SECONDS: Final = 2.0
_START_SECONDS: Final = 30.0
MEMORY: Final = 1_073_741_824
_SLOWEST_DIGEST: Final = 100_000_000
"""Bytes a second; SM3 makes four times as many on a slow machine."""
_HEAD: Final = 8
_LARGEST: Final = 268_435_456
_WITH_PDF: Final = "pdf"
_MAY_BE_PDF: Final = frozenset({Format.PADES, None})
Read = tuple[Format, tuple[SignerEvidence, ...]]


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Do one job; every refusal is part of the answer."""
    user_ids: UserIds = {bytes.fromhex(name): bytes.fromhex(value) for name, value in job["user_ids"].items()}
    try:
        content = None if job["content"] is None else Path(job["content"])
        form, signers = read_signers(read_request(job["request"], content), user_ids)
    except Refused as refused:
        return {"refused": refused.code.value, "detail": refused.detail}
    return {"format": form.value, **signers_to_json(signers)}


def serve(incoming: BinaryIO, outgoing: BinaryIO, *, reads_pdf: bool) -> None:
    """Answer jobs until the pipe closes; what takes long to load is loaded before the first one is taken."""
    _limit_memory()
    if reads_pdf:
        prepare_for_pdf()
    _send(outgoing, {"ready": True})
    while (head := incoming.read(_HEAD)) and len(head) == _HEAD:
        _send(outgoing, answer(json.loads(incoming.read(int.from_bytes(head, "big")))))


def _send(outgoing: BinaryIO, value: dict[str, Any]) -> None:
    data = json.dumps(value).encode()
    outgoing.write(len(data).to_bytes(_HEAD, "big") + data)
    outgoing.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not everywhere; the time limit is
        import resource  # noqa: PLC0415 - absent on some systems

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@dataclass(slots=True)
class WorkerReader:
    """Hands requests to one worker, one after the other, and replaces it when it does not answer."""

    wall_seconds: float = WALL_SECONDS
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    _reads_pdf: bool = field(default=False, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    killed: int = 0
    """How often a worker had to be stopped, for health output."""

    async def read(
        self, members: Mapping[str, Any], form: Format | None, user_ids: UserIds, content: Path | None = None
    ) -> Read:
        """Read a request's signers; raises `Refused`. A worker that dies or hangs is an answer, not an error."""
        job = {
            "request": dict(members),
            "content": None if content is None else str(content),
            "user_ids": {name.hex(): value.hex() for name, value in user_ids.items()},
        }
        seconds = self.wall_seconds + time_for(content)
        async with self._turn:
            try:
                process = await self._running(reads_pdf=form in _MAY_BE_PDF)
                async with asyncio.timeout(seconds):
                    found = await _ask(process, job)
            except TimeoutError:
                await self.close()
                self.killed += 1
                return _given_up(form, Reason.VALIDATOR_TIMEOUT)
            except (OSError, ValueError, EOFError, asyncio.IncompleteReadError):
                await self.close()
                self.killed += 1
                return _given_up(form, Reason.VALIDATOR_FAILURE)
            except asyncio.CancelledError:
                # Its answer may still come: whoever asks next would be told of another's signature.
                await self.close()
                raise
        if "refused" in found:
            raise Refused(RefusalCode(found["refused"]), found["detail"])
        return Format(found["format"]), signers_from_json(found)

    async def _running(self, *, reads_pdf: bool) -> asyncio.subprocess.Process:
        if reads_pdf and not self._reads_pdf:
            await self.close()
            self._reads_pdf = True  # from now on: whoever sends one PDF sends another
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "certs.signatures.worker",
                *([_WITH_PDF] if self._reads_pdf else []),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # foreign text: nobody reads it
                env={name: value for name, value in os.environ.items() if not name.startswith("GATE_")},
                limit=_LARGEST,
            )
            async with asyncio.timeout(_START_SECONDS):
                await _receive(self._process)
        return self._process

    async def close(self) -> None:
        """Stop the worker."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def time_for(content: Path | None) -> float:
    """Digesting a large file takes its time without being an attack."""
    return 0.0 if content is None else content.stat().st_size / _SLOWEST_DIGEST


def _given_up(form: Format | None, reason: Reason) -> Read:
    named = form or Format.CMS_DETACHED
    return named, (unreadable(named, reason),)


async def _ask(process: asyncio.subprocess.Process, job: dict[str, Any]) -> dict[str, Any]:
    if process.stdin is None:
        raise EOFError
    data = json.dumps(job).encode()
    process.stdin.write(len(data).to_bytes(_HEAD, "big") + data)
    await process.stdin.drain()
    return await _receive(process)


async def _receive(process: asyncio.subprocess.Process) -> dict[str, Any]:
    if process.stdout is None:
        raise EOFError
    size = int.from_bytes(await process.stdout.readexactly(_HEAD), "big")
    if size > _LARGEST:
        raise ValueError("an answer too large")
    read: dict[str, Any] = json.loads(await process.stdout.readexactly(size))
    return read


@dataclass(frozen=True, slots=True)
class InProcessReader:
    """The same without a process, for formats that are cheap and bounded by themselves, and for tests."""

    async def read(
        self,
        members: Mapping[str, Any],
        form: Format | None,  # noqa: ARG002 - one shape
        user_ids: UserIds,
        content: Path | None = None,
    ) -> Read:
        """Read a request's signers here and now."""
        return read_signers(read_request(members, content), user_ids)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, reads_pdf=_WITH_PDF in sys.argv[1:])
