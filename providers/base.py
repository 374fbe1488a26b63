"""The port that every upstream identity provider fulfils, and the neutral record it hands over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Final, Protocol, TypeAlias

from mapping.documents import HongKongIdentityCard, MacaoIdentityCard, TravelPermit
from mapping.identifier import MainlandIdentifier

Document: TypeAlias = TravelPermit | HongKongIdentityCard | MacaoIdentityCard | MainlandIdentifier

NAME_LIMIT: Final = 200
"""Characters of a name that are accepted; a longer one is refused at the dialect's door (WB-08, UN-05)."""


class Assurance(IntEnum):
    """The ordered scale of table 6.E: the level reported is the lowest of all hops, never raised by a request."""

    ONE = 1
    TWO = 2
    THREE = 3
    FOUR = 4

    @property
    def acr(self) -> str:
        """The value of the ``acr`` claim for this level."""
        return f"urn:gba:loa:{self.value}"

    @classmethod
    def from_acr(cls, acr: str) -> "Assurance | None":
        """Read one of our own ``acr`` values; anything else is not a level of ours."""
        return next((level for level in cls if level.acr == acr), None)


@dataclass(frozen=True, slots=True, repr=False)
class PersonName:
    """A name as the home document gives it; no forced split, compared nowhere by itself."""

    han: str | None = None
    latin: str | None = None
    family: str | None = None
    given: str | None = None

    @property
    def display(self) -> str:
        """The form to show to the person: Han where there is one."""
        return self.han or self.latin or ""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What the broker asks of a provider at the start of one sign-in."""

    login_id: str
    """Opaque, unguessable id of this sign-in, 32 characters of ``[A-Za-z0-9_-]``."""
    callback_url: str
    """Where this provider returns the browser to; a provider that drops ``state`` gets ``/{login_id}`` appended."""
    language: str
    """One of our five locales; each dialect translates it into its own parameter."""
    assurance: Assurance | None = None
    """The level wished for; passed upstream where the dialect allows it."""
    fresh: bool = False
    """The person must prove themselves again, whatever session the provider has (``prompt=login``, ``max_age``)."""
    organisation: bool = False
    """The person may sign in for an organisation; without it a provider is not asked for one."""


@dataclass(frozen=True, slots=True, repr=False)
class LoginStart:
    """Where the browser goes now, and what must be kept until it is back."""

    url: str
    kept: Mapping[str, str] = field(default_factory=dict)
    """Private to the provider (a PKCE verifier, the exact callback address); the broker stores it sealed."""


@dataclass(frozen=True, slots=True, repr=False)
class Callback:
    """The parameters with which the browser came back; each occurs once, the broker has seen to that."""

    parameters: Mapping[str, str]
    kept: Mapping[str, str]
    login_id: str
    received_at: datetime


class Register(StrEnum):
    """The registers in which organisations of the three places stand."""

    UNIFIED_SOCIAL_CREDIT = "cn.uscc"
    """Unified social credit code, 18 characters (GB 32100)."""
    BUSINESS_REGISTRATION = "hk.brn"
    """Hong Kong's business registration number, 8 digits."""
    MACAO_TAXPAYER = "mo.nc"
    """Macao's taxpayer number of an entity."""


class MandateRole(StrEnum):
    """As what a person acts for an organisation."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, repr=False)
class Organisation:
    """An organisation as its register knows it."""

    register: Register
    identifier: str
    name: str


@dataclass(frozen=True, slots=True)
class Mandate:
    """What an organisation lets a person do in its name."""

    role: MandateRole
    scope: tuple[str, ...] = ()
    """The matters that the mandate covers, in the provider's own words; empty means all."""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class UpstreamIdentity:
    """A verified person as one provider knows them; a person is (provider, subject) and nothing else (G07)."""

    provider: str
    subject: str
    assurance: Assurance
    authenticated_at: datetime
    amr: tuple[str, ...]
    name: PersonName
    birthdate: date | None = None
    sex: str | None = None
    documents: tuple[Document, ...] = ()
    organisation: Organisation | None = None
    """Set when the person signed in for an organisation; name, documents and subject are still the person's."""
    mandate: Mandate | None = None
    data_version: str | None = None
    """Moves when the provider's verified data changed; opaque."""


class IdentityProvider(Protocol):
    """An upstream account system (``hong_kong``, ``macao``, ``guangdong``, or a ready OpenID Connect one)."""

    @property
    def name(self) -> str:
        """The name in settings, callbacks and records."""
        ...

    @property
    def keeps_state(self) -> bool:
        """False where the provider drops ``state``: the login id then travels in the callback's path."""
        ...

    @property
    def highest_assurance(self) -> Assurance:
        """The highest level this provider can ever vouch for; the chooser hides those below the client's wish."""
        ...

    async def start(self, login: LoginRequest) -> LoginStart:
        """Prepare a sign-in; makes no call to the provider, so that a dead one cannot stop the others."""
        ...

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        """Turn a callback into a person; raises ``ProviderError`` for everything else."""
        ...

    def sign_out_url(self, return_to: str) -> str | None:
        """Where to send the browser to end the provider's own session, if there is such a place."""
        ...


class KnowsUs(Protocol):
    """A far side that can be asked whether it accepts our credentials; every dialect of ours is one."""

    async def introduce(self) -> None:
        """Make one call that nothing but our credentials can spoil, and that changes nothing for anybody.

        Raises ``ProviderError``: ``MISCONFIGURED`` where the credentials are refused.
        """
        ...
