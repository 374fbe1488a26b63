"""What ``gate doctor`` finds about what ends: certificates, keys, trust lists, backups, the audit's checkpoints."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from certs.keys.rotation.schedule import plan
from gateway.admin import audit_keeping, certificate_check, key_home, key_work, measured
from gateway.admin.audit_keeping import AuditStanding, FileState
from gateway.admin.inventory import Item, Kind, Severity
from gateway.admin.key_work import KeyOffice
from gateway.admin.keyring import Keyring
from gateway.config import Settings
from gateway.examination.finding import Finding
from gateway.inventory_sources import inventory, key_sets, listeners
from gateway.live_keys import LiveKeys
from gateway.managed_keys import backends
from gateway.product import utc_now
from gateway.sealed_audit import sealing_of
from gateway.store.open import Stores

_NAMED: Final = 5
"""How many things are named in one remark."""
_OVERDUE: Final = timedelta(hours=6)
"""How long a step of a rotation may wait before it is told of."""
_VERDICTS: Final = ("fine", "attention", "broken")
_WORD: Final = {
    Kind.TRUST_LIST: "trust lists",
    Kind.ROOT: "trust lists",
    Kind.BACKUP: "backup",
    Kind.CHECKPOINT: "audit",
}
_FILES: Final = {
    FileState.AHEAD: "the file is ahead of the database: a backup was restored, or the audit was cut",
    FileState.BROKEN: "the file was changed, or is another gateway's: run `gate audit verify`",
    FileState.UNREADABLE: "the file of audit.checkpoints cannot be read",
}
_OTHERS: Final = "ends"
"""Everything that has no line of its own."""


async def of_stores(settings: Settings, keys: Keyring, stores: Stores) -> list[Finding]:
    """Everything that the database knows of."""
    now = utc_now()
    sets = key_sets(settings)
    items = await inventory(settings, keys, stores, now, sets)
    backend = backends(settings, keys)
    live = LiveKeys(stores.key_registry, backend, sets, {})  # read, and tried out; nothing is put on record
    await live.refresh()
    office = KeyOffice(
        registry=stores.key_registry,
        instances=stores.instances,
        backend=backend,
        sets=sets,
        acts=stores.joint_acts,
        audit=stores.audit,
        ready=lambda _: live.ready,
    )
    found = [*of_items(settings, items), *await _rotations(office)]
    if settings.audit.checkpoints is not None:
        standing = await audit_keeping.standing(sealing_of(settings, stores, live), now)
        found.append(of_checkpoints(standing))
    return found


def of_checkpoints(standing: AuditStanding) -> Finding:
    """How the file of checkpoints stands to the database, and whether anything vouches for the newest events."""
    if standing.file in _FILES:
        return Finding("checkpoints", "broken", _FILES[standing.file])
    if not standing.holds:
        return Finding("checkpoints", "broken", "the audit was changed behind a checkpoint: run `gate audit verify`")
    if standing.is_late:
        why = "" if standing.has_key else ": no key of the set audit-es256 signs"
        return Finding("checkpoints", "attention", f"the newest events wait for one for too long{why}")
    return Finding("checkpoints", "fine", f"position {standing.sealed} of {standing.head} is vouched for")


def of_settings(settings: Settings) -> list[Finding]:
    """What can be said without a database."""
    return [_files(settings), _home(settings)]


def of_items(settings: Settings, items: Iterable[Item]) -> list[Finding]:
    """A line for each group of things, with the names of those that want something."""
    groups: dict[str, list[Item]] = {name: [] for name in (_OTHERS, *dict.fromkeys(_WORD.values()))}
    for item in items:
        groups[_WORD.get(item.kind, _OTHERS)].append(item)
    found = [_group(name, members) for name, members in groups.items() if members]
    if settings.audit.checkpoints is None and settings.environment == "production":
        sentence = "checkpoints lie in the database alone: set audit.checkpoints, and keep that file apart"
        found.append(Finding("checkpoints", "attention", sentence))
    if settings.backup is None and settings.environment == "production":
        found.append(Finding("backup", "attention", "the settings have no block [backup]: nobody is told of old ones"))
    return found


def _group(name: str, items: list[Item]) -> Finding:
    wanting = [item for item in items if item.severity is not Severity.FINE]
    if not wanting:
        return Finding(name, "fine", f"{len(items)} known, none is due")
    named = "; ".join(f"{item.kind} {item.name} {_state(item)}" for item in wanting[:_NAMED])
    more = f"; {len(wanting) - _NAMED} more" if len(wanting) > _NAMED else ""
    return Finding(name, "attention", f"{named}{more}: see `gate cert list`")


def _state(item: Item) -> str:
    if item.severity is Severity.EXPIRED:
        return f"({item.note})" if item.note else "is over"
    end = "" if item.not_after is None else f", ends {item.not_after:%Y-%m-%d %H:%M} UTC"
    return f"is {item.severity}{end}"


def _files(settings: Settings) -> Finding:
    """Whether the listeners' files fit together; a running gateway goes on with the last pair that did."""
    remarks = certificate_check.check(listeners(settings), utc_now())
    if not remarks:
        return Finding("certificates", "fine", "no listener has a certificate of its own")
    worst = max((one.verdict for one in remarks), key=_VERDICTS.index)
    told = [f"{one.where}: {one.sentence}" for one in remarks if one.verdict == worst] if worst != "fine" else []
    return Finding("certificates", worst, "; ".join(told) or "files fit together")


def _home(settings: Settings) -> Finding:
    """Whether the keys are those of another environment (KM-06)."""
    other = key_home.stranger(settings.keys_dir, settings.issuer)
    if other is None:
        return Finding("key folder", "fine", "its keys are this gateway's own")
    sentence = f"its keys are those of {other}: give this gateway keys of its own with `gate init`"
    return Finding("key folder", "attention", f"{sentence}; if it was renamed, write its address into the file issuer")


async def _rotations(office: KeyOffice) -> list[Finding]:
    """What is in the way of the next keys; sets that nothing was ever made for are told of by the start."""
    now, known = utc_now(), await office.registry.all()
    found: list[str] = []
    for name, description in office.sets.items():
        keys = known.get(name)
        if keys is None or not keys.keys:
            continue
        facts = await key_work.facts(office, keys, now)
        one = measured.of_set(
            keys, plan(keys, description.rules, facts), now, keeps_standby=description.rules.keeps_standby
        )
        found += _in_the_way(name, one, runs=facts.instances > 0)
    if found:
        return [Finding("rotation", "attention", "; ".join(found) + ": see `gate keys plan`")]
    return [Finding("rotation", "fine", f"{len(known)} sets, nothing is overdue")]


def _in_the_way(name: str, one: measured.KeySetMeasure, *, runs: bool) -> list[str]:
    """What an operator should know of one set; while no worker runs, nothing could have been done."""
    told = []
    if one.lacks_standby and runs:
        told.append(f"{name} has no next key")
    if one.overdue > _OVERDUE and runs:
        guards = ", ".join(sorted(guard.name.lower() for guard in one.closed_guards)) or "none"
        told.append(f"{name}: a step is overdue, closed guards: {guards}")
    return told
