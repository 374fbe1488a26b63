"""A restore: into an empty database only, checked first, all or nothing, and told plainly what is known to be lost.

No second operator can agree to it: an empty database knows no operators. So whoever restores says the id of the
backup, and that nothing was written since, or hands over a copy of the audit that says what was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from gateway.admin import backup, backup_reader
from gateway.admin.acts import Act
from gateway.admin.backup_facts import Facts
from gateway.admin.backup_file import BackupError
from gateway.admin.backup_losses import Losses, losses_in
from gateway.admin.backup_ports import BackupOffice, BackupTarget, Report, Restored, Restoring
from gateway.admin.backup_reader import BackupReader
from gateway.audit import AuditAction
from mapping.vocabulary import Realm

REPLAY_WINDOW: Final = timedelta(minutes=6)
"""How long something signed for one use may still be shown again whose use was forgotten: five minutes and the skew."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be restored, and what the operator says about it."""

    path: Path
    backup_id: str
    """As the operator has typed it."""
    realm: Realm
    audit_copy: Path | None = None
    nothing_since: bool = False
    """The operator's word: nothing was written after the audit copy, or without one after the backup."""
    checkpoint_position: int | None = None
    """The last position that the file of checkpoints vouches for; none without a file."""


def restore(
    office: BackupOffice,
    target: BackupTarget,
    wish: Wish,
    act: Act,
    *,
    report: Report = backup.quiet,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Fill the database and begin a new epoch; a refusal (``BackupError``, ``AuditCopyError``) changes nothing."""
    filled = target.filled(act.now)
    if filled:
        most = ", ".join(f"{name} {rows}" for name, rows in list(filled.items())[:5])
        raise BackupError(f"the database is not empty ({sum(filled.values())} rows: {most}): give a new one")
    with backup_reader.opened(wish.path, backup.key_of(office)) as reader:
        _require_right(office, reader, wish)
        losses = _losses(wish, reader.facts)
        warnings = _warnings(wish, reader.facts, losses, office.marks())
        note = reader.note
        told = Restoring(
            backup_id=note.id,
            backup_at=note.created_at,
            facts=reader.facts,
            event=act.event(AuditAction.BACKUP_RESTORED, backup=note.id, epoch=str(reader.facts.epoch + 1)),
            is_complete=wish.nothing_since,
            losses=losses,
            realm=wish.realm,
            proved=lambda: replace(backup.record_of(reader, wish.path), verified_at=act.now),
        )
        if dry_run:
            backup.prove_tables(reader, report)
            return _told(told, warnings, None)
        done = target.restore(reader.tables(), told, report)
        return _told(told, warnings, done)


def _require_right(office: BackupOffice, reader: BackupReader, wish: Wish) -> None:
    backup.require_own(office, reader)
    if reader.note.id != wish.backup_id:
        raise BackupError("the file is another backup than the one whose id was typed")


def _losses(wish: Wish, facts: Facts) -> Losses | None:
    losses = None if wish.audit_copy is None else losses_in(wish.audit_copy, facts)
    ahead = _ahead(wish, facts)
    if wish.nothing_since and losses is None and ahead:
        raise BackupError(
            f"the file of checkpoints knows {ahead} events that the backup does not have: something was written since"
        )
    if wish.nothing_since and losses is not None and ahead > losses.events:
        raise BackupError(
            f"the file of checkpoints knows {ahead} events after the backup, the copy of the audit {losses.events}"
        )
    return losses


def _ahead(wish: Wish, facts: Facts) -> int:
    return max(0, (wish.checkpoint_position or 0) - facts.chain_position)


def _warnings(wish: Wish, facts: Facts, losses: Losses | None, marks: Mapping[str, int]) -> list[str]:
    """What an operator has to know or to do, in whole sentences."""
    found = []
    if ahead := _ahead(wish, facts):
        found.append(f"{ahead} events of the audit are lost: the file of checkpoints vouches for them; it is told of")
    behind = sorted(name for name, number in marks.items() if facts.trust_heads.get(name, 0) < number)
    if behind:
        found.append(f"older trust lists than were accepted: import {', '.join(behind)} anew; nothing is judged before")
    if not wish.nothing_since:
        found.append(
            "what was written since is not known in full: every person is asked for consent again, and stand-in "
            "numbers come from region codes that were kept back"
        )
        found.append(
            "secrets, keys and operators are as they were at the backup: change again what was changed since, above "
            "all what was compromised"
        )
    if losses is not None and losses.keys:
        named = ", ".join(sorted({f"{action} {name}".strip() for action, name in losses.keys}))
        found.append(f"managed keys have moved since: do these again before the gateway starts: {named}")
    if losses is not None and losses.allocations:
        found.append(f"{losses.allocations} stand-in numbers were given since: their holders will be given other ones")
    return found


def _told(told: Restoring, warnings: list[str], done: Restored | None) -> dict[str, Any]:
    losses = told.losses
    known_to = None if losses is None else losses.last_at
    return {
        "id": told.backup_id,
        "backup_at": told.backup_at.isoformat(),
        "from_engine": told.facts.engine,
        "rows": told.facts.total if done is None else done.rows,
        "epoch": told.facts.epoch + 1,
        "left_out": {} if done is None else dict(done.ended),
        "changed": {} if done is None else dict(done.changed),
        "known_lost": None if losses is None else dict(losses.told),
        "audit_known_to": None if known_to is None else known_to.isoformat(),
        "is_complete": told.is_complete,
        "warnings": warnings,
        "start_not_before": (told.at + REPLAY_WINDOW).isoformat(),
        "dry_run": done is None,
    }
