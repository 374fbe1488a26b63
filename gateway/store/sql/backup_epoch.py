"""What a restored database is before anybody may use it: a new epoch, in which nothing given out since lives on.

A backup does not know what happened after it. What a copy of the audit tells of that time is done again; where nobody
says that nothing else happened, the rest is met by refusing: consents are asked for anew, numbers come from region
codes from which none were given lately, and versions and event numbers go on far above those that were reached.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, insert, select, text, update

from gateway.admin.backup_losses import Losses
from gateway.admin.backup_ports import Restoring
from gateway.admin.operation_records import Epoch
from gateway.admin.records import Switch, SwitchKind
from gateway.audit import AuditAction, AuditEvent
from gateway.store.sql import audit, backup_numbers, consents, key_registry, people, standings, switches
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.number_tables import operators, reveals
from gateway.store.sql.operation_tables import epochs, key_sets
from gateway.store.sql.signature_tables import trust_proposals
from gateway.store.sql.tables import audit as events
from gateway.store.sql.tables import clients, initial_access
from gateway.store.sql.tables import consents as consent_rows
from gateway.store.vault import Vault

CAUSE: Final = "restore"
"""Who or what has done it, in records and events."""
SEQ_MARGIN: Final = 1_000_000
"""So far above the highest known number the events go on: none of those that were lost had a number as high."""
VERSION_MARGIN: Final = 1_000
"""The same for the versions of key sets."""


class Begun(NamedTuple):
    """What came of it."""

    epoch: Epoch
    changed: Mapping[str, int]


def begin(connection: Connection, vault: Vault, told: Restoring) -> Begun:
    """Begin a new epoch in the transaction that has filled the tables."""
    at = told.at
    epoch = Epoch(told.facts.epoch + 1, at, CAUSE, told.backup_id, told.backup_at)
    _number_events(connection, told)
    changed = {
        "initial_access_ended": _end(connection, initial_access, initial_access.c.revoked_at, at),
        "reveals_ended": _close(connection, reveals, at),
        "trust_proposals_ended": _close(connection, trust_proposals, at),
        "key_sets_raised": _raise_versions(connection),
    }
    if told.losses is not None:
        changed |= _repeat(connection, vault, told.losses, told.event)
    if not told.is_complete:
        changed["consents_to_be_asked_again"] = _doubt_consents(connection, at)
    if not told.is_complete or (told.losses is not None and told.losses.allocations):
        changed["region_codes_switched_off"] = _leave_codes(connection, vault, told)
    record = {"cause": epoch.cause, "backup_id": epoch.backup_id, "backup_at": _written(epoch.backup_at)}
    known = {"is_complete": told.is_complete, "changed": changed, "audit_known_to": _known_to(told)}
    connection.execute(
        insert(epochs),
        {"number": epoch.number, "began_at": at, "record": json.dumps(record | known, separators=(",", ":"))},
    )
    return Begun(epoch, changed)


def _number_events(connection: Connection, told: Restoring) -> None:
    """Write the event of the restore far above all others, so that no number is ever given to two events (F-BK-02)."""
    known = 0 if told.losses is None else told.losses.highest_seq
    seq = max(told.facts.audit_seq, known) + SEQ_MARGIN
    row = {"seq": seq, **audit.rows([told.event])[0]}
    connection.execute(insert(events), row)
    if connection.dialect.name == "postgresql":
        for table, column in (("audit", "seq"), ("consents", "seq"), *_OTHER_SERIALS):
            highest = f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"  # noqa: S608 - names of ours
            connection.execute(text(highest))


_OTHER_SERIALS: Final = (("trust_documents", "serial"), ("trust_evidence", "serial"))


def _end(connection: Connection, table: Any, column: Any, at: datetime) -> int:
    statement = update(table).where(column.is_(None), table.c.ends_at > at).values({column.name: at})
    return connection.execute(statement).rowcount


def _close(connection: Connection, table: Any, at: datetime) -> int:
    """Let what waits for a second person wait no longer: it may have been used, or taken back, since."""
    return connection.execute(update(table).where(table.c.ends_at > at).values(ends_at=at)).rowcount


def _raise_versions(connection: Connection) -> int:
    return connection.execute(update(key_sets).values(version=key_sets.c.version + VERSION_MARGIN)).rowcount


def _doubt_consents(connection: Connection, at: datetime) -> int:
    """End every consent at the moment of the restore, which marks them: any may have been withdrawn since (G10)."""
    return connection.execute(
        update(consent_rows).where(consent_rows.c.withdrawn_at.is_(None)).values(withdrawn_at=at)
    ).rowcount


def _leave_codes(connection: Connection, vault: Vault, told: Restoring) -> int:
    """Give no number any more from a region code that may have given some since the backup (G09)."""
    codes = backup_numbers.codes_to_leave(connection, vault, told.realm)
    left = [
        code
        for code in sorted(codes)
        if switches.turn_off(connection, Switch(SwitchKind.REGION, code, told.at, CAUSE, "numbers may be lost"))
    ]
    return len(left)


def _repeat(connection: Connection, vault: Vault, losses: Losses, event: AuditEvent) -> dict[str, int]:
    """Do again what took something away; whoever is not in the backup has nothing that could be taken."""
    return {
        "consents_withdrawn": _count(_withdraw(connection, *pair, event) for pair in losses.withdrawn),
        "subjects_erased": _count(_erase(connection, vault, subject, event) for subject in losses.erased),
        "subjects_blocked": _count(_block(connection, subject, event) for subject in losses.blocked),
        "records_frozen": _count(
            (
                *(_freeze(connection, vault, rows.of_subject(connection, one), event) for one in losses.stopped),
                *(_freeze(connection, vault, rows.of_id(connection, one), event) for one in losses.records),
            )
        ),
        "clients_disabled": _count(_disable(connection, clients, "client_id", one, event) for one in losses.clients),
        "operators_disabled": _count(_disable(connection, operators, "name", one, event) for one in losses.operators),
        "keys_compromised": _count(
            key_registry.lose(connection, kid, event)
            for action, kid in losses.keys
            if action == AuditAction.KEY_COMPROMISED
        ),
        "switches_off": _count(_switch(connection, *what, event) for what in losses.switches),
    }


def _withdraw(connection: Connection, subject_id: str, client_id: str, event: AuditEvent) -> bool:
    if not consents.withdraw(connection, subject_id, client_id, event.at):
        return False
    again = _again(event, AuditAction.CONSENT_WITHDRAWN, subject_id=subject_id, client_id=client_id)
    audit.record(connection, again)
    return True


def _erase(connection: Connection, vault: Vault, subject_id: str, event: AuditEvent) -> bool:
    again = _again(event, AuditAction.SUBJECT_ERASED, subject_id=subject_id)
    empty = vault.seal({}, "subjects", subject_id)
    return people.forget(connection, vault, subject_id, empty, now=event.at, event=again)


def _block(connection: Connection, subject_id: str, event: AuditEvent) -> bool:
    again = _again(event, AuditAction.SUBJECT_BLOCKED, subject_id=subject_id)
    return people.switch_off(connection, subject_id, event.at, again)


def _freeze(connection: Connection, vault: Vault, recorded: rows.Recorded | None, event: AuditEvent) -> bool:
    """Whether it was frozen, disputed or closed: an operator looks at it and says what it is."""
    if recorded is None:
        return False
    standings.freeze(connection, vault, recorded, CAUSE, event)
    return True


def _disable(connection: Connection, table: Any, key: str, name: str, event: AuditEvent) -> bool:
    statement = update(table).where(table.c[key] == name, table.c.disabled_at.is_(None)).values(disabled_at=event.at)
    if connection.execute(statement).rowcount == 0:
        return False
    if table is clients:
        audit.record(connection, _again(event, AuditAction.CLIENT_DISABLED, client_id=name))
    else:
        audit.record(connection, _again(event, AuditAction.OPERATOR_DISABLED, name=name))
    return True


def _switch(connection: Connection, kind: str, name: str, event: AuditEvent) -> bool:
    if kind not in set(SwitchKind):
        return False
    if not switches.turn_off(connection, Switch(SwitchKind(kind), name, event.at, CAUSE, "switched off before")):
        return False
    audit.record(connection, _again(event, AuditAction.SWITCHED_OFF, kind=kind, name=name))
    return True


def _again(
    event: AuditEvent, action: AuditAction, *, subject_id: str | None = None, client_id: str | None = None, **words: str
) -> AuditEvent:
    details = {"operator": event.details["operator"], "cause": CAUSE, **words}
    return replace(event, action=action, subject_id=subject_id, client_id=client_id, details=details)


def _count(done: Iterable[bool]) -> int:
    return sum(done)


def _known_to(told: Restoring) -> str | None:
    return None if told.losses is None else _written(told.losses.last_at)


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def restored(connection: Connection) -> list[Epoch]:
    """The epochs that began with a backup, the last one first."""
    found = connection.execute(select(epochs).order_by(epochs.c.number.desc())).all()
    return [_epoch(row) for row in found]


def _epoch(row: Any) -> Epoch:
    record = json.loads(row.record)
    at = record.get("backup_at")
    return Epoch(
        row.number,
        row.began_at,
        str(record.get("cause", "first")),
        record.get("backup_id"),
        None if at is None else datetime.fromisoformat(at),
    )
