"""What came back from a provider, judged like any other signature and written down for the relying party.

The digest that is compared is the one of the request, never the one that the provider repeats. A request counts as
signed only when the verdict is TOTAL-PASSED; whether the signature is recognised where it is to be used stands in the
report, since that is another question (signatures specification §2.4).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from certs.signatures.evaluate import SignerVerdict, Verdict
from certs.signatures.indication import Indication, technical_of
from certs.signatures.signed import Format
from certs.trust.errors import Refused
from gateway.signatures.records import SigningRequest, SigningStatus
from gateway.signatures.service import Caller, TrustUnusableError, Validated
from mapping.documents import MacaoIdentityCard
from providers.base import UpstreamIdentity
from providers.signing import SigningOutcome

LISTS: Final = "trust-unusable"
UNDECIDED: Final = "undecided"
_SIGNED_MESSAGES: Final = ("cms", "signedData")
"""Members that hold a signed message; otherwise there is a bare ``signature``."""


class Judge(Protocol):
    """The part of the validation service that is needed here."""

    async def validate(self, members: Mapping[str, Any], caller: Caller) -> Validated:
        """Judge one input and remember the report."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Ending:
    """How a request ends, and what is kept of it."""

    status: SigningStatus
    result: Mapping[str, str]

    @property
    def reason(self) -> str:
        """Code of what decided against it; empty if nothing did."""
        return self.result.get("reason", "")


def number_of(identity: UpstreamIdentity) -> str:
    """SHA-256 of the number that this person's certificate names, where a place's certificates name one (SG-09).

    Macao's name the identity card in serialNumber. For Hong Kong the platform compares the card itself, and for
    Guangdong the account; names are compared nowhere.
    """
    card = next((found for found in identity.documents if isinstance(found, MacaoIdentityCard)), None)
    if identity.provider != "macao" or card is None:
        return ""
    return hashlib.sha256(f"BIR{card.canonical}".encode()).hexdigest()


async def judged(
    judge: Judge, request: SigningRequest, outcome: SigningOutcome, number_sha256: str, *, sees_names: bool
) -> Ending:
    """Have an answer judged against the request's own digest; whatever goes wrong, it is not signed."""
    brought = _brought(outcome)
    try:
        found = await judge.validate(
            _members(request, outcome, number_sha256), Caller(request.client_id, sees_names=sees_names)
        )
    except Refused as refused:
        return Ending(SigningStatus.FAILED, {**brought, "reason": refused.code.value})
    except TrustUnusableError:
        return Ending(SigningStatus.FAILED, {**brought, "reason": LISTS})
    result = {**brought, **_certificates(found.verdict), "report": found.token}
    if found.verdict.technical.indication is Indication.TOTAL_PASSED:
        return Ending(SigningStatus.SIGNED, result)
    return Ending(SigningStatus.FAILED, {**result, "reason": _reason(found.verdict)})


def _members(request: SigningRequest, outcome: SigningOutcome, number_sha256: str) -> dict[str, Any]:
    members: dict[str, Any] = {
        "format": Format.PROVIDER_RESULT.value,
        "provider": outcome.profile,
        "result": dict(outcome.result),
        "content": {"digest": {"alg": request.digest_alg, "value": _base64(request.digest)}},
        "relying_jurisdiction": request.relying,
        "purpose": request.purpose,
    }
    if request.policy:
        members["policy"] = request.policy
    if number_sha256:
        members["expect"] = {"subject_number_sha256": number_sha256}
    return members


def _brought(outcome: SigningOutcome) -> dict[str, str]:
    """What the provider gave, as it came, and the signature out of it."""
    answer = outcome.result
    message = next((name for name in _SIGNED_MESSAGES if isinstance(answer.get(name), str)), None)
    return {
        "profile": outcome.profile,
        "answer": json.dumps(dict(answer), ensure_ascii=True, sort_keys=True),
        "signature": str(answer.get(message or "signature", "")),
        "signature_format": "cms" if message else "raw",
    }


def _certificates(verdict: Verdict) -> dict[str, str]:
    """The signer's certificate and those above it, as the path was built; else as they came."""
    signer: SignerVerdict | None = next((one for one in verdict.signers if one.leaf is not None), None)
    if signer is None or signer.leaf is None:
        return {}
    above = signer.evidence.hints if signer.path is None else [part.der for part in signer.path.certificates[1:]]
    chain = [_base64(der) for der in above if der != signer.leaf.der]
    return {"certificate": _base64(signer.leaf.der), "chain": json.dumps(chain)}


def _reason(verdict: Verdict) -> str:
    """The check that the technical verdict follows from; recognition is another question."""
    checks = (check for signer in verdict.signers for check in signer.checks)
    decisive = (check.reason.value for check in checks if check.reason and technical_of((check,)) == verdict.technical)
    return next(decisive, UNDECIDED)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
