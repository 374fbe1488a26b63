"""The stores of the protocol core in memory: what must happen once, happens once here as well."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.audit import AuditEvent
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.model import AccessToken, AuthorizationCode, Client, Grant, RefreshToken
from gateway.oidc.ports import (
    Fetched,
    FetchError,
    Redemption,
    Refreshing,
    RefreshSettlement,
    Settlement,
    StoreUnavailableError,
)


class FakeClients:
    def __init__(self, *clients: Client) -> None:
        self.by_id = {client.client_id: client for client in clients}
        self.asked: list[str] = []

    async def find(self, client_id: str) -> Client | None:
        self.asked.append(client_id)
        return self.by_id.get(client_id)


class FakeTokens:
    def __init__(self, *, lag: timedelta = timedelta(0)) -> None:
        self.lag = lag  # how far the store's clock is behind
        self.codes: dict[bytes, AuthorizationCode] = {}
        self.grants: dict[str, Grant] = {}
        self.access_tokens: dict[bytes, AccessToken] = {}
        self.refresh_tokens: dict[bytes, RefreshToken] = {}
        self.events: list[AuditEvent] = []
        self.is_down = False

    async def redeem(
        self, code_hash: bytes, now: datetime, settle: Callable[[Redemption], Settlement]
    ) -> tuple[Redemption, Settlement] | None:
        await asyncio.sleep(0)
        code = self.codes.get(code_hash)
        if code is None or code.expires_at <= now - self.lag:
            return None
        if code.spent_at is not None:
            await self.revoke_grant(code.grant_id, now)
            return None
        grant = self.grants[code.grant_id]
        if grant.revoked_at is not None:
            return None
        self.codes[code_hash] = replace(code, spent_at=now)
        redemption = Redemption(code, grant)
        settlement = settle(redemption)
        self.keep(settlement)
        return redemption, settlement

    def keep(self, settlement: Settlement) -> None:
        self.events.append(settlement.event)
        if settlement.token is not None:
            self.access_tokens[settlement.token.hash] = settlement.token
        if settlement.refresh_token is not None:
            self.refresh_tokens[settlement.refresh_token.hash] = settlement.refresh_token

    async def find_access_token(self, token_hash: bytes, now: datetime) -> tuple[AccessToken, Grant] | None:
        token = self.access_tokens.get(token_hash)
        if token is None or token.expires_at <= now or self.grants[token.grant_id].revoked_at is not None:
            return None
        return token, self.grants[token.grant_id]

    async def refresh(
        self, token_hash: bytes, now: datetime, settle: Callable[[Refreshing], RefreshSettlement]
    ) -> tuple[Refreshing, RefreshSettlement] | None:
        await asyncio.sleep(0)
        token = self.refresh_tokens.get(token_hash)
        if token is None or min(token.idle_ends_at, token.ends_at) <= now:
            return None
        grant = self.grants[token.grant_id]
        if grant.revoked_at is not None:
            return None
        refreshing = Refreshing(token, grant)
        settlement = settle(refreshing)
        self.events.append(settlement.event)
        if settlement.ends_family:
            await self.revoke_grant(grant.id, now)
        if settlement.token is not None:
            self.access_tokens[settlement.token.hash] = settlement.token
        self._move(token, settlement, now)
        return refreshing, settlement

    def _move(self, token: RefreshToken, settlement: RefreshSettlement, now: datetime) -> None:
        if settlement.successor is not None:
            self.refresh_tokens.setdefault(settlement.successor.hash, settlement.successor)
            self.refresh_tokens[token.hash] = replace(token, spent_at=token.spent_at or now)
        elif settlement.idle_ends_at is not None:
            self.refresh_tokens[token.hash] = replace(token, idle_ends_at=settlement.idle_ends_at)

    async def find_refresh_token(self, token_hash: bytes, now: datetime) -> tuple[RefreshToken, Grant] | None:
        token = self.refresh_tokens.get(token_hash)
        if token is None or token.spent_at is not None or min(token.idle_ends_at, token.ends_at) <= now:
            return None
        grant = self.grants[token.grant_id]
        return None if grant.revoked_at is not None else (token, grant)

    async def add_access_token(self, token: AccessToken, event: AuditEvent, now: datetime) -> bool:
        if self.grants[token.grant_id].revoked_at is not None:
            return False
        self.access_tokens[token.hash] = token
        self.events.append(event)
        return True

    async def revoke_access_token(self, token_hash: bytes, event: AuditEvent, now: datetime) -> bool:
        self._check()
        self.events.append(event)
        return self.access_tokens.pop(token_hash, None) is not None

    async def revoke_grant(self, grant_id: str, now: datetime, event: AuditEvent | None = None) -> None:
        self._check()
        self.grants[grant_id] = replace(self.grants[grant_id], revoked_at=now)
        if event is not None:
            self.events.append(event)

    def _check(self) -> None:
        if self.is_down:
            raise StoreUnavailableError


class FakeDecoupled:
    def __init__(self, tokens: FakeTokens | None = None, **subjects: str) -> None:
        self.tokens = tokens or FakeTokens()
        self.subjects = subjects
        """The people by their ``sub``."""
        self.requests: dict[bytes, DecoupledRequest] = {}
        self.events: list[AuditEvent] = []
        self.taken = 0
        """How many user codes are taken at first."""

    async def begin(self, request: DecoupledRequest, event: AuditEvent) -> bool:
        if self.taken > 0:
            self.taken -= 1
            return False
        self.requests[request.hash] = request
        self.events.append(event)
        return True

    async def by_user_code(self, user_code_hash: bytes, now: datetime) -> DecoupledRequest | None:
        found = [one for one in self.requests.values() if one.user_code_hash == user_code_hash]
        return next((one for one in found if one.state is DecoupledState.PENDING and one.expires_at > now), None)

    async def of_subject(self, subject_id: str, now: datetime) -> Sequence[DecoupledRequest]:
        return [one for one in self.requests.values() if one.subject_id == subject_id and one.expires_at > now]

    async def by_id(self, request_id: str, now: datetime) -> DecoupledRequest | None:
        return next((one for one in self.requests.values() if one.id == request_id), None)

    async def deny(self, request_id: str, now: datetime, event: AuditEvent) -> bool:
        return self.change(state=DecoupledState.DENIED)

    async def poll(self, request_hash: bytes, now: datetime) -> DecoupledRequest | None:
        found = self.requests.get(request_hash)
        if found is not None:
            self.requests[request_hash] = replace(found, polled_at=now)
        return found

    async def slow_down(self, request_hash: bytes, interval: timedelta) -> None:
        self.requests[request_hash] = replace(self.requests[request_hash], interval=interval)

    async def redeem(
        self, request_hash: bytes, now: datetime, settle: Callable[[DecoupledRequest, Grant], Settlement]
    ) -> tuple[Grant, Settlement] | None:
        await asyncio.sleep(0)
        request = self.requests[request_hash]
        if request.state is not DecoupledState.APPROVED or request.grant_id is None:
            return None
        self.requests[request_hash] = replace(request, state=DecoupledState.REDEEMED)
        grant = self.tokens.grants[request.grant_id]
        settlement = settle(request, grant)
        self.tokens.keep(settlement)
        return grant, settlement

    async def subject_of(self, sector: str, sub: str) -> str | None:
        return self.subjects.get(sub)

    def change(self, **changed: Any) -> bool:
        """Something happens to the one request that there is."""
        (request,) = self.requests.values()
        self.requests[request.hash] = replace(request, **changed)
        return True

    def approve(self, grant: Grant) -> None:
        self.tokens.grants[grant.id] = grant
        self.change(state=DecoupledState.APPROVED, grant_id=grant.id)


@dataclass
class FakePushed:
    kept: dict[bytes, tuple[str, list[tuple[str, str]], datetime]] = field(default_factory=dict)

    async def push(self, handle: bytes, client_id: str, pairs: Sequence[tuple[str, str]], expires_at: datetime) -> None:
        self.kept[handle] = (client_id, list(pairs), expires_at)

    async def pushed(self, handle: bytes, client_id: str, now: datetime) -> Sequence[tuple[str, str]] | None:
        owner, pairs, expires_at = self.kept.get(handle, ("", [], now))
        return pairs if owner == client_id and expires_at > now else None

    async def spend(self, handle: bytes, now: datetime) -> bool:
        return self.kept.pop(handle, None) is not None


@dataclass
class FakeReplays:
    seen: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def first_use(self, kind: str, value: str, expires_at: datetime, now: datetime) -> bool:
        if self.seen.get((kind, value), now) > now:
            return False
        self.seen[kind, value] = expires_at
        return True

    async def is_used(self, kind: str, value: str, now: datetime) -> bool:
        return self.seen.get((kind, value), now) > now


@dataclass
class FakeFetch:
    """Documents by address; everything else cannot be reached, and every call is remembered."""

    documents: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        await asyncio.sleep(0)
        self.asked.append(url)
        if url not in self.documents:
            raise FetchError("unreachable")
        return Fetched(self.status, self.documents[url], "application/json")

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Fetched:
        raise FetchError("unreachable")


class FakeCertificates:
    """Certificates are short words here; ``trusted`` says what an authority vouches for."""

    def __init__(self, trusted: Mapping[bytes, Mapping[str, Sequence[str]]] | None = None, own: bytes = b"") -> None:
        self.trusted = trusted or {}
        self.own = own

    def thumbprint(self, certificate: bytes) -> str:
        return f"thumbprint of {certificate.decode()}".ljust(43, "_")

    def names(self, certificate: bytes, now: datetime) -> Mapping[str, Sequence[str]] | None:
        return self.trusted.get(certificate)

    def is_one_of(self, certificate: bytes, jwks: Mapping[str, Any], now: datetime) -> bool:
        return certificate == self.own and bool(jwks.get("keys"))
