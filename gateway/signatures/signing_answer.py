"""What a relying party gets for a request that it made: how far it is, and in the end signature, certificate, report.

Only the client that asked gets it, with its own token and never through the browser.
"""

import json
from datetime import datetime
from typing import Any, Final

from certs.keys import JsonError, strict_json
from certs.keys.base64url import decode
from gateway.signatures.records import SigningRequest, SigningStatus

EXPIRED: Final = "expired"
"""The time was over before anything came of it."""
_PENDING: Final = {SigningStatus.ASKED: "asked", SigningStatus.AWAY: "away", SigningStatus.BACK: "away"}


def answer_of(request: SigningRequest, now: datetime) -> dict[str, Any]:
    """A request as its relying party sees it."""
    answer: dict[str, Any] = {"id": request.id, "status": _status(request, now)}
    if not request.status.is_over:
        return answer | {"expires_in": max(0, int((request.expires_at - now).total_seconds()))}
    result = request.result
    answer["provider"] = request.provider or None
    if "reason" in result:
        answer["reason"] = result["reason"]
    if "profile" not in result:
        return answer
    answer |= {
        "format": result["profile"],
        "result": json.loads(result["answer"]),
        "signature": result["signature"],
        "signature_format": result["signature_format"],
        "certificate": result.get("certificate"),
        "chain": json.loads(result.get("chain", "[]")),
    }
    token = result.get("report")
    return answer if token is None else answer | {"report": token, "report_json": _report(token)}


def _status(request: SigningRequest, now: datetime) -> str:
    if request.status.is_over:
        return request.status.value
    return EXPIRED if request.expires_at <= now else _PENDING[request.status]


def _report(token: str) -> dict[str, Any] | None:
    """The report inside its signature, which is ours: no need to verify it here."""
    try:
        return strict_json.parse_object(decode(token.split(".")[1]))
    except (JsonError, ValueError, IndexError):
        return None
