"""Signing in the cloud: sessions of one document each, and the result in the envelope (sections 3.3, 6.C).

A session is opened with a token of the scope `esign`; the person then comes by, reads, and types the code of the
one-time-password app. The key lies with the authority, and signs when the service fetches the result.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.responses import Response

from mock_idps.authority.signing import SigningError
from mock_idps.macao.answers import api_answer, api_failure, language
from mock_idps.macao.authorize import ESIGN_SCOPE, MAX_STATE
from mock_idps.macao.call import Call
from mock_idps.macao.envelope import success
from mock_idps.macao.interfaces import AccessError, holder_of

SESSION_MS: Final = 10 * 60_000
MAX_NAME: Final = 255
PROFILES: Final = {"qualified": "mo-qualified", "advanced": "mo-normalised"}
"""Profile of the request -> kind of certificate."""
PENDING, SIGNED, REJECTED, FAILED = "PENDING", "SIGNED", "REJECTED", "FAILED"
FAULTS: Final = {"esign_otp_expired": "OTP_EXPIRED", "esign_cert_revoked": "CERT_REVOKED"}
_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")
_OTHER_DOCUMENT: Final = hashlib.sha256(b"another document").digest()


@dataclass(frozen=True, slots=True)
class SigningSession:
    """One document that waits for one person."""

    id: str
    grant: str
    value: bytes
    name: str
    profile: str
    return_url: str
    state: str
    challenge: str
    """Four digits that the service and the page show: that the two speak of one document."""
    expires_ms: int
    status: str = PENDING
    tag: str | None = None
    tries: int = 0


async def open_session(call: Call) -> Response:
    """`POST /esign/sessions`."""
    try:
        _, grant = holder_of(call, needed=ESIGN_SCOPE)
    except AccessError as error:
        return api_failure(call, error.code)
    client = call.account.config.client(grant.client_id)
    fields = call.fields
    is_good = (
        _HASH.match(fields.get("docHash"))
        and 0 < len(fields.get("docName")) <= MAX_NAME
        and fields.get("profile") in PROFILES
        and client is not None
        and fields.get("returnUrl") in client.redirect_uris
        and 0 < len(fields.get("state")) <= MAX_STATE
    )
    if not is_good:
        return api_failure(call, 4001)
    session = SigningSession(
        id=secrets.token_urlsafe(24),
        grant=grant.id,
        value=bytes.fromhex(fields.get("docHash")),
        name=fields.get("docName"),
        profile=fields.get("profile"),
        return_url=fields.get("returnUrl"),
        state=fields.get("state"),
        challenge=f"{secrets.randbelow(10_000):04d}",
        expires_ms=call.now_ms + SESSION_MS,
    )
    call.account.esign.put(session.id, session)
    url = f"{call.account.config.base_url}/{grant.locale}/esign/{session.id}"
    data = {"sessionId": session.id, "challenge": session.challenge, "signUrl": url}
    return api_answer(success(_changed(data, call.take("esign_session_weird")), language(call)))


async def result(call: Call) -> Response:
    """`GET /esign/sessions/{id}`: how it stands, and the signature once there is one."""
    try:
        _, grant = holder_of(call, needed=ESIGN_SCOPE)
    except AccessError as error:
        return api_failure(call, error.code)
    session = call.account.esign.get(call.request.path_params["id"])
    if session is None or session.grant != grant.id:
        return api_failure(call, 4030)
    if session.status == PENDING and call.now_ms >= session.expires_ms:
        session = keep(call, session, status=FAILED, tag="EXPIRED")
    for scenario, tag in FAULTS.items():
        if call.take(scenario) is not None:
            session = keep(call, session, status=FAILED, tag=tag)
    if session.status != SIGNED:
        return api_answer(success({"status": session.status, "tag": session.tag}, language(call)))
    try:
        data = await _signed(call, session, grant.persona)
    except SigningError:
        return api_failure(call, 5000)
    return api_answer(success(_changed(data, call.take("esign_weird")), language(call)))


async def _signed(call: Call, session: SigningSession, persona: str) -> dict[str, Any]:
    service = call.account.signing
    if service is None:
        raise SigningError("nobody signs here")
    wrong = call.take("esign_wrong_certificate") or {}
    is_other, is_hidden = call.take("esign_wrong_hash") is not None, call.take("esign_other_document") is not None
    answer = await service.sign(
        "macao",
        str(wrong.get("persona", persona)),
        _OTHER_DOCUMENT if is_other or is_hidden else session.value,
        kind=wrong.get("kind", PROFILES[session.profile]),
        spoil=wrong.get("spoil"),
    )
    return answer | {"docHash": session.value.hex()} if is_hidden else answer


def keep(call: Call, session: SigningSession, **changes: Any) -> SigningSession:
    """Store the session with these changes."""
    changed = replace(session, **changes)
    call.account.esign.put(changed.id, changed)
    return changed


def _changed(data: dict[str, Any], args: Any) -> dict[str, Any]:
    """Override members as a tester wishes; null removes one."""
    changed = {**data, **(args or {})}
    return {name: value for name, value in changed.items() if value is not None}
