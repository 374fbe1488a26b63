"""Managed keys: records of sets, changed by compare and set, each change with its events in one transaction (§9.1)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Integer, Text, bindparam, insert, select, update

from certs.keys.key_state import BAD, IN_DOCUMENT, KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from gateway.audit import AuditAction, AuditEvent
from gateway.store.codec import Codec
from gateway.store.fields import Fields
from gateway.store.sql import audit, deliveries
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.operation_tables import key_operations, key_sets, managed_keys
from gateway.store.vault import Vault

_SEEN: Final = {*IN_DOCUMENT, KeyState.RETIRED}
_RECORD: Final = Codec(KeyRecord, but={"kid", "state"})
_SETS: Final = select(key_sets)
_KEYS: Final = select(managed_keys).order_by(managed_keys.c.key_set, managed_keys.c.serial)
_NAME: Final = bindparam("of_name", type_=Text())
_ADD_SET: Final = insert_unless_there(key_sets)
_MOVE: Final = (
    update(key_sets)
    .where(key_sets.c.name == _NAME, key_sets.c.version == bindparam("before", type_=Integer()))
    .values(version=bindparam("after", type_=Integer()))
)
_ADD: Final = insert(managed_keys)
_WRITE: Final = (
    update(managed_keys)
    .where(managed_keys.c.kid == bindparam("of_kid", type_=Text()), managed_keys.c.key_set == _NAME)
    .values(state=bindparam("new_state", type_=Text()), record=bindparam("new_record", type_=Text()))
)
_OUTCOME: Final = select(key_operations.c.outcome).where(key_operations.c.id == bindparam("of_id", type_=Text()))
_PUT: Final = insert_unless_there(key_operations)


class SqlKeys:
    """``KeyRegistry``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def all(self) -> Mapping[str, KeySetRecord]:
        """Every set on record, as it was at one moment."""
        return await self._database.read(_read)

    async def versions(self) -> Mapping[str, int]:
        """The version of every set."""
        rows = await self._database.read(lambda connection: connection.execute(_SETS).all())
        return {row.name: row.version for row in rows}

    async def change(
        self,
        before: KeySetRecord,
        after: KeySetRecord,
        events: Sequence[AuditEvent],
        *,
        operation: str | None = None,
        verb: str = "",
    ) -> bool:
        """Write the set after a change; false, and nothing, if its version has moved or the operation is known."""
        at = events[0].at
        kid = events[0].details.get("kid", "")

        def work(connection: Connection) -> bool:
            if operation is not None and not _begin(connection, operation, after, verb, kid, at):
                return False
            if not _move(connection, before, after):
                raise _MovedError  # what was put on record of the operation goes with it
            _write(connection, before, after)
            audit.record(connection, *events)
            for key in _lost(before, after):
                deliveries.add_key_notices(connection, self._vault, key, at)
            return True

        try:
            return await self._database.run(work)
        except _MovedError:
            return False

    async def outcome(self, operation: str) -> Mapping[str, str] | None:
        """What was done under an operation id."""
        values = {"of_id": operation}
        text = await self._database.read(lambda connection: connection.execute(_OUTCOME, values).scalar_one_or_none())
        return None if text is None else json.loads(text)


def _lost(before: KeySetRecord, after: KeySetRecord) -> list[dict[str, str]]:
    """The keys that others have seen, and are not to believe any more."""
    known = {key.kid: key.state for key in before.keys}
    return [
        {"kid": key.kid, "alg": key.algorithm, "since": (key.compromised_from or key.state_since).isoformat()}
        for key in after.in_state(KeyState.COMPROMISED)
        if known.get(key.kid) in _SEEN and key.public
    ]


def lose(connection: Connection, kid: str, event: AuditEvent) -> bool:
    """Compromise a key again whose loss a restored database does not know of; whatever it has signed is doubted."""
    for keys in _read(connection).values():
        key = keys.find(kid)
        if key is None or key.state in {*BAD, KeyState.DESTROYED}:
            continue
        after = moves.compromise(keys, kid, key.created_at, "restore", event.at)
        _move(connection, keys, after)
        _write(connection, keys, after)
        details = {"operator": event.details["operator"], "cause": "restore", "key_set": keys.name, "kid": kid}
        audit.record(connection, replace(event, action=AuditAction.KEY_COMPROMISED, details=details))
        return True
    return False


class _MovedError(Exception):
    """Somebody else has changed the set since it was read."""


def _read(connection: Connection) -> dict[str, KeySetRecord]:
    # The versions first: keys that are newer than their version make a change fail, and never the other way round.
    versions = {row.name: row.version for row in connection.execute(_SETS)}
    keys: dict[str, list[KeyRecord]] = {}
    for row in connection.execute(_KEYS):
        keys.setdefault(row.key_set, []).append(_key(row))
    return {name: KeySetRecord(name, version, tuple(keys.get(name, ()))) for name, version in versions.items()}


def _key(row: Any) -> KeyRecord:
    return _RECORD.read(Fields(json.loads(row.record)), kid=row.kid, state=KeyState(row.state))


def _begin(connection: Connection, operation: str, after: KeySetRecord, verb: str, kid: str, at: Any) -> bool:  # noqa: PLR0917 - the columns of one row
    """Put the operation on record; false if it was done before, perhaps by another process at this very moment."""
    outcome = {"key_set": after.name, "verb": verb, "version": str(after.version), "kid": kid}
    row = {
        "id": operation,
        "key_set": after.name,
        "verb": verb,
        "at": at,
        "outcome": json.dumps(outcome, separators=(",", ":")),
    }
    return connection.execute(_PUT[connection.dialect.name], row).rowcount == 1


def _move(connection: Connection, before: KeySetRecord, after: KeySetRecord) -> bool:
    """Compare and set: exactly one of those who have read a version moves it."""
    connection.execute(_ADD_SET[connection.dialect.name], {"name": before.name, "version": 0})
    values = {"of_name": before.name, "before": before.version, "after": after.version}
    return connection.execute(_MOVE, values).rowcount == 1


def _write(connection: Connection, before: KeySetRecord, after: KeySetRecord) -> None:
    known = {key.kid: key for key in before.keys}
    for serial, key in enumerate(after.keys):
        record = json.dumps(_RECORD.write(key), separators=(",", ":"))
        if key.kid not in known:
            row = {"kid": key.kid, "key_set": after.name, "serial": serial, "state": key.state.value, "record": record}
            connection.execute(_ADD, row)
        elif key != known[key.kid]:
            values = {"of_kid": key.kid, "of_name": after.name, "new_state": key.state.value, "new_record": record}
            connection.execute(_WRITE, values)
