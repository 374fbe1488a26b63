"""The broker's ports in memory: just enough of what a store promises, and a list of what was asked of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.audit import AuditEvent
from gateway.broker.model import Consent, LoginTransaction, Session, Stage
from gateway.broker.ports import (
    Anchor,
    Completion,
    EndedSession,
    Notice,
    Recognition,
)
from mapping.identifier import MainlandIdentifier
from mapping.ports import LinkAnswer, LinkOutcome, LinkQuestion
from providers.base import Assurance, Callback, LoginRequest, LoginStart, UpstreamIdentity
from providers.errors import ProviderError


class FakeAudit:
    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def append(self, event: AuditEvent) -> None:
        self.events.append(event)

    def told(self) -> list[tuple[str, str | None]]:
        return [(event.action.value, event.details.get("reason")) for event in self.events]


class FakeAttempts:
    """So many tries of each kind and key, then no more."""

    def __init__(self, limit: int = 5) -> None:
        self.limit = limit
        self.tries: list[tuple[str, str]] = []

    async def admit(self, kind: str, key: str, now: datetime) -> bool:
        self.tries.append((kind, key))
        return self.tries.count((kind, key)) <= self.limit


@dataclass
class FakeRegister:
    """Matches what it knows: permit -> residence number or none; anything else as ``otherwise`` says."""

    known: dict[str, MainlandIdentifier | None] = field(default_factory=dict)
    birthdate: date | None = None
    """If set, the only birth date that matches."""
    otherwise: LinkOutcome = LinkOutcome.NOT_MATCHED
    failure: ProviderError | None = None
    redeem_failure: ProviderError | None = None
    asked: list[LinkQuestion] = field(default_factory=list)

    async def ask(self, question: LinkQuestion) -> LinkAnswer:
        self.asked.append(question)
        if self.failure is not None:
            raise self.failure
        permit = question.permit.canonical
        if permit not in self.known or self.birthdate not in {None, question.birthdate}:
            return LinkAnswer(self.otherwise)
        return LinkAnswer(LinkOutcome.MATCHED, None, permit if self.known[permit] is not None else None)

    async def redeem(self, token: str) -> MainlandIdentifier:
        if self.redeem_failure is not None:
            raise self.redeem_failure
        number = self.known[token]
        assert number is not None
        return number


class FakeTransactions:
    def __init__(self, *transactions: LoginTransaction) -> None:
        self.by_id = {transaction.id: transaction for transaction in transactions}
        self.events: list[AuditEvent] = []

    async def begin(self, transaction: LoginTransaction, event: AuditEvent) -> None:
        self.by_id[transaction.id] = transaction
        self.events.append(event)

    async def find(self, transaction_id: str, browser: bytes, now: datetime) -> LoginTransaction | None:
        found = self.by_id.get(transaction_id)
        return found if found is not None and found.browser == browser else None

    async def find_by_login(self, login_id: str, browser: bytes, now: datetime) -> LoginTransaction | None:
        return next((one for one in self.by_id.values() if (one.login_id, one.browser) == (login_id, browser)), None)

    async def move(
        self,
        transaction: LoginTransaction,
        came_from: Collection[Stage],
        now: datetime,
        event: AuditEvent | None = None,
    ) -> bool:
        if self.by_id[transaction.id].stage not in came_from:
            return False
        self.by_id[transaction.id] = transaction
        return True


class FakeSignIns:
    def __init__(self) -> None:
        self.recognition = Recognition.WELCOME
        self.anchors: list[Anchor] = []
        self.sessions: dict[bytes, Session] = {}
        self.consents: dict[tuple[str, str], Consent] = {}
        self.completions: list[Completion] = []
        self.is_moved_on = False
        self.organisations: list[str] = []
        self.organisation_recognition = Recognition.WELCOME
        self.ended: list[AuditEvent] = []
        self.signed_in_at: Mapping[str, str] = {}

    async def subject(
        self, provider: str, upstream_subject: str, anchor: Anchor, now: datetime, correlation_id: str
    ) -> tuple[str, Recognition]:
        self.anchors.append(anchor)
        if upstream_subject.startswith("organisation:"):
            self.organisations.append(upstream_subject)
            return "organisation-1", self.organisation_recognition
        return "person-1", self.recognition

    async def pairwise(self, subject_id: str, sector: str, proposed: str) -> str:
        return proposed

    async def session(self, cookie_hash: bytes, now: datetime) -> Session | None:
        return self.sessions.get(cookie_hash)

    async def end_session(self, cookie_hash: bytes, now: datetime, event: AuditEvent) -> EndedSession | None:
        session = self.sessions.pop(cookie_hash, None)
        self.ended.append(event)
        return None if session is None else EndedSession(session, self.signed_in_at)

    async def consent(self, subject_id: str, client_id: str) -> Consent | None:
        return self.consents.get((subject_id, client_id))

    async def complete(self, completion: Completion, now: datetime) -> bool:
        if self.is_moved_on:
            return False
        self.completions.append(completion)
        return True


class FakePeople:
    def __init__(self) -> None:
        self.shared: Sequence[str] = ()
        self.given: dict[str, datetime] = {}
        self.decided: list[Consent] = []
        self.erased: list[str] = []
        self.events: list[AuditEvent] = []

    async def accounts(self, subject_id: str) -> Sequence[str]:
        return self.shared

    async def consents(self, subject_id: str) -> Sequence[Consent]:
        return self.decided

    async def receivers(self, subject_id: str) -> Mapping[str, datetime]:
        return self.given

    async def withdraw(self, subject_id: str, client_id: str, now: datetime, event: AuditEvent) -> bool:
        standing = [consent for consent in self.decided if consent.client_id == client_id]
        self.decided = [consent for consent in self.decided if consent.client_id != client_id]
        self.events.append(event)
        return bool(standing)

    async def erase(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        self.erased.append(subject_id)
        self.events.append(event)
        return True


class FakeNotices:
    def __init__(self, *notices: Notice) -> None:
        self.waiting = list(notices)
        self.taken: list[str] = []
        self.later: dict[str, datetime | None] = {}
        self.events: list[AuditEvent] = []
        self.leases: list[tuple[datetime, int]] = []

    async def due(self, now: datetime, lease_until: datetime, limit: int) -> Sequence[Notice]:
        self.leases.append((lease_until, limit))
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def delivered(self, notice_id: str, now: datetime, event: AuditEvent) -> None:
        self.taken.append(notice_id)
        self.events.append(event)

    async def put_off(self, notice_id: str, again_at: datetime | None, event: AuditEvent | None) -> None:
        self.later[notice_id] = again_at
        if event is not None:
            self.events.append(event)


@dataclass
class FakeProvider:
    name: str = "hong_kong"
    identity: UpstreamIdentity | None = None
    keeps_state: bool = True
    highest_assurance: Assurance = Assurance.THREE
    started: list[LoginRequest] = field(default_factory=list)
    failure: ProviderError | None = None
    """Raised when a sign-in is begun."""

    async def start(self, login: LoginRequest) -> LoginStart:
        self.started.append(login)
        if self.failure is not None:
            raise self.failure
        return LoginStart("https://provider.example/start")

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        assert self.identity is not None
        return self.identity

    def sign_out_url(self, return_to: str) -> str | None:
        return None


class FakePushed:
    """Handles that were spent, in order."""

    def __init__(self) -> None:
        self.spent: list[bytes] = []

    async def push(self, handle: bytes, client_id: str, pairs: Sequence[tuple[str, str]], expires_at: datetime) -> None:
        raise NotImplementedError

    async def pushed(self, handle: bytes, client_id: str, now: datetime) -> Sequence[tuple[str, str]] | None:
        raise NotImplementedError

    async def spend(self, handle: bytes, now: datetime) -> bool:
        self.spent.append(handle)
        return self.spent.count(handle) == 1
