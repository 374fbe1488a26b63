"""What relying parties' servers have to be told: written with what it tells of, kept until delivered or given up.

What is told of a sign-out, ``sub`` and ``sid``, is read from the box of the ended grant when the delivery goes out; so
ending grants needs no key, and a delivery that is over leaves nothing of a person behind.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Integer, LargeBinary, Text, bindparam, delete, null, select, update

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.ports import Delivery, DeliveryKind
from gateway.oidc.random_values import new_id
from gateway.store.protocol_records import read_client, read_grant
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, Moment, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.tables import clients, deliveries, grants
from gateway.store.vault import Vault

GIVEN_UP: Final = {
    DeliveryKind.LOGOUT: AuditAction.LOGOUT_GIVEN_UP,
    DeliveryKind.PING: AuditAction.PING_GIVEN_UP,
    DeliveryKind.KEY: AuditAction.KEY_NOTICE_GIVEN_UP,
}

_ID: Final = bindparam("of_id", type_=Text())
_RECEIVERS: Final = select(clients.c.client_id, clients.c.record).where(
    clients.c.client_id.in_(bindparam("of_clients", expanding=True)), clients.c.disabled_at.is_(None)
)
_EVERYBODY: Final = select(clients.c.client_id, clients.c.record).where(clients.c.disabled_at.is_(None))
_ADD: Final = insert_unless_there(deliveries)
_IS_DUE: Final = deliveries.c.due_at <= NOW
_ANY_DUE: Final = select(deliveries.c.id).where(_IS_DUE).limit(1)
_DISABLED: Final = select(clients.c.client_id).where(clients.c.disabled_at.is_not(None))
_LET_GO: Final = (
    delete(deliveries)
    .where(_IS_DUE, deliveries.c.client_id.in_(_DISABLED))
    .returning(deliveries.c.id, deliveries.c.kind, deliveries.c.client_id)
)
_FIRST_DUE: Final = (
    select(deliveries.c.id)
    .where(_IS_DUE)
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_LEASE: Final = (
    update(deliveries)
    .where(deliveries.c.id.in_(_FIRST_DUE))
    .values(due_at=bindparam("lease_until", type_=Moment()), tries=deliveries.c.tries + 1)
    .returning(deliveries.c.id)
)
_FIND: Final = (
    select(deliveries, grants.c.box.label("grant_box"))
    .join(grants, grants.c.id == deliveries.c.grant_id, isouter=True)
    .where(deliveries.c.id.in_(bindparam("of_ids", expanding=True)))
    .order_by(deliveries.c.at, deliveries.c.id)
)
_IS_OPEN: Final = (deliveries.c.id == _ID) & deliveries.c.due_at.is_not(None)
_DELIVERED: Final = update(deliveries).where(_IS_OPEN).values(due_at=None, delivered_at=NOW, grant_id=None, box=null())
_TRY_AGAIN: Final = update(deliveries).where(_IS_OPEN).values(due_at=bindparam("again_at", type_=Moment()))
_GIVE_UP: Final = (
    update(deliveries)
    .where(_IS_OPEN)
    .values(due_at=None, given_up_at=NOW, grant_id=None, box=bindparam("new_box", type_=LargeBinary()))
)


def receivers(connection: Connection, client_ids: Collection[str]) -> frozenset[str]:
    """Those of the relying parties that want to be told of sign-outs."""
    rows = connection.execute(_RECEIVERS, {"of_clients": sorted(client_ids)})
    found = [read_client(row.client_id, row.record, None, None, None) for row in rows]
    return frozenset(client.client_id for client in found if client.backchannel_logout_uri is not None)


def add_logouts(connection: Connection, ended: Iterable[Any], now: datetime) -> None:
    """Add a delivery for each of these ended grants; one that is on its way for the same session is enough."""
    rows = [
        {
            "id": new_id(),
            "kind": DeliveryKind.LOGOUT.value,
            "client_id": row.client_id,
            "session_id": row.session_id,
            "grant_id": row.id,
            "at": now,
            "due_at": now,
            "tries": 0,
        }
        for row in ended
    ]
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)


def add_ping(connection: Connection, vault: Vault, client_id: str, content: Mapping[str, str], now: datetime) -> None:
    """Add the news that a request was decided."""
    delivery_id = new_id()
    row = {
        "id": delivery_id,
        "kind": DeliveryKind.PING.value,
        "client_id": client_id,
        "box": vault.seal(content, "deliveries", delivery_id),
        "at": now,
        "due_at": now,
        "tries": 0,
    }
    connection.execute(_ADD[connection.dialect.name], row)


def add_key_notices(connection: Connection, vault: Vault, content: Mapping[str, str], now: datetime) -> None:
    """Add the news of a compromised key for every relying party that wants to hear of events."""
    rows = []
    for found in connection.execute(_EVERYBODY).all():
        client = read_client(found.client_id, found.record, None, None, None)
        if client.event_uri is None:
            continue
        delivery_id = new_id()
        row = {"id": delivery_id, "kind": DeliveryKind.KEY.value, "client_id": client.client_id, "tries": 0}
        box = vault.seal(content, "deliveries", delivery_id)
        rows.append({**row, "session_id": content["kid"], "box": box, "at": now, "due_at": now})
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)


class SqlDeliveries:
    """``DeliveryStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def due(self, now: datetime, lease: timedelta, most: int) -> Sequence[Delivery]:
        """Take deliveries that are due; often there are none.

        A delivery taken counts as a try, also if whoever took it is never heard of again.
        """
        any_due = await self._database.read(lambda connection: connection.execute(_ANY_DUE, {"now": now}).first())
        if any_due is None:
            return ()
        return await self._database.run(lambda connection: self._take(connection, now, lease, most))

    async def delivered(self, delivery_id: str, event: AuditEvent, now: datetime) -> None:
        """It was taken; what it told is forgotten."""
        if not is_key(delivery_id):
            return
        values = {"of_id": delivery_id, "now": now}
        await self._database.run(lambda connection: audit.if_changed(connection, _DELIVERED, values, event))

    async def try_again(self, delivery_id: str, due_at: datetime) -> None:
        """It was not taken; when to try again."""
        if not is_key(delivery_id):
            return
        values = {"of_id": delivery_id, "again_at": due_at}
        await self._database.run(lambda connection: connection.execute(_TRY_AGAIN, values).rowcount)

    async def give_up(self, delivery_id: str, event: AuditEvent, now: datetime) -> None:
        """Put it on the list of dead letters, with what it would have told."""
        if not is_key(delivery_id):
            return

        def work(connection: Connection) -> None:
            row = connection.execute(_FIND, {"of_ids": [delivery_id]}).one_or_none()
            if row is None or row.due_at is None:
                return
            box = self._vault.seal(self._content(row), "deliveries", delivery_id)
            connection.execute(_GIVE_UP, {"of_id": delivery_id, "now": now, "new_box": box})
            audit.record(connection, event)

        await self._database.run(work)

    def _take(self, connection: Connection, now: datetime, lease: timedelta, most: int) -> list[Delivery]:
        """Lease what is due, and let go of what is for relying parties that were switched off."""
        for delivery_id, kind, client_id in connection.execute(_LET_GO, {"now": now}).all():
            reason = {"reason": "client_disabled"}
            event = AuditEvent(GIVEN_UP[DeliveryKind(kind)], now, delivery_id, client_id=client_id, details=reason)
            audit.record(connection, event)
        values = {"now": now, "most": most, "lease_until": now + lease}
        taken = connection.execute(_LEASE, values).scalars().all()
        return [self._delivery(row) for row in connection.execute(_FIND, {"of_ids": taken})] if taken else []

    def _delivery(self, row: Any) -> Delivery:
        return Delivery(
            id=row.id,
            kind=DeliveryKind(row.kind),
            client_id=row.client_id,
            content=self._content(row),
            at=row.at,
            tries=row.tries - 1,  # this one is counted already
        )

    def _content(self, row: Any) -> Mapping[str, str]:
        """What is told: from the delivery's own box, or from that of the grant that ended."""
        if row.box is not None:
            return {name: str(value) for name, value in self._vault.open(row.box, "deliveries", row.id).rest().items()}
        grant = read_grant(row.grant_id, self._vault.open(row.grant_box, "grants", row.grant_id))
        return {"sub": grant.sub, "sid": grant.sid}
