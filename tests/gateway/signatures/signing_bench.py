"""Signing without HTTP and databases: a provider that is told what to say, a judge that is told its verdict."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from certs.signatures.built_in_policies import BUILT_IN
from certs.signatures.indication import Indication
from certs.signatures.policy import Policies
from gateway.audit import AuditEvent
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, ServiceScope
from gateway.signatures import signing
from gateway.signatures.records import SigningRequest, SigningStatus
from gateway.signatures.signing import SigningDesk, SigningVisit
from gateway.signatures.signing_trip import trip_of
from providers.base import Assurance, Callback, LoginRequest, LoginStart, PersonName, UpstreamIdentity
from providers.signing import SigningOrder, SigningOutcome, SigningStart, SigningStep

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DIGEST = hashlib.sha256(b"the lease").digest()
RETURN = "https://lease.example/signed"
ANSWER = {"hashCode": base64.b64encode(DIGEST).decode(), "signature": "c2ln", "cert": "Y2VydA=="}


def a_client(**changes: Any) -> Client:
    client = Client(
        client_id="lease",
        client_name="Lease office",
        redirect_uris=(RETURN,),
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
        service_scopes=(ServiceScope.SIGNATURES_SIGN.value,),
    )
    return replace(client, **changes)


def a_wish(**changes: Any) -> dict[str, Any]:
    members = {
        "document_name": "Lease 12/3",
        "digest": {"alg": "sha256", "value": base64.b64encode(DIGEST).decode()},
        "purpose": "contract",
        "relying_jurisdiction": "GD",
        "return_uri": RETURN,
        "state": "lease-17",
    }
    return {name: value for name, value in (members | changes).items() if value is not None}


def a_visit(browser: str = "ours", **changes: Any) -> SigningVisit:
    return replace(SigningVisit(hashlib.sha256(browser.encode()).hexdigest(), "en", "correlation", NOW), **changes)


def an_identity(provider: str = "hong_kong") -> UpstreamIdentity:
    return UpstreamIdentity(provider, "subject", Assurance.THREE, NOW, ("swk",), PersonName(latin="CHEUNG"))


@dataclass
class Place:
    """A provider that signs: each step does what the test says, or raises it."""

    name: str = "hong_kong"
    digest_algorithm: str = "sha256"
    keeps_state: bool = True
    identity: UpstreamIdentity | Exception = field(default_factory=an_identity)
    starts: SigningStart | Exception = field(
        default_factory=lambda: SigningStart("https://place.example/sign", {"ticket": "kept-ticket"}, "5601")
    )
    steps: list[SigningStep | Exception] = field(default_factory=lambda: [an_outcome()])
    told: list[bool] = field(default_factory=list)
    deaf: Exception | None = None
    orders: list[SigningOrder] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)

    async def start(self, login: LoginRequest) -> LoginStart:
        return LoginStart(f"https://place.example/login?state={login.login_id}", {"verifier": "kept-verifier"})

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        self.callbacks.append(callback)
        return _said(self.identity)

    async def begin_signing(self, order: SigningOrder, signer: UpstreamIdentity) -> SigningStart:
        assert signer.provider == self.name
        self.orders.append(order)
        return _said(self.starts)

    async def finish_signing(self, callback: Callback) -> SigningStep:
        self.callbacks.append(callback)
        step: SigningStep | Exception = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    async def acknowledge(self, outcome: SigningOutcome, *, accepted: bool) -> None:
        assert outcome.profile
        if self.deaf is not None:
            raise self.deaf
        self.told.append(accepted)


def _said(what: T | Exception) -> T:
    if isinstance(what, Exception):
        raise what
    return what


def an_outcome(**result: Any) -> SigningOutcome:
    return SigningOutcome("iamsmart", DIGEST, {**ANSWER, **result}, {"business_id": "kept"})


@dataclass
class Judge:
    """A validation service whose verdict is given."""

    indication: Indication = Indication.TOTAL_PASSED
    refuses: Exception | None = None
    unusable: Exception | None = None
    policies: Policies = field(default_factory=lambda: Policies.of(*BUILT_IN))
    asked: list[tuple[Mapping[str, Any], Any]] = field(default_factory=list)

    async def snapshot(self, _now: datetime) -> None:
        if self.unusable is not None:
            raise self.unusable

    async def validate(self, members: Mapping[str, Any], caller: Any) -> Any:
        self.asked.append((members, caller))
        if self.refuses is not None:
            raise self.refuses
        verdict = SimpleNamespace(signers=(), technical=SimpleNamespace(indication=self.indication), accept=False)
        return SimpleNamespace(report={}, token="e30.eyJvdmVyYWxsIjp7fX0.sig", verdict=verdict)


@dataclass
class Requests:
    """``SigningRequestStore`` in memory."""

    rows: dict[str, SigningRequest] = field(default_factory=dict)
    ways: dict[str, bytes] = field(default_factory=dict)
    events: list[AuditEvent] = field(default_factory=list)

    async def begin(self, request: SigningRequest, event: AuditEvent) -> bool:
        self.rows[request.id] = request
        self.events.append(event)
        return True

    async def find(self, request_id: str, now: datetime) -> SigningRequest | None:
        found = self.rows.get(request_id)
        return found if found is not None and found.expires_at > now else None

    async def of_client(self, request_id: str, client_id: str) -> SigningRequest | None:
        found = self.rows.get(request_id)
        return found if found is not None and found.client_id == client_id else None

    async def bind(self, request_id: str, browser_hash: bytes, now: datetime) -> bool:
        found = await self.find(request_id, now)
        is_free = found is not None and found.status is SigningStatus.ASKED
        return is_free and self.ways.setdefault(request_id, browser_hash) == browser_hash

    async def start(self, request: SigningRequest, login_hash: bytes, now: datetime, event: AuditEvent) -> bool:
        found = await self.find(request.id, now)
        if found is None or found.status not in {SigningStatus.ASKED, SigningStatus.AWAY}:
            return False
        self.rows[request.id], self.ways[request.id] = request, login_hash
        self.events.append(event)
        return True

    async def arrive(self, login_hash: bytes, now: datetime) -> SigningRequest | None:
        for name, way in self.ways.items():
            found = await self.find(name, now)
            if way == login_hash and found is not None and found.status is SigningStatus.AWAY:
                self.rows[name] = replace(found, status=SigningStatus.BACK)
                return self.rows[name]
        return None

    async def go_on(self, request: SigningRequest, login_hash: bytes, now: datetime) -> bool:
        found = await self.find(request.id, now)
        if found is None or found.status is not SigningStatus.BACK:
            return False
        self.rows[request.id], self.ways[request.id] = request, login_hash
        return True

    async def end(
        self,
        request: SigningRequest,
        status: SigningStatus,
        result: Mapping[str, str],
        now: datetime,
        event: AuditEvent,
    ) -> bool:
        found = await self.find(request.id, now)
        if found is None or found.status.is_over:
            return False
        self.rows[request.id] = replace(request, status=status, result=dict(result), kept={})
        self.events.append(event)
        return True


@dataclass
class Bench:
    """A desk with one relying party, one place in Hong Kong and one in Guangdong."""

    place: Place = field(default_factory=Place)
    judge: Judge = field(default_factory=Judge)
    requests: Requests = field(default_factory=Requests)
    client: Client = field(default_factory=a_client)
    offered: tuple[str, ...] = ("hong_kong", "guangdong")

    async def find(self, client_id: str) -> Client | None:
        return self.client if client_id == self.client.client_id else None

    @property
    def desk(self) -> SigningDesk:
        places: Any = {"hong_kong": self.place, "guangdong": Place("guangdong", "sm3", keeps_state=False)}
        wiring: Any = {"requests": self.requests, "clients": self, "service": self.judge}
        return SigningDesk(
            issuer="https://gate.example",
            providers=places,
            signers=places,
            offered=lambda _: self.offered,
            lifetime=timedelta(minutes=15),
            **wiring,
        )

    async def ask(self, **changes: Any) -> SigningRequest:
        return await signing.ask(self.desk, self.client, a_wish(**changes), NOW, "correlation")

    async def chosen(self, visit: SigningVisit | None = None, **changes: Any) -> SigningRequest:
        """A request whose person has gone to say who they are."""
        asked, visit = await self.ask(**changes), visit or a_visit()
        request, client = await signing.opened(self.desk, asked.id, visit)
        await signing.choose(self.desk, request, client, "hong_kong", visit)
        return self.requests.rows[asked.id]

    def order_id(self, request_id: str) -> str:
        trip = trip_of(self.requests.rows[request_id])
        assert trip is not None
        return trip.order_id
