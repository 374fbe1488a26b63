"""What a tester has turned on one mock: scenarios, approvals, automatic approval, clocks and the log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from mock_idps.credentials import Credentials
from mock_idps.people.persona import Persona
from mock_idps.request_log import RequestLog
from mock_idps.scenarios import SESSION_KEY, ScenarioBook

Key = TypeVar("Key")
Value = TypeVar("Value")

MAX_KEPT: Final = 1_000
MAX_SKEW_MS: Final = 10 * 365 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Approval:
    """What the phone said about one login: who, and whether they refused."""

    persona: str
    rejected: bool = False


@dataclass(slots=True)
class ControlState:
    """Everything that the control plane can change; the mock reads it through its switchboard."""

    name: str
    book: ScenarioBook
    people: Sequence[Persona] = ()
    log: RequestLog = field(default_factory=RequestLog)
    approvals: dict[str, Approval] = field(default_factory=dict)
    auto: dict[str | None, str] = field(default_factory=dict)
    skew: dict[str | None, int] = field(default_factory=dict)
    credentials: Credentials = field(default_factory=Credentials)
    on_rotate: Callable[[], Mapping[str, Any] | None] | None = None
    on_reset: Callable[[str | None], None] | None = None

    def approve(self, login: str, persona: str, *, rejected: bool) -> None:
        """Keep what the phone said until the login asks for it; the oldest unread answer gives way."""
        self._require_persona(persona)
        if not SESSION_KEY.match(login):
            raise ValueError("session must be the id of a login")
        _put(self.approvals, login, Approval(persona, rejected))

    def set_auto(self, persona: str, session: str | None) -> None:
        """Let this persona approve every login of the session (None: of everybody)."""
        self._require_persona(persona)
        _put(self.auto, _session_key(session), persona)

    def set_skew(self, skew_ms: int, session: str | None) -> None:
        """Turn the clock for the session (None: for everybody)."""
        if abs(skew_ms) > MAX_SKEW_MS:
            raise ValueError("skew_ms is out of bounds")
        _put(self.skew, _session_key(session), skew_ms)

    def skew_ms(self, session: str | None) -> int:
        """How far the clock of this session is turned; a clock turned for everybody counts where none is of its own."""
        return self.skew.get(session, self.skew.get(None, 0))

    def reset(self, session: str | None) -> None:
        """Forget what was turned for the session (None: everything)."""
        self.book.disarm(None, session)
        self.log.clear(session)
        if session is None:
            self.approvals.clear()
            self.auto.clear()
            self.skew.clear()
            self.credentials.reset()
        else:
            self.auto.pop(session, None)
            self.skew.pop(session, None)
        if self.on_reset is not None:
            self.on_reset(session)

    def _require_persona(self, persona: str) -> None:
        if all(known.id != persona for known in self.people):
            raise ValueError("this persona has no account here")


def _session_key(session: str | None) -> str | None:
    if session is not None and not SESSION_KEY.match(session):
        raise ValueError("session must be 1 to 64 characters of A-Z a-z 0-9 _ -")
    return session


def _put(kept: dict[Key, Value], key: Key, value: Value) -> None:
    """Insert as the newest, with a bound, so that a forgotten test run cannot fill the memory."""
    kept.pop(key, None)
    while len(kept) >= MAX_KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
