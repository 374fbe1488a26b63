"""Backups and checkpoints of the audit, as things that are over when the next one does not come in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.admin.inventory import Care, Item, Kind, Severity

CHECKPOINT_WITHIN: Final = timedelta(minutes=10)
"""A checkpoint is due every minute; after ten something is wrong."""


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The newest backup on record."""

    id: str
    at: datetime
    sha256: str
    is_verified: bool


@dataclass(frozen=True, slots=True)
class AuditStanding:
    """How far the chain over the audit has come."""

    linked: int
    """The last position of the chain; 0 before the first."""
    unlinked: int
    """Events that wait to be linked, as far as they are counted."""
    checkpoint_position: int | None = None
    checkpoint_at: datetime | None = None


def of_backup(last: LastBackup | None, warn_after: timedelta) -> Item:
    """The newest backup."""
    if last is None:
        return Item(
            "backup", "backup", Kind.BACKUP, "backup.folder", "none yet", severity=Severity.EXPIRED, note=_NO_BACKUP
        )
    return Item(
        id="backup",
        name="backup",
        kind=Kind.BACKUP,
        where="backup.folder",
        state="verified" if last.is_verified else "written",
        not_before=last.at,
        not_after=last.at + warn_after,
        fingerprint=f"sha256:{last.sha256}",
        detail=last.id,
        care=Care.WATCH,
        note="" if last.is_verified else "not verified yet: run `gate backup verify`",
    )


def of_audit(standing: AuditStanding) -> Iterator[Item]:
    """The newest checkpoint; one that covers everything may be of any age."""
    if standing.linked == 0:
        return
    is_behind = (standing.checkpoint_position or 0) < standing.linked
    at = standing.checkpoint_at
    yield Item(
        id="audit-checkpoint",
        name="audit checkpoint",
        kind=Kind.CHECKPOINT,
        where="audit",
        state="none yet" if at is None else "behind" if is_behind else "complete",
        not_before=at,
        not_after=at + CHECKPOINT_WITHIN if at is not None and is_behind else None,
        severity=Severity.EXPIRED if at is None else Severity.FINE,
        detail=f"position {standing.checkpoint_position or 0} of {standing.linked}",
        care=Care.WATCH,
        note="nothing is signed yet: is there a key of the set audit-es256?" if at is None else "",
    )


_NO_BACKUP: Final = "none was ever made here: run `gate backup create`"
