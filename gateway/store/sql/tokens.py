"""Codes, access tokens, grants, and one-time marks: what must happen once is one statement."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, insert, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.model import AccessToken, AuthorizationCode, Grant
from gateway.oidc.ports import Redemption, Settlement
from gateway.store.protocol_records import read_grant
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW
from gateway.store.sql.database import Database
from gateway.store.sql.subjects import IS_WELCOME
from gateway.store.sql.tables import clients, codes, grants, replays, subjects, tokens
from gateway.store.vault import Vault

_HASH: Final = bindparam("sought", type_=LargeBinary())
_GRANT_ID: Final = bindparam("grant", type_=Text())

_ACTIVE_GRANTS: Final = grants.join(subjects, subjects.c.id == grants.c.subject_id).join(
    clients, clients.c.client_id == grants.c.client_id
)
_IS_ACTIVE: Final = grants.c.revoked_at.is_(None) & IS_WELCOME & clients.c.disabled_at.is_(None)

_SPEND: Final = (
    update(codes)
    .where(
        codes.c.hash == _HASH,
        codes.c.spent_at.is_(None),
        codes.c.expires_at > NOW,
        select(grants.c.id).select_from(_ACTIVE_GRANTS).where(grants.c.id == codes.c.grant_id, _IS_ACTIVE).exists(),
    )
    .values(spent_at=NOW)
    .returning(
        codes.c.client_id,
        codes.c.redirect_uri,
        codes.c.code_challenge,
        codes.c.grant_id,
        codes.c.expires_at,
        # A join cannot be returned by SQLite; a value from a subquery can, and saves a statement.
        type_coerce(select(grants.c.box).where(grants.c.id == codes.c.grant_id).scalar_subquery(), LargeBinary),
    )
)
_SPENT: Final = (
    select(codes.c.spent_at, codes.c.grant_id, codes.c.client_id, grants.c.subject_id)
    .join(grants, grants.c.id == codes.c.grant_id)
    .where(codes.c.hash == _HASH, codes.c.spent_at.is_not(None))
)
_END_GRANT: Final = update(grants).where(grants.c.id == _GRANT_ID, grants.c.revoked_at.is_(None)).values(revoked_at=NOW)
_ADD_TOKEN: Final = insert(tokens)
_FIND_TOKEN: Final = (
    select(tokens.c.grant_id, tokens.c.client_id, tokens.c.scopes, tokens.c.expires_at, grants.c.box)
    .select_from(tokens.join(_ACTIVE_GRANTS, grants.c.id == tokens.c.grant_id))
    .where(tokens.c.hash == _HASH, tokens.c.expires_at > NOW, _IS_ACTIVE)
)


class SqlTokens:
    """``TokenStore``: a code is worth one answer, and dies with its grant, its person, their provider or its client."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def redeem(
        self, code_hash: bytes, now: datetime, settle: Callable[[Redemption], Settlement]
    ) -> tuple[Redemption, Settlement] | None:
        """Spend the code, have it judged, and store what comes of it, in one transaction (RFC 6749 §4.1.2)."""

        def work(connection: Connection) -> tuple[Redemption, Settlement] | None:
            row = connection.execute(_SPEND, {"sought": code_hash, "now": now}).one_or_none()
            if row is None:
                _note_reuse(connection, code_hash, now)
                return None
            client_id, redirect_uri, challenge, grant_id, expires_at, box = row
            code = AuthorizationCode(code_hash, client_id, redirect_uri, challenge, grant_id, expires_at, now)
            redemption = Redemption(code, self._grant(grant_id, box))
            settlement = settle(redemption)
            if settlement.token is not None:
                connection.execute(_ADD_TOKEN, _token_row(settlement.token))
            audit.record(connection, settlement.event)
            return redemption, settlement

        return await self._database.run(work)

    async def find_access_token(self, token_hash: bytes, now: datetime) -> tuple[AccessToken, Grant] | None:
        """The live token with its grant, if nothing that it hangs on has ended."""
        values = {"sought": token_hash, "now": now}
        row = await self._database.read(lambda connection: connection.execute(_FIND_TOKEN, values).one_or_none())
        if row is None:
            return None
        grant_id, client_id, scopes, expires_at, box = row
        token = AccessToken(token_hash, grant_id, client_id, tuple(scopes.split()), expires_at)
        return token, self._grant(grant_id, box)

    async def revoke_grant(self, grant_id: str, now: datetime) -> None:
        """End a grant, and with it every code and token on it."""
        values = {"grant": grant_id, "now": now}
        await self._database.run(lambda connection: connection.execute(_END_GRANT, values).rowcount)

    def _grant(self, grant_id: str, box: bytes) -> Grant:
        return read_grant(grant_id, self._vault.open(box, "grants", grant_id))


def _token_row(token: AccessToken) -> dict[str, Any]:
    return {
        "hash": token.hash,
        "grant_id": token.grant_id,
        "client_id": token.client_id,
        "scopes": " ".join(token.scopes),
        "expires_at": token.expires_at,
    }


def _note_reuse(connection: Connection, code_hash: bytes, now: datetime) -> None:
    """End the grant of a code that comes a second time: one of the two bearers is a thief (CD-01)."""
    row = connection.execute(_SPENT, {"sought": code_hash}).one_or_none()
    if row is None:
        return
    connection.execute(_END_GRANT, {"grant": row.grant_id, "now": now})
    event = AuditEvent(
        AuditAction.CODE_REUSED,
        now,
        row.grant_id,  # the request's own id is not known here; the grant leads to the first use
        client_id=row.client_id,
        subject_id=row.subject_id,
        details={"first_use": row.spent_at.isoformat(timespec="seconds")},
    )
    audit.record(connection, event)


def _mark(dialect: Any) -> Any:
    """Insert a mark, or take over one whose time has passed; a row comes back only then."""
    new = dialect.insert(replays)
    return new.on_conflict_do_update(
        index_elements=["kind", "value"],
        set_={"expires_at": new.excluded.expires_at},
        where=replays.c.expires_at <= NOW,
    ).returning(replays.c.kind)


_MARK: Final = {"sqlite": _mark(sqlite), "postgresql": _mark(postgresql)}


class SqlReplays:
    """``ReplayStore``: marks that may be made once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first_use(self, kind: str, value: str, expires_at: datetime, now: datetime) -> bool:
        """True for exactly one caller until ``expires_at``; a mark that is over already is refused."""
        if expires_at <= now:
            return False
        # Hashed, so that a value of any size and script is a key of 32 bytes and tells a thief nothing.
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
        values = {"kind": kind, "value": digest, "expires_at": expires_at, "now": now}

        def work(connection: Connection) -> bool:
            return connection.execute(_MARK[connection.dialect.name], values).first() is not None

        return await self._database.run(work)
