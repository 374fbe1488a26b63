"""The nouns of a sign-in: the transaction under way, the person, the session, and the outcomes of a step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from gateway.broker.provider_notices import ProviderNotice
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.response import AuthorizationResponse
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier
from providers.base import Assurance, Mandate, Organisation, PersonName


class Stage(StrEnum):
    """Where a sign-in stands; it moves forward by one atomic statement per step."""

    CHOOSING = "choosing"
    """The person chooses an account."""
    AWAY = "away"
    """The person is at the provider."""
    RETURNED = "returned"
    """The callback has been taken; nobody else can take it again."""
    PERMIT = "permit"
    """The person is asked for the permit number."""
    CONSENT = "consent"
    """The person is asked what may be passed on."""
    DONE = "done"
    """The reply has gone to the relying party."""
    FAILED = "failed"
    """Ended by a problem that cannot be mended in this sign-in."""


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """What a sign-in has established about somebody; only what a claim may need is kept (G08)."""

    provider: str
    subject_id: str
    assurance: Assurance
    authenticated_at: datetime
    amr: tuple[str, ...]
    name: PersonName
    birthdate: date | None = None
    sex: str | None = None
    permit: TravelPermit | None = None
    residence_permit: MainlandIdentifier | None = None
    citizen: MainlandIdentifier | None = None
    organisation: Organisation | None = None
    """The organisation that the person acts for in this sign-in."""
    mandate: Mandate | None = None
    organisation_subject_id: str | None = None
    """Under which the organisation is known here, as the person is under ``subject_id``."""


@dataclass(frozen=True, slots=True, repr=False)
class LoginTransaction:
    """One sign-in under way: it belongs to one browser, one client and, once chosen, one provider (G02)."""

    id: str
    stage: Stage
    request: AuthorizationRequest
    browser: bytes
    """Hash of the browser's binding cookie."""
    correlation_id: str
    language: str
    created_at: datetime
    expires_at: datetime
    provider: str | None = None
    login_id: str | None = None
    """What the provider carries for us: ``state``, or a path segment of the callback."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """What the provider wants kept until the callback."""
    person: Person | None = None
    permit_answer: str | None = None
    """What the register said of the permit that was typed last; shown on the permit page."""
    without_number: bool = False
    """The person chose to go on without an identifier."""


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """A signed-in browser at the gateway, for single sign-on between relying parties."""

    id: str
    """Public session id, the ``sid`` of tokens; knowing it opens nothing."""
    cookie_hash: bytes
    browser: bytes
    person: Person
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """One decision of a person about one client; history is kept, the newest counts."""

    id: str
    subject_id: str
    client_id: str
    granted: tuple[str, ...]
    withheld: tuple[str, ...]
    purpose: str
    given_at: datetime
    shown: "Shown | None" = None
    """What the person had before their eyes; decisions from before schema 0003 do not have it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a consent page said, so that a decision can be explained later (PR-07, PR-11)."""

    text_version: str
    """Names the wording of the page's texts in this language."""
    language: str
    from_region: str
    """The provider that the details come from."""
    to_region: str
    """The jurisdiction of the receiver."""
    method: str
    """``page``, or ``device`` and ``counter`` for requests that were made elsewhere."""


@dataclass(frozen=True, slots=True)
class ChooseProvider:
    """The person has to choose an account."""

    transaction: LoginTransaction
    providers: tuple[str, ...]
    """Those that work first."""
    notices: Mapping[str, ProviderNotice] = field(default_factory=dict)
    """By provider: what the person is told of it; most have none."""

    @property
    def is_hopeless(self) -> bool:
        """Whether signing in would probably fail with every one of them."""
        away = (name in self.notices and self.notices[name].is_away for name in self.providers)
        return bool(self.providers) and all(away)


@dataclass(frozen=True, slots=True)
class GoUpstream:
    """The browser goes to a provider."""

    url: str


@dataclass(frozen=True, slots=True)
class AskPermit:
    """The person has to type the permit number, once."""

    transaction: LoginTransaction


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The person has to decide what is passed on."""

    transaction: LoginTransaction
    release: "Release"
    decoupled: DecoupledRequest | None = None
    """The device's or counter's request that is answered, with the message that ties the two places together."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The person came back to a step that has been taken; show the step that is due."""

    transaction: LoginTransaction


@dataclass(frozen=True, slots=True)
class ReturnToClient:
    """The browser goes back to the relying party, with a code or an error."""

    response: AuthorizationResponse
    session_cookie: str | None = field(default=None, repr=False)
    """A new value for the session cookie, when a sign-in made a session."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A request of a device or counter was answered: the person may go back to it, and sees a page of ours."""

    client_id: str
    is_approved: bool
    is_at_counter: bool = False
    """Asked for by a counter or hotline (CIBA); otherwise by a device."""
    session_cookie: str | None = field(default=None, repr=False)


Outcome: TypeAlias = ChooseProvider | GoUpstream | AskPermit | AskConsent | Resume | ReturnToClient | Decided


@dataclass(frozen=True, slots=True, repr=False)
class Release:
    """What would be passed on: scope by scope, the claims with their values."""

    scopes: tuple[str, ...]
    """What is asked for, each with one tick: a scope, or ``claim:<name>`` for one claim by itself."""
    claims: Mapping[str, Mapping[str, Any]]
    """By entry of ``scopes``: claim name -> value."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Asked-for scopes that hold nothing, with the reason's code; shown to the person, sent to nobody."""
    is_recorded: bool = False
    """Whether the number among the claims stands on record, so that its changes have to be told to whoever has it."""

    def without(self, withheld: frozenset[str]) -> "Release":
        """The same release less the scopes that the person leaves out."""
        return Release(
            tuple(scope for scope in self.scopes if scope not in withheld),
            {scope: claims for scope, claims in self.claims.items() if scope not in withheld},
            self.missing,
            self.is_recorded,
        )

    def flat(self) -> dict[str, Any]:
        """All released claims in one mapping."""
        return {name: value for claims in self.claims.values() for name, value in claims.items()}
