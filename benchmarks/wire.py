"""A keep-alive HTTP/1.1 client over asyncio streams: the least that one server can spend on asking another.

It speaks to servers of this machine that say how long their answers are, and refuses everything else.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

BODY_LIMIT: Final = 256 * 1024
_HEAD_END: Final = b"\r\n\r\n"


class WireError(Exception):
    """The answer cannot be read; the text is fixed."""


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """One answer: status, headers by lower-case name, cookies in their order, body."""

    status: int
    headers: dict[bytes, bytes]
    cookies: tuple[bytes, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection; one request at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def is_usable(self) -> bool:
        """False once the server has closed it, as servers do with what lies idle."""
        return not (self.reader.at_eof() or self.writer.is_closing())

    async def exchange(self, request: bytes) -> Reply:
        """Send one request and read its answer."""
        self.writer.write(request)
        head = await self.reader.readuntil(_HEAD_END)
        lines = head[: -len(_HEAD_END)].split(b"\r\n")
        headers: dict[bytes, bytes] = {}
        cookies: list[bytes] = []
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name == b"set-cookie":
                cookies.append(value.strip())
            else:
                headers[name] = value.strip()
        status = int(lines[0][9:12])
        return Reply(status, headers, tuple(cookies), await self._body(status, headers))

    async def _body(self, status: int, headers: dict[bytes, bytes]) -> bytes:
        length = headers.get(b"content-length")
        if length is None and status not in {204, 304}:
            raise WireError("an answer without a length")
        size = int(length or b"0")
        if size > BODY_LIMIT:
            raise WireError("an answer that is too large")
        return await self.reader.readexactly(size) if size else b""


class Wire:
    """Connections to any number of servers, kept and used again."""

    def __init__(self) -> None:
        self._idle: dict[str, list[Connection]] = defaultdict(list)

    async def request(self, method: str, url: str, headers: bytes = b"", body: bytes = b"") -> Reply:
        """Ask; `headers` are whole lines, each with its end, beside Host and the length."""
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        head = f"{method} {target} HTTP/1.1\r\nhost: {parts.netloc}\r\n".encode("latin-1")
        length = b"content-length: %d\r\n" % len(body) if method == "POST" else b""
        return await self.send(parts.netloc, b"%b%b%b\r\n%b" % (head, headers, length, body))

    async def send(self, netloc: str, request: bytes) -> Reply:
        """Send prepared bytes over a kept connection, or a new one."""
        connection = await self._take(netloc)
        try:
            reply = await connection.exchange(request)
        except BaseException:  # whatever happened, the rest of the answer may still be under way
            connection.writer.close()
            raise
        if reply.headers.get(b"connection", b"").lower() == b"close":
            connection.writer.close()
        else:
            self._idle[netloc].append(connection)
        return reply

    async def _take(self, netloc: str) -> Connection:
        idle = self._idle[netloc]
        while idle:
            connection = idle.pop()
            if connection.is_usable:
                return connection
            connection.writer.close()
        host, _, port = netloc.partition(":")
        return Connection(*await asyncio.open_connection(host, int(port or "80")))

    def close(self) -> None:
        """Close what is idle."""
        for connections in self._idle.values():
            for connection in connections:
                connection.writer.close()
        self._idle.clear()
