"""Imports of trust documents that wait for a second operator (signatures specification 4.3)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, insert, select, update

from gateway.audit import AuditEvent
from gateway.signatures.records import ProposalState, TrustProposal
from gateway.store.codec import Codec
from gateway.store.fields import Fields
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.signature_tables import trust_proposals

_COLUMNS: Final = ("id", "proposed_by", "proposed_at", "ends_at", "state", "decided_by", "decided_at")
_RECORD: Final = Codec(TrustProposal, but=set(_COLUMNS))
_ID: Final = bindparam("of_id", type_=Text())
_WHO: Final = bindparam("who", type_=Text())
_IS_OPEN: Final = trust_proposals.c.state == ProposalState.OPEN.value
_ADD: Final = insert(trust_proposals)
_FIND: Final = select(trust_proposals).where(trust_proposals.c.id == _ID)
_WAITING: Final = (
    select(trust_proposals)
    .where(_IS_OPEN, trust_proposals.c.ends_at > NOW)
    .order_by(trust_proposals.c.proposed_at, trust_proposals.c.id)
)
_ACCEPT: Final = (
    update(trust_proposals)
    .where(
        trust_proposals.c.id == _ID,
        _IS_OPEN,
        trust_proposals.c.ends_at > NOW,
        trust_proposals.c.proposed_by != _WHO,  # nobody is both operators
    )
    .values(state=ProposalState.ACCEPTED.value, decided_by=_WHO, decided_at=NOW)
)
_WITHDRAW: Final = (
    update(trust_proposals)
    .where(trust_proposals.c.id == _ID, _IS_OPEN)
    .values(state=ProposalState.WITHDRAWN.value, decided_by=_WHO, decided_at=NOW)
)


def accept(connection: Connection, proposal_id: str, operator: str, now: datetime) -> bool:
    """Take a live proposal of somebody else in the transaction under way; true for exactly one caller."""
    values = {"of_id": proposal_id, "who": operator, "now": now}
    return is_key(proposal_id) and connection.execute(_ACCEPT, values).rowcount == 1


class SqlTrustProposals:
    """``TrustProposalStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(self, proposal: TrustProposal, event: AuditEvent) -> None:
        """Put one on record."""
        row = {name: getattr(proposal, name) for name in _COLUMNS}
        row |= {"state": proposal.state.value, "record": json.dumps(_RECORD.write(proposal), separators=(",", ":"))}

        def work(connection: Connection) -> None:
            connection.execute(_ADD, row)
            audit.record(connection, event)

        await self._database.run(work)

    async def find(self, proposal_id: str) -> TrustProposal | None:
        """One of them, whatever its state."""
        if not is_key(proposal_id):
            return None
        values = {"of_id": proposal_id}
        row = await self._database.read(lambda connection: connection.execute(_FIND, values).one_or_none())
        return None if row is None else _proposal(row)

    async def waiting(self, now: datetime) -> Sequence[TrustProposal]:
        """Those that can still be accepted, oldest first."""
        rows = await self._database.read(lambda connection: connection.execute(_WAITING, {"now": now}).all())
        return [_proposal(row) for row in rows]

    async def withdraw(self, proposal_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """End one without accepting it; false, and no event, if it is over."""
        if not is_key(proposal_id):
            return False
        values = {"of_id": proposal_id, "who": operator, "now": now}
        return await self._database.run(lambda connection: audit.if_changed(connection, _WITHDRAW, values, event))


def _proposal(row: Any) -> TrustProposal:
    columns = {name: getattr(row, name) for name in _COLUMNS} | {"state": ProposalState(row.state)}
    return _RECORD.read(Fields(json.loads(row.record)), **columns)
