"""Requests of devices and counters: made here, decided elsewhere, polled for, redeemed once (RFC 8628, CIBA)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Integer, LargeBinary, Text, bindparam, or_, select, type_coerce, update

from gateway.audit import AuditEvent
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.model import Grant
from gateway.oidc.names import DeliveryMode, GrantType
from gateway.oidc.ports import Settlement
from gateway.store.protocol_records import read_client, read_decoupled, write_decoupled
from gateway.store.sql import audit, deliveries, token_rows
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.subjects import IS_WELCOME
from gateway.store.sql.tables import clients, decoupled_requests, pairwise, subjects
from gateway.store.vault import Vault

OPEN_LIMIT: Final = 20
"""Requests that one person is shown at once: somebody who floods them with more gains nothing."""

_MILLISECOND: Final = timedelta(milliseconds=1)
_REQUESTS: Final = decoupled_requests
_ID: Final = bindparam("of_id", type_=Text())
_HASH: Final = bindparam("of_hash", type_=LargeBinary())
_SUBJECT: Final = bindparam("of_subject", type_=Text())
_IS_LIVE: Final = _REQUESTS.c.expires_at > NOW
_IS_PENDING: Final = _IS_LIVE & (_REQUESTS.c.state == DecoupledState.PENDING.value)

_ADD: Final = insert_unless_there(_REQUESTS)
_FREE_CODE: Final = (
    update(_REQUESTS).where(_REQUESTS.c.user_code_hash == _HASH, ~_IS_PENDING).values(user_code_hash=None)
)
_BY_CODE: Final = select(_REQUESTS).where(_REQUESTS.c.user_code_hash == _HASH, _IS_PENDING)
_BY_ID: Final = select(_REQUESTS).where(_REQUESTS.c.id == _ID, _IS_LIVE)
_OF_SUBJECT: Final = (
    select(_REQUESTS)
    .where(_REQUESTS.c.subject_id == _SUBJECT, _IS_PENDING)
    .order_by(_REQUESTS.c.created_at, _REQUESTS.c.id)
    .limit(OPEN_LIMIT)
)
_SUBJECT_OF: Final = (
    select(pairwise.c.subject_id)
    .join(subjects, subjects.c.id == pairwise.c.subject_id)
    .where(pairwise.c.sector == bindparam("of_sector"), pairwise.c.sub == bindparam("of_sub"), IS_WELCOME)
)
_LOCK: Final = select(_REQUESTS).where(_REQUESTS.c.hash == _HASH).with_for_update()
_POLL: Final = update(_REQUESTS).where(_REQUESTS.c.hash == _HASH).values(polled_at=NOW)
_LONGER: Final = bindparam("longer", type_=Integer())
_SLOW_DOWN: Final = (
    update(_REQUESTS).where(_REQUESTS.c.hash == _HASH, _REQUESTS.c.interval < _LONGER).values(interval=_LONGER)
)
_DENY: Final = (
    update(_REQUESTS)
    .where(_REQUESTS.c.id == _ID, _IS_PENDING)
    .values(state=DecoupledState.DENIED.value, user_code_hash=None)
    .returning(*_REQUESTS.c)
)
_APPROVE: Final = (
    update(_REQUESTS)
    .where(
        _REQUESTS.c.id == _ID,
        _IS_PENDING,
        _REQUESTS.c.client_id == bindparam("of_client", type_=Text()),
        or_(_REQUESTS.c.subject_id.is_(None), _REQUESTS.c.subject_id == _SUBJECT),
    )
    .values(state=DecoupledState.APPROVED.value, user_code_hash=None, grant_id=bindparam("new_grant", type_=Text()))
    .returning(*_REQUESTS.c)
)
_REDEEM: Final = (
    update(_REQUESTS)
    .where(
        _REQUESTS.c.hash == _HASH,
        _IS_LIVE,
        _REQUESTS.c.state == DecoupledState.APPROVED.value,
        token_rows.active(_REQUESTS.c.grant_id),
    )
    .values(state=DecoupledState.REDEEMED.value)
    .returning(*_REQUESTS.c, type_coerce(token_rows.box_of(_REQUESTS.c.grant_id), LargeBinary).label("grant_box"))
)
_CLIENT: Final = select(clients.c.record).where(clients.c.client_id == _ID)


def approve(connection: Connection, vault: Vault, request_id: str, grant: Grant, now: datetime) -> bool:
    """Give a pending request its grant, in the transaction under way; true for exactly one caller."""
    values = {
        "of_id": request_id,
        "of_client": grant.client_id,
        "of_subject": grant.subject_id,
        "new_grant": grant.id,
        "now": now,
    }
    row = connection.execute(_APPROVE, values).one_or_none()
    if row is None:
        return False
    _ping(connection, vault, _request(vault, row), now)
    return True


class SqlDecoupledRequests:
    """``DecoupledStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def begin(self, request: DecoupledRequest, event: AuditEvent) -> bool:
        """Remember a new one; false, and no event, if its user code is in use just now."""
        row = _row(request) | {"box": self._vault.seal(write_decoupled(request), _REQUESTS.name, request.id)}

        def work(connection: Connection) -> bool:
            if request.user_code_hash is not None:
                connection.execute(_FREE_CODE, {"of_hash": request.user_code_hash, "now": request.created_at})
            return audit.if_changed(connection, _ADD[connection.dialect.name], row, event)

        return await self._database.run(work)

    async def by_user_code(self, user_code_hash: bytes, now: datetime) -> DecoupledRequest | None:
        """The live, pending request whose code a person typed."""
        return await self._find(_BY_CODE, {"of_hash": user_code_hash, "now": now})

    async def of_subject(self, subject_id: str, now: datetime) -> Sequence[DecoupledRequest]:
        """The live, pending requests that ask this person, oldest first."""
        values = {"of_subject": subject_id, "now": now}
        rows = await self._database.read(lambda connection: connection.execute(_OF_SUBJECT, values).all())
        return [_request(self._vault, row) for row in rows]

    async def subject_of(self, sector: str, sub: str) -> str | None:
        """The id of the person whom a sector knows by a ``sub``; none who is blocked, erased or cannot sign in."""
        if not is_key(sub):
            return None
        values = {"of_sector": sector, "of_sub": sub}
        return await self._database.read(
            lambda connection: connection.execute(_SUBJECT_OF, values).scalar_one_or_none()
        )

    async def by_id(self, request_id: str, now: datetime) -> DecoupledRequest | None:
        """The live request, whatever its state, for our own pages."""
        return await self._find(_BY_ID, {"of_id": request_id, "now": now}) if is_key(request_id) else None

    async def deny(self, request_id: str, now: datetime, event: AuditEvent) -> bool:
        """The person said no; true for exactly one caller, false if it was decided before or is over."""
        if not is_key(request_id):
            return False

        def work(connection: Connection) -> bool:
            row = connection.execute(_DENY, {"of_id": request_id, "now": now}).one_or_none()
            if row is None:
                return False
            _ping(connection, self._vault, _request(self._vault, row), now)
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def poll(self, request_hash: bytes, now: datetime) -> DecoupledRequest | None:
        """The request as it stood before this poll, whose moment is now on record; ``None`` when unknown or purged."""

        def work(connection: Connection) -> Any:
            row = connection.execute(_LOCK, {"of_hash": request_hash}).one_or_none()
            if row is not None:
                connection.execute(_POLL, {"of_hash": request_hash, "now": now})
            return row

        row = await self._database.run(work)
        return None if row is None else _request(self._vault, row)

    async def slow_down(self, request_hash: bytes, interval: timedelta) -> None:
        """Set the longer interval of a device that polls too fast (RFC 8628 §3.5)."""
        values = {"of_hash": request_hash, "longer": interval // _MILLISECOND}
        await self._database.run(lambda connection: connection.execute(_SLOW_DOWN, values).rowcount)

    async def redeem(
        self, request_hash: bytes, now: datetime, settle: Callable[[DecoupledRequest, Grant], Settlement]
    ) -> tuple[Grant, Settlement] | None:
        """Give an approved request's grant to exactly one caller, as ``TokenStore.redeem`` does with a code."""

        def work(connection: Connection) -> tuple[Grant, Settlement] | None:
            row = connection.execute(_REDEEM, {"of_hash": request_hash, "now": now}).one_or_none()
            if row is None:
                return None
            grant = token_rows.opened(self._vault, row.grant_id, row.grant_box)
            settlement = settle(_request(self._vault, row), grant)
            token_rows.settle(connection, settlement)
            return grant, settlement

        return await self._database.run(work)

    async def _find(self, statement: Any, values: dict[str, Any]) -> DecoupledRequest | None:
        row = await self._database.read(lambda connection: connection.execute(statement, values).one_or_none())
        return None if row is None else _request(self._vault, row)


def _ping(connection: Connection, vault: Vault, request: DecoupledRequest, now: datetime) -> None:
    """Let a client that is pinged know that its request was decided (CIBA §10.2)."""
    if request.auth_req_id is None or request.notification_token is None:
        return
    record = connection.execute(_CLIENT, {"of_id": request.client_id}).scalar_one()
    client = read_client(request.client_id, record, None, None, None)
    if client.backchannel_token_delivery_mode is DeliveryMode.PING:
        content = {"auth_req_id": request.auth_req_id, "token": request.notification_token}
        deliveries.add_ping(connection, vault, request.client_id, content, now)


def _row(request: DecoupledRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "hash": request.hash,
        "grant_type": request.grant_type.value,
        "client_id": request.client_id,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "interval": request.interval // _MILLISECOND,
        "state": request.state.value,
        "user_code_hash": request.user_code_hash,
        "subject_id": request.subject_id,
        "grant_id": request.grant_id,
        "polled_at": request.polled_at,
    }


def _request(vault: Vault, row: Any) -> DecoupledRequest:
    return read_decoupled(
        vault.open(row.box, _REQUESTS.name, row.id),
        id=row.id,
        hash=row.hash,
        grant_type=GrantType(row.grant_type),
        client_id=row.client_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        interval=row.interval * _MILLISECOND,
        state=DecoupledState(row.state),
        user_code_hash=row.user_code_hash,
        subject_id=row.subject_id,
        grant_id=row.grant_id,
        polled_at=row.polled_at,
    )
