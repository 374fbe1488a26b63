"""The parts of one Macao mock: its people, keys, storage and clock. Nothing here is shared with another instance."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mock_idps.authority.signing import Signing
from mock_idps.macao.config import MacaoConfig
from mock_idps.macao.grants import Ledger, Shelf
from mock_idps.macao.keys import KeyRing
from mock_idps.macao.logins import (
    LOCK_MS,
    LOGIN_MS,
    MAX_TRIES,
    SSO_MS,
    Asked,
    FaceCheck,
    Login,
    Proof,
    SsoSession,
    Tries,
)
from mock_idps.personas import Directory, Persona, directory_of, find
from mock_idps.switchboard import Switchboard

if TYPE_CHECKING:
    from mock_idps.macao.esign import SigningSession


@dataclass(slots=True)
class OneAccount:
    """The platform's memory: what each handler is given beside the call itself."""

    config: MacaoConfig
    people: Sequence[Persona]
    switchboard: Switchboard
    keys: KeyRing
    now_ms: Callable[[], int]
    pause: Callable[[float], Awaitable[None]]
    directory: Directory = field(default_factory=lambda: directory_of("macao"))
    ledger: Ledger = field(default_factory=Ledger)
    logins: Shelf[Login] = field(default_factory=Shelf)
    phones: Shelf[str] = field(default_factory=Shelf)
    sso: Shelf[SsoSession] = field(default_factory=Shelf)
    tries: Shelf[Tries] = field(default_factory=Shelf)
    faces: Shelf[FaceCheck] = field(default_factory=Shelf)
    signing: Signing | None = None
    """Who signs for people; without it nobody can ask for a signature."""
    esign: "Shelf[SigningSession]" = field(default_factory=Shelf)

    def person(self, id: str) -> Persona | None:  # noqa: A002 - the field's own name
        """Give the account of this user name, or None."""
        return find(self.people, id)

    def begin(self, asked: Asked, *, browser: str, session: str | None, now_ms: int) -> Login:
        """Open a visit to the sign-in pages."""
        login = Login(secrets.token_urlsafe(24), browser, asked, session, now_ms + LOGIN_MS)
        return self.keep(login)

    def keep(self, login: Login, **changes: Any) -> Login:
        """Store the visit with these changes."""
        changed = replace(login, **changes)
        self.logins.put(changed.ticket, changed)
        return changed

    def remember(self, proof: Proof, now_ms: int) -> str:
        """Open a session of the platform and give its cookie."""
        value = secrets.token_urlsafe(24)
        self.sso.put(value, SsoSession(proof, now_ms + SSO_MS))
        return value

    def recall(self, value: str, now_ms: int) -> Proof | None:
        """Give what a session cookie stands for while it lasts."""
        record = self.sso.get(value)
        return record.proof if record is not None and now_ms < record.expires_ms else None

    def is_locked(self, session: str | None, persona: str, now_ms: int) -> bool:
        """Say whether the account is locked; testers cannot lock each other out."""
        tries = self.tries.get(f"{session or ''}|{persona}") or Tries()
        return now_ms < tries.locked_until_ms

    def count_failure(self, session: str | None, persona: str, now_ms: int) -> None:
        """Count a failed attempt; the fifth one locks the account for a while."""
        key = f"{session or ''}|{persona}"
        count = (self.tries.get(key) or Tries()).count + 1
        self.tries.put(key, Tries(0, now_ms + LOCK_MS) if count >= MAX_TRIES else Tries(count))

    def forget_failures(self, session: str | None, persona: str) -> None:
        """Start counting anew after a sign-in that succeeded."""
        self.tries.put(f"{session or ''}|{persona}", Tries())

    def rotate(self) -> dict[str, Any]:
        """Sign with a new key from now on; say its number."""
        return {"key": self.keys.rotate().number}

    def reset(self, session: str | None) -> None:
        """Forget visits, tokens and locks; for one session only its locks, its records being its own."""
        if session is not None:
            for person in self.people:
                self.forget_failures(session, person.id)
            return
        self.ledger = Ledger()
        self.logins, self.phones, self.sso = Shelf(), Shelf(), Shelf()
        self.tries, self.faces, self.esign = Shelf(), Shelf(), Shelf()
