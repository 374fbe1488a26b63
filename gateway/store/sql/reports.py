"""Validation reports and their evidence, sealed: they hold people's certificates (signatures specification 3)."""

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Integer, Text, bindparam, insert, or_, select

from gateway.signatures.records import RecognitionFacts, StoredReport
from gateway.store.codec import Codec
from gateway.store.fields import RecordError
from gateway.store.sql.columns import Moment, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.signature_tables import report_evidence, reports
from gateway.store.vault import Vault

PORTION: Final = 500
"""Reports that are read at once when all recent ones are walked through."""

_RECORD: Final = Codec(StoredReport, but={"id", "client_id", "produced_at", "keep_until"})
_OF_CLIENT: Final = (reports.c.id == bindparam("of_id", type_=Text())) & (
    reports.c.client_id == bindparam("of_client", type_=Text())
)
_ADD: Final = insert_unless_there(reports, "id")
_ADD_EVIDENCE: Final = insert(report_evidence)
_FIND: Final = select(reports).where(_OF_CLIENT)
_EVIDENCE: Final = (
    select(report_evidence.c.box).join(reports, reports.c.id == report_evidence.c.report_id).where(_OF_CLIENT)
)
_AFTER: Final = bindparam("after", type_=Moment())
_RECENT: Final = (
    select(reports)
    .where(
        or_(
            reports.c.produced_at > _AFTER,
            (reports.c.produced_at == _AFTER) & (reports.c.id > bindparam("after_id", type_=Text())),
        )
    )
    .order_by(reports.c.produced_at, reports.c.id)
    .limit(bindparam("most", type_=Integer()))
)


class SqlReports:
    """``ReportStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def save(self, report: StoredReport, evidence: bytes) -> bool:
        """Remember a report and its evidence; false if the id is taken."""
        if not is_key(report.id):
            raise ValueError("a report's id is printable ASCII of at most 256 characters")
        row = {name: getattr(report, name) for name in ("id", "client_id", "produced_at", "keep_until")}
        row["box"] = self._vault.seal(_RECORD.write(report), reports.name, report.id)
        bundle = {"evidence": base64.b64encode(evidence).decode("ascii")}
        beside = {"report_id": report.id, "box": self._vault.seal(bundle, report_evidence.name, report.id)}

        def work(connection: Connection) -> bool:
            if connection.execute(_ADD[connection.dialect.name], row).rowcount == 0:
                return False
            connection.execute(_ADD_EVIDENCE, beside)
            return True

        return await self._database.run(work)

    async def find(self, report_id: str, client_id: str) -> StoredReport | None:
        """The report, for the relying party that it was made for."""
        row = await self._one(_FIND, report_id, client_id)
        return None if row is None else self._report(row)

    async def evidence(self, report_id: str, client_id: str) -> bytes | None:
        """The evidence bundle of a report, under the same condition."""
        row = await self._one(_EVIDENCE, report_id, client_id)
        if row is None:
            return None
        fields = self._vault.open(row.box, report_evidence.name, report_id)
        text = fields.text("evidence")
        fields.end()
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise RecordError("evidence") from None

    async def recent(self, since: datetime) -> AsyncIterator[tuple[str, tuple[RecognitionFacts, ...]]]:
        """Ids and facts of the reports since then, oldest first; a portion in memory at a time."""
        values: dict[str, Any] = {"after": since, "after_id": "", "most": PORTION}
        while True:
            rows = await self._portion(values)
            for row in rows:
                yield row.id, self._report(row).facts
            if len(rows) < PORTION:
                return
            values = {"after": rows[-1].produced_at, "after_id": rows[-1].id, "most": PORTION}

    async def _portion(self, values: dict[str, Any]) -> list[Any]:
        return await self._database.read(lambda connection: list(connection.execute(_RECENT, values)))

    async def _one(self, statement: Any, report_id: str, client_id: str) -> Any:
        if not is_key(report_id) or not is_key(client_id):
            return None
        values = {"of_id": report_id, "of_client": client_id}
        return await self._database.read(lambda connection: connection.execute(statement, values).one_or_none())

    def _report(self, row: Any) -> StoredReport:
        record = self._vault.open(row.box, reports.name, row.id)
        columns = {name: getattr(row, name) for name in ("id", "client_id", "produced_at", "keep_until")}
        return _RECORD.read(record, **columns)
