"""Telling relying parties what happened: a session has ended (Back-Channel Logout 1.0 §2.5), a request was decided.

A delivery is due until it is taken, refused for good, or too old. Deliveries of one round go side by side, so that one
dead relying party holds nobody up (LO-05); addresses are called through the one guarded door, which follows no
redirect (LO-06).
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from certs.keys import jose
from gateway.audit import AuditAction, AuditEvent
from gateway.broker.notices import CONTENT_TYPE, TOKEN_TYPE
from gateway.oidc import logout_token
from gateway.oidc.issue import signing_key
from gateway.oidc.model import Client
from gateway.oidc.ports import Delivery, DeliveryKind, DeliveryStore, FetchError
from gateway.oidc.provider import OpenIDProvider

KEY_COMPROMISED: Final = "urn:gba:event:signing-key-compromised"
LEASE: Final = timedelta(minutes=2)
"""Longer than any call may take: only then may another worker take the same delivery."""
AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How a kind of delivery is tried again, and what its end is called."""

    again_after: tuple[timedelta, ...]
    """After the first, the second … failure; the last one goes on until ``give_up_after``."""
    give_up_after: timedelta
    done: AuditAction
    given_up: AuditAction

    def again_at(self, delivery: Delivery, now: datetime) -> datetime | None:
        """When to try again; none when it is time to give up."""
        last = delivery.at + self.give_up_after
        if now >= last:
            return None
        return min(now + self.again_after[min(delivery.tries, len(self.again_after) - 1)], last)


PATIENCE: Final = {
    DeliveryKind.LOGOUT: Patience(
        tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360)),
        timedelta(hours=24),
        AuditAction.LOGOUT_DELIVERED,
        AuditAction.LOGOUT_GIVEN_UP,
    ),
    # Whoever is not pinged can still poll, and only for as long as the request lives.
    DeliveryKind.PING: Patience(
        tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60)),
        timedelta(minutes=5),
        AuditAction.PING_DELIVERED,
        AuditAction.PING_GIVEN_UP,
    ),
    DeliveryKind.KEY: Patience(
        tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200)),
        timedelta(hours=48),
        AuditAction.KEY_NOTICE_DELIVERED,
        AuditAction.KEY_NOTICE_GIVEN_UP,
    ),
}

_TAKEN: Final = {
    DeliveryKind.LOGOUT: frozenset({200, 204}),
    DeliveryKind.PING: frozenset({200, 204}),
    DeliveryKind.KEY: frozenset({200, 202, 204}),  # RFC 8935 §2.2 says 202
}
_REFUSED: Final = {
    DeliveryKind.LOGOUT: frozenset({400}),
    DeliveryKind.KEY: frozenset({400}),
    DeliveryKind.PING: frozenset({400, 401, 403, 404, 405, 410}),
}
"""What a relying party answers that will never accept it: a logout token (Back-Channel Logout 1.0 §2.8), or a ping
whose bearer token it does not know; such a ping is not sent again, the client polls (CIBA §10.2)."""


@dataclass(frozen=True, slots=True, repr=False)
class _Call:
    url: str
    content: bytes
    headers: Mapping[str, str]


async def deliver(store: DeliveryStore, op: OpenIDProvider, now: datetime) -> int:
    """Deliver what is due; gives the number of deliveries that came to an end, so that the caller knows to go on."""
    due = await store.due(now, LEASE, AT_ONCE)
    ends = await asyncio.gather(*(_deliver_one(store, one, op, now) for one in due), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end  # the others have been dealt with; this one's lease ends by itself
    return sum(end is True for end in ends)


async def _deliver_one(store: DeliveryStore, delivery: Delivery, op: OpenIDProvider, now: datetime) -> bool:
    """Whether the delivery came to an end."""
    client = await op.clients.find(delivery.client_id)
    if client is None or not client.is_active:
        return await _give_up(store, delivery, now, "client_gone")
    call = _call(delivery, client, op, now)
    if call is None:
        return await _give_up(store, delivery, now, "no_endpoint")
    try:
        status = (await op.fetch.post(call.url, call.content, call.headers)).status
    except FetchError:
        return await _again(store, delivery, now, "unreachable")
    if status in _TAKEN[delivery.kind]:
        event = _event(PATIENCE[delivery.kind].done, delivery, now)
        await store.delivered(delivery.id, event, now)
        return True
    if status in _REFUSED[delivery.kind]:
        return await _give_up(store, delivery, now, "refused")
    return await _again(store, delivery, now, f"http_{status}")


def _call(delivery: Delivery, client: Client, op: OpenIDProvider, now: datetime) -> _Call | None:
    """The request; ``None`` when the client has taken the address out of its registration."""
    if delivery.kind is DeliveryKind.LOGOUT:
        return _logout(delivery, client, op, now)
    if delivery.kind is DeliveryKind.KEY:
        return _key(delivery, client, op, now)
    url = client.backchannel_client_notification_endpoint
    content = json.dumps({"auth_req_id": delivery.content["auth_req_id"]}).encode("ascii")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {delivery.content['token']}"}
    return None if url is None else _Call(url, content, headers)  # CIBA §10.2


def _logout(delivery: Delivery, client: Client, op: OpenIDProvider, now: datetime) -> _Call | None:
    if client.backchannel_logout_uri is None:
        return None
    form = urlencode({"logout_token": logout_token.make(delivery, client, op, now)}).encode("ascii")
    return _Call(client.backchannel_logout_uri, form, {"Content-Type": "application/x-www-form-urlencoded"})


def _key(delivery: Delivery, client: Client, op: OpenIDProvider, now: datetime) -> _Call | None:
    """A Security Event Token under a key that still counts; ``jti`` is the same at every try (RFC 8935 §2.1)."""
    if client.event_uri is None:
        return None
    claims = {
        "iss": op.issuer,
        "iat": int(now.timestamp()),
        "jti": delivery.id,
        "aud": client.client_id,
        "events": {KEY_COMPROMISED: dict(delivery.content)},
    }
    token = jose.sign(claims, signing_key(client, op), typ=TOKEN_TYPE)
    return _Call(client.event_uri, token.encode("ascii"), {"Content-Type": CONTENT_TYPE, "Accept": "application/json"})


async def _again(store: DeliveryStore, delivery: Delivery, now: datetime, why: str) -> bool:
    later = PATIENCE[delivery.kind].again_at(delivery, now)
    if later is None:
        return await _give_up(store, delivery, now, why)
    await store.try_again(delivery.id, later)
    return False


async def _give_up(store: DeliveryStore, delivery: Delivery, now: datetime, reason: str) -> bool:
    """On the list of dead letters an operator finds it, and can have it tried again."""
    await store.give_up(delivery.id, _event(PATIENCE[delivery.kind].given_up, delivery, now, reason=reason), now)
    return True


def _event(action: AuditAction, delivery: Delivery, now: datetime, **details: str) -> AuditEvent:
    tries = str(delivery.tries + 1)
    return AuditEvent(action, now, delivery.id, client_id=delivery.client_id, details={"tries": tries, **details})
