"""Which keys the database is in use with: all its writers must write under the same ones (MP-09).

The keys themselves lie in a folder outside the database. The database says which of them are in use, with a
fingerprint of each, so that a worker with another folder notices before it writes anything.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection, select

from gateway.store.sql.columns import EPOCH
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.number_tables import indexes, key_states
from gateway.store.vault import KeyNotHeldError, Vault, newest, newest_first

T = TypeVar("T")

SEALING: Final = "sealing"
INDEX: Final = "index"
PURPOSES: Final = (SEALING, INDEX)

_FIRST: Final = "1"
"""The key of databases that are older than this table."""
_CHANGES: Final = 2
"""Keys in use change twice in a change of keys, and both may fall into one request: at the beginning and at the end."""
_STATES: Final = select(key_states.c.purpose, key_states.c.id, key_states.c.fingerprint, key_states.c.retired_at)
_ANY_INDEX: Final = select(indexes.c.value).limit(1)
_ADD: Final = insert_unless_there(key_states, "purpose", "id")


class KeysInUse:
    """Keeps the vault at the keys that the database says are in use."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._in_use: Mapping[str, tuple[str, ...]] = {}

    @property
    def in_use(self) -> Mapping[str, tuple[str, ...]]:
        """By purpose (``sealing``, ``index``), the ids of the keys in use, newest first, as they were last read."""
        return self._in_use

    @property
    def held(self) -> Mapping[str, tuple[str, ...]]:
        """By purpose, the ids of the keys in the keys folder of this process, newest first."""
        return {purpose: newest_first(ids) for purpose, ids in self._vault.held.items()}

    async def refresh(self) -> None:
        """Read which keys are in use and work with them; raises ``KeyNotHeldError`` when one of them is not held."""
        if not await self._database.read(self._adopt):
            await self._database.run(self._begin)
            await self._database.read(self._adopt)

    async def run(self, prepare: Callable[[], Callable[[Connection], T]]) -> T:
        """Run a function that writes indexes; ``prepare`` computes them, and does so again when the keys have changed.

        The function itself must call ``indexes.require_keys`` before it writes.
        """
        for _ in range(_CHANGES):
            try:
                return await self._run(prepare)
            except KeyNotHeldError:
                await self.refresh()
        return await self._run(prepare)

    async def _run(self, prepare: Callable[[], Callable[[Connection], T]]) -> T:
        # Keys never come back: those that are in use before and after were in use for everything in between.
        in_use = self._vault.index_keys
        work = prepare()

        def guarded(connection: Connection) -> T:
            result = work(connection)
            if self._vault.index_keys != in_use:
                raise KeyNotHeldError("the index keys in use have changed")
            return result

        return await self._database.run(guarded)

    def _adopt(self, connection: Connection) -> bool:
        """Take over what the table says; false if it says nothing yet."""
        found = adopt(connection, self._vault)
        self._in_use = found or self._in_use
        return found is not None

    def _begin(self, connection: Connection) -> None:
        """Put the first keys into use: those of an older database, or the newest for an empty one."""
        is_old = connection.execute(_ANY_INDEX).first() is not None
        for purpose, held in self._vault.held.items():
            key_id = _FIRST if is_old else newest(held)
            if key_id not in held:
                raise KeyNotHeldError("the key that the database was filled with is not in the keys folder")
            add(connection, purpose, key_id, held[key_id], EPOCH)


def adopt(connection: Connection, vault: Vault) -> Mapping[str, tuple[str, ...]] | None:
    """Let a vault work with the keys that the table names, and give them; none if it says nothing yet."""
    found: dict[str, list[str]] = {purpose: [] for purpose in PURPOSES}
    for row in connection.execute(_STATES):
        if row.retired_at is None and row.purpose in found:
            _require_same(vault, row.purpose, row.id, row.fingerprint)
            found[row.purpose].append(row.id)
    if not any(found.values()):
        return None
    vault.use(found[SEALING], found[INDEX])
    return {purpose: newest_first(ids) for purpose, ids in found.items()}


def add(connection: Connection, purpose: str, key_id: str, fingerprint: bytes, since: datetime) -> bool:
    """Put a key into use; false if the database knows of it already."""
    row = {"purpose": purpose, "id": key_id, "fingerprint": fingerprint, "since": since}
    return connection.execute(_ADD[connection.dialect.name], row).rowcount == 1


def _require_same(vault: Vault, purpose: str, key_id: str, fingerprint: bytes) -> None:
    """Refuse another key under a known name: whatever it wrote, nobody else could find or read."""
    held = vault.held[purpose].get(key_id)
    if held is None or not hmac.compare_digest(held, fingerprint):
        raise KeyNotHeldError(f"the {purpose} key {key_id} that is in use is not in the keys folder of this process")
