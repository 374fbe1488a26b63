"""A sign-in under way: what the service asked for, what the person has shown, and the code on the screen."""

from dataclasses import dataclass, field
from typing import Final, Literal

LOGIN_MS: Final = 5 * 60_000
SSO_MS: Final = 8 * 3_600_000
POLL_MS: Final = 1_000
MAX_TRIES: Final = 5
LOCK_MS: Final = 15 * 60_000

ScreenStatus = Literal["WAITING", "SCANNED", "CONFIRMED", "REJECTED", "EXPIRED"]


@dataclass(frozen=True, slots=True)
class Proof:
    """Who the person has shown to be, and how well."""

    persona: str
    level: int
    organisation: str | None = None
    """The entity of which this is a staff login."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The QR code that the page shows now, and what the phone said."""

    payload: str = field(repr=False)
    issued_ms: int
    status: ScreenStatus = "WAITING"
    persona: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid authorization request (section 6.C; RFC 6749 §4.1.1, RFC 7636 §4.3)."""

    client_id: str
    redirect_uri: str
    scope: tuple[str, ...]
    state: str
    code_challenge: str
    acr: int
    locale: str
    forces_login: bool
    auto: str


@dataclass(frozen=True, slots=True)
class Login:
    """One visit to the sign-in pages, bound to the browser that started it."""

    ticket: str
    browser: str
    asked: Asked
    session: str | None
    expires_ms: int
    proof: Proof | None = None
    screen: Screen | None = None
    polled_ms: int = -POLL_MS
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class SsoSession:
    """The platform's own memory of a browser that signed in."""

    proof: Proof
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed attempts on one account, and until when it is locked."""

    count: int = 0
    locked_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class FaceCheck:
    """A face check that a service asked for; the phone answers it."""

    grant: str
    persona: str
    answer: Literal["pending", "match", "no_match", "refused"] = "pending"
