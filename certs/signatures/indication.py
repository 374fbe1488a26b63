"""The verdicts on three axes, and which failed check leads to which (ETSI EN 319 102-1 §5)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from certs.signatures.checks import Check, CheckCode
from certs.trust.reasons import Reason


class Indication(StrEnum):
    """The technical verdict."""

    TOTAL_PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    TOTAL_FAILED = "TOTAL-FAILED"
    NO_SIGNATURE_FOUND = "NO_SIGNATURE_FOUND"


class SubIndication(StrEnum):
    """Why a technical verdict is not a pass."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"


class RecognitionVerdict(StrEnum):
    """The second axis: whether a list in force recognises the certificate, for the place it is shown in."""

    RECOGNISED = "recognised"
    NOT_LISTED = "not-listed"
    NOT_RECOGNISED_FOR_PAIR = "not-recognised-for-pair"
    TYPE_MISMATCH = "type-mismatch"
    POLICY_OID_MISSING = "policy-oid-missing"
    OUTSIDE_RECOGNITION_PERIOD = "outside-recognition-period"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    LIST_STALE = "list-stale"


class Technical(NamedTuple):
    """A technical verdict with its reason."""

    indication: Indication
    sub_indication: SubIndication | None = None


_FAILED: Final = Indication.TOTAL_FAILED
_OPEN: Final = Indication.INDETERMINATE
_GENERAL: Final = Technical(_OPEN, SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE)
_CONSTRAINTS: Final = Technical(_OPEN, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
_CRYPTO: Final = Technical(_OPEN, SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
_FORMAT: Final = Technical(_FAILED, SubIndication.FORMAT_FAILURE)
_BROKEN: Final = Technical(_FAILED, SubIndication.SIG_CRYPTO_FAILURE)
_HASH: Final = Technical(_FAILED, SubIndication.HASH_FAILURE)
_LATER: Final = Technical(_OPEN, SubIndication.TRY_LATER)
_NO_CHAIN: Final = Technical(_OPEN, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
_NO_SIGNER: Final = Technical(_OPEN, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
_OUT_OF_BOUNDS: Final = Technical(_OPEN, SubIndication.OUT_OF_BOUNDS_NO_POE)
_ORDER: Final = Technical(_OPEN, SubIndication.TIMESTAMP_ORDER_FAILURE)
_SIGNATURE_RULES: Final = Technical(_OPEN, SubIndication.SIG_CONSTRAINTS_FAILURE)

VERDICTS: Final[dict[Reason, Technical]] = {
    **dict.fromkeys((reason for reason in Reason if reason.value.startswith("timestamp-")), _ORDER),
    **dict.fromkeys((reason for reason in Reason if reason.value.startswith("revocation-")), _LATER),
    Reason.NO_SIGNATURE: Technical(Indication.NO_SIGNATURE_FOUND),
    Reason.CONTENT_MISSING: Technical(_OPEN, SubIndication.SIGNED_DATA_NOT_FOUND),
    Reason.CONTENT_DIGEST_MISMATCH: _HASH,
    Reason.CONTENT_DIFFERS: _HASH,
    Reason.PROVIDER_HASH_DIFFERS: _HASH,
    Reason.SIGNATURE_MISMATCH: _BROKEN,
    Reason.SIGNATURE_MALFORMED: _BROKEN,
    Reason.ALGORITHM_MISMATCH: _BROKEN,
    Reason.SIGNING_CERTIFICATE_NOT_FOUND: _NO_SIGNER,
    Reason.SIGNED_ATTRIBUTES_MISSING: _SIGNATURE_RULES,
    Reason.SIGNING_CERTIFICATE_MISSING: _SIGNATURE_RULES,
    Reason.CONTENT_NOT_COVERED: _SIGNATURE_RULES,
    Reason.PROVIDER_STATE: _SIGNATURE_RULES,
    Reason.EXPECTATION_NOT_MET: _SIGNATURE_RULES,
    Reason.CLAIMED_TIME_IMPLAUSIBLE: _SIGNATURE_RULES,
    Reason.NO_PROOF_OF_TIME: Technical(_OPEN, SubIndication.NO_POE),
    Reason.PATH_NO_ENTRY: _NO_CHAIN,
    Reason.PATH_NOT_FOUND: _NO_CHAIN,
    Reason.PATH_SIGNATURE: _NO_CHAIN,
    Reason.PATH_NOT_CA: _GENERAL,
    Reason.PATH_LENGTH: _GENERAL,
    Reason.PATH_KEY_USAGE: _GENERAL,
    Reason.PATH_NAME_CONSTRAINTS: _GENERAL,
    Reason.PATH_CRITICAL_EXTENSION: _GENERAL,
    Reason.PATH_POLICY: _CONSTRAINTS,
    Reason.PATH_BUDGET: _GENERAL,
    Reason.PATH_RULES: _GENERAL,
    Reason.KEY_USAGE_NOT_FOR_SIGNING: _CONSTRAINTS,
    Reason.KEY_USAGE_ENCIPHERMENT: _CONSTRAINTS,
    Reason.EXTENDED_KEY_USAGE: _CONSTRAINTS,
    Reason.CERTIFICATE_EXPIRED: _OUT_OF_BOUNDS,
    Reason.ISSUER_EXPIRED: _OUT_OF_BOUNDS,
    Reason.CERTIFICATE_NOT_YET_VALID: Technical(_FAILED, SubIndication.NOT_YET_VALID),
    Reason.ISSUER_NOT_YET_VALID: _OUT_OF_BOUNDS,
    Reason.REVOKED: Technical(_FAILED, SubIndication.REVOKED),
    Reason.REVOKED_KEY_COMPROMISE: Technical(_FAILED, SubIndication.REVOKED),
    Reason.ON_HOLD: Technical(_FAILED, SubIndication.REVOKED),
    Reason.REVOKED_NO_PROOF: Technical(_OPEN, SubIndication.REVOKED_NO_POE),
    Reason.LIST_STALE: _LATER,
    Reason.VALIDATOR_TIMEOUT: _LATER,
    Reason.VALIDATOR_FAILURE: Technical(_OPEN, SubIndication.POLICY_PROCESSING_ERROR),
    Reason.ALGORITHM_FORBIDDEN: _CRYPTO,
    Reason.ALGORITHM_PARAMETERS: _CRYPTO,
    Reason.ALGORITHM_UNSUPPORTED: _CRYPTO,
    Reason.ALGORITHM_EXPIRED: Technical(_OPEN, SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE),
    Reason.KEY_TOO_SMALL: _CRYPTO,
    Reason.KEY_UNSUPPORTED: _CRYPTO,
    Reason.REVOCATION_BEFORE_PROOF: _ORDER,
}
"""Reasons that are not named are faults of the message's own shape: FORMAT_FAILURE."""

_SECOND_AXIS: Final = frozenset(code for code in CheckCode if code.value.startswith("MR-")) | {CheckCode.EQUIVALENCE}
_BY_CHECK: Final[dict[tuple[CheckCode, Reason], Technical]] = {
    (CheckCode.REV_CA, Reason.REVOKED): Technical(_OPEN, SubIndication.REVOKED_CA_NO_POE),
    (CheckCode.REV_CA, Reason.REVOKED_NO_PROOF): Technical(_OPEN, SubIndication.REVOKED_CA_NO_POE),
}
_SEVERITY: Final = (
    Indication.TOTAL_PASSED,
    Indication.INDETERMINATE,
    Indication.NO_SIGNATURE_FOUND,
    Indication.TOTAL_FAILED,
)


def of_check(check: Check) -> Technical:
    """The verdict that a failed check alone would give."""
    reason = check.reason or Reason.VALIDATOR_FAILURE
    return _BY_CHECK.get((check.code, reason)) or VERDICTS.get(reason, _FORMAT)


def technical_of(checks: Iterable[Check]) -> Technical:
    """The worst verdict of the failed checks of the first axis; among equals, the first in order."""
    verdict = Technical(Indication.TOTAL_PASSED)
    for check in checks:
        if not check.failed or check.code in _SECOND_AXIS:
            continue
        found = of_check(check)
        if _SEVERITY.index(found.indication) > _SEVERITY.index(verdict.indication):
            verdict = found
    return verdict


def worst(verdicts: Iterable[Technical]) -> Technical:
    """The verdict over several signers; without any there is no signature."""
    found = sorted(verdicts, key=lambda verdict: _SEVERITY.index(verdict.indication))
    return found[-1] if found else Technical(Indication.NO_SIGNATURE_FOUND)


def best(verdicts: Iterable[Technical]) -> Technical:
    """The verdict where one good signer is enough."""
    found = sorted(verdicts, key=lambda verdict: _SEVERITY.index(verdict.indication))
    return found[0] if found else Technical(Indication.NO_SIGNATURE_FOUND)
