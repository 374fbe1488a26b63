"""The ordered checks of a report: one stable code each, what became of it, and why if it did not pass."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from certs.trust.reasons import Reason


class CheckCode(StrEnum):
    """Every check there is, in the order in which they are reported; codes are never renamed."""

    FORMAT = "FORMAT"
    HEADER = "HEADER"
    CONTENT_TYPE = "CONTENT-TYPE"
    CONTENT_DIGEST = "CONTENT-DIGEST"
    SIGNED_ATTRIBUTES = "SIGNED-ATTRIBUTES"
    SIGNING_CERTIFICATE = "SIGNING-CERTIFICATE"
    PROVIDER_HASH = "PROVIDER-HASH"
    PROVIDER_STATE = "PROVIDER-STATE"
    PDF_RANGES = "PDF-RANGES"
    PDF_CHANGES = "PDF-CHANGES"
    SIG_VALUE = "SIG-VALUE"
    CHAIN_LIST_ENTRY = "CHAIN-LIST-ENTRY"
    CHAIN_PATH = "CHAIN-PATH"
    CERT_KEY_USAGE = "CERT-KEY-USAGE"
    TIME_PROOF = "TIME-PROOF"
    TIME_CLAIMED = "TIME-CLAIMED"
    TIME_ORDER = "TIME-ORDER"
    CERT_VALIDITY = "CERT-VALIDITY"
    CHAIN_VALIDITY = "CHAIN-VALIDITY"
    REV_LEAF = "REV-LEAF"
    REV_CA = "REV-CA"
    ALG_SIGNATURE = "ALG-SIGNATURE"
    ALG_CHAIN = "ALG-CHAIN"
    LIST_FRESH = "LIST-FRESH"
    MR_ROOT = "MR-ROOT"
    MR_ISSUER = "MR-ISSUER"
    MR_TYPE = "MR-TYPE"
    MR_OID = "MR-OID"
    MR_PERIOD = "MR-PERIOD"
    MR_RULES = "MR-RULES"
    MR_SERVICE = "MR-SERVICE"
    EQUIVALENCE = "EQUIVALENCE"
    EXPECTED = "EXPECTED"


class Level(StrEnum):
    """What a policy makes of a check that did not pass."""

    FAIL = "FAIL"
    WARN = "WARN"
    INFORM = "INFORM"
    IGNORE = "IGNORE"


class CheckStatus(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    INFORMATION = "information"
    IGNORED = "ignored"
    NOT_DONE = "not-done"


_STATUS_OF_LEVEL = {
    Level.FAIL: CheckStatus.FAILED,
    Level.WARN: CheckStatus.WARNING,
    Level.INFORM: CheckStatus.INFORMATION,
    Level.IGNORE: CheckStatus.IGNORED,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a report."""

    code: CheckCode
    level: Level
    status: CheckStatus
    reason: Reason | None = None
    detail: str = ""
    subject_ref: str = ""
    """SHA-256 of the certificate that it is about, or empty."""

    @property
    def failed(self) -> bool:
        """Whether it decides the verdict."""
        return self.status is CheckStatus.FAILED

    def to_json(self) -> dict[str, Any]:
        """Write it as a report does."""
        return {
            "code": self.code.value,
            "level": self.level.value,
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "detail": self.detail,
            "subject_ref": self.subject_ref,
        }


def judged(code: CheckCode, level: Level, reason: Reason | None, *, detail: str = "", subject_ref: str = "") -> Check:
    """A check that was done: passed without a reason, else as bad as the policy says."""
    status = CheckStatus.PASSED if reason is None else _STATUS_OF_LEVEL[level]
    return Check(code, level, status, reason, detail, subject_ref)


def not_done(code: CheckCode, level: Level, *, detail: str = "") -> Check:
    """A check that another one's failure made pointless; it never counts as passed."""
    return Check(code, level, CheckStatus.NOT_DONE, Reason.NOT_DONE, detail)
