"""The audit as people look through it, newest first: stretch by stretch, so that no statement reads a year.

``audit_hours`` says near which numbers an hour's events stand, whatever the workers' clocks said in between. What is
not linked yet, the last second, is looked through as it is. Values reach the statements as parameters only (AD-04).
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, bindparam, func, select

from gateway.admin.audit_ports import AuditFilter, FoundLines, HourCount
from gateway.admin.operation_records import AuditLine
from gateway.audit import AuditAction
from gateway.store.sql.audit_chain import ROW, STRETCH, TOP
from gateway.store.sql.columns import EPOCH, MICROSECOND
from gateway.store.sql.database import Database
from gateway.store.sql.operation_tables import audit_hours, audit_links
from gateway.store.sql.tables import audit

_SIGN_INS: Final = tuple(action.value for action in AuditAction if action.value.startswith("sign_in."))
_UNREADABLE: Final = {"unreadable": "yes"}
_LARGEST: Final = 2**63 - 1
_HOUR: Final = timedelta(hours=1)
_BELOW: Final = bindparam("below", type_=BigInteger())
_FROM: Final = bindparam("from_seq", type_=BigInteger())
_PART: Final = (
    select(*ROW)
    .where(audit.c.seq < _BELOW, audit.c.seq >= _FROM)
    .order_by(audit.c.seq.desc())
    .limit(STRETCH)
    .subquery("part")
)
_LOWEST: Final = select(func.min(_PART.c.seq), func.count())
_FOUND: Final = (
    select(_PART, audit_links.c.position)
    .outerjoin(audit_links, audit_links.c.seq == _PART.c.seq)
    .order_by(_PART.c.seq.desc())
    .limit(bindparam("most", type_=Integer()))
)
_SPAN: Final = select(func.min(audit_hours.c.first_seq), func.max(audit_hours.c.last_seq))


class SqlAuditRecords:
    """``AuditRecords``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, wanted: AuditFilter, before: int | None, most: int) -> FoundLines:
        """Look through the next stretch of the log."""
        return await self._database.read(lambda connection: _search(connection, wanted, before, most))

    async def counts(self, since: datetime, until: datetime | None = None) -> Sequence[HourCount]:
        """Sign-ins hour by hour, from the hour of ``since`` on."""
        columns, hour = audit_hours.c, _hour(since)
        statement = select(columns.hour, columns.action, columns.provider, columns["count"]).where(
            columns.hour >= hour, columns.action.in_(_SIGN_INS)
        )
        if until is not None:
            statement = statement.where(columns.hour < until)
        ordered = statement.order_by(columns.hour, columns.action, columns.provider)
        rows = await self._database.read(lambda connection: connection.execute(ordered).all())
        return [HourCount(*row) for row in rows]


def _search(connection: Connection, wanted: AuditFilter, before: int | None, most: int) -> FoundLines:
    below = _LARGEST if before is None else before
    linked = int(connection.execute(TOP).scalar_one())
    fresh: tuple[AuditLine, ...] = ()
    if below > linked + 1:  # the last second first
        found = _stretch(connection, wanted, below, linked + 1, most)
        if found.reached is not None:
            return found
        fresh, below = found.lines, linked + 1
    low, high = _span(connection, wanted)
    if low is None or high is None or below <= low:
        return FoundLines(fresh, None)
    found = _stretch(connection, wanted, min(below, high + 1), low, most - len(fresh))
    return FoundLines((*fresh, *found.lines), found.reached)


def _stretch(connection: Connection, wanted: AuditFilter, below: int, low: int, most: int) -> FoundLines:
    values = {"below": below, "from_seq": low, "most": most}
    rows = connection.execute(_FOUND.where(*_conditions(wanted)), values).all()
    lines = tuple(line for line in map(_line, rows) if _is_of(wanted.operator, line))
    if len(rows) == most:
        return FoundLines(lines, rows[-1].seq)
    lowest, count = connection.execute(_LOWEST, values).one()
    return FoundLines(lines, lowest if count == STRETCH else None)


def _span(connection: Connection, wanted: AuditFilter) -> tuple[int | None, int | None]:
    """Between which numbers the linked events of the wanted hours and kinds stand."""
    statement = _SPAN
    if wanted.since is not None:
        statement = statement.where(audit_hours.c.hour >= _hour(wanted.since))
    if wanted.until is not None:
        statement = statement.where(audit_hours.c.hour < wanted.until)
    if wanted.actions:
        statement = statement.where(audit_hours.c.action.in_(wanted.actions))
    low, high = connection.execute(statement).one()
    return low, high


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    columns = _PART.c
    found: list[ColumnElement[bool]] = []
    if wanted.actions:
        found.append(columns.action.in_(wanted.actions))
    if wanted.since is not None:
        found.append(columns.at >= (wanted.since - EPOCH) // MICROSECOND)
    if wanted.until is not None:
        found.append(columns.at < (wanted.until - EPOCH) // MICROSECOND)
    exact = {name: getattr(wanted, name) for name in ("client_id", "subject_id", "provider", "correlation_id")}
    found += [columns[name] == value for name, value in exact.items() if value is not None]
    if wanted.operator is not None:
        # The text as we write it; what it really says is looked at afterwards.
        said = json.dumps({"operator": wanted.operator}, separators=(",", ":"))[1:-1]
        found.append(columns.details.contains(said, autoescape=True))
    return found


def _is_of(operator: str | None, line: AuditLine) -> bool:
    return operator is None or line.details.get("operator") == operator


def _line(row: Any) -> AuditLine:
    at = EPOCH + row.at * MICROSECOND if isinstance(row.at, int) else EPOCH
    return AuditLine(
        row.seq, at, row.action, row.correlation_id, row.client_id, row.subject_id, row.provider,
        _details(row.details), row.position,
    )  # fmt: skip


def _details(text: Any) -> dict[str, str]:
    try:
        members = json.loads(text)
    except (TypeError, ValueError):
        return _UNREADABLE
    if not isinstance(members, dict) or not all(isinstance(value, str) for value in members.values()):
        return _UNREADABLE
    return members


def _hour(moment: datetime) -> datetime:
    return EPOCH + (moment - EPOCH) // _HOUR * _HOUR
