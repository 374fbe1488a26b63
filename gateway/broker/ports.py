"""What a sign-in needs to be remembered; implemented in ``gateway.store``, checked by one suite for all engines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from gateway.alerts import AlertKind
from gateway.audit import AuditEvent
from gateway.broker.model import Consent, LoginTransaction, Session, Stage
from gateway.oidc.model import AuthorizationCode, Grant
from mapping.documents import TravelPermit
from mapping.evidence import Binding, Decision, Evidence, Known
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Standing


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
    code: AuthorizationCode | None
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
    spends: bytes | None = None
    """Hash of the ``request_uri`` to be spent: written only if nobody else has spent it (RO-02)."""
    approves: str | None = None
    """Id of the device's or counter's request that gets the grant, in the place of a code; a client that wants to be
    pinged gets a delivery in the same write."""
    releases_number: bool = False
    """Whether the person's recorded number goes out with this sign-in: the store remembers that the client has it."""


@dataclass(frozen=True, slots=True, repr=False)
class Anchor:
    """What must never change about the person behind an upstream subject, as far as the provider says (AL-05)."""

    birthdate: date | None = None
    home_card: str | None = None
    """Kind and canonical number of the identity card, ``hkid:…`` or ``bir:…``."""


class Recognition(StrEnum):
    """What became of somebody who came back from a provider."""

    WELCOME = "welcome"
    BLOCKED = "blocked"
    """An operator has switched the person, or the provider, off."""
    SOMEONE_ELSE = "someone_else"
    """The provider delivers another person under a subject that is known: nothing was changed."""


class EndedSession(NamedTuple):
    """A session that was ended just now."""

    session: Session
    signed_in_at: Mapping[str, str]
    """The clients that it had signed the person in at, each with its own ``sid``."""


class SignInStore(Protocol):
    """Subjects, sessions, consents, and the end of a sign-in."""

    async def subject(
        self, provider: str, upstream_subject: str, anchor: Anchor, now: datetime, correlation_id: str
    ) -> tuple[str, Recognition]:
        """The id of the person (provider, upstream subject), made on first sight, and whether they may go on (G07).

        The anchor is kept with the first sign-in that has one, and completed by later ones. One that contradicts it
        is ``SOMEONE_ELSE``, with an alert: another card, or another birth date without the same card. The same card
        with another birth date is the home register's correction: it is taken over.
        """
        ...

    async def pairwise(self, subject_id: str, sector: str, proposed: str) -> str:
        """The stored pairwise ``sub`` for the sector; ``proposed`` is stored when there is none yet."""
        ...

    async def session(self, cookie_hash: bytes, now: datetime) -> Session | None:
        """The live session behind a cookie: neither idle for too long, nor over, nor its subject switched off."""
        ...

    async def end_session(self, cookie_hash: bytes, now: datetime, event: AuditEvent) -> EndedSession | None:
        """End a session with every grant of it; ``None`` when there was none.

        In the same transaction one delivery is made for each client with ``backchannel_logout_uri`` that has a live
        grant of the session.
        """
        ...

    async def consent(self, subject_id: str, client_id: str) -> Consent | None:
        """The newest decision that was not withdrawn."""
        ...

    async def complete(self, completion: Completion, now: datetime) -> bool:
        """Write the end of a sign-in; false (and nothing written) if the transaction was not where it should be."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A person's record as it stands."""

    binding_id: str
    binding: Binding
    standing: Standing = Standing.ACTIVE
    checked_at: datetime | None = None
    """When the register was last asked about it."""


class NumberStore(Protocol):
    """Which permit has which 18-character identifier; sealed, and found by blind index."""

    async def of_subject(self, subject_id: str) -> Held | None:
        """The record a person is tied to, if any, whatever its standing."""
        ...

    async def known(
        self, subject_id: str, permit: TravelPermit, previous: TravelPermit | None, number: MainlandIdentifier | None
    ) -> Known:
        """What is on record about the documents at hand; input of ``mapping.resolve.decide``."""
        ...

    async def apply(  # noqa: PLR0917 - one call is one row of history
        self, subject_id: str, provider: str, evidence: Evidence, decision: Decision, now: datetime, event: AuditEvent
    ) -> Held:
        """Carry a ``Keep``, ``Renew``, ``Bind`` or ``Allocate`` out and tie the person to it, in one transaction.

        The history gets its row, the day's counter moves (with an alert when it passes its mark), and every relying
        party that has the replaced number gets a notice to be delivered. If ``evidence.vouched``, the moment counts
        as the register's last answer.

        Raises ``BindingRaceError`` when the record changed since ``known`` (read and decide again), and
        ``BindingConflictError`` when the permit is tied to another person of the same provider, or this person to
        another permit, or the number to another permit (G07, G09): nothing is written then. Two accounts of one
        provider with the same home card are one person: the younger tie takes the elder's place (AL-10).
        """
        ...

    async def checked(self, binding_id: str, now: datetime) -> None:
        """The register was asked again, and nothing changed."""
        ...

    async def conflict(
        self, kind: AlertKind, subject_id: str, permit: TravelPermit, now: datetime, event: AuditEvent
    ) -> None:
        """Put a claim that contradicts the record before the operators, once; ``TWO_HOLDERS`` freezes the record."""
        ...

    async def reserved_number_seen(self, number: MainlandIdentifier, now: datetime, event: AuditEvent) -> None:
        """Somebody vouches for a number of a reserved block: no more numbers of its region code, an alert.

        If it is one of ours, its record is frozen too.
        """
        ...

    async def dispute(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """The holder says that the number is not theirs: the record is frozen; false if there is none to freeze."""
        ...

    async def untie(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """The account lets the permit go; its sessions and grants end; the record and its numbers stay (AL-07)."""
        ...


class PeopleStore(Protocol):
    """What a person may see and take back of what the gateway remembers."""

    async def accounts(self, subject_id: str) -> Sequence[str]:
        """The providers whose accounts are tied to the same record, this person's own among them."""
        ...

    async def consents(self, subject_id: str) -> Sequence[Consent]:
        """The standing decision for each client, newest first."""
        ...

    async def receivers(self, subject_id: str) -> Mapping[str, datetime]:
        """The clients that were given the recorded number, with the moment of the last time."""
        ...

    async def withdraw(self, subject_id: str, client_id: str, now: datetime, event: AuditEvent) -> bool:
        """Withdraw the standing consent; the client's grants for this person end with it (CD-09, G10)."""
        ...

    async def erase(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """Forget an account: upstream subject, sessions, grants, consents, ties (AL-10); numbers are never freed."""
        ...


class NoticeKind(StrEnum):
    """What a relying party is told about a number it was given."""

    SUPERSEDED = "superseded"
    """Another number has taken its place."""
    WITHDRAWN = "withdrawn"
    """It does not stand any more: closed, or disputed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that one relying party is to be told."""

    id: str
    kind: NoticeKind
    client_id: str
    sub: str = field(repr=False)
    old_number: MainlandIdentifier
    holder: Held | None
    """The record as it is now, if the person is still tied to one and the client may still have the number."""
    at: datetime
    tries: int


class NoticeStore(Protocol):
    """Notices to be delivered: written with the change they tell of, kept until they are delivered or given up."""

    async def due(self, now: datetime, lease_until: datetime, limit: int) -> Sequence[Notice]:
        """Take due notices, so that no other worker takes them before ``lease_until``."""
        ...

    async def delivered(self, notice_id: str, now: datetime, event: AuditEvent) -> None:
        """The relying party has it."""
        ...

    async def put_off(self, notice_id: str, again_at: datetime | None, event: AuditEvent | None) -> None:
        """It was not taken: try again at ``again_at``, or give up if that is none."""
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
