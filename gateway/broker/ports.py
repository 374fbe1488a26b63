"""What a sign-in needs to be remembered; implemented in ``gateway.store``, checked by one suite for all engines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.audit import AuditEvent
from gateway.broker.model import Consent, LoginTransaction, Session, Stage
from gateway.oidc.model import AuthorizationCode, Grant
from mapping.documents import TravelPermit
from mapping.evidence import Binding, Decision, Evidence, Known
from mapping.identifier import MainlandIdentifier


class TransactionStore(Protocol):
    """Sign-ins under way."""

    async def begin(self, transaction: LoginTransaction, event: AuditEvent) -> None:
        """Remember a new one."""
        ...

    async def find(self, transaction_id: str, browser: bytes, now: datetime) -> LoginTransaction | None:
        """The live transaction, for its own browser only."""
        ...

    async def find_by_login(self, login_id: str, browser: bytes, now: datetime) -> LoginTransaction | None:
        """The live transaction that a provider's callback names, for its own browser only."""
        ...

    async def move(
        self,
        transaction: LoginTransaction,
        came_from: Collection[Stage],
        now: datetime,
        event: AuditEvent | None = None,
    ) -> bool:
        """Store the changed transaction if it still stands at one of ``came_from`` and has not expired.

        One atomic statement; true for exactly one of many callers. The row's ``login_id`` must also be the one that
        the caller saw, unless the caller sets a new one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Completion:
    """All that the end of a sign-in leaves behind, written in one transaction or not at all."""

    grant: Grant
    code: AuthorizationCode
    events: Sequence[AuditEvent]
    consent: Consent | None = None
    new_session: Session | None = None
    seen_session: Session | None = None
    """The session that was used for single sign-on; its ``seen_at`` moves."""
    replaces_session: bytes | None = None
    """Cookie hash of the session that ``new_session`` takes the place of."""
    transaction: LoginTransaction | None = None
    """The transaction to be moved to DONE, from ``came_from``."""
    came_from: Collection[Stage] = ()


class SignInStore(Protocol):
    """Subjects, sessions, consents, and the end of a sign-in."""

    async def subject(self, provider: str, upstream_subject: str, now: datetime) -> str | None:
        """The id of the person (provider, upstream subject), made on first sight; ``None`` if switched off (G07)."""
        ...

    async def pairwise(self, subject_id: str, sector: str, proposed: str) -> str:
        """The stored pairwise ``sub`` for the sector; ``proposed`` is stored when there is none yet."""
        ...

    async def session(self, cookie_hash: bytes, now: datetime) -> Session | None:
        """The live session behind a cookie: neither idle for too long, nor over, nor its subject switched off."""
        ...

    async def end_session(self, cookie_hash: bytes, now: datetime, event: AuditEvent) -> Session | None:
        """End a session; ``None`` when there was none."""
        ...

    async def consent(self, subject_id: str, client_id: str) -> Consent | None:
        """The newest decision that was not withdrawn."""
        ...

    async def complete(self, completion: Completion, now: datetime) -> bool:
        """Write the end of a sign-in; false (and nothing written) if the transaction was not where it should be."""
        ...


class NumberStore(Protocol):
    """Which permit has which 18-character identifier; sealed, and found by blind index."""

    async def of_subject(self, subject_id: str) -> Binding | None:
        """The binding recorded for a person, if any."""
        ...

    async def known(
        self, permit: TravelPermit, previous: TravelPermit | None, number: MainlandIdentifier | None
    ) -> Known:
        """What is on record about the documents at hand; input of ``mapping.resolve.decide``."""
        ...

    async def apply(  # noqa: PLR0917 - one call is one row of history
        self, subject_id: str, provider: str, evidence: Evidence, decision: Decision, now: datetime, event: AuditEvent
    ) -> Binding:
        """Carry a ``Keep``, ``Bind`` or ``Allocate`` out and tie the person to it, in one transaction.

        Raises ``BindingRaceError`` when the record changed since ``known`` (read and decide again), and
        ``BindingConflictError`` when the permit is tied to another person of the same provider, or this person to
        another permit, or the number to another permit (G07, G09): nothing is written then.
        """
        ...


class BindingRaceError(Exception):
    """Somebody else changed the binding between reading and writing."""


class BindingConflictError(Exception):
    """Two persons claim one permit or number; a human has to look."""


class AttemptCounter(Protocol):
    """Bounded tries, for example at the permit page. May be lost with its store; then it starts anew, strictly."""

    async def admit(self, kind: str, key: str, now: datetime) -> bool:
        """Count one try; false when the limit is reached and the lock-out has not passed."""
        ...
