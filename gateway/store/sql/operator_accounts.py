"""How operators sign in: hashes of passwords, sealed secrets of one-time codes, thumbprints, and open sessions.

A copied database lets nobody in: a session's hash is keyed, a one-time secret sealed for its row (MP-06).
"""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, LargeBinary, Text, bindparam, delete, insert, or_, select, update

from gateway.admin.operation_records import Credentials, OperatorSession
from gateway.audit import AuditEvent
from gateway.store.codec import Codec
from gateway.store.fields import Fields
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, Moment, is_key
from gateway.store.sql.database import ClashError, Database, insert_unless_there
from gateway.store.sql.operation_tables import operator_credentials, operator_sessions
from gateway.store.vault import Vault

_TABLE: Final = "operator_credentials"
_COLUMNS: Final = frozenset({"hash", "name", "seen_at", "ends_at"})
_RECORD: Final = Codec(OperatorSession, but=_COLUMNS)
_NAME: Final = bindparam("of_name", type_=Text())
_HASH: Final = bindparam("of_hash", type_=LargeBinary())
_OF_NAME: Final = select(operator_credentials).where(operator_credentials.c.name == _NAME)
_OF_CERTIFICATE: Final = select(operator_credentials).where(
    operator_credentials.c.certificate == bindparam("of_certificate", type_=Text())
)
_ADD: Final = insert_unless_there(operator_credentials, "name")
_WRITE: Final = (
    update(operator_credentials)
    .where(operator_credentials.c.name == _NAME)
    .values(
        password=bindparam("new_password", type_=Text()),
        box=bindparam("new_box", type_=LargeBinary()),
        totp_step=bindparam("new_step", type_=BigInteger()),
        certificate=bindparam("new_certificate", type_=Text()),
        changed_at=NOW,
    )
)
_RENEW: Final = (
    update(operator_credentials)
    .where(operator_credentials.c.name == _NAME, operator_credentials.c.password == bindparam("before", type_=Text()))
    .values(password=bindparam("after", type_=Text()), changed_at=NOW)
)
_STEP: Final = bindparam("step", type_=BigInteger())
_SPEND: Final = (
    update(operator_credentials)
    .where(
        operator_credentials.c.name == _NAME,
        or_(operator_credentials.c.totp_step.is_(None), operator_credentials.c.totp_step < _STEP),
    )
    .values(totp_step=_STEP)
)
_BEGIN: Final = insert(operator_sessions)
_SESSION: Final = select(operator_sessions).where(operator_sessions.c.hash == _HASH, operator_sessions.c.ends_at > NOW)
_SESSIONS: Final = (
    select(operator_sessions)
    .where(operator_sessions.c.name == _NAME, operator_sessions.c.ends_at > NOW)
    .order_by(operator_sessions.c.seen_at)
)
_TOUCH: Final = (
    update(operator_sessions)
    .where(operator_sessions.c.hash == _HASH)
    .values(seen_at=bindparam("seen", type_=Moment()), ends_at=bindparam("ends", type_=Moment()))
)
_END: Final = delete(operator_sessions).where(operator_sessions.c.hash == _HASH)
_END_ALL: Final = delete(operator_sessions).where(operator_sessions.c.name == _NAME)


class SqlOperatorAccounts:
    """``OperatorAccounts``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def credentials(self, name: str) -> Credentials | None:
        """What somebody signs in with."""
        return await self._one(_OF_NAME, {"of_name": name}) if is_key(name) else None

    async def of_certificate(self, thumbprint: str) -> Credentials | None:
        """Whose client certificate it is."""
        return await self._one(_OF_CERTIFICATE, {"of_certificate": thumbprint}) if is_key(thumbprint) else None

    async def set_credentials(self, credentials: Credentials, now: datetime, event: AuditEvent) -> bool:
        """Write them, and end every session; false, and nothing written, if the certificate is somebody else's."""
        name = credentials.name
        secret = base64.b64encode(credentials.totp_secret or b"").decode("ascii")
        box = self._vault.seal({"totp": secret}, _TABLE, name)
        empty = {"name": name, "box": box, "changed_at": now}
        values = {
            "of_name": name,
            "new_password": credentials.password,
            "new_box": box,
            "new_step": credentials.totp_step,
            "new_certificate": credentials.certificate,
            "now": now,
        }

        def work(connection: Connection) -> None:
            connection.execute(_ADD[connection.dialect.name], empty)
            connection.execute(_WRITE, values)
            connection.execute(_END_ALL, {"of_name": name})
            audit.record(connection, event)

        try:
            await self._database.run(work)
        except ClashError:
            return False
        return True

    async def renew_hash(self, name: str, before: str, after: str, now: datetime) -> bool:
        """Put a newer hash of the same password in the place of the older; false if it has changed meanwhile."""
        values = {"of_name": name, "before": before, "after": after, "now": now}
        return await self._database.run(lambda connection: connection.execute(_RENEW, values).rowcount > 0)

    async def spend_code(self, name: str, step: int, now: datetime) -> bool:  # noqa: ARG002 - the step is the moment
        """Take a one-time code; false for one of a step that was taken, or an older one."""
        values = {"of_name": name, "step": step}
        return await self._database.run(lambda connection: connection.execute(_SPEND, values).rowcount > 0)

    async def begin(self, session: OperatorSession, event: AuditEvent) -> None:
        """Somebody is signed in."""
        row = {
            "hash": session.hash,
            "name": session.name,
            "record": json.dumps(_RECORD.write(session), separators=(",", ":")),
            "seen_at": session.seen_at,
            "ends_at": session.ends_at,
        }

        def work(connection: Connection) -> None:
            connection.execute(_BEGIN, row)
            audit.record(connection, event)

        await self._database.run(work)

    async def session(self, session_hash: bytes, now: datetime) -> OperatorSession | None:
        """A session that has not ended."""
        values = {"of_hash": session_hash, "now": now}
        row = await self._database.read(lambda connection: connection.execute(_SESSION, values).one_or_none())
        return None if row is None else _session(row)

    async def sessions(self, name: str, now: datetime) -> Sequence[OperatorSession]:
        """Those of somebody that have not ended, the longest silent first."""
        values = {"of_name": name, "now": now}
        rows = await self._database.read(lambda connection: connection.execute(_SESSIONS, values).all())
        return [_session(row) for row in rows]

    async def touch(self, session: OperatorSession) -> None:
        """Write ``seen_at`` and ``ends_at`` anew."""
        values = {"of_hash": session.hash, "seen": session.seen_at, "ends": session.ends_at}
        await self._database.run(lambda connection: connection.execute(_TOUCH, values).rowcount)

    async def end(self, session_hash: bytes, event: AuditEvent) -> bool:
        """Sign out; false, and no event, if there was no such session."""
        values = {"of_hash": session_hash}
        return await self._database.run(lambda connection: audit.if_changed(connection, _END, values, event))

    async def end_all(self, name: str, event: AuditEvent) -> int:
        """End every session of somebody; gives how many there were."""

        def work(connection: Connection) -> int:
            ended = connection.execute(_END_ALL, {"of_name": name}).rowcount
            audit.record(connection, event)
            return ended

        return await self._database.run(work)

    async def _one(self, statement: Any, values: dict[str, Any]) -> Credentials | None:
        row = await self._database.read(lambda connection: connection.execute(statement, values).one_or_none())
        if row is None:
            return None
        fields = self._vault.open(row.box, _TABLE, row.name)
        secret = base64.b64decode(fields.text("totp"))
        fields.end()
        return Credentials(row.name, row.password, secret or None, row.totp_step, row.certificate)


def _session(row: Any) -> OperatorSession:
    fields = Fields(json.loads(row.record))
    return _RECORD.read(fields, hash=row.hash, name=row.name, seen_at=row.seen_at, ends_at=row.ends_at)
