"""Drives PostgreSQL: the asynchronous driver, a bounded pool, durable commits, short patience."""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

T = TypeVar("T")

POOL_WAIT_SECONDS: Final = 3
"""How long a request may wait for a connection before the answer is "not available" (F-PG-03)."""
TRIES: Final = 3
"""How often work is tried of which the server says, or we know, that nothing was committed."""
_SESSION: Final = {
    "synchronous_commit": "on",
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "10s",
}
_ROLLED_BACK: Final = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock (PostgreSQL, appendix A)."""


def connect_args(url: URL) -> dict[str, Any]:
    """Give the driver's options: what the address itself asks for stays, our session settings are added."""
    given = url.query.get("options", "")
    ours = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    return {"connect_timeout": 3, "options": f"{given} {ours}".strip()}


def _make_engine(url: URL, pool_size: int, **options: Any) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,  # values never enter an exception's text: they may be somebody's
        connect_args=connect_args(url),
        **options,
    )


class PostgresRunner:
    """Runs functions on pooled connections, each in one transaction."""

    def __init__(self, url: URL, pool_size: int) -> None:
        # Single statements need no transaction around them, which saves two trips to the server; and switching a
        # connection to and fro costs more than keeping two kinds.
        readers = max(1, pool_size // 2)
        self._reader = _make_engine(url, readers, isolation_level="AUTOCOMMIT")
        self._engine = _make_engine(url, max(1, pool_size - readers))

    @property
    def note(self) -> str:
        """What an operator should know of the engine."""
        return "PostgreSQL"

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run and commit; tried again only when nothing can have been committed (F-PG-02, F-PG-04)."""
        for _ in range(TRIES - 1):
            attempt = _Attempt(work)
            try:
                return await self._write(attempt)
            except DBAPIError as error:
                if not attempt.left_nothing(error):
                    raise
        return await self._write(_Attempt(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run without a transaction, each statement at its own moment; a dead connection is tried once more."""
        try:
            return await self._read(work)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return await self._read(work)

    async def aclose(self) -> None:
        """Close the pools."""
        await self._reader.dispose()
        await self._engine.dispose()

    async def _write(self, attempt: "_Attempt[T]") -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(attempt.run)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        async with self._reader.connect() as connection:
            return await connection.run_sync(work)


class _Attempt(Generic[T]):
    """One try at a transaction, which knows whether the commit was sent."""

    __slots__ = ("_is_committing", "_work")

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self._work = work
        self._is_committing = False

    def run(self, connection: Connection) -> T:
        """Work and commit; whatever is raised rolls everything back."""
        result = self._work(connection)
        self._is_committing = True
        connection.commit()
        return result

    def left_nothing(self, error: DBAPIError) -> bool:
        """Say whether the transaction surely was not committed, so that it may be repeated."""
        if getattr(error.orig, "sqlstate", None) in _ROLLED_BACK:
            return True
        return error.connection_invalidated and not self._is_committing
