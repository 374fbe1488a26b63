"""Signing through the gateway: what a relying party asks, and the steps of one person in one browser.

In order: `ask` puts a wish on record; `opened` gives it to the first browser that opens it; `choose` sends the person
to sign in with a provider that signs; `returned` takes each return exactly once: after the sign-in the provider's
signing service is asked and the identification code shown, `leave` sends the person there, and what comes back is
judged. Every step returns a value; nothing here knows HTTP.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

from certs.signatures.policy import Policies
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.model import Client
from gateway.oidc.ports import ClientStore
from gateway.oidc.reply_url import with_query
from gateway.signatures.ports import SigningRequestStore
from gateway.signatures.records import SigningRequest, SigningStatus
from gateway.signatures.signing_trip import Leg, Trip, opened_by, trip_of
from gateway.signatures.signing_verdict import Judge
from gateway.signatures.signing_wish import check_offer, read_wish
from providers.base import IdentityProvider, LoginRequest
from providers.errors import ProviderError, ProviderFailure
from providers.signing import Signer

LIFETIME: Final = timedelta(minutes=15)
"""How long the person has; the shortest ticket of a provider lives twelve minutes from when they leave."""


class SigningService(Judge, Protocol):
    """The part of the validation service that signing needs."""

    @property
    def policies(self) -> Policies:
        """The policies that a request may name."""
        ...

    async def snapshot(self, now: datetime) -> Any:
        """The lists; raises ``TrustUnusableError`` when nothing could be judged."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class SigningDesk:
    """What signing works with, put together once."""

    issuer: str
    requests: SigningRequestStore
    clients: ClientStore
    providers: Mapping[str, IdentityProvider]
    signers: Mapping[str, Signer]
    service: SigningService
    offered: Callable[[Client], tuple[str, ...]]
    """The providers that a client's people may use now."""
    lifetime: timedelta = LIFETIME

    def able(self, client: Client, digest_alg: str) -> tuple[str, ...]:
        """Those of them that sign such a digest."""
        names = (name for name in self.offered(client) if name in self.signers)
        return tuple(name for name in names if self.signers[name].digest_algorithm == digest_alg)

    def callback_url(self, provider: str) -> str:
        """Where a provider sends the browser back to; apart from sign-ins, so that neither passes for the other."""
        return f"{self.issuer}/sign/callback/{provider.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class SigningVisit:
    """One request of the person's browser."""

    browser: str
    """Hash of the binding cookie, in hexadecimal."""
    language: str
    correlation_id: str
    now: datetime


class Trouble(StrEnum):
    """What keeps a person from going on."""

    UNKNOWN = "unknown"
    """There is no such request, its time is over, or it is another browser's: nobody learns which."""
    TAKEN = "taken"
    """The step had been taken already."""
    NO_PROVIDER = "no_provider"
    """The provider is none that signs this for this client."""
    PROVIDER = "provider"
    """The provider could not be used; another one, or the same later, may."""


class SigningError(Exception):
    """A step that was not taken."""

    def __init__(
        self,
        trouble: Trouble,
        request: SigningRequest | None = None,
        *,
        provider: str | None = None,
        failure: ProviderFailure | None = None,
    ) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.request = request
        self.provider = provider
        self.failure = failure


@dataclass(frozen=True, slots=True, repr=False)
class ShowCode:
    """The person compares the identification code before they leave."""

    request: SigningRequest


@dataclass(frozen=True, slots=True, repr=False)
class GoOn:
    """The browser goes to the provider."""

    url: str


@dataclass(frozen=True, slots=True, repr=False)
class Ended:
    """It is over."""

    request: SigningRequest


SigningStep: TypeAlias = ShowCode | GoOn | Ended


async def ask(
    desk: SigningDesk, client: Client, members: Mapping[str, Any], now: datetime, correlation_id: str
) -> SigningRequest:
    """Put a relying party's wish on record; raises ``Refused`` and ``TrustUnusableError``."""
    request = read_wish(members, client, now, desk.lifetime)
    check_offer(request, desk.able(client, request.digest_alg))
    if request.policy:
        desk.service.policies.find(request.policy)
    await desk.service.snapshot(now)  # nobody is asked to sign what could not be judged afterwards
    if not await desk.requests.begin(request, event(AuditAction.SIGNING_ASKED, request, now, correlation_id)):
        raise SigningError(Trouble.TAKEN)
    return request


async def opened(desk: SigningDesk, request_id: str, visit: SigningVisit) -> tuple[SigningRequest, Client]:
    """The request, for the one browser that it belongs to: the first that opened it (ST-01)."""
    request = await desk.requests.find(request_id, visit.now)
    client = None if request is None else await desk.clients.find(request.client_id)
    if request is None or client is None or not client.is_active or not await _is_own(desk, request, visit):
        raise SigningError(Trouble.UNKNOWN)
    return request, client


async def _is_own(desk: SigningDesk, request: SigningRequest, visit: SigningVisit) -> bool:
    trip = trip_of(request)
    if trip is not None:
        return secrets.compare_digest(trip.browser, visit.browser)
    if request.status.is_over:
        return secrets.compare_digest(request.result.get("browser", ""), visit.browser)
    return await desk.requests.bind(request.id, opened_by(request.id, visit.browser), visit.now)


def choices(desk: SigningDesk, request: SigningRequest, client: Client) -> tuple[str, ...]:
    """The providers to choose from: all that can sign this, or the one that the relying party named."""
    able, only = desk.able(client, request.digest_alg), request.only_provider
    return tuple(name for name in able if name == only) if only else able


async def choose(desk: SigningDesk, request: SigningRequest, client: Client, provider: str, visit: SigningVisit) -> str:
    """The person picked a provider and goes there to say who they are; gives the address."""
    if request.status not in {SigningStatus.ASKED, SigningStatus.AWAY}:
        raise SigningError(Trouble.TAKEN, request)
    if provider not in choices(desk, request, client):
        raise SigningError(Trouble.NO_PROVIDER, request)
    await desk.service.snapshot(visit.now)
    order_id = new_order()
    login = LoginRequest(order_id, desk.callback_url(provider), visit.language, fresh=True)
    try:
        start = await desk.providers[provider].start(login)
    except ProviderError as error:
        raise SigningError(Trouble.PROVIDER, request, provider=provider, failure=error.failure) from error
    trip = Trip(visit.browser, order_id, Leg.SIGN_IN, kept=start.kept)
    away = replace(request, provider=provider, status=SigningStatus.AWAY, kept=trip.written())
    started = event(AuditAction.SIGNING_STARTED, away, visit.now, visit.correlation_id)
    if not await desk.requests.start(away, trip.way_back(provider), visit.now, started):
        raise SigningError(Trouble.TAKEN, request)
    return start.url


def leave(request: SigningRequest) -> str:
    """The person has compared the code and goes to sign; going twice, by the back button, does no harm."""
    trip = trip_of(request)
    if request.status is not SigningStatus.AWAY or trip is None or trip.leg is not Leg.SIGN:
        raise SigningError(Trouble.TAKEN, request)
    return trip.url


def return_address(request: SigningRequest) -> str:
    """Where the browser goes in the end: the relying party learns which request it was, and nothing else."""
    return with_query(request.return_uri, signing_request=request.id, state=request.state)


def new_order() -> str:
    """An id that a provider carries: 32 characters, unguessable."""
    return secrets.token_urlsafe(24)


def event(
    action: AuditAction, request: SigningRequest, now: datetime, correlation_id: str, **details: str
) -> AuditEvent:
    """One event about a request; the document's name and digest stay out of it."""
    return AuditEvent(
        action,
        now,
        correlation_id,
        client_id=request.client_id,
        provider=request.provider or None,
        details={"request": request.id, **details},
    )
