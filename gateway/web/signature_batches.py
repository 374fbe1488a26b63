"""Batches: JSON lines in, JSON lines out, in the order they came, each as soon as it is known (signatures §2).

A bad line is one answer. When the client goes away, nothing more is begun. Every answer says which it is of how many,
so that a long batch shows how far it is.
"""

import asyncio
import contextlib
import json
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import IO, Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from certs.trust.errors import Refused
from gateway.oidc.service_access import ServiceAccess
from gateway.signatures.service import Caller, TrustUnusableError
from gateway.web.context import signatures_of
from gateway.web.service_calls import TRUST_UNUSABLE, caller_of, refusal
from gateway.web.signature_answers import validated
from gateway.web.signature_bodies import LINES, identity, read_object, spooled_lines
from gateway.web.signature_desk import SignatureDesk

AT_ONCE: Final = 4
"""Items of one batch that are under way at the same time."""
_IN_MEMORY: Final = 1_048_576

Judge = Callable[[bytes], Awaitable[dict[str, Any]]]


async def answer_batch(access: ServiceAccess, request: Request) -> Response:
    """Judge every line of a batch; only the batch as a whole can be refused by status."""
    desk, caller = signatures_of(request), caller_of(access)
    async with contextlib.AsyncExitStack() as held:
        await held.enter_async_context(desk.uploading.turn())
        file: IO[bytes] = held.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - the stack closes it
        count = await spooled_lines(request, file)
        await desk.service.snapshot(desk.service.clock())  # lists that cannot be used are 503, not a thousand errors

        async def judge(line: bytes) -> dict[str, Any]:
            return await _answer(line, desk, caller)

        lines = (line for line in file if line.strip())
        return _Lines(_numbered(in_order(lines, judge), count), held.pop_all())
    raise AssertionError  # the block above returns or raises


async def in_order(lines: Iterable[bytes], judge: Judge) -> AsyncIterator[dict[str, Any]]:
    """Answers in the order of the lines, a few of them under way at once; whoever stops listening stops the work."""
    running: deque[asyncio.Task[dict[str, Any]]] = deque()
    try:
        for line in lines:
            if len(running) == AT_ONCE:
                yield await running[0]
                running.popleft()
            running.append(asyncio.create_task(_awaited(judge(line))))
        while running:
            yield await running[0]
            running.popleft()
    finally:
        for task in running:
            task.cancel()


async def _awaited(answer: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return await answer


async def _answer(line: bytes, desk: SignatureDesk, caller: Caller) -> dict[str, Any]:
    name: str | None = None
    try:
        members = read_object(line)
        name = identity(members)
        async with desk.queue.turn():
            found = await desk.service.validate(members, caller)
        return {"id": name, **await validated(found, members, caller, desk.service)}
    except Refused as refused:
        return {"id": name, **refusal(refused.code, refused.detail)}
    except TrustUnusableError:
        return {"id": name, **TRUST_UNUSABLE}


async def _numbered(answers: AsyncIterator[dict[str, Any]], count: int) -> AsyncIterator[bytes]:
    number = 0
    async with contextlib.aclosing(answers):  # type: ignore[type-var] # an asynchronous generator, as made above
        async for answer in answers:
            number += 1
            line = {"item": number, "items": count, **answer}
            yield json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class _Lines(StreamingResponse):
    """Lines that hold a file and a turn until the last is sent, or nobody listens any more."""

    def __init__(self, lines: AsyncIterator[bytes], held: contextlib.AsyncExitStack) -> None:
        super().__init__(lines, media_type=LINES)
        self._held = held
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            try:
                await super().__call__(scope, receive, send)
            finally:
                await self._lines.aclose()  # type: ignore[attr-defined] # as above
