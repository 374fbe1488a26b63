"""People, sessions, consents, and the end of a sign-in, which is written as a whole or not at all."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, bindparam, delete, select

from gateway.audit import AuditEvent
from gateway.broker.model import Consent, Session
from gateway.broker.ports import Completion
from gateway.store.records import read_session
from gateway.store.sql import audit
from gateway.store.sql import completion as ending
from gateway.store.sql import subjects as people
from gateway.store.sql.database import Database
from gateway.store.sql.tables import NOW, consents, sessions, subjects
from gateway.store.vault import Vault

_COOKIE: Final = bindparam("cookie", type_=LargeBinary())
_SESSION: Final = (
    select(sessions.c.seen_at, sessions.c.box)
    .join(subjects, subjects.c.id == sessions.c.subject_id)
    .where(sessions.c.cookie_hash == _COOKIE, sessions.c.ends_at > NOW, subjects.c.disabled_at.is_(None))
)
_END_SESSION: Final = (
    delete(sessions)
    .where(sessions.c.cookie_hash == _COOKIE, sessions.c.ends_at > NOW)
    .returning(sessions.c.seen_at, sessions.c.box)
)
_NEWEST_CONSENT: Final = (
    select(consents)
    .where(consents.c.subject_id == bindparam("subject"), consents.c.client_id == bindparam("client"))
    .order_by(consents.c.seq.desc())
    .limit(1)
)


class SqlSignIns:
    """``SignInStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def subject(self, provider: str, upstream_subject: str, now: datetime) -> str | None:
        """The id of the person, made on first sight by one of however many callers; ``None`` if switched off."""
        index = self._vault.text_index("subject", provider, upstream_subject)
        found = await self._database.read(lambda connection: people.find(connection, provider, index))
        if found is None:
            new_id = people.new_subject_id()
            box = self._vault.seal({"upstream_subject": upstream_subject}, "subjects", new_id)
            row = people.subject_row(new_id, provider, index, box, now)
            found = await self._database.run(lambda connection: people.add(connection, row))
        subject_id, is_disabled = found
        return None if is_disabled else subject_id

    async def pairwise(self, subject_id: str, sector: str, proposed: str) -> str:
        """The stored ``sub`` for the sector; ``proposed`` is stored when there is none yet."""
        found = await self._database.read(lambda connection: people.find_sub(connection, subject_id, sector))
        if found is not None:
            return found
        return await self._database.run(lambda connection: people.add_sub(connection, subject_id, sector, proposed))

    async def session(self, cookie_hash: bytes, now: datetime) -> Session | None:
        """The live session behind a cookie: neither idle for too long, nor over, nor its person switched off."""
        values = {"cookie": cookie_hash, "now": now}
        row = await self._database.read(lambda connection: connection.execute(_SESSION, values).one_or_none())
        return None if row is None else self._read(cookie_hash, *row)

    async def end_session(self, cookie_hash: bytes, now: datetime, event: AuditEvent) -> Session | None:
        """End a session; ``None``, and no event, when there was none that still lived."""

        def work(connection: Connection) -> Any:
            row = connection.execute(_END_SESSION, {"cookie": cookie_hash, "now": now}).one_or_none()
            if row is not None:
                audit.record(connection, event)
            return row

        row = await self._database.run(work)
        return None if row is None else self._read(cookie_hash, *row)

    async def consent(self, subject_id: str, client_id: str) -> Consent | None:
        """The newest decision, unless it was withdrawn: an older one does not come back to life."""
        values = {"subject": subject_id, "client": client_id}
        row = await self._database.read(lambda connection: connection.execute(_NEWEST_CONSENT, values).one_or_none())
        if row is None or row.withdrawn_at is not None:
            return None
        return Consent(
            id=row.id,
            subject_id=row.subject_id,
            client_id=row.client_id,
            granted=tuple(row.granted.split()),
            withheld=tuple(row.withheld.split()),
            purpose=row.purpose,
            given_at=row.given_at,
        )

    async def complete(self, completion: Completion, now: datetime) -> bool:
        """Write the end of a sign-in; false, and nothing written, if something was not where it should be."""
        rows = ending.prepare(self._vault, completion)
        try:
            await self._database.run(lambda connection: ending.write(connection, completion, rows, now))
        except ending.MovedOnError:
            return False
        return True

    def _read(self, cookie_hash: bytes, seen_at: datetime, box: bytes) -> Session:
        return read_session(cookie_hash, seen_at, self._vault.open(box, "sessions", cookie_hash.hex()))
