"""Turns addresses into stores: the one entrance of this package."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from certs.keys.seal import Sealer
from gateway.admin.ports import ClientRegistry
from gateway.audit import AuditLog
from gateway.broker.ports import AttemptCounter, NumberStore, SignInStore, TransactionStore
from gateway.oidc.ports import ClientStore, ReplayStore, StoreUnavailableError, TokenStore
from gateway.store import redis
from gateway.store.redis import RedisAttempts
from gateway.store.schema import SchemaError, require_head
from gateway.store.sql.attempts import SqlAttempts
from gateway.store.sql.audit import SqlAuditLog
from gateway.store.sql.clients import SqlClients
from gateway.store.sql.database import DEFAULT_POOL_SIZE, Database
from gateway.store.sql.logins import SqlTransactions
from gateway.store.sql.numbers import SqlNumbers
from gateway.store.sql.purge import purge
from gateway.store.sql.sign_ins import SqlSignIns
from gateway.store.sql.tables import clients
from gateway.store.sql.tokens import SqlReplays, SqlTokens
from gateway.store.tries import AttemptLimits
from gateway.store.vault import Vault
from mapping.surrogate import Choose

__all__ = ["AttemptLimits", "SchemaError", "Stores", "open_stores"]

_ALIVE: Final = select(clients.c.client_id).limit(1)
"""Reads a table: SQLite answers a bare ``SELECT 1`` without looking at its file."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is remembered, port by port."""

    clients: ClientStore
    registry: ClientRegistry
    tokens: TokenStore
    replays: ReplayStore
    transactions: TransactionStore
    sign_ins: SignInStore
    numbers: NumberStore
    attempts: AttemptCounter
    audit: AuditLog
    database: Database = field(repr=False)
    accelerator: RedisAttempts | None = field(default=None, repr=False)

    @property
    def note(self) -> str:
        """What an operator should know of the database engine."""
        return self.database.note

    async def ready(self) -> dict[str, bool]:
        """Which of the servers answer; without the accelerator everything still works."""
        state = {"database": await _answers(self.database)}
        if self.accelerator is not None:
            state["redis"] = await self.accelerator.answers()
        return state

    async def purge(self, now: datetime, batch: int) -> int:
        """Take away what has ended, in portions of ``batch`` rows; returns how many went."""
        return await purge(self.database, now, batch)

    async def aclose(self) -> None:
        """Let go of all connections."""
        if self.accelerator is not None:
            await self.accelerator.aclose()
        await self.database.aclose()


async def open_stores(
    database_url: str,
    *,
    sealer: Sealer,
    index_key: bytes,
    redis_url: str | None = None,
    pool_size: int = DEFAULT_POOL_SIZE,
    limits: AttemptLimits | None = None,
    choose: Choose = secrets.randbelow,
) -> Stores:
    """Connect to the database and check its schema; raises ``SchemaError`` or ``StoreUnavailableError``."""
    vault = Vault(sealer, index_key)
    client = None if redis_url is None else redis.connect(redis_url)
    database = Database.at(database_url, pool_size=pool_size)
    try:
        await database.read(require_head)
    except BaseException:
        await database.aclose()
        raise
    bounds = limits or AttemptLimits()
    counter = SqlAttempts(database, vault, bounds)
    accelerator = None if client is None else RedisAttempts(client, counter, vault, bounds)
    relying_parties = SqlClients(database)
    return Stores(
        clients=relying_parties,
        registry=relying_parties,
        tokens=SqlTokens(database, vault),
        replays=SqlReplays(database),
        transactions=SqlTransactions(database, vault),
        sign_ins=SqlSignIns(database, vault),
        numbers=SqlNumbers(database, vault, choose),
        attempts=accelerator or counter,
        audit=SqlAuditLog(database),
        database=database,
        accelerator=accelerator,
    )


async def _answers(database: Database) -> bool:
    def ask(connection: Connection) -> bool:
        connection.execute(_ALIVE)
        return True

    try:
        return await database.read(ask)
    except StoreUnavailableError:
        return False
