"""One act of an operator: who does it, when and why, and the audit event that it leaves behind.

Reasons are read by many people for many years, so a reason that holds a document number is refused before anything
is written: what a person is called by does not belong into a log (mapping specification 9).
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.audit import AuditAction, AuditEvent, AuditLog

REASON_LIMIT: Final = 200
"""Characters of a reason, a purpose or an outcome."""

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_APART: Final = re.compile(r"(?<=[0-9])[ ()\u3000]+(?=[0-9A-Za-z])|(?<=[A-Za-z])[ (\u3000]+(?=[0-9])")
_DOCUMENT: Final = re.compile(r"[0-9]{7}|(?<![A-Za-z])[A-Za-z]{1,2}[0-9]{6}")
"""Seven digits in a row, or a letter or two before six: what permits, cards and 18-digit numbers have in common."""


class ReasonError(ValueError):
    """A reason that cannot be kept; the text says why and quotes nothing."""


def checked_words(text: str, name: str = "the reason") -> str:
    """What an operator has written, without the blanks around it; raises ``ReasonError``."""
    words = text.strip()
    if not words:
        raise ReasonError(f"{name} is missing")
    if len(words) > REASON_LIMIT:
        raise ReasonError(f"{name} is longer than {REASON_LIMIT} characters")
    if any(unicodedata.category(character) in _HIDDEN for character in words):
        raise ReasonError(f"{name} holds hidden characters")
    if _DOCUMENT.search(_APART.sub("", unicodedata.normalize("NFKC", words))):
        raise ReasonError(f"{name} seems to hold a document number: name a case, not a person")
    return words


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, when and why; ``reason`` may be empty only where none is asked for."""

    operator: str
    now: datetime
    reason: str = ""
    correlation_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        """Let no act exist whose reason must not be kept."""
        if self.reason:
            object.__setattr__(self, "reason", checked_words(self.reason))

    def require_reason(self, name: str = "the reason") -> None:
        """Refuse an act that needs a reason and has none."""
        if not self.reason:
            raise ReasonError(f"{name} is missing")

    def event(self, action: AuditAction, *, subject_id: str | None = None, **words: str) -> AuditEvent:
        """What goes on record: fixed words, opaque ids, and the reason as it was checked."""
        details = {"operator": self.operator, **words}
        if self.reason:
            details["reason"] = self.reason
        return AuditEvent(action, self.now, self.correlation_id, subject_id=subject_id, details=details)

    async def looked(self, log: AuditLog, what: str, *, record: str | None, subject_id: str | None = None) -> None:
        """Put on record that somebody looked, before they see anything; also when there was nothing to be seen."""
        event = self.event(AuditAction.RECORD_READ, subject_id=subject_id, what=what, record=record or "none")
        await log.append(event)
