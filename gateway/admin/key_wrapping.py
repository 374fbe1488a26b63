"""Moving the sealed files of private halves under the next wrapping key: prepared, restarted, moved, the old key gone.

In this order, because a running gateway knows the keys of its start only: before it is started again it could not read
what lies under the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from certs.keys.backends.sealed_file import SealedFileBackend
from certs.keys.seal import Sealer
from gateway.admin import keyring
from gateway.admin.acts import Act
from gateway.admin.keyring import Keyring
from gateway.admin.operation_records import Instance
from gateway.audit import AuditAction, AuditLog

LIVING: Final = timedelta(minutes=1)
"""A worker that has told nothing of itself for so long has ended."""


class WrappingError(Exception):
    """The files cannot be moved now; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How far a change of the wrapping key is."""

    moved: int
    waiting: int
    """Files that are still under an earlier key, or do not open."""
    refused: tuple[str, ...]
    """Names of those that do not open."""
    may_go: tuple[str, ...]
    """Key files that nothing lies under any more."""


async def prepare(folder: Path, ring: Keyring, audit: AuditLog, act: Act) -> str:
    """Make the next wrapping key; the gateways have to be started again before it is used."""
    act.require_reason()
    if len(ring.wrapping_keys) > 1:
        raise WrappingError("a change is under way: finish it, and delete the key files that it names as out of use")
    name = keyring.create_next_wrapping(folder)
    await audit.append(act.event(AuditAction.KEYS_CHANGED, step="prepare", purpose="wrapping"))
    return name


async def rewrap(folder: Path, ring: Keyring, instances: Sequence[Instance], audit: AuditLog, act: Act) -> Rewrapped:
    """Move every file under the newest key; after an interruption it goes on where it stood."""
    act.require_reason()
    files, newest = _files(folder, ring)
    made_at = datetime.fromtimestamp(keyring.wrapping_file(folder, newest).stat().st_mtime, UTC)
    older = sum(instance.started_at < made_at for instance in instances)
    if older:
        raise WrappingError(f"{older} running workers do not know the newest wrapping key: start them again first")
    await audit.append(act.event(AuditAction.KEYS_CHANGED, step="begin", purpose="wrapping"))
    done = files.reseal()
    waiting = files.waiting()
    if not waiting:
        await audit.append(act.event(AuditAction.KEYS_CHANGED, step="finish", purpose="wrapping"))
    return Rewrapped(done.moved, waiting, done.refused, _may_go(folder, ring, newest, waiting))


def standing(folder: Path, ring: Keyring) -> Rewrapped:
    """How far it is, without moving anything."""
    files, newest = _files(folder, ring)
    waiting = files.waiting()
    return Rewrapped(0, waiting, (), _may_go(folder, ring, newest, waiting))


def _files(folder: Path, ring: Keyring) -> tuple[SealedFileBackend, str]:
    if not ring.wrapping_keys:
        raise WrappingError("there is no wrapping key: `gate init` makes one")
    newest = max(ring.wrapping_keys, key=int)
    return SealedFileBackend(folder, Sealer(ring.wrapping_keys, newest)), newest


def _may_go(folder: Path, ring: Keyring, newest: str, waiting: int) -> tuple[str, ...]:
    if waiting:
        return ()
    return tuple(keyring.wrapping_file(folder, one).name for one in ring.wrapping_keys if one != newest)
