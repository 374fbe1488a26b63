"""One login that waits for the phone: who shows it, what was decided, how often it may be asked (HK-07, HK-10)."""

from dataclasses import dataclass
from typing import Final

from mock_idps.hong_kong.parameters import LoginRequest
from mock_idps.switchboard import Approval

QR_LIFETIME_MS: Final = 120_000
TICKET_LIFETIME_MS: Final = 18 * 60_000
POLL_BURST: Final = 5
POLL_INTERVAL_MS: Final = 1_000


@dataclass(slots=True)
class Login:
    """A QR page under way; it belongs to the browser that opened it."""

    id: str
    browser: str
    request: LoginRequest
    session: str | None
    created_at: int
    decision: Approval | None = None
    organisation: str | None = None
    """The company that was chosen on the phone."""
    expired: bool = False
    callback: str | None = None
    """Where the browser was sent; a login is sent home once."""
    repeats: bool = False
    """Whether a tester wants the same callback again."""
    polls_left: float = POLL_BURST
    polled_at: int = 0

    def is_expired(self, now: int) -> bool:
        """Say whether the QR has run out without a decision; once expired it stays expired."""
        if self.decision is None and now >= self.created_at + QR_LIFETIME_MS:
            self.expired = True
        return self.expired

    def is_forgotten(self, now: int) -> bool:
        """Say whether a decision was left lying until the ticket ran out."""
        return now >= self.created_at + TICKET_LIFETIME_MS

    def decide(self, approval: Approval, now: int, organisation: str | None = None) -> bool:
        """Keep the first decision that comes in time, and for whom it was made."""
        if self.decision is not None or self.callback is not None or self.is_expired(now):
            return False
        self.decision = approval
        self.organisation = organisation
        return True

    def may_poll(self, now: int) -> bool:
        """Allow a short burst, then one question a second, however many tabs ask."""
        gained = max(0, now - self.polled_at) / POLL_INTERVAL_MS if self.polled_at else 0.0
        self.polls_left = min(POLL_BURST, self.polls_left + gained)
        self.polled_at = now
        if self.polls_left < 1:
            return False
        self.polls_left -= 1
        return True

    def word(self, now: int) -> str:
        """One word, and the same for everybody who might be scanning: nothing about a person before approval."""
        if self.callback is not None:
            return "FINISHED"
        if self.is_expired(now):
            return "EXPIRED"
        if self.decision is None:
            return "WAITING"
        return "REJECTED" if self.decision.rejected else "APPROVED"
