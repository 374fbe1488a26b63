"""Telling relying parties that a number they were given was replaced or does not stand any more (RFC 8417, RFC 8935).

A notice is due until it is taken, refused for good, or two days old. No HTTP and no key is here: whoever runs the
deliveries hands in how to sign and how to post.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.asking import release_policy
from gateway.broker.identifier import resolution_of
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.broker.ports import Held, Notice, NoticeKind
from gateway.oidc.model import Client
from gateway.oidc.names import Scope
from mapping.errors import MappingError
from mapping.evidence import Evidence, Keep, Known
from mapping.resolve import decide

TOKEN_TYPE: Final = "secevent+jwt"  # noqa: S105 - a media type (RFC 8417 §2.3)
CONTENT_TYPE: Final = "application/secevent+jwt"
SUPERSEDED: Final = "urn:gba:event:identifier-superseded"
WITHDRAWN: Final = "urn:gba:event:identifier-withdrawn"

AGAIN_AFTER: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""How long to wait after the first, the second … failure; the last one goes on until ``GIVE_UP_AFTER``."""
GIVE_UP_AFTER: Final = timedelta(hours=48)
LEASE: Final = timedelta(minutes=2)
"""Longer than any post may take: only then may another worker take the same notice."""
AT_ONCE: Final = 10
"""Notices of one round; they are posted side by side, so that one slow endpoint holds nobody up for long."""

_ACCEPTED: Final = 202
_BAD_REQUEST: Final = 400
_ERRORS: Final = frozenset(
    {
        *("invalid_request", "invalid_key", "invalid_issuer", "invalid_audience"),
        *("authentication_failed", "access_denied"),
    }
)
"""The words of RFC 8935 §2.4; a relying party's own words never reach our records."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a relying party's endpoint answered."""

    status: int
    body: bytes = field(default=b"", repr=False)


class DeliveryError(Exception):
    """Nothing answered within the time."""


class Sign(Protocol):
    """Signs claims under the header type ``TOKEN_TYPE``, with the algorithm that the client is registered for."""

    def __call__(self, claims: Mapping[str, Any], client: Client) -> str:
        """The compact token."""
        ...


class Post(Protocol):
    """Posts bytes, following no redirect; raises ``DeliveryError`` when nothing answers."""

    async def __call__(self, url: str, headers: Mapping[str, str], content: bytes) -> Reply:
        """The endpoint's answer, of a bounded size."""
        ...


async def deliver(broker: Broker, sign: Sign, post: Post, now: datetime) -> int:
    """Post what is due; gives the number of notices that came to an end, so that the caller knows to go on."""
    due = await broker.notices.due(now, now + LEASE, AT_ONCE)
    ends = await asyncio.gather(
        *(_deliver_one(broker, notice, sign, post, now) for notice in due), return_exceptions=True
    )
    for end in ends:
        if isinstance(end, BaseException):
            raise end  # the others have been dealt with; this one's lease ends by itself
    return sum(end is True for end in ends)


async def _deliver_one(broker: Broker, notice: Notice, sign: Sign, post: Post, now: datetime) -> bool:
    """Whether the notice came to an end."""
    client = await broker.clients.find(notice.client_id)
    if client is None or not client.is_active:
        return await _give_up(broker, notice, now, reason="client_gone")
    if client.event_uri is None:
        return await _give_up(broker, notice, now, reason="no_endpoint")
    token = sign(event_claims(broker, notice, client, now), client)
    headers = {"Content-Type": CONTENT_TYPE, "Accept": "application/json"}
    try:
        reply = await post(client.event_uri, headers, token.encode("ascii"))
    except DeliveryError:
        return await _put_off(broker, notice, now, "unreachable")
    if reply.status == _ACCEPTED:
        await broker.notices.delivered(notice.id, now, _event(AuditAction.NOTICE_DELIVERED, notice, now))
        return True
    error = refusal(reply)
    if error is not None:
        return await _give_up(broker, notice, now, reason="refused", error=error)
    return await _put_off(broker, notice, now, f"http_{reply.status}")


def event_claims(broker: Broker, notice: Notice, client: Client, now: datetime) -> dict[str, Any]:
    """The claims of a Security Event Token (RFC 8417 §2.2, RFC 9493 §3.2.4); ``jti`` is the same for every try."""
    return {
        "iss": broker.issuer,
        "iat": int(now.timestamp()),
        "jti": notice.id,
        "aud": notice.client_id,
        "sub_id": {"format": "iss_sub", "iss": broker.issuer, "sub": notice.sub},
        "events": _events(broker, notice, client),
    }


def _events(broker: Broker, notice: Notice, client: Client) -> dict[str, Any]:
    if notice.kind is NoticeKind.WITHDRAWN:
        return {WITHDRAWN: {"value": notice.old_number.value}}
    content: dict[str, Any] = {"replaces": [notice.old_number.value]}
    if notice.holder is not None and _may_have(broker, client, notice.holder):
        content["gba_cn_id"] = resolution_of(notice.holder.binding, broker.realm).as_claim()
    return {SUPERSEDED: content}


def _may_have(broker: Broker, client: Client, held: Held) -> bool:
    """Whether a sign-in of this person at this client would release the number that stands now."""
    if Scope.CN_ID not in client.scopes:
        return False
    binding = held.binding
    evidence = Evidence(
        permit=binding.permit,
        birthdate=binding.birthdate,
        sex=binding.sex.value,
        assurance=NUMBER_ASSURANCE.value,
        purpose=client.purpose or None,
    )
    known = Known(binding=binding, standing=held.standing, is_holder=True)
    try:
        return isinstance(decide(evidence, known, release_policy(broker.realm, client)), Keep)
    except MappingError:
        return False


def refusal(reply: Reply) -> str | None:
    """The error of a transmitter's fault, which no repetition mends (RFC 8935 §2.3); none if this is no refusal."""
    if reply.status != _BAD_REQUEST:
        return None
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    error = content.get("err") if isinstance(content, dict) else None
    if not isinstance(error, str):
        return None
    return error if error in _ERRORS else "other"


def again_at(notice: Notice, now: datetime) -> datetime | None:
    """When to try again after a failure; none when it is time to give up."""
    last = notice.at + GIVE_UP_AFTER
    if now >= last:
        return None
    return min(now + AGAIN_AFTER[min(notice.tries, len(AGAIN_AFTER) - 1)], last)


async def _put_off(broker: Broker, notice: Notice, now: datetime, why: str) -> bool:
    """Try again later; the relying party finds the old number in ``replaces`` at the next sign-in anyway."""
    later = again_at(notice, now)
    if later is None:
        return await _give_up(broker, notice, now, reason=why)
    await broker.notices.put_off(notice.id, later, None)
    return False


async def _give_up(broker: Broker, notice: Notice, now: datetime, **details: str) -> bool:
    await broker.notices.put_off(notice.id, None, _event(AuditAction.NOTICE_GIVEN_UP, notice, now, **details))
    return True


def _event(action: AuditAction, notice: Notice, now: datetime, **details: str) -> AuditEvent:
    details = {"kind": notice.kind.value, "tries": str(notice.tries + 1), **details}
    return AuditEvent(action, now, notice.id, client_id=notice.client_id, details=details)
