"""People, sessions, consents, and the end of a sign-in, which is written as a whole or not at all."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, bindparam, delete, select

from gateway.audit import AuditEvent
from gateway.broker.model import Consent, Session
from gateway.broker.ports import Anchor, Completion, EndedSession, Recognition
from gateway.store.records import read_session
from gateway.store.sql import audit, grant_ends, token_rows
from gateway.store.sql import completion as ending
from gateway.store.sql import consents as decisions
from gateway.store.sql import subjects as people
from gateway.store.sql.columns import NOW
from gateway.store.sql.database import Database
from gateway.store.sql.keys_in_use import KeysInUse
from gateway.store.sql.subjects import IS_WELCOME, Visitor
from gateway.store.sql.tables import sessions, subjects
from gateway.store.vault import Vault

_COOKIE: Final = bindparam("cookie", type_=LargeBinary())
_SESSION: Final = (
    select(sessions.c.seen_at, sessions.c.box)
    .join(subjects, subjects.c.id == sessions.c.subject_id)
    .where(sessions.c.cookie_hash == _COOKIE, sessions.c.ends_at > NOW, IS_WELCOME)
)
_END_SESSION: Final = (
    delete(sessions)
    .where(sessions.c.cookie_hash == _COOKIE, sessions.c.ends_at > NOW)
    .returning(sessions.c.seen_at, sessions.c.box)
)


class SqlSignIns:
    """``SignInStore``."""

    def __init__(self, database: Database, vault: Vault, keys: KeysInUse) -> None:
        self._database = database
        self._vault = vault
        self._keys = keys

    async def subject(
        self, provider: str, upstream_subject: str, anchor: Anchor, now: datetime, correlation_id: str
    ) -> tuple[str, Recognition]:
        """The id of the person, made on first sight by one of however many callers, and whether they may go on.

        Somebody who is known, and has not changed, costs one read. A new person whose provider is switched off is not
        recorded, and has no id.
        """
        visitor = Visitor(provider, upstream_subject, anchor, now, correlation_id)
        wanted = visitor.index(self._vault)
        found = await self._database.read(lambda connection: people.find(connection, wanted))
        if found is None:
            return await self._keys.run(lambda: people.admission(self._vault, visitor))
        recognition = people.recognise(self._vault, found, visitor)
        if recognition is not None:
            return found.id, recognition
        return await self._database.run(
            lambda connection: people.settle(connection, self._vault, found.id, visitor),
        )

    async def pairwise(self, subject_id: str, sector: str, proposed: str) -> str:
        """The stored ``sub`` for the sector; ``proposed`` is stored when there is none yet."""
        found = await self._database.read(lambda connection: people.find_sub(connection, subject_id, sector))
        if found is not None:
            return found
        return await self._database.run(lambda connection: people.add_sub(connection, subject_id, sector, proposed))

    async def session(self, cookie_hash: bytes, now: datetime) -> Session | None:
        """The live session behind a cookie: not idle for too long, not over, its person and their provider not off."""
        values = {"cookie": cookie_hash, "now": now}
        row = await self._database.read(lambda connection: connection.execute(_SESSION, values).one_or_none())
        return None if row is None else self._read(cookie_hash, *row)

    async def end_session(self, cookie_hash: bytes, now: datetime, event: AuditEvent) -> EndedSession | None:
        """End a session with every grant of it; ``None``, and no event, when there was none that still lived."""

        def work(connection: Connection) -> EndedSession | None:
            row = connection.execute(_END_SESSION, {"cookie": cookie_hash, "now": now}).one_or_none()
            if row is None:
                return None
            session = self._read(cookie_hash, *row)
            ended = grant_ends.of_session(connection, session.id, now)
            audit.record(connection, event)
            newest = {row.client_id: row for row in reversed(ended)}
            return EndedSession(session, {client_id: self._sid(row) for client_id, row in newest.items()})

        return await self._database.run(work)

    async def consent(self, subject_id: str, client_id: str) -> Consent | None:
        """The newest decision, unless it was withdrawn: an older one does not come back to life."""
        return await self._database.read(lambda connection: decisions.newest(connection, subject_id, client_id))

    async def complete(self, completion: Completion, now: datetime) -> bool:
        """Write the end of a sign-in; false, and nothing written, if something was not where it should be."""
        rows = ending.prepare(self._vault, completion)
        try:
            await self._database.run(lambda connection: ending.write(connection, self._vault, completion, rows, now))
        except ending.MovedOnError:
            return False
        return True

    def _sid(self, row: Any) -> str:
        """The session id by which one relying party knows the session."""
        return token_rows.opened(self._vault, row.id, row.box).sid

    def _read(self, cookie_hash: bytes, seen_at: datetime, box: bytes) -> Session:
        return read_session(cookie_hash, seen_at, self._vault.open(box, "sessions", cookie_hash.hex()))
