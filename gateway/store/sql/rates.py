"""How often one client may call, shared by all workers without a statement for each request (DS-01, DS-08).

The database counts, for each client and minute, what the workers have taken; a worker takes a lot at a time and spends
it from memory. Together they never admit more than the limit; what a worker has taken and not spent by the end of the
minute is lost. A store that does not answer admits nobody: the request itself would fail a moment later.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Integer, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.sql.database import Database
from gateway.store.sql.tables import rates
from gateway.store.vault import Vault

MINUTE: Final = timedelta(minutes=1)
LOTS: Final = 20
"""How many lots a minute's limit is divided into."""
REMEMBERED: Final = 20_000
"""Clients that one worker remembers; what the longest idle one had left is lost, which only makes it stricter."""


def _take(dialect: Any) -> Any:
    new = dialect.insert(rates)
    return new.on_conflict_do_update(
        index_elements=["caller", "minute"],
        set_={"taken": rates.c.taken + new.excluded.taken},
        where=rates.c.taken < bindparam("limit", type_=Integer()),
    ).returning(rates.c.taken)


_TAKE: Final = {"sqlite": _take(sqlite), "postgresql": _take(postgresql)}


class _Share:
    """What a worker has left of one client's minute."""

    __slots__ = ("is_over", "left", "lock", "minute")

    def __init__(self, minute: datetime) -> None:
        self.minute = minute
        self.left = 0
        self.is_over = False
        self.lock = asyncio.Lock()


class SqlRates:
    """``RateLimits``; who calls is kept as a keyed index, because it may be an address."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._shares: OrderedDict[str, _Share] = OrderedDict()

    async def admit(self, client_id: str, per_minute: int, now: datetime) -> timedelta | None:
        """Count one request; how long to wait when there are too many, ``None`` when it may go on."""
        minute = now.replace(second=0, microsecond=0)
        share = self._share(client_id, minute)
        if share.left == 0 and not share.is_over:
            async with share.lock:  # those who come meanwhile wait for this lot, and spend of it
                if share.left == 0 and not share.is_over:
                    share.left = await self._lot(client_id, per_minute, minute)
                    share.is_over = share.left == 0
        if share.left == 0:
            return minute + MINUTE - now
        share.left -= 1
        return None

    def _share(self, client_id: str, minute: datetime) -> _Share:
        share = self._shares.get(client_id)
        if share is None or share.minute != minute:
            share = self._shares[client_id] = _Share(minute)
            if len(self._shares) > REMEMBERED:
                self._shares.popitem(last=False)
        self._shares.move_to_end(client_id)
        return share

    async def _lot(self, client_id: str, per_minute: int, minute: datetime) -> int:
        """Take a lot, or what is left of the minute's limit."""
        if per_minute <= 0:
            return 0
        lot = max(1, per_minute // LOTS)
        row = {"caller": self._vault.counter_index("rate", client_id), "minute": minute, "taken": lot}
        values = row | {"limit": per_minute}

        def work(connection: Connection) -> int | None:
            return connection.execute(_TAKE[connection.dialect.name], values).scalar_one_or_none()

        taken = await self._database.run(work)
        return 0 if taken is None else lot - max(0, taken - per_minute)
