"""Wishes of relying parties to have somebody sign: one statement to a step, so that each is taken once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, or_, select, update

from gateway.audit import AuditEvent
from gateway.signatures.records import SigningRequest, SigningStatus
from gateway.store.codec import Codec
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.signature_tables import signing_requests
from gateway.store.vault import Vault

_COLUMNS: Final = ("id", "client_id", "created_at", "expires_at", "status", "provider")
_RECORD: Final = Codec(SigningRequest, but=set(_COLUMNS))
_ID: Final = bindparam("of_id", type_=Text())
_HASH: Final = bindparam("of_hash", type_=LargeBinary())
_BOX: Final = bindparam("new_box", type_=LargeBinary())
_STATUS: Final = bindparam("new_status", type_=Text())
_PROVIDER: Final = bindparam("new_provider", type_=Text())
_IS_LIVE: Final = signing_requests.c.expires_at > NOW
_IS_NOT_BACK: Final = signing_requests.c.status.in_([SigningStatus.ASKED.value, SigningStatus.AWAY.value])
_IS_UNDER_WAY: Final = signing_requests.c.status.in_([one.value for one in SigningStatus if not one.is_over])

_ADD: Final = insert_unless_there(signing_requests, "id")
_FIND: Final = select(signing_requests).where(signing_requests.c.id == _ID, _IS_LIVE)
_OF_CLIENT: Final = select(signing_requests).where(
    signing_requests.c.id == _ID, signing_requests.c.client_id == bindparam("of_client", type_=Text())
)
_BIND: Final = (
    update(signing_requests)
    .where(
        signing_requests.c.id == _ID,
        _IS_LIVE,
        signing_requests.c.status == SigningStatus.ASKED.value,
        or_(signing_requests.c.login_hash.is_(None), signing_requests.c.login_hash == _HASH),
    )
    .values(login_hash=_HASH)
)
_START: Final = (
    update(signing_requests)
    .where(signing_requests.c.id == _ID, _IS_LIVE, _IS_NOT_BACK)
    .values(status=SigningStatus.AWAY.value, provider=_PROVIDER, login_hash=_HASH, box=_BOX)
)
_ARRIVE: Final = (  # the hash stays, so that nobody else can be sent away under it
    update(signing_requests)
    .where(signing_requests.c.login_hash == _HASH, _IS_LIVE, signing_requests.c.status == SigningStatus.AWAY.value)
    .values(status=SigningStatus.BACK.value)
    .returning(*signing_requests.c)
)
_GO_ON: Final = (
    update(signing_requests)
    .where(signing_requests.c.id == _ID, _IS_LIVE, signing_requests.c.status == SigningStatus.BACK.value)
    .values(status=SigningStatus.AWAY.value, login_hash=_HASH, box=_BOX)
)
_END: Final = (
    update(signing_requests)
    .where(signing_requests.c.id == _ID, _IS_LIVE, _IS_UNDER_WAY)
    .values(status=_STATUS, box=_BOX)
)


class SqlSigningRequests:
    """``SigningRequestStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def begin(self, request: SigningRequest, event: AuditEvent) -> bool:
        """Remember a new one; false, and no event, if the id is taken."""
        if not is_key(request.id):
            raise ValueError("a signing request's id is printable ASCII of at most 256 characters")
        row = {name: getattr(request, name) for name in _COLUMNS}
        row |= {"status": request.status.value, "login_hash": None, "box": self._box(request)}
        return await self._database.run(
            lambda connection: audit.if_changed(connection, _ADD[connection.dialect.name], row, event)
        )

    async def find(self, request_id: str, now: datetime) -> SigningRequest | None:
        """A live one, whatever its status, for our own pages."""
        return await self._one(_FIND, {"of_id": request_id, "now": now}) if is_key(request_id) else None

    async def of_client(self, request_id: str, client_id: str) -> SigningRequest | None:
        """The relying party's own, also when its time is over."""
        if not is_key(request_id) or not is_key(client_id):
            return None
        return await self._one(_OF_CLIENT, {"of_id": request_id, "of_client": client_id})

    async def bind(self, request_id: str, browser_hash: bytes, now: datetime) -> bool:
        """Let the first browser that opens a live request keep it; true for that browser, as often as it asks."""
        if not is_key(request_id):
            return False
        values = {"of_id": request_id, "of_hash": browser_hash, "now": now}
        return await self._database.run(lambda connection: connection.execute(_BIND, values).rowcount == 1)

    async def start(self, request: SigningRequest, login_hash: bytes, now: datetime, event: AuditEvent) -> bool:
        """Send the person away; may be repeated until the person is back."""
        values = {
            "of_id": request.id,
            "now": now,
            "of_hash": login_hash,
            "new_provider": request.provider,
            "new_box": self._box(request),
        }
        return await self._database.run(lambda connection: audit.if_changed(connection, _START, values, event))

    async def arrive(self, login_hash: bytes, now: datetime) -> SigningRequest | None:
        """Give the live request to exactly one return of the person."""
        values = {"of_hash": login_hash, "now": now}

        def work(connection: Connection) -> Any:
            return connection.execute(_ARRIVE, values).one_or_none()

        row = await self._database.run(work)
        return None if row is None else self._request(row)

    async def go_on(self, request: SigningRequest, login_hash: bytes, now: datetime) -> bool:
        """Send a person who is back away once more; true for one caller."""
        values = {"of_id": request.id, "of_hash": login_hash, "now": now, "new_box": self._box(request)}
        return await self._database.run(lambda connection: connection.execute(_GO_ON, values).rowcount == 1)

    async def end(
        self,
        request: SigningRequest,
        status: SigningStatus,
        result: Mapping[str, str],
        now: datetime,
        event: AuditEvent,
    ) -> bool:
        """Bring it to its end with what came of it; what the provider's dialect kept is forgotten with it."""
        if not status.is_over:
            raise ValueError("a signing request ends signed, refused or failed")
        box = self._box(replace(request, kept={}, result=result))
        values = {"of_id": request.id, "now": now, "new_status": status.value, "new_box": box}
        return await self._database.run(lambda connection: audit.if_changed(connection, _END, values, event))

    async def _one(self, statement: Any, values: dict[str, Any]) -> SigningRequest | None:
        row = await self._database.read(lambda connection: connection.execute(statement, values).one_or_none())
        return None if row is None else self._request(row)

    def _box(self, request: SigningRequest) -> bytes:
        return self._vault.seal(_RECORD.write(request), signing_requests.name, request.id)

    def _request(self, row: Any) -> SigningRequest:
        columns = {name: getattr(row, name) for name in _COLUMNS} | {"status": SigningStatus(row.status)}
        return _RECORD.read(self._vault.open(row.box, signing_requests.name, row.id), **columns)
