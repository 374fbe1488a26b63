"""A relying party's one question: whether a number is that of the person behind its access token.

The answer rests on the token's own grant and on nothing else. No record is looked up, so nobody can find out whether a
number is known here, and a stand-in can never pass as anything but a stand-in (MP-01, MP-02, MP-05).
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from gateway.audit import AuditAction, AuditEvent, AuditLog
from gateway.broker.ports import AttemptCounter
from gateway.oidc.model import Grant
from gateway.oidc.names import ErrorCode, Scope
from gateway.oidc.protected_resource import BearerError, access_of
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind

ATTEMPTS: Final = "verify"
"""The kind under which questions are counted, per grant."""
RETRY_AFTER: Final = 60
"""Seconds after which somebody who asked too often may ask again."""

_BEIJING: Final = timezone(timedelta(hours=8))
_UNKNOWN: Final = "unknown"
_TOLD: Final = frozenset({IdentifierKind.SURROGATE, IdentifierKind.RESIDENCE_PERMIT, IdentifierKind.RESIDENT_ID})
_NOBODYS: Final = "-" * 18
"""Compared with where there is nothing to compare, so that the answer takes as long."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What the question is answered with."""

    attempts: AttemptCounter
    """Thirty a minute for each grant."""
    audit: AuditLog


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a number without looking anything up, and whether it is the subject's."""

    is_valid: bool
    kind: str
    is_subjects: bool

    def as_json(self) -> dict[str, str | bool]:
        """The wire form."""
        return {
            "format": "valid" if self.is_valid else "invalid",
            "kind": self.kind,
            "is_subjects": self.is_subjects,
        }


class TooManyQuestionsError(Exception):
    """Somebody tries numbers out."""

    retry_after: Final = RETRY_AFTER


async def verify(
    verifier: Verifier, call: BackChannelCall, op: OpenIDProvider, number: object, *, query_has_token: bool
) -> Verdict:
    """Answer for a token with the scope ``cn_id``; raises ``BearerError`` or ``TooManyQuestionsError``."""
    grant, released = await _granted(call, op, query_has_token=query_has_token)
    if not await verifier.attempts.admit(ATTEMPTS, grant.id, call.now):
        await verifier.audit.append(_event(grant, call, "too_many"))
        raise TooManyQuestionsError
    verdict = judge(number, released, call.now)
    await verifier.audit.append(_event(grant, call, "subjects" if verdict.is_subjects else "not_subjects"))
    return verdict


def judge(number: object, released: str, now: datetime) -> Verdict:
    """Read a number, and compare it with the one that was released with the token."""
    try:
        parsed = MainlandIdentifier.parse(number, now.astimezone(_BEIJING).date())
    except MappingError:
        hmac.compare_digest(_NOBODYS, released)
        return Verdict(is_valid=False, kind=_UNKNOWN, is_subjects=False)
    kind = parsed.kind.value if parsed.kind in _TOLD else _UNKNOWN
    return Verdict(is_valid=True, kind=kind, is_subjects=hmac.compare_digest(parsed.value, released))


async def _granted(call: BackChannelCall, op: OpenIDProvider, *, query_has_token: bool) -> tuple[Grant, str]:
    """The grant behind the token, and the number that was released with it (RFC 6750 §3.1)."""
    access = await access_of(call, op, query_has_token=query_has_token)
    grant, token = access.grant, access.token
    claim = grant.claims.get("gba_cn_id") if Scope.CN_ID in token.scopes else None
    value = claim.get("value") if isinstance(claim, dict) else None
    if not isinstance(value, str) or not value.isascii():
        raise BearerError(403, ErrorCode.INSUFFICIENT_SCOPE, "the access token must have the scope cn_id")
    return grant, value


def _event(grant: Grant, call: BackChannelCall, answer: str) -> AuditEvent:
    """One event is one try; its answer says nothing that the asker does not know."""
    return AuditEvent(
        AuditAction.IDENTIFIER_VERIFIED,
        call.now,
        call.correlation_id,
        client_id=grant.client_id,
        subject_id=grant.subject_id,
        details={"answer": answer, "count": "1"},
    )
