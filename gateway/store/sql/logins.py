"""Sign-ins under way: each step is one conditional statement, so that two tabs cannot both take it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, insert, or_, select, update

from gateway.audit import AuditEvent
from gateway.broker.model import LoginTransaction, Stage
from gateway.store.records import read_transaction, write_transaction
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.tables import transactions
from gateway.store.vault import Vault

SETS_LOGIN: Final = frozenset({Stage.CHOOSING, Stage.AWAY})
"""A move to these stages drops the login id or sets a new one; every other move must have seen the row's own."""

_KEY: Final = bindparam("key", type_=Text())
_FOUND: Final = select(
    transactions.c.id,
    transactions.c.stage,
    transactions.c.browser,
    transactions.c.login_id,
    transactions.c.expires_at,
    transactions.c.box,
).where(transactions.c.browser == bindparam("of_browser"), transactions.c.expires_at > NOW)
_FIND: Final = _FOUND.where(transactions.c.id == _KEY)
_FIND_BY_LOGIN: Final = _FOUND.where(transactions.c.login_id == _KEY)
_BEGIN: Final = insert(transactions)
_LOGIN: Final = bindparam("login", type_=Text())
_MOVE_ANEW: Final = (
    update(transactions)
    .where(
        transactions.c.id == _KEY,
        transactions.c.browser == bindparam("of_browser"),
        transactions.c.stage.in_(bindparam("came_from", expanding=True)),
        transactions.c.expires_at > NOW,
    )
    .values(stage=bindparam("to_stage"), login_id=_LOGIN, box=bindparam("new_box"))
)
_MOVE: Final = _MOVE_ANEW.where(
    or_(transactions.c.login_id == _LOGIN, transactions.c.login_id.is_(None) & _LOGIN.is_(None))
)


class SqlTransactions:
    """``TransactionStore``: what is kept of a person and a provider rests sealed in one box."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def begin(self, transaction: LoginTransaction, event: AuditEvent) -> None:
        """Remember a new one."""
        row = {
            "id": transaction.id,
            "stage": transaction.stage.value,
            "browser": transaction.browser,
            "login_id": transaction.login_id,
            "expires_at": transaction.expires_at,
            "box": sealed(self._vault, transaction),
        }

        def work(connection: Connection) -> None:
            connection.execute(_BEGIN, row)
            audit.record(connection, event)

        await self._database.run(work)

    async def find(self, transaction_id: str, browser: bytes, now: datetime) -> LoginTransaction | None:
        """The live transaction, for its own browser only."""
        return await self._find(_FIND, transaction_id, browser, now)

    async def find_by_login(self, login_id: str, browser: bytes, now: datetime) -> LoginTransaction | None:
        """The live transaction that a provider's callback names, for its own browser only."""
        return await self._find(_FIND_BY_LOGIN, login_id, browser, now)

    async def move(
        self,
        transaction: LoginTransaction,
        came_from: Collection[Stage],
        now: datetime,
        event: AuditEvent | None = None,
    ) -> bool:
        """Store the changed transaction if it still stands where the caller saw it; true for exactly one caller."""
        box = sealed(self._vault, transaction)

        def work(connection: Connection) -> bool:
            if not move_row(connection, transaction, came_from, box, now):
                return False
            audit.record(connection, *(() if event is None else (event,)))
            return True

        return await self._database.run(work)

    async def _find(self, statement: Any, key: str, browser: bytes, now: datetime) -> LoginTransaction | None:
        if not is_key(key):
            return None
        values = {"key": key, "of_browser": browser, "now": now}
        row = await self._database.read(lambda connection: connection.execute(statement, values).one_or_none())
        if row is None:
            return None
        transaction_id, stage, of_browser, login_id, expires_at, box = row
        fields = self._vault.open(box, "transactions", transaction_id)
        return read_transaction(transaction_id, stage, of_browser, login_id, expires_at, fields)


def sealed(vault: Vault, transaction: LoginTransaction) -> bytes:
    """The box of a transaction's row."""
    return vault.seal(write_transaction(transaction), "transactions", transaction.id)


def move_row(
    connection: Connection, transaction: LoginTransaction, came_from: Collection[Stage], box: bytes, now: datetime
) -> bool:
    """Move a transaction on, in the transaction under way, by one atomic statement."""
    values = {
        "key": transaction.id,
        "of_browser": transaction.browser,
        "came_from": sorted(came_from),
        "now": now,
        "to_stage": transaction.stage.value,
        "login": transaction.login_id,
        "new_box": box,
    }
    statement = _MOVE_ANEW if transaction.stage in SETS_LOGIN else _MOVE
    return connection.execute(statement, values).rowcount == 1
