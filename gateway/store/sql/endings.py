"""What is asked for the list of everything that ends, and for metrics: each answer costs the same in ten years."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, bindparam, func, select

from certs.trust.revocation.model import MaterialKind
from gateway.admin.inventory_trust import KeptList
from gateway.admin.inventory_upkeep import AuditStanding, LastBackup
from gateway.store.sql.database import Database
from gateway.store.sql.number_tables import alerts
from gateway.store.sql.operation_tables import audit_checkpoints, audit_links, backups, operator_credentials
from gateway.store.sql.signature_tables import revocation_cache
from gateway.store.sql.tables import audit

_MOST_LISTS: Final = 2_000
_MOST_WAITING: Final = 100_000
"""Where counting stops: so many unlinked events are as bad as more."""
_LISTS: Final = (
    select(
        revocation_cache.c.issuer_key, revocation_cache.c.url, revocation_cache.c.good_until, revocation_cache.c.record
    )
    .where(revocation_cache.c.kind == MaterialKind.CRL.value, func.length(revocation_cache.c.der) > 0)
    .order_by(revocation_cache.c.good_until)
    .limit(_MOST_LISTS)
)
_BACKUP: Final = select(backups).order_by(backups.c.at.desc(), backups.c.id).limit(1)
_LINK: Final = select(audit_links.c.position, audit_links.c.seq).order_by(audit_links.c.position.desc()).limit(1)
_WAITING: Final = select(func.count()).select_from(
    select(audit.c.seq).where(audit.c.seq > bindparam("seq", type_=BigInteger())).limit(_MOST_WAITING).subquery()
)
_CHECKPOINT: Final = (
    select(audit_checkpoints.c.position, audit_checkpoints.c.at).order_by(audit_checkpoints.c.position.desc()).limit(1)
)
_CERTIFICATES: Final = select(operator_credentials.c.name, operator_credentials.c.certificate).where(
    operator_credentials.c.certificate.is_not(None)
)
_ALERTS: Final = select(func.count()).select_from(alerts).where(alerts.c.settled_at.is_(None))


class SqlEndings:
    """``Endings``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revocation_lists(self) -> Sequence[KeptList]:
        """The revocation lists that are kept; a place where nothing but a failure is remembered ends by no date."""
        rows = await self._database.read(lambda connection: connection.execute(_LISTS).all())
        return [_kept(row) for row in rows]

    async def last_backup(self) -> LastBackup | None:
        """The newest backup on record."""
        row = await self._database.read(lambda connection: connection.execute(_BACKUP).one_or_none())
        if row is None:
            return None
        record = json.loads(row.record)
        return LastBackup(row.id, row.at, str(record.get("sha256", "")), record.get("verified_at") is not None)

    async def audit_standing(self) -> AuditStanding:
        """How far the chain has come; rows that were committed late are found by `gate audit verify`, not here."""
        return await self._database.read(_standing)

    async def operator_certificates(self) -> Mapping[str, str]:
        """Thumbprints of operators' client certificates, by name."""
        rows = await self._database.read(lambda connection: connection.execute(_CERTIFICATES).all())
        return {row.name: row.certificate for row in rows}

    async def open_alerts(self) -> int:
        """How many alerts wait for somebody."""

        def work(connection: Connection) -> int:
            return int(connection.execute(_ALERTS).scalar_one())

        return await self._database.read(work)


def _kept(row: Any) -> KeptList:
    record = json.loads(row.record)
    fetched_at = datetime.fromisoformat(record["fetched_at"])
    return KeptList(row.url, row.issuer_key, fetched_at, row.good_until, record.get("failure"))


def _standing(connection: Connection) -> AuditStanding:
    link = connection.execute(_LINK).one_or_none()
    checkpoint = connection.execute(_CHECKPOINT).one_or_none()
    waiting = connection.execute(_WAITING, {"seq": 0 if link is None else link.seq}).scalar_one()
    return AuditStanding(
        linked=0 if link is None else link.position,
        unlinked=waiting,
        checkpoint_position=None if checkpoint is None else checkpoint.position,
        checkpoint_at=None if checkpoint is None else checkpoint.at,
    )
