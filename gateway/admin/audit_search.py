"""Looks through the audit: by what, by whom, when; page by page, each operator no further than their places (AD-02).

Everything that is asked for is checked before it reaches a statement, and a cursor is ours or it is refused (AD-04).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from certs.keys import base64url
from gateway.admin.acts import Act
from gateway.admin.audit_ports import AuditFilter, AuditRecords
from gateway.admin.operation_records import AuditLine
from gateway.admin.records import Operator
from gateway.admin.rights import covers, place_of
from gateway.audit import AuditAction, AuditLog
from gateway.oidc.ports import ClientStore

PAGE: Final = 200
"""The most lines of one page."""
FIELDS: Final = ("action", "since", "until", "client_id", "subject_id", "provider", "operator", "correlation_id")
"""What may be asked for."""
_PARTS: Final = ("actions", *FIELDS[1:])
_STRETCHES: Final = 25
"""Of the log, that are looked through for one page: half a million events."""
_KEY_DOMAIN: Final = b"audit cursor"
_TAG: Final = 16
_SEQ: Final = 8
_ID_LIMIT: Final = 256
_ACTIONS: Final = frozenset(action.value for action in AuditAction)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SearchError(ValueError):
    """What cannot be asked for; the text names the field and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, newest first, and where to go on."""

    lines: tuple[AuditLine, ...]
    cursor: str | None
    """None when there is nothing more; a page may be short, or empty, and still have one."""

    def described(self) -> dict[str, Any]:
        """For the command line and the operator API."""
        return {"events": [described(line) for line in self.lines], "next": self.cursor}


@dataclass(frozen=True, slots=True)
class SearchDesk:
    """What a search is done with."""

    records: AuditRecords
    log: AuditLog
    clients: ClientStore
    key: bytes = field(repr=False)
    """Of the gateway's own; cursors are authenticated with a key made out of it."""


def wanted(fields: Mapping[str, str | None]) -> AuditFilter:
    """Read what is asked for; raises ``SearchError``. ``action`` is an event, or the part before its dot."""
    ids = {name: _id(name, fields.get(name)) for name in FIELDS[3:]}
    since, until = _moment("since", fields.get("since")), _moment("until", fields.get("until"))
    if since is not None and until is not None and since >= until:
        raise SearchError("since must be before until")
    return AuditFilter(actions=_actions(fields.get("action")), since=since, until=until, **ids)


async def search(
    desk: SearchDesk, operator: Operator, asked: AuditFilter, act: Act, *, cursor: str | None, most: int
) -> Page:
    """One page; raises ``SearchError`` for a cursor that is not of this search and this operator."""
    if not 1 <= most <= PAGE:
        raise SearchError(f"limit must be from 1 to {PAGE}")
    before = None if cursor is None else _opened(desk.key, operator, asked, cursor)
    page = "first" if cursor is None else "next"
    by = ", ".join(name for name in _PARTS if getattr(asked, name)) or "nothing"
    # Whose events were looked for is on record with their own: they may ask who did.
    event = act.event(AuditAction.AUDIT_SEARCHED, subject_id=asked.subject_id, what="search", by=by, page=page)
    await desk.log.append(event)
    places: dict[str, str | None] = {}
    lines: list[AuditLine] = []
    for _ in range(_STRETCHES):
        found = await desk.records.search(asked, before, most - len(lines))
        await _look_up(desk.clients, operator, found.lines, places)
        lines += [line for line in found.lines if visible(line, operator, places)]
        before = found.reached
        if before is None or len(lines) >= most:
            break
    return Page(tuple(lines), None if before is None else _cursor(desk.key, operator, asked, before))


def visible(line: AuditLine, operator: Operator, places: Mapping[str, str | None]) -> bool:
    """Whether an event is this operator's to see; ``places`` says where each client belongs.

    An event of a client is its place's. One of a provider alone is that provider's place's. What is neither one's,
    the work of operators and the gateway's own, is for those who may see everything.
    """
    if line.client_id is not None:
        return covers(operator, places.get(line.client_id))
    return covers(operator, None if line.provider is None else place_of(line.provider))


def described(line: AuditLine) -> dict[str, Any]:
    """One event as it is shown."""
    return {
        "seq": line.seq,
        "position": line.position,
        "at": line.at.isoformat(),
        "action": line.action,
        "correlation_id": line.correlation_id,
        "client_id": line.client_id,
        "subject_id": line.subject_id,
        "provider": line.provider,
        "details": dict(line.details),
    }


async def _look_up(
    clients: ClientStore, operator: Operator, lines: tuple[AuditLine, ...], places: dict[str, str | None]
) -> None:
    if not operator.jurisdictions:
        return
    for client_id in {line.client_id for line in lines if line.client_id is not None} - places.keys():
        client = await clients.find(client_id)
        places[client_id] = None if client is None else client.jurisdiction


def _actions(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    found = tuple(sorted(action for action in _ACTIONS if action == text or action.startswith(f"{text}.")))
    if not found:
        raise SearchError("action is none of the events on record")
    return found


def _id(name: str, text: str | None) -> str | None:
    if text is not None and not (0 < len(text) <= _ID_LIMIT and text.isascii() and text.isprintable()):
        raise SearchError(f"{name} must be printable ASCII of at most {_ID_LIMIT} characters")
    return text


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text if _MOMENT.fullmatch(text) else "").astimezone(UTC)
    except (ValueError, OverflowError):
        raise SearchError(f"{name} must be a moment such as 2026-11-24T09:00:00+08:00") from None
    # An hour's room on both sides, for whoever counts hours.
    if not _EARLIEST <= moment <= datetime(9999, 12, 31, tzinfo=UTC) - timedelta(hours=1):
        raise SearchError(f"{name} is out of range")
    return moment


def _cursor(key: bytes, operator: Operator, asked: AuditFilter, before: int) -> str:
    number = before.to_bytes(_SEQ, "big", signed=True)
    return base64url.encode(number + _tag(key, operator, asked, number))


def _opened(key: bytes, operator: Operator, asked: AuditFilter, cursor: str) -> int:
    try:
        data = base64url.decode(cursor) if len(cursor) <= _ID_LIMIT else b""
    except ValueError:
        data = b""
    number, tag = data[:_SEQ], data[_SEQ:]
    if not hmac.compare_digest(tag, _tag(key, operator, asked, number)):
        raise SearchError("the cursor is not one of this search")
    return int.from_bytes(number, "big", signed=True)


def _tag(key: bytes, operator: Operator, asked: AuditFilter, number: bytes) -> bytes:
    """Binds a cursor to the search and to whom it was given."""
    own = hmac.digest(key, _KEY_DOMAIN, hashlib.sha256)
    words = [operator.name, sorted(operator.jurisdictions), [str(getattr(asked, name)) for name in _PARTS]]
    return hmac.digest(own, number + json.dumps(words).encode("utf-8"), hashlib.sha256)[:_TAG]
