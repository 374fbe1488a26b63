"""Pushed authorization requests (RFC 9126): sealed, bound to their client, spent by the sign-in that ends with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, insert, update

from gateway.store.fields import Fields, RecordError
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.tables import pushed_requests
from gateway.store.vault import Vault

_HANDLE: Final = bindparam("of_handle", type_=LargeBinary())
_ADD: Final = insert(pushed_requests)
# A browser that has come with the handle may need longer than its life to sign somebody in: it stays known meanwhile.
_OPEN: Final = (
    update(pushed_requests)
    .where(
        pushed_requests.c.handle == _HANDLE,
        pushed_requests.c.client_id == bindparam("of_client", type_=Text()),
        pushed_requests.c.expires_at > NOW,
        pushed_requests.c.spent_at.is_(None),
    )
    .values(opened_at=NOW)
    .returning(pushed_requests.c.box)
)
_SPEND: Final = (
    update(pushed_requests)
    .where(pushed_requests.c.handle == _HANDLE, pushed_requests.c.spent_at.is_(None))
    .values(spent_at=NOW)
)


def spend(connection: Connection, handle: bytes, now: datetime) -> bool:
    """Spend a handle in the transaction under way; true for exactly one caller (RO-02)."""
    return connection.execute(_SPEND, {"of_handle": handle, "now": now}).rowcount == 1


class SqlPushedRequests:
    """``PushedRequestStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def push(self, handle: bytes, client_id: str, pairs: Sequence[tuple[str, str]], expires_at: datetime) -> None:
        """Remember the parameters of a request that passed every check."""
        record = {"pairs": [list(pair) for pair in pairs]}
        row = {
            "handle": handle,
            "client_id": client_id,
            "expires_at": expires_at,
            "box": self._vault.seal(record, "pushed_requests", handle.hex()),
        }
        await self._database.run(lambda connection: connection.execute(_ADD, row).rowcount)

    async def pushed(self, handle: bytes, client_id: str, now: datetime) -> Sequence[tuple[str, str]] | None:
        """The live, unspent parameters of this very client."""
        if not is_key(client_id):
            return None
        values = {"of_handle": handle, "of_client": client_id, "now": now}
        box = await self._database.run(lambda connection: connection.execute(_OPEN, values).scalar_one_or_none())
        return None if box is None else _pairs(self._vault.open(box, "pushed_requests", handle.hex()))

    async def spend(self, handle: bytes, now: datetime) -> bool:
        """Spend the handle; true for exactly one caller."""
        return await self._database.run(lambda connection: spend(connection, handle, now))


def _pairs(fields: Fields) -> Sequence[tuple[str, str]]:
    pairs = fields.rest().get("pairs")
    try:
        return [(str(name), str(value)) for name, value in pairs or ()]
    except (TypeError, ValueError):
        raise RecordError("pairs") from None
