"""What operators' work needs to be remembered; implemented in ``gateway.store``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.admin.records import (
    Alert,
    Bucket,
    DeadLetter,
    HistoryLine,
    InitialAccess,
    NumberRecord,
    Operator,
    Remaining,
    Reveal,
    Switch,
    SwitchKind,
)
from gateway.audit import AuditEvent
from gateway.oidc.model import Client
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing


class ClientRegistry(Protocol):
    """Writing side of the registered relying parties."""

    async def save(self, client: Client, event: AuditEvent) -> bool:
        """Add a new client; false if the ``client_id`` is taken."""
        ...

    async def register(self, client: Client, initial_access: bytes | None, now: datetime, event: AuditEvent) -> bool:
        """Add a new client and use up one use of the initial access token with that hash, both or neither.

        False if the ``client_id`` is taken, or if the token is unknown, revoked, over or used up.
        """
        ...

    async def replace(self, client: Client, event: AuditEvent) -> bool:
        """Write a client anew, all but ``created_at`` and ``disabled_at``; false if unknown."""
        ...

    async def page(self, after: str | None, limit: int) -> list[Client]:
        """Clients in the order of ``client_id``, from the one behind ``after`` on (keyset, never an offset)."""
        ...

    async def disable(self, client_id: str, now: datetime, event: AuditEvent) -> bool:
        """Switch a client off, with all its grants; false if unknown."""
        ...


class NumberRegistry(Protocol):
    """The records of numbers, as operators work with them."""

    async def of_permit(self, permit: TravelPermit) -> NumberRecord | None:
        """The record of a permit, whatever its standing."""
        ...

    async def of_number(self, number: MainlandIdentifier) -> NumberRecord | None:
        """The record that has or had a number; only a reveal by two operators may ask this (MP-03)."""
        ...

    async def of_id(self, binding_id: str) -> NumberRecord | None:
        """The record of an alert."""
        ...

    async def history(self, binding_id: str) -> Sequence[HistoryLine]:
        """All that ever happened to a record, oldest first; what came over from a previous permit is there too."""
        ...

    async def change(self, binding_id: str, change: Change, reason: str, now: datetime, event: AuditEvent) -> Standing:
        """Freeze, release or close a record (``event.details["operator"]`` is who); raises ``MappingError``.

        Closing and freezing send a notice to those who have the number. The history gets its row.
        """
        ...

    async def fullest(self, limit: int) -> Sequence[Bucket]:
        """The fullest buckets, fullest first."""
        ...


class SwitchRegistry(Protocol):
    """What is switched off."""

    async def all(self) -> Sequence[Switch]:
        """Everything that is off now."""
        ...

    async def turn_off(self, switch: Switch, event: AuditEvent) -> bool:
        """Switch something off; false if it is off already."""
        ...

    async def turn_on(self, kind: SwitchKind, name: str, event: AuditEvent) -> bool:
        """Switch it on again; false if it was not off."""
        ...


class AlertRegistry(Protocol):
    """What somebody has to look at."""

    async def page(self, *, open_only: bool, after: str | None, limit: int) -> Sequence[Alert]:
        """Alerts, newest first, from the one behind ``after`` on."""
        ...

    async def is_there(self, alert_id: str) -> bool:
        """Whether there is an alert of this id, settled or not."""
        ...

    async def settle(self, alert_id: str, outcome: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """Put an alert aside with what came of it; false if there is no such open one."""
        ...


class SubjectRegistry(Protocol):
    """People, as operators may act on them: by the opaque ids that audit and alerts name."""

    async def block(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """Switch a person off: sessions and grants end at once, no sign-in succeeds (AL-08); false if unknown."""
        ...

    async def unblock(self, subject_id: str, event: AuditEvent) -> bool:
        """Let the person in again; false if they were not blocked."""
        ...

    async def untie(self, subject_id: str, reason: str, now: datetime, event: AuditEvent) -> bool:
        """Untie an account that is not the holder's; its sessions and grants end; false if it is not tied."""
        ...

    async def state(self, subject_id: str) -> str | None:
        """``active``, ``blocked`` or ``erased``; ``None`` if there is no such person."""
        ...


class OperatorRegistry(Protocol):
    """Who has a key to the operator API."""

    async def save(self, operator: Operator, key_hash: bytes, event: AuditEvent) -> bool:
        """Add one; false if the name is taken."""
        ...

    async def of_key(self, key_hash: bytes) -> Operator | None:
        """The operator behind a key, also when disabled."""
        ...

    async def find(self, name: str) -> Operator | None:
        """The operator of a name, also when disabled."""
        ...

    async def all(self) -> Sequence[Operator]:
        """Everybody, by name."""
        ...

    async def disable(self, name: str, now: datetime, event: AuditEvent) -> bool:
        """Take a key back; false if unknown or disabled already. Every session of theirs ends."""
        ...

    async def change(self, before: Operator, after: Operator, event: AuditEvent) -> bool:
        """Write role and jurisdictions anew; false if disabled or changed meanwhile. Every session of theirs ends."""
        ...


class RevealRegistry(Protocol):
    """Requests to trace a number back."""

    async def ask(self, reveal: Reveal, event: AuditEvent) -> None:
        """Put a request on record."""
        ...

    async def find(self, reveal_id: str) -> Reveal | None:
        """A request by its id."""
        ...

    async def approve(self, reveal_id: str, operator: str, ends_at: datetime, now: datetime, event: AuditEvent) -> bool:
        """Let it be used until ``ends_at``; false if it is over, approved, or ``operator`` asked for it themselves."""
        ...

    async def use(self, reveal_id: str, operator: str, now: datetime, event: AuditEvent) -> NumberRecord | None:
        """Use an approved request, once, by whoever asked for it; ``None`` (with no event) if it cannot be used."""
        ...

    async def used_since(self, operator: str, since: datetime) -> int:
        """How many requests an operator has made since then: the rate limit's measure."""
        ...


class Rekeying(Protocol):
    """Moves everything that is sealed or indexed from old keys to the newest ones, online (MP-09)."""

    async def begin(self, now: datetime, event: AuditEvent) -> bool:
        """Put the newest keys into use beside the old ones; false when they were in use already.

        From this moment every writer must hold them; a worker that does not refuses to write.
        """
        ...

    async def remaining(self) -> Remaining:
        """What still lies under older keys alone."""
        ...

    async def step(self, batch: int) -> int:
        """Move up to ``batch`` rows, in one short transaction each table; gives how many, 0 when nothing is left."""
        ...

    async def finish(self, now: datetime, event: AuditEvent) -> bool:
        """Retire the old keys and drop their indexes; false (and nothing done) while anything is left under them."""
        ...


class InitialAccessRegistry(Protocol):
    """Initial access tokens, by the hash of the token and the name that operators gave them."""

    async def add(self, access: InitialAccess, event: AuditEvent) -> bool:
        """Put one on record; false if the name is taken."""
        ...

    async def find(self, token_hash: bytes, now: datetime) -> InitialAccess | None:
        """The one that may still be used: neither revoked, nor over, nor used up."""
        ...

    async def all(self) -> Sequence[InitialAccess]:
        """Every one on record, by name."""
        ...

    async def revoke(self, name: str, now: datetime, event: AuditEvent) -> bool:
        """Take one back; false if unknown or revoked already."""
        ...


class DeadLetters(Protocol):
    """What relying parties could not be told, after all tries."""

    async def page(self, after: str | None, limit: int) -> Sequence[DeadLetter]:
        """The letters, newest first, from the one behind ``after`` on (keyset, never an offset)."""
        ...

    async def find(self, delivery_id: str) -> DeadLetter | None:
        """One of them, by its id."""
        ...

    async def again(self, delivery_id: str, now: datetime, event: AuditEvent) -> bool:
        """Deliver one again, from its first try on; false if there is no such dead letter."""
        ...
