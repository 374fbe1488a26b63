"""Accepted trust documents: all of an import or none of it, by compare-and-set on the heads (G12, TL-05)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Text, bindparam, insert, select, update

from gateway.alerts import AlertKind
from gateway.audit import AuditEvent
from gateway.signatures.records import TrustDocument
from gateway.store.sql import alerts, audit, trust_proposals
from gateway.store.sql.columns import is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.signature_tables import trust_documents, trust_evidence, trust_heads

_LIST: Final = bindparam("of_list", type_=Text())
_ADD: Final = insert(trust_documents).returning(trust_documents.c.serial)
_FIRST: Final = insert_unless_there(trust_heads, "list_id")
_MOVE: Final = (
    update(trust_heads)
    .where(trust_heads.c.list_id == _LIST, trust_heads.c.sequence == bindparam("from_sequence", type_=BigInteger()))
    .values(sequence=bindparam("to_sequence", type_=BigInteger()), document=bindparam("serial", type_=BigInteger()))
)
_CURRENT: Final = (  # one statement: both engines give all heads as they stood at one moment
    select(trust_documents)
    .join(trust_heads, trust_heads.c.document == trust_documents.c.serial)
    .order_by(trust_documents.c.list_id)
)
_HEADS: Final = select(trust_documents.c.list_id, trust_documents.c.sequence, trust_documents.c.sha256).join(
    trust_heads, trust_heads.c.document == trust_documents.c.serial
)
_HISTORY: Final = (
    select(trust_documents).where(trust_documents.c.list_id == _LIST).order_by(trust_documents.c.serial.desc())
)
_KEEP: Final = insert_unless_there(trust_evidence, "list_id", "sequence", "sha256")
_EVIDENCE: Final = (
    select(trust_evidence).where(trust_evidence.c.list_id == _LIST).order_by(trust_evidence.c.serial.desc())
)


class SqlTrustLists:
    """``TrustListStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> Mapping[str, TrustDocument]:
        """The newest accepted document of every list, as they stand together."""
        rows = await self._database.read(lambda connection: connection.execute(_CURRENT).all())
        return {row.list_id: _document(row) for row in rows}

    async def heads(self) -> Mapping[str, tuple[int, str]]:
        """Sequence and SHA-256 of the same documents."""
        rows = await self._database.read(lambda connection: connection.execute(_HEADS).all())
        return {row.list_id: (row.sequence, row.sha256) for row in rows}

    async def history(self, list_id: str) -> Sequence[TrustDocument]:
        """Every accepted document of a list, the newest acceptance first."""
        return await self._of_list(_HISTORY, list_id)

    async def evidence(self, list_id: str) -> Sequence[TrustDocument]:
        """Documents that were refused and kept, the last one first."""
        return await self._of_list(_EVIDENCE, list_id)

    async def accept(
        self,
        documents: Sequence[TrustDocument],
        expected: Mapping[str, int | None],
        event: AuditEvent,
        *,
        proposal_id: str | None = None,
        operator: str = "",
    ) -> bool:
        """Switch to these documents, all of them or none; false when somebody was quicker."""

        def work(connection: Connection) -> None:
            if proposal_id is not None and not trust_proposals.accept(connection, proposal_id, operator, event.at):
                raise _TooLateError
            # In one order, so that two imports of the same lists do not wait for each other crosswise.
            for document in sorted(documents, key=lambda document: document.list_id):
                _switch(connection, document, expected[document.list_id])
            audit.record(connection, event)

        try:
            await self._database.run(work)
        except _TooLateError:
            return False
        return True

    async def alarm(
        self, kind: AlertKind, about: str, event: AuditEvent, evidence: Sequence[TrustDocument] = ()
    ) -> bool:
        """Tell operators once while it is open; event and evidence are kept in any case."""

        def work(connection: Connection) -> bool:
            for document in evidence:
                connection.execute(_KEEP[connection.dialect.name], _row(document))
            audit.record(connection, event)
            return alerts.tell(connection, kind, about, "", event)

        return await self._database.run(work)

    async def _of_list(self, statement: Any, list_id: str) -> Sequence[TrustDocument]:
        if not is_key(list_id):
            return ()
        values = {"of_list": list_id}
        rows = await self._database.read(lambda connection: connection.execute(statement, values).all())
        return [_document(row) for row in rows]


class _TooLateError(Exception):
    """Rolls the transaction back: the lists or the proposal are not where the caller saw them."""


def _switch(connection: Connection, document: TrustDocument, expected: int | None) -> None:
    """Add a document and move its list's head to it; raises when the head is elsewhere."""
    serial = connection.execute(_ADD, _row(document)).scalar_one()
    if expected is None:
        head = {"list_id": document.list_id, "sequence": document.sequence, "document": serial}
        moved = connection.execute(_FIRST[connection.dialect.name], head).rowcount
    else:
        values = {
            "of_list": document.list_id,
            "from_sequence": expected,
            "to_sequence": document.sequence,
            "serial": serial,
        }
        moved = connection.execute(_MOVE, values).rowcount
    if moved == 0:
        raise _TooLateError


def _row(document: TrustDocument) -> dict[str, Any]:
    return {
        "list_id": document.list_id,
        "sequence": document.sequence,
        "sha256": document.sha256,
        "token": document.token,
        "at": document.at,
    }


def _document(row: Any) -> TrustDocument:
    return TrustDocument(row.list_id, row.sequence, row.sha256, row.token, row.at)
