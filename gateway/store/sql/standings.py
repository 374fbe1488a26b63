"""How a record's standing changes: frozen, released, closed; by operators, by its holder, by the gateway itself."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from gateway.admin.records import Switch, SwitchKind
from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent
from gateway.broker.ports import BindingRaceError, NoticeKind
from gateway.store.sql import alerts, allocation, audit, buckets, notices, number_rows, people, switches, ties
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Author, Recorded
from gateway.store.vault import Vault
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing, standing_after

GATEWAY: Final = "gateway"
_WITHDRAWS: Final = frozenset({Change.FROZEN, Change.DISPUTED, Change.CLOSED})
"""Whoever has the number is told that it does not stand any more, and no token gives it any longer."""


def change(
    connection: Connection, vault: Vault, recorded: Recorded, what: Change, *, reason: str, author: Author
) -> Standing:
    """Write a change of a locked record's standing; one that changes nothing leaves no trace (``MappingError``)."""
    standing = standing_after(recorded.standing, what)
    if standing is recorded.standing:
        return standing
    written = replace(recorded, standing=standing, version=recorded.version + 1)
    if not rows.change(connection, written):
        raise BindingRaceError
    rows.note(connection, vault, written, what, reason, author)
    if what in _WITHDRAWS:
        _withdraw(connection, vault, written, author)
    return standing


def freeze(connection: Connection, vault: Vault, recorded: Recorded, reason: str, event: AuditEvent) -> None:
    """Stop a record on the gateway's own suspicion; one that stands still already stays as it is."""
    if recorded.standing is not Standing.ACTIVE:
        return
    author = Author(event.at, event.correlation_id, GATEWAY)
    change(connection, vault, recorded, Change.FROZEN, reason=reason, author=author)
    audit.record(connection, replace(event, action=AuditAction.IDENTIFIER_FROZEN, details={"reason": reason}))


def contest(
    connection: Connection,
    vault: Vault,
    recorded: Recorded | None,
    kind: AlertKind,
    *,
    subject_id: str,
    event: AuditEvent,
) -> None:
    """Put a claim before the operators; if two accounts prove a record equally well, it is frozen for both.

    A claim that is before them already changes nothing: what they have released meanwhile stays released.
    """
    audit.record(connection, event)
    about = subject_id if recorded is None else recorded.id
    is_new = alerts.tell(connection, kind, about, subject_id, event)
    if is_new and recorded is not None and kind is AlertKind.TWO_HOLDERS:
        freeze(connection, vault, recorded, kind.value, event)


def reserve(connection: Connection, vault: Vault, number: MainlandIdentifier, event: AuditEvent) -> None:
    """Give no more numbers of a region code that somebody else gives numbers from (mapping specification 10.5 b)."""
    audit.record(connection, event)
    code, reason = buckets.code_of(number), AlertKind.RESERVED_BLOCK.value
    switch = Switch(SwitchKind.REGION, code, event.at, GATEWAY, reason)
    if switches.turn_off(connection, switch):
        details = {"kind": SwitchKind.REGION.value, "name": code}
        audit.record(connection, replace(event, action=AuditAction.SWITCHED_OFF, details=details))
    alerts.tell(connection, AlertKind.RESERVED_BLOCK, code, allocation.NOBODY, event)
    recorded = rows.of_number(connection, vault.number_index(number), lock=True)
    if recorded is not None:
        freeze(connection, vault, recorded, reason, event)


def dispute(connection: Connection, vault: Vault, recorded: Recorded, subject_id: str, event: AuditEvent) -> bool:
    """Freeze a record on its holder's word and tell an operator; false for one that stands still for good."""
    if recorded.standing not in {Standing.ACTIVE, Standing.FROZEN}:
        return False
    provider = event.provider or ""
    author = Author(event.at, event.correlation_id, "person", provider, subject_id)
    change(connection, vault, recorded, Change.DISPUTED, reason="holder", author=author)
    if alerts.tell(connection, AlertKind.DISPUTED, recorded.id, subject_id, event):
        audit.record(connection, event)
    return True


def _withdraw(connection: Connection, vault: Vault, recorded: Recorded, author: Author) -> None:
    if recorded.number_id is not None:
        number_rows.fill(connection, vault, recorded.number_id, rows.opened(vault, recorded).number)
    notices.write(connection, NoticeKind.WITHDRAWN, recorded.id, author.at, author.correlation_id)
    for _, subject_id in ties.accounts(connection, recorded.id):  # tokens would go on giving the number (AL-02)
        people.end_grants(connection, subject_id, author.at)
