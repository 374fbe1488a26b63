"""What the signature service needs to be remembered; implemented in ``gateway.store``."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gateway.alerts import AlertKind
from gateway.audit import AuditEvent
from gateway.signatures.records import (
    RecognitionFacts,
    SigningRequest,
    SigningStatus,
    StoredReport,
    TrustDocument,
    TrustProposal,
)


class TrustListStore(Protocol):
    """The accepted lists, the equivalence table and the chain of roots; nothing is ever taken out (G12)."""

    async def current(self) -> Mapping[str, TrustDocument]:
        """The newest accepted document of every list, by list id, as they stand together at one moment (TL-05)."""
        ...

    async def heads(self) -> Mapping[str, tuple[int, str]]:
        """Sequence and SHA-256 of the same documents, without the documents: cheap enough to look every few seconds."""
        ...

    async def history(self, list_id: str) -> Sequence[TrustDocument]:
        """Every accepted document of a list, the newest acceptance first."""
        ...

    async def accept(
        self,
        documents: Sequence[TrustDocument],
        expected: Mapping[str, int | None],
        event: AuditEvent,
        *,
        proposal_id: str | None = None,
        operator: str = "",
    ) -> bool:
        """Switch to these documents, all of them or none.

        False, and no event, if a list does not stand at its ``expected`` sequence (``None``: there is none yet), or if
        the proposal that they come from is over, or was made by the same ``operator``.
        """
        ...

    async def alarm(
        self, kind: AlertKind, about: str, event: AuditEvent, evidence: Sequence[TrustDocument] = ()
    ) -> bool:
        """Tell operators, once while it is open, and keep what shows it for good; the event is kept every time."""
        ...

    async def evidence(self, list_id: str) -> Sequence[TrustDocument]:
        """Documents that were refused and kept: two contents under one sequence, and attempts to go back."""
        ...


class TrustProposalStore(Protocol):
    """Imports that wait for a second operator; accepted by ``TrustListStore.accept``."""

    async def propose(self, proposal: TrustProposal, event: AuditEvent) -> None:
        """Put one on record."""
        ...

    async def find(self, proposal_id: str) -> TrustProposal | None:
        """One of them, whatever its state."""
        ...

    async def waiting(self, now: datetime) -> Sequence[TrustProposal]:
        """Those that can still be accepted, oldest first."""
        ...

    async def withdraw(self, proposal_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """End one without accepting it; false, and no event, if it is over."""
        ...


class ReportStore(Protocol):
    """Reports that were given out, with the evidence to judge again."""

    async def save(self, report: StoredReport, evidence: bytes) -> bool:
        """Remember a report and its evidence bundle; false if the id is taken."""
        ...

    async def find(self, report_id: str, client_id: str) -> StoredReport | None:
        """The report, for the relying party that it was made for; nobody else learns that it exists."""
        ...

    async def evidence(self, report_id: str, client_id: str) -> bytes | None:
        """The evidence bundle of a report, under the same condition."""
        ...

    def recent(self, since: datetime) -> AsyncIterator[tuple[str, tuple[RecognitionFacts, ...]]]:
        """Ids and facts of the reports since then, oldest first, in portions: for counting what a list changes."""
        ...


class ReceiptStore(Protocol):
    """When the gateway first saw a signature (specification 7)."""

    async def first_seen(self, digest_sha256: bytes, now: datetime, keep_until: datetime) -> datetime:
        """The earliest moment at which anybody showed this digest, now included; kept until the latest date asked."""
        ...

    async def seen(self, digest_sha256: bytes) -> datetime | None:
        """That moment without showing the digest anew."""
        ...


class SigningRequestStore(Protocol):
    """Wishes of relying parties to have somebody sign; every step is one statement."""

    async def begin(self, request: SigningRequest, event: AuditEvent) -> bool:
        """Remember a new one; false, and no event, if the id is taken."""
        ...

    async def find(self, request_id: str, now: datetime) -> SigningRequest | None:
        """A live one, whatever its status, for our own pages."""
        ...

    async def of_client(self, request_id: str, client_id: str) -> SigningRequest | None:
        """The relying party's own, also when its time is over."""
        ...

    async def bind(self, request_id: str, browser_hash: bytes, now: datetime) -> bool:
        """Let the first browser that opens a live request keep it; true for that browser, as often as it asks.

        Once the person was sent away, what the request keeps says whose it is, and this is false for everybody.
        """
        ...

    async def start(self, request: SigningRequest, login_hash: bytes, now: datetime, event: AuditEvent) -> bool:
        """Send the person away: ``request`` carries provider and ``kept``, ``login_hash`` finds it again.

        May be repeated, with another provider too, until the person is back. False if live no more, or too late.
        """
        ...

    async def arrive(self, login_hash: bytes, now: datetime) -> SigningRequest | None:
        """Give the live request to exactly one return of the person."""
        ...

    async def go_on(self, request: SigningRequest, login_hash: bytes, now: datetime) -> bool:
        """Send a person who is back away once more: ``login_hash`` finds the next return. True for one caller."""
        ...

    async def end(
        self,
        request: SigningRequest,
        status: SigningStatus,
        result: Mapping[str, str],
        now: datetime,
        event: AuditEvent,
    ) -> bool:
        """Bring it to its end with what came of it; true for exactly one caller."""
        ...
