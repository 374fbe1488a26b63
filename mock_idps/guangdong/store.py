"""Everything the platform remembers while it runs: sign-ins, codes, tokens, sessions, link tokens; all of it ages."""

import secrets
import uuid
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Protocol, TypeVar

SIGN_IN_MS: Final = 30 * 60 * 1000
QR_MS: Final = 60 * 1000
CODE_MS: Final = 5 * 60 * 1000
TOKEN_MS: Final = 2 * 60 * 60 * 1000
SESSION_MS: Final = 2 * 60 * 60 * 1000
LINK_MS: Final = 10 * 60 * 1000
EXPIRES_IN: Final = "7199"
_MOST: Final = 50_000


class Aged(Protocol):
    """A record that knows when it ends."""

    @property
    def expires_ms(self) -> int:
        """The end, by the mock's clock."""


A = TypeVar("A", bound=Aged)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One authorization request on its way through the pages."""

    client_id: str
    redirect_uri: str
    state: str | None
    browser: str = field(repr=False)
    session: str | None
    expires_ms: int


@dataclass(frozen=True, slots=True)
class QrCode:
    """The QR code of a sign-in, and what the phone said."""

    ticket: str = field(repr=False)
    expires_ms: int
    persona: str | None = None
    is_rejected: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Who signed in for which application: behind a code, then behind a token."""

    client_id: str
    redirect_uri: str
    persona: str
    way: str
    session: str | None
    expires_ms: int
    organisation: str | None = None
    """For whom the person signed in, on the tab of legal persons."""
    was_shown: bool = False


@dataclass(frozen=True, slots=True)
class SsoSession:
    """A person who is signed in to the platform in one browser, perhaps for an organisation."""

    persona: str
    way: str
    expires_ms: int
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class LinkToken:
    """The right of one application to fetch one residence number once."""

    client_id: str
    residence_no: str = field(repr=False)
    session: str | None
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Signature:
    """One document that waits for one person."""

    client_id: str
    useridcode: str
    value: bytes
    title: str
    way: str
    notify_url: str
    check_code: str
    session: str | None
    expires_ms: int
    status: str = "WAITING"
    persona: str | None = None


class Shelf(Generic[A]):
    """Records by key, bounded: the lapsed go first, then the oldest."""

    def __init__(self) -> None:
        self._records: dict[str, A] = {}

    def put(self, key: str, record: A, now_ms: int) -> None:
        """Keep a record under its key."""
        if len(self._records) >= _MOST:
            fresh = {k: r for k, r in self._records.items() if r.expires_ms > now_ms}
            self._records = dict(list(fresh.items())[-_MOST // 2 :])
        self._records[key] = record

    def get(self, key: str, now_ms: int) -> A | None:
        """Give the record if it is there and has not lapsed."""
        record = self._records.get(key)
        return record if record is not None and record.expires_ms > now_ms else None

    def peek(self, key: str) -> A | None:
        """Give the record whether it has lapsed or not, to say which of the two it was."""
        return self._records.get(key)

    def take(self, key: str, now_ms: int) -> A | None:
        """Give the record once: whoever comes second finds nothing."""
        record = self._records.pop(key, None)
        return record if record is not None and record.expires_ms > now_ms else None

    def drop(self, key: str) -> None:
        """Remove the record, if any."""
        self._records.pop(key, None)

    def clear(self) -> None:
        """Remove all."""
        self._records.clear()


class Store:
    """The shelves of one mock."""

    def __init__(self) -> None:
        self.sign_ins: Shelf[SignIn] = Shelf()
        self.qr_codes: Shelf[QrCode] = Shelf()
        self.codes: Shelf[Grant] = Shelf()
        self.tokens: Shelf[Grant] = Shelf()
        self.sso: Shelf[SsoSession] = Shelf()
        self.links: Shelf[LinkToken] = Shelf()
        self.signatures: Shelf[Signature] = Shelf()

    def open_token(self, grant: Grant, now_ms: int) -> str:
        """Turn a redeemed code into an access token, `<uuid>@node<n>`."""
        token = f"{uuid.uuid4()}@node{secrets.randbelow(8) + 1}"
        self.tokens.put(token, replace(grant, expires_ms=now_ms + TOKEN_MS), now_ms)
        return token

    def first_use(self, token: str) -> bool:
        """Tell whether this token is shown for the first time, and remember it."""
        grant = self.tokens.peek(token)
        if grant is None or grant.was_shown:
            return False
        self.tokens.put(token, replace(grant, was_shown=True), 0)
        return True


def new_key() -> str:
    """Make a code, ticket or token: 32 hex characters."""
    return secrets.token_hex(16)


def new_session_id() -> str:
    """Make the platform's own form of a session id, node suffix included."""
    return f"AQIC5w{secrets.token_urlsafe(24)}*AAJ{secrets.token_urlsafe(6)}*@node{secrets.randbelow(8) + 1}"
