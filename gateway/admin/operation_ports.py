"""What operation needs to be remembered; implemented in ``gateway.store``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from certs.keys.rotation.records import KeySetRecord
from gateway.admin.operation_records import Credentials, Instance, JointAct, OperatorSession, Outage
from gateway.audit import AuditEvent


class KeyRegistry(Protocol):
    """Managed keys: sets with a version, changed by compare and set."""

    async def all(self) -> Mapping[str, KeySetRecord]:
        """Every set on record."""
        ...

    async def versions(self) -> Mapping[str, int]:
        """The version of every set: the cheap question whether anything has changed."""
        ...

    async def change(
        self,
        before: KeySetRecord,
        after: KeySetRecord,
        events: Sequence[AuditEvent],
        *,
        operation: str | None = None,
        verb: str = "",
    ) -> bool:
        """Write the set after a change, with its events; false, and nothing written, if its version has moved.

        ``operation`` is put on record with the outcome, in the same transaction.
        """
        ...

    async def outcome(self, operation: str) -> Mapping[str, str] | None:
        """What was done under an operation id: ``key_set``, ``verb``, ``version``; none if nothing was."""
        ...


class InstanceRegistry(Protocol):
    """Which workers run."""

    async def beat(self, instance: Instance) -> datetime:
        """Put on record that a worker lives; gives the database's own time, to compare clocks with."""
        ...

    async def living(self, since: datetime) -> Sequence[Instance]:
        """Those seen since then."""
        ...

    async def gone(self, instance_id: str) -> None:
        """Forget one that stops in order."""
        ...


class JointActs(Protocol):
    """Acts of two persons (AD-05)."""

    async def ask(self, act: JointAct, event: AuditEvent) -> None:
        """Put a request on record."""
        ...

    async def find(self, act_id: str) -> JointAct | None:
        """One of them, whatever its state."""
        ...

    async def waiting(self, now: datetime) -> Sequence[JointAct]:
        """Those that can still be agreed to or done, oldest first."""
        ...

    async def agree(self, act_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """Agree; false, and no event, if it is over, agreed to, or ``operator`` asked for it themselves."""
        ...

    async def take(self, act_id: str, digest: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """Use up an agreement, once, by whoever asked, for exactly what was agreed to; false otherwise."""
        ...

    async def refuse(self, act_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """End one without doing it; false if it is over."""
        ...

    async def note(self, event: AuditEvent) -> None:
        """Put a step on record that was refused."""
        ...


class OperatorAccounts(Protocol):
    """How operators sign in."""

    async def credentials(self, name: str) -> Credentials | None:
        """What somebody signs in with."""
        ...

    async def of_certificate(self, thumbprint: str) -> Credentials | None:
        """Whose client certificate it is."""
        ...

    async def set_credentials(self, credentials: Credentials, now: datetime, event: AuditEvent) -> bool:
        """Write them; false if the certificate belongs to somebody else. Every session of theirs ends."""
        ...

    async def renew_hash(self, name: str, before: str, after: str, now: datetime) -> bool:
        """Put a newer hash of the same password in the place of the older; false if it has changed meanwhile."""
        ...

    async def spend_code(self, name: str, step: int, now: datetime) -> bool:
        """Take a one-time code; false for one of a step that was taken, or an older one."""
        ...

    async def begin(self, session: OperatorSession, event: AuditEvent) -> None:
        """Somebody is signed in."""
        ...

    async def session(self, session_hash: bytes, now: datetime) -> OperatorSession | None:
        """A session that has not ended."""
        ...

    async def touch(self, session: OperatorSession) -> None:
        """Write ``seen_at`` and ``ends_at`` anew."""
        ...

    async def end(self, session_hash: bytes, event: AuditEvent) -> bool:
        """Sign out; false if there was no such session."""
        ...

    async def end_all(self, name: str, event: AuditEvent) -> int:
        """End every session of somebody; gives how many there were."""
        ...

    async def sessions(self, name: str, now: datetime) -> Sequence[OperatorSession]:
        """Those of somebody that have not ended, the oldest first."""
        ...


class SignInAttempts(Protocol):
    """Bounded tries at a name, or from an address."""

    async def admit(self, kind: str, key: str, now: datetime) -> bool:
        """Count one try; false when the limit is reached and the lock-out has not passed."""
        ...


class OutageRegistry(Protocol):
    """Planned outages of providers."""

    async def plan(self, outage: Outage, event: AuditEvent) -> None:
        """Put one on record."""
        ...

    async def withdraw(self, outage_id: str, event: AuditEvent) -> bool:
        """Take one back; false if unknown."""
        ...

    async def coming(self, now: datetime) -> Sequence[Outage]:
        """Those that are not over, the earliest first."""
        ...
