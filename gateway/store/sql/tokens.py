"""Codes, access tokens and grants: what must happen once is one statement."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, bindparam, delete, insert, select, type_coerce, update

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.model import AccessToken, AuthorizationCode, Grant, RefreshToken
from gateway.oidc.ports import Redemption, Refreshing, RefreshSettlement, Settlement
from gateway.store.sql import audit, grant_ends, refreshing, token_rows
from gateway.store.sql.columns import NOW, Moment, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.tables import codes, grants, tokens
from gateway.store.sql.token_rows import ACTIVE_GRANTS, HASH, IS_ACTIVE
from gateway.store.vault import Vault

_SPEND: Final = (
    update(codes)
    .where(
        codes.c.hash == HASH,
        codes.c.spent_at.is_(None),
        codes.c.expires_at > NOW,
        token_rows.active(codes.c.grant_id),
    )
    .values(spent_at=NOW)
    .returning(
        codes.c.client_id,
        codes.c.redirect_uri,
        codes.c.code_challenge,
        codes.c.grant_id,
        codes.c.expires_at,
        type_coerce(token_rows.box_of(codes.c.grant_id), LargeBinary),
    )
)
_SPENT: Final = (
    select(codes.c.spent_at, codes.c.grant_id, codes.c.client_id, grants.c.subject_id)
    .join(grants, grants.c.id == codes.c.grant_id)
    .where(codes.c.hash == HASH, codes.c.spent_at.is_not(None))
)
# Its reuse must be noticed for as long as anything lives that it has led to; spent it is, whatever its end.
_REMEMBER: Final = update(codes).where(codes.c.hash == HASH).values(expires_at=bindparam("until", type_=Moment()))
_FIND_TOKEN: Final = (
    select(tokens, grants.c.box)
    .select_from(tokens.join(ACTIVE_GRANTS, grants.c.id == tokens.c.grant_id))
    .where(tokens.c.hash == HASH, tokens.c.expires_at > NOW, IS_ACTIVE)
)
_NEW_TOKEN: Final = tuple(bindparam(f"new_{column.name}", type_=column.type) for column in tokens.c)
_ADD_TO_ACTIVE: Final = (
    insert(tokens)
    .from_select(
        list(tokens.c),
        select(*_NEW_TOKEN).where(token_rows.active(bindparam("new_grant_id", type_=tokens.c.grant_id.type))),
    )
    .execution_options(preserve_rowcount=True)
)
_FORGET_TOKEN: Final = delete(tokens).where(tokens.c.hash == HASH, tokens.c.expires_at > NOW)


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
            redemption = Redemption(code, token_rows.opened(self._vault, grant_id, box))
            settlement = settle(redemption)
            token_rows.settle(connection, settlement)
            if settlement.refresh_token is not None:
                connection.execute(_REMEMBER, {"sought": code_hash, "until": settlement.refresh_token.ends_at})
            return redemption, settlement

        return await self._database.run(work)

    async def find_access_token(self, token_hash: bytes, now: datetime) -> tuple[AccessToken, Grant] | None:
        """The live token with its grant, if nothing that it hangs on has ended."""
        values = {"sought": token_hash, "now": now}
        row = await self._database.read(lambda connection: connection.execute(_FIND_TOKEN, values).one_or_none())
        if row is None:
            return None
        return token_rows.access_token(token_hash, row), token_rows.opened(self._vault, row.grant_id, row.box)

    async def refresh(
        self, token_hash: bytes, now: datetime, settle: Callable[[Refreshing], RefreshSettlement]
    ) -> tuple[Refreshing, RefreshSettlement] | None:
        """Judge a refresh token and store what comes of it, in one transaction that locks its row (RFC 6749 §6)."""
        return await self._database.run(
            lambda connection: refreshing.refresh(connection, self._vault, token_hash, now, settle)
        )

    async def find_refresh_token(self, token_hash: bytes, now: datetime) -> tuple[RefreshToken, Grant] | None:
        """The live, unspent token with its grant, for introspection and revocation."""
        return await self._database.read(
            lambda connection: refreshing.find(connection, self._vault, token_hash, now),
        )

    async def add_access_token(self, token: AccessToken, event: AuditEvent, now: datetime) -> bool:  # noqa: ARG002 - the port's; a grant that ended meanwhile says so itself
        """Store one more token on a live grant (token exchange); false when the grant has ended meanwhile."""
        values = {f"new_{name}": value for name, value in token_rows.token_row(token).items()}
        return await self._database.run(lambda connection: audit.if_changed(connection, _ADD_TO_ACTIVE, values, event))

    async def revoke_access_token(self, token_hash: bytes, event: AuditEvent, now: datetime) -> bool:
        """Forget one access token; false if there is none that lives."""
        values = {"sought": token_hash, "now": now}
        return await self._database.run(lambda connection: audit.if_changed(connection, _FORGET_TOKEN, values, event))

    async def revoke_grant(self, grant_id: str, now: datetime, event: AuditEvent | None = None) -> None:
        """End a grant, and with it every code and token on it; one that has ended leaves no event."""
        if not is_key(grant_id):
            return

        def work(connection: Connection) -> None:
            if grant_ends.one(connection, grant_id, now) and event is not None:
                audit.record(connection, event)

        await self._database.run(work)


def _note_reuse(connection: Connection, code_hash: bytes, now: datetime) -> None:
    """End the grant of a code that comes a second time: one of the two bearers is a thief (CD-01)."""
    row = connection.execute(_SPENT, {"sought": code_hash}).one_or_none()
    if row is None:
        return
    grant_ends.one(connection, row.grant_id, now)
    event = AuditEvent(
        AuditAction.CODE_REUSED,
        now,
        row.grant_id,  # the request's own id is not known here; the grant leads to the first use
        client_id=row.client_id,
        subject_id=row.subject_id,
        details={"first_use": row.spent_at.isoformat(timespec="seconds")},
    )
    audit.record(connection, event)
