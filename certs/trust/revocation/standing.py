"""What all the material together says of a certificate: a pure function, so that stored evidence answers the same.

A revocation wins over everything, because no later answer takes it back; otherwise the newest answer wins, since holds
are put on and lifted. Whatever did not count is named in ``tried``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason
from certs.trust.revocation import crl, ocsp
from certs.trust.revocation.model import Material, MaterialKind, RevocationRules, Standing, Status
from certs.trust.revocation.statement import HOLD

_RANK: Final = {Standing.REVOKED: 2, Standing.GOOD: 1, Standing.ON_HOLD: 1, Standing.UNKNOWN: 0}
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Question:
    certificate: Certificate
    issuer: Certificate
    responders: Sequence[Certificate]
    at: datetime
    rules: RevocationRules
    sm2_user_id: bytes | None


def status_of(
    certificate: Certificate,
    issuer: Certificate,
    materials: Sequence[Material],
    *,
    at: datetime,
    responders: Sequence[Certificate],
    rules: RevocationRules,
    sm2_user_id: bytes | None = None,
) -> Status:
    """Say how a certificate stands at a moment; never raises, and is `UNKNOWN` where nothing counts."""
    question = _Question(certificate, issuer, responders, at, rules, sm2_user_id)
    counting: list[Status] = []
    tried: list[Reason] = []
    for material in materials:
        found = _judge(material, question)
        if isinstance(found, Reason):
            tried.append(found)
        else:
            counting.append(found)
            tried.extend(found.tried)
    if not counting:
        return Status(certificate.sha256, Standing.UNKNOWN, tried=_once(tried) or (Reason.REVOCATION_NONE,))
    best = max(counting, key=_weight)  # of equals the first, in the order of the sources
    return replace(_with_release(best, counting), tried=_once(tried))


def is_known(status: Status) -> bool:
    """Whether nobody else need be asked: an answer that counts without the grace."""
    return status.standing is not Standing.UNKNOWN and not status.grace


def this_updates(materials: Sequence[Material]) -> tuple[datetime, ...]:
    """When the readable material was right, in order: the moments at which archived answers can be judged."""
    found: set[datetime] = set()
    for material in materials:
        read = ocsp.this_update if material.kind is MaterialKind.OCSP else crl.this_update
        try:
            found.add(read(material.der))
        except Fault:
            continue
    return tuple(sorted(found))


def _judge(material: Material, question: _Question) -> Status | Reason:
    if material.failure is not None:
        return material.failure
    judge = ocsp.judge if material.kind is MaterialKind.OCSP else crl.judge
    try:
        with fence(Reason.REVOCATION_MALFORMED):
            return judge(
                material,
                question.certificate,
                question.issuer,
                responders=question.responders,
                at=question.at,
                rules=question.rules,
                sm2_user_id=question.sm2_user_id,
            )
    except Fault as fault:
        return fault.reason


def _weight(status: Status) -> tuple[int, bool, datetime]:
    return _RANK[status.standing], not status.grace, status.this_update or _EARLIEST


def _with_release(best: Status, counting: Sequence[Status]) -> Status:
    """Print a hold that was lifted: whoever signed while it lasted signed with a suspended certificate."""
    if best.standing is not Standing.GOOD or best.released_at is not None:
        return best
    holds = [one for one in counting if one.standing is Standing.ON_HOLD]
    if not holds:
        return best
    last = max(holds, key=_weight)
    return replace(best, revoked_at=last.revoked_at, reason=HOLD, released_at=best.this_update)


def _once(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
