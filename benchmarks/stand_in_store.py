"""The stand-in's storage: three write transactions a sign-in, on raw sqlite3 or raw psycopg, as durable as the gateway.

SQLite is used inline by the one event loop, as nothing is cheaper; PostgreSQL over a few asynchronous connections, one
statement for each step, so that single use is decided by the database.
"""

import asyncio
import json
import secrets
import sqlite3
import time
from contextlib import closing
from typing import Any, Final, Protocol

import psycopg

Record = dict[str, Any]
_PENDING_SECONDS: Final = 600
_CODE_SECONDS: Final = 60
_TOKEN_SECONDS: Final = 600
_CONNECTIONS: Final = 8

_TABLES: Final = """
CREATE TABLE pending (state {bytes} PRIMARY KEY, browser {bytes} NOT NULL, record TEXT NOT NULL, ends {real} NOT NULL);
CREATE TABLE codes (hash {bytes} PRIMARY KEY, record TEXT NOT NULL, ends {real} NOT NULL, spent_at {real});
CREATE TABLE tokens (hash {bytes} PRIMARY KEY, record TEXT NOT NULL, ends {real} NOT NULL);
CREATE TABLE audit (id TEXT PRIMARY KEY, at {real} NOT NULL, what TEXT NOT NULL)
"""


class Store(Protocol):
    """What the stand-in remembers."""

    async def begin(self, state: bytes, browser: bytes, record: Record) -> None:
        """Remember a sign-in under way."""

    async def find(self, state: bytes, browser: bytes) -> Record | None:
        """The sign-in of this browser."""

    async def finish(self, state: bytes, code: bytes, record: Record) -> bool:
        """End a sign-in, once, and remember its code; in one transaction."""

    async def redeem(self, code: bytes, token: bytes) -> Record | None:
        """Spend a code, once, and remember its access token; in one transaction."""

    async def holder(self, token: bytes) -> Record | None:
        """What a live access token stands for."""

    async def aclose(self) -> None:
        """Close the connections."""


async def open_store(url: str, journal: str) -> Store:
    """Make the tables in an empty database and open it."""
    if url.startswith("sqlite:///"):
        return SqliteStore(url.removeprefix("sqlite:///"), journal)
    return await PostgresStore.open(url.replace("postgresql+psycopg://", "postgresql://"))


class SqliteStore:
    """One connection, used inline."""

    def __init__(self, path: str, journal: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(f"PRAGMA journal_mode={journal}")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_TABLES.format(bytes="BLOB", real="REAL"))

    async def begin(self, state: bytes, browser: bytes, record: Record) -> None:
        """One insert is one transaction."""
        row = (state, browser, json.dumps(record), time.time() + _PENDING_SECONDS)
        self._db.execute("INSERT INTO pending VALUES (?, ?, ?, ?)", row)

    async def find(self, state: bytes, browser: bytes) -> Record | None:
        """Read only."""
        query = "SELECT record FROM pending WHERE state = ? AND browser = ? AND ends > ?"
        return self._one(query, (state, browser, time.time()))

    async def finish(self, state: bytes, code: bytes, record: Record) -> bool:
        """Delete, insert, insert."""
        now = time.time()
        with closing(self._db.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            spent = cursor.execute("DELETE FROM pending WHERE state = ?", (state,)).rowcount == 1
            if spent:
                row = (code, json.dumps(record), now + _CODE_SECONDS)
                cursor.execute("INSERT INTO codes VALUES (?, ?, ?, NULL)", row)
                cursor.execute("INSERT INTO audit VALUES (?, ?, 'signed_in')", (secrets.token_hex(8), now))
            cursor.execute("COMMIT")
        return spent

    async def redeem(self, code: bytes, token: bytes) -> Record | None:
        """Update, insert, insert."""
        now = time.time()
        spend = "UPDATE codes SET spent_at = ? WHERE hash = ? AND spent_at IS NULL AND ends > ? RETURNING record"
        with closing(self._db.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            row = cursor.execute(spend, (now, code, now)).fetchone()
            if row is not None:
                cursor.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, row[0], now + _TOKEN_SECONDS))
                cursor.execute("INSERT INTO audit VALUES (?, ?, 'redeemed')", (secrets.token_hex(8), now))
            cursor.execute("COMMIT")
        return None if row is None else dict(json.loads(row[0]))

    async def holder(self, token: bytes) -> Record | None:
        """Read only."""
        return self._one("SELECT record FROM tokens WHERE hash = ? AND ends > ?", (token, time.time()))

    def _one(self, query: str, values: tuple[Any, ...]) -> Record | None:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    async def aclose(self) -> None:
        """Close it."""
        self._db.close()


class PostgresStore:
    """A few connections in autocommit, each statement a transaction of its own."""

    def __init__(self, connections: list[psycopg.AsyncConnection[Any]]) -> None:
        self._all = connections
        self._idle: asyncio.LifoQueue[psycopg.AsyncConnection[Any]] = asyncio.LifoQueue()
        for connection in connections:
            self._idle.put_nowait(connection)

    @classmethod
    async def open(cls, url: str) -> "PostgresStore":
        """Make the tables and connect."""
        made = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(_CONNECTIONS)]
        for statement in _TABLES.format(bytes="BYTEA", real="DOUBLE PRECISION").split(";"):
            await made[0].execute(statement.encode())
        return cls(made)

    async def begin(self, state: bytes, browser: bytes, record: Record) -> None:
        """One insert."""
        row = (state, browser, json.dumps(record), time.time() + _PENDING_SECONDS)
        await self._run(b"INSERT INTO pending VALUES (%s, %s, %s, %s)", row, fetch=False)

    async def find(self, state: bytes, browser: bytes) -> Record | None:
        """Read only."""
        query = b"SELECT record FROM pending WHERE state = %s AND browser = %s AND ends > %s"
        return _record(await self._run(query, (state, browser, time.time())))

    async def finish(self, state: bytes, code: bytes, record: Record) -> bool:
        """Delete and both inserts in one statement."""
        now = time.time()
        statement = b"""
            WITH spent AS (DELETE FROM pending WHERE state = %s RETURNING 1),
            made AS (INSERT INTO codes SELECT %s, %s, %s, NULL FROM spent)
            INSERT INTO audit SELECT %s, %s, 'signed_in' FROM spent RETURNING 1"""
        values = (state, code, json.dumps(record), now + _CODE_SECONDS, secrets.token_hex(8), now)
        return await self._run(statement, values) is not None

    async def redeem(self, code: bytes, token: bytes) -> Record | None:
        """Update and both inserts in one statement."""
        now = time.time()
        statement = b"""
            WITH spent AS (UPDATE codes SET spent_at = %s
                WHERE hash = %s AND spent_at IS NULL AND ends > %s RETURNING record),
            made AS (INSERT INTO tokens SELECT %s, record, %s FROM spent),
            noted AS (INSERT INTO audit SELECT %s, %s, 'redeemed' FROM spent)
            SELECT record FROM spent"""
        values = (now, code, now, token, now + _TOKEN_SECONDS, secrets.token_hex(8), now)
        return _record(await self._run(statement, values))

    async def holder(self, token: bytes) -> Record | None:
        """Read only."""
        return _record(
            await self._run(b"SELECT record FROM tokens WHERE hash = %s AND ends > %s", (token, time.time()))
        )

    async def _run(self, statement: bytes, values: tuple[Any, ...], *, fetch: bool = True) -> tuple[Any, ...] | None:
        connection = await self._idle.get()
        try:
            cursor = await connection.execute(statement, values, prepare=True)
            return await cursor.fetchone() if fetch else None
        finally:
            self._idle.put_nowait(connection)

    async def aclose(self) -> None:
        """Close them all."""
        for connection in self._all:
            await connection.close()


def _record(row: tuple[Any, ...] | None) -> Record | None:
    return None if row is None else dict(json.loads(row[0]))
