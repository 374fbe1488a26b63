"""Signing out: whose sign-out is asked for, the end of the session, and who has to be told by the browser.

What is told server to server is written by the store with the end of the session, and delivered by ``deliveries``.
"""

import hmac

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.model import Session
from gateway.broker.parts import Broker
from gateway.broker.ports import EndedSession
from gateway.broker.session_id import client_sid
from gateway.broker.subject import sub_of
from gateway.broker.visit import Visit
from gateway.oidc.logout import LogoutRequest, front_channel_url


async def is_of(broker: Broker, request: LogoutRequest, session: Session) -> bool:
    """Whether a hint was issued for this session, or at least for this person, so that nobody need be asked (LO-02)."""
    if request.client is None or request.sub is None:
        return False
    sid = client_sid(broker.pairwise_key, session.id, request.client.client_id)
    if request.sid is not None and hmac.compare_digest(sid, request.sid):
        return True
    return hmac.compare_digest(await sub_of(broker, request.client, session.person.subject_id), request.sub)


async def end(broker: Broker, visit: Visit, client_id: str | None = None) -> EndedSession | None:
    """End the session of this browser with every grant of it, offline ones too (RT-06, docs/decisions/0013)."""
    if visit.session is None:
        return None
    event = AuditEvent(AuditAction.SIGNED_OUT, visit.now, visit.correlation_id, client_id=client_id)
    return await broker.sign_ins.end_session(visit.session, visit.now, event)


async def front_channel(broker: Broker, ended: EndedSession) -> tuple[str, ...]:
    """The addresses that the farewell page loads in hidden frames (Front-Channel Logout 1.0 §2)."""
    addresses = []
    for client_id, sid in ended.signed_in_at.items():
        client = await broker.clients.find(client_id)
        if client is not None and client.is_active:
            addresses.append(front_channel_url(client, broker.issuer, sid))
    return tuple(address for address in addresses if address is not None)
