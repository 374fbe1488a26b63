"""What happened after a backup was made, as far as a later copy of the audit tells: to be done again, or to be told.

Only what takes something away is done again: withdrawals, erasures, blocks, what was switched off. What gave somebody
something (a consent, a registration, a number) cannot be made up from an event, and is told to the operator instead.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from certs.keys import base64url, strict_json
from gateway.admin.audit_copy import LONGEST_LINE, verify_copy
from gateway.admin.backup_facts import Facts
from gateway.audit import AuditAction

_GIVES_A_NUMBER: Final = "allocate"
"""The reason of an event whose number was chosen by us."""
_STOPS_A_RECORD: Final = frozenset(
    {
        AuditAction.IDENTIFIER_FROZEN.value,
        AuditAction.IDENTIFIER_DISPUTED.value,
        AuditAction.IDENTIFIER_CLOSED.value,
    }
)
_KEYS: Final = "key."
"""How the names of events about keys begin."""


class AuditCopyError(Exception):
    """A copy of the audit that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Losses:
    """What a copy of the audit tells of the time after a backup."""

    events: int
    highest_seq: int
    last_at: datetime | None
    """The last event of the copy: nothing later is known."""
    withdrawn: tuple[tuple[str, str], ...] = ()
    """Consents taken back: subject and relying party."""
    erased: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    """People whose record was frozen, disputed or closed."""
    records: tuple[str, ...] = ()
    """The same, where an operator did it: ids of records."""
    clients: tuple[str, ...] = ()
    """Relying parties that were switched off."""
    operators: tuple[str, ...] = ()
    """Operators that were switched off."""
    switches: tuple[tuple[str, str], ...] = ()
    """What was switched off: kind and name."""
    allocations: int = 0
    """Stand-in numbers that were given and are not in the backup."""
    keys: tuple[tuple[str, str], ...] = ()
    """What was done to managed keys: the event and the key set or key."""
    told: Mapping[str, int] = field(default_factory=dict)
    """Every kind of event, with how often it happened."""


@dataclass(slots=True)
class _Found:
    """What was read so far; sets keep the last word of those that can be taken back."""

    withdrawn: dict[tuple[str, str], None] = field(default_factory=dict)
    erased: dict[str, None] = field(default_factory=dict)
    blocked: dict[str, None] = field(default_factory=dict)
    stopped: dict[str, None] = field(default_factory=dict)
    records: dict[str, None] = field(default_factory=dict)
    clients: dict[str, None] = field(default_factory=dict)
    operators: dict[str, None] = field(default_factory=dict)
    switches: dict[tuple[str, str], None] = field(default_factory=dict)
    keys: dict[tuple[str, str], None] = field(default_factory=dict)
    allocations: int = 0


def losses_in(copy: Path, facts: Facts) -> Losses:
    """What a copy of the audit (`gate audit export`) tells of the time after a backup; raises ``AuditCopyError``.

    A copy is believed only if its chain holds, and goes on from the very event at which the backup's chain ends.
    """
    try:
        with copy.open("rb") as file:
            verdict = verify_copy(_lines(file), None)
        if verdict.finding is not None:
            raise AuditCopyError(f"the copy of the audit does not hold: {verdict.finding.kind.value}")
        with copy.open("rb") as file:
            return losses_after(_events(_lines(file), facts), facts.audit_seq)
    except OSError as error:
        raise AuditCopyError(f"the copy of the audit cannot be read ({error.strerror})") from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE + 1):
        yield line


def _events(lines: Iterator[bytes], facts: Facts) -> Iterator[Mapping[str, Any]]:
    """The events behind the end of the backup's chain, and those before it that the backup may not have seen."""
    is_joined = facts.chain_position == 0
    for line in lines:
        members = strict_json.parse_object(line)
        if members.get("kind") != "event":
            continue
        if members["position"] > facts.chain_position and not is_joined:
            raise AuditCopyError("the copy of the audit begins after the backup: export it from an earlier position on")
        if members["position"] == facts.chain_position:
            is_joined = base64url.decode(members["hash"]).hex() == facts.chain_hash
            if not is_joined:
                raise AuditCopyError("the copy of the audit is that of another database")
        if isinstance(members["row"], dict):
            yield members["row"]
    if not is_joined:
        raise AuditCopyError("the copy of the audit ends before the backup")


def losses_after(events: Iterable[Mapping[str, Any]], audit_seq: int) -> Losses:
    """What the events behind a number tell; events may come in any order, and their numbers decide."""
    later = sorted((event for event in events if event["seq"] > audit_seq), key=lambda event: int(event["seq"]))
    found, told = _Found(), Counter(str(event["action"]) for event in later)
    for event in later:
        _take_in(found, event)
    return Losses(
        events=len(later),
        highest_seq=int(later[-1]["seq"]) if later else 0,
        last_at=max(filter(None, map(_moment, later)), default=None),
        withdrawn=tuple(found.withdrawn),
        erased=tuple(found.erased),
        blocked=tuple(found.blocked),
        stopped=tuple(found.stopped),
        records=tuple(found.records),
        clients=tuple(found.clients),
        operators=tuple(found.operators),
        switches=tuple(found.switches),
        allocations=found.allocations,
        keys=tuple(found.keys),
        told=dict(sorted(told.items())),
    )


def _take_in(found: _Found, event: Mapping[str, Any]) -> None:
    action, words = str(event["action"]), _words(event)
    subject, client = event.get("subject_id"), event.get("client_id")
    if subject is not None:
        _of_person(found, action, subject, client)
    if action in _STOPS_A_RECORD:
        _stop(found, subject, words.get("record"))
    elif action == AuditAction.CLIENT_DISABLED and client:
        found.clients[client] = None
    elif action == AuditAction.OPERATOR_DISABLED and "name" in words:
        found.operators[words["name"]] = None
    elif action in {AuditAction.SWITCHED_OFF, AuditAction.SWITCHED_ON}:
        _switch(found, action, words)
    elif action.startswith(_KEYS):
        found.keys[action, words.get("kid") or words.get("key_set") or ""] = None
    if words.get("reason") == _GIVES_A_NUMBER:
        found.allocations += 1


def _of_person(found: _Found, action: str, subject: str, client: str | None) -> None:
    if action == AuditAction.CONSENT_WITHDRAWN and client is not None:
        found.withdrawn[subject, client] = None
    elif action == AuditAction.SUBJECT_ERASED:
        found.erased[subject] = None
    elif action == AuditAction.SUBJECT_BLOCKED:
        found.blocked[subject] = None
    elif action == AuditAction.SUBJECT_UNBLOCKED:
        found.blocked.pop(subject, None)


def _stop(found: _Found, subject: str | None, record: str | None) -> None:
    if record:
        found.records[record] = None
    elif subject:
        found.stopped[subject] = None


def _switch(found: _Found, action: str, words: Mapping[str, str]) -> None:
    what = (words.get("kind", ""), words.get("name", ""))
    if action == AuditAction.SWITCHED_ON:
        found.switches.pop(what, None)
    elif all(what):
        found.switches[what] = None


def _words(event: Mapping[str, Any]) -> Mapping[str, str]:
    details = event.get("details")
    if isinstance(details, str):
        try:
            details = json.loads(details)
        except ValueError:
            details = None
    return details if isinstance(details, dict) else {}


def _moment(event: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(event["at"]))
    except ValueError:
        return None  # a row that no program of ours wrote; the chain covers it as it is
    return at if at.tzinfo is not None else None
