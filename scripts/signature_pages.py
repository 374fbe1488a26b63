"""The generated pages about signatures: checks and verdicts, built-in policies, reasons."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from certs.signatures.built_in_policies import BUILT_IN, DEFAULT_POLICY
from certs.signatures.checks import Check, CheckCode, CheckStatus, Level
from certs.signatures.indication import RecognitionVerdict, SubIndication, Technical, of_check
from certs.signatures.policy import ValidationPolicy, read_policy
from certs.signatures.wording import texts
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason
from gateway.web.service_calls import STATUS
from scripts.markdown import codes, page, table

CHECKS: Final[Mapping[CheckCode, str]] = {
    CheckCode.FORMAT: "the message can be read, within the limits",
    CheckCode.HEADER: "JWS, JAdES: the protected header holds what it must and nothing critical that is not processed",
    CheckCode.CONTENT_TYPE: "CMS: the content type is the one that was signed",
    CheckCode.CONTENT_DIGEST: "the digest in the signature is that of the content",
    CheckCode.SIGNED_ATTRIBUTES: "CMS: signed attributes are there, once each, in DER",
    CheckCode.SIGNING_CERTIFICATE: "the message names its signing certificate, and it is this one",
    CheckCode.PROVIDER_HASH: "provider results: the hash that came back is the one that was sent",
    CheckCode.PROVIDER_STATE: "provider results: the provider says that the person has signed",
    CheckCode.PDF_RANGES: "PDF: the signed byte ranges cover the revision, with the gap where it belongs",
    CheckCode.PDF_CHANGES: "PDF: nothing was changed later than the signature permits",
    CheckCode.SIG_VALUE: "the signature's arithmetic",
    CheckCode.CHAIN_LIST_ENTRY: "an entry of a list could speak for the certificate",
    CheckCode.CHAIN_PATH: "a path to a listed root (RFC 5280 §6)",
    CheckCode.CERT_KEY_USAGE: "the certificate is for signing; one for encipherment signs nothing",
    CheckCode.TIME_PROOF: "a trusted proof of when the signature existed, where the policy wants one",
    CheckCode.TIME_CLAIMED: "the time that the signer claims: within the certificate's validity, not in the future",
    CheckCode.TIME_ORDER: "every timestamp that came along counts",
    CheckCode.CERT_VALIDITY: "the certificate was valid at the relevant time",
    CheckCode.CHAIN_VALIDITY: "so was each certificate above it",
    CheckCode.REV_LEAF: "the certificate was not revoked or on hold",
    CheckCode.REV_CA: "nor was any above it",
    CheckCode.ALG_SIGNATURE: "the policy admits the signature's algorithm and key at the relevant time",
    CheckCode.ALG_CHAIN: "and those of each certificate of the path",
    CheckCode.LIST_FRESH: "the list and the equivalence table have not expired",
    CheckCode.MR_ROOT: "the path ends at a root of the entry that counts at the relevant time",
    CheckCode.MR_ISSUER: "the issuing certificate is one of the entry's that counts then",
    CheckCode.MR_TYPE: "the certificate names its type as the entry says, exactly",
    CheckCode.MR_OID: "it has a policy identifier that the entry wants",
    CheckCode.MR_PERIOD: "the entry was recognised at the relevant time",
    CheckCode.MR_RULES: "the entry's own rules for keys and usages",
    CheckCode.MR_SERVICE: "the entry is for signatures, or for this provider's results",
    CheckCode.EQUIVALENCE: "a row in force says what it is worth where it is shown",
    CheckCode.EXPECTED: "it is the certificate, policy or person that the caller expects",
}
"""What each check looks at, in a few words."""

_SECOND_AXIS: Final = frozenset(code for code in CheckCode if code.value.startswith("MR-")) | {CheckCode.EQUIVALENCE}
_NEVER_A_CHECK: Final = frozenset({Reason.NOT_DONE, Reason.SM2_NEEDS_E})
_OF_CHECKS: Final = frozenset(
    {
        Reason.REVOCATION_NONE,
        Reason.REVOCATION_UNKNOWN,
        Reason.REVOCATION_UNREACHABLE,
        Reason.REVOCATION_GRACE,
        Reason.REVOCATION_BEFORE_PROOF,
    }
)
_OF_MATERIAL: Final = frozenset(
    reason for reason in Reason if reason.value.startswith("revocation-") and reason not in _OF_CHECKS
)
"""Why one answer or list did not count; the check names these beside its own reason."""
_OF_SECOND_AXIS: Final = frozenset(reason for reason in Reason if reason.value.startswith("mr-")) | {
    Reason.NOT_RECOGNISED_FOR_PAIR,
    Reason.PURPOSE_EXCLUDED,
    Reason.CLASS_TOO_LOW,
}


def signature_checks_page() -> str:
    """Every check in its order, what a failed one leads to, and what the built-in policies ask for."""
    return page(
        "# Checks and verdicts",
        "What stands in a [validation report](signature-report.md), read off the code. Codes are stable: none is"
        " renamed, new ones are added.",
        "## Checks",
        "In the order of the report. Only those that belong to a signature's format are in its report. *Axis*: which"
        " verdict a failure decides. A check that another one's failure made pointless has the status `not-done` and"
        " never counts as passed.",
        table(("Check", "Axis", "What it looks at", "May be lowered"), map(_check, CheckCode)),
        f"A check is {codes(CheckStatus)}. A policy makes one that did not pass {codes(Level)}; without a word of the"
        " policy it is `FAIL`. Levels can be set for the checks of the last column only: a wrong value, a broken path,"
        " a revoked certificate or a stale list fails under every policy.",
        "## From reasons to verdicts",
        "The technical verdict (ETSI EN 319 102-1 §5) is the worst of its failed checks; among equals the first in"
        " order decides. Without a failed check it is `TOTAL-PASSED`.",
        table(("Indication", "Sub-indication", "Reasons"), _verdicts()),
        "One depends on the check: a revoked certificate *above* the signer's (`REV-CA`) leads to `INDETERMINATE`,"
        " `REVOKED_CA_NO_POE`. Why single answers about revocation did not count stands in the report under `tried`:"
        f" {codes(reason.value for reason in Reason if reason in _OF_MATERIAL)}.",
        "The reasons of the other axes leave the technical verdict alone:"
        f" {codes(reason.value for reason in Reason if reason in _OF_SECOND_AXIS)}. Their sentences:"
        " [reasons](signature-reasons.md).",
        "## Recognition",
        f"The second axis is {codes(RecognitionVerdict)}: the first of the entry's checks that did not pass decides."
        " Several entries may name one issuer; the one that is nearest to recognising the certificate where it is shown"
        " is reported.",
        "## Built-in policies",
        f"Without a name, `{DEFAULT_POLICY}` decides. An operator's own: [policies](signature-policies.md).",
        table(
            ("Policy", "Algorithms", "Proof of time", "Lowered checks", "Accepts"),
            (_policy(read_policy(payload)) for payload in BUILT_IN),
        ),
        "*Accepts* is the least class of the third axis, for a `TOTAL-PASSED` and recognised signature.",
        "## Refusals",
        "A request that cannot be worked on is no verdict. `gate sign` ends with exit code 2, the interface answers:",
        table(("Code", "Status"), ((f"`{code}`", str(STATUS[code])) for code in RefusalCode)),
    )


def _check(code: CheckCode) -> tuple[str, ...]:
    axis = "recognition" if code in _SECOND_AXIS else "technical"
    return f"`{code}`", axis, CHECKS[code], "yes" if _may_be_lowered(code) else ""


def _may_be_lowered(code: CheckCode) -> bool:
    try:
        read_policy({"id": "x", "version": 1, "levels": {code.value: Level.WARN.value}, "algorithms": []})
    except Refused:
        return False
    return True


def _verdicts() -> Iterable[tuple[str, ...]]:
    found: dict[Technical, list[str]] = {}
    for reason in Reason:
        if reason in _NEVER_A_CHECK | _OF_MATERIAL | _OF_SECOND_AXIS:
            continue
        check = Check(CheckCode.FORMAT, Level.FAIL, CheckStatus.FAILED, reason)
        found.setdefault(of_check(check), []).append(reason.value)
    order = [None, *SubIndication]
    for technical in sorted(found, key=lambda one: (one.indication, order.index(one.sub_indication))):
        sub = "–" if technical.sub_indication is None else f"`{technical.sub_indication}`"
        yield f"`{technical.indication}`", sub, codes(found[technical])


def _policy(policy: ValidationPolicy) -> tuple[str, ...]:
    levels = ", ".join(f"`{code}` {level}" for code, level in policy.levels.items() if level is not Level.FAIL)
    return (
        f"`{policy.policy_id}` {policy.version}",
        "; ".join(_algorithm(rule) for rule in policy.payload["algorithms"]),
        "required" if policy.proof_of_time else "",
        levels or "none",
        policy.accept.minimum_class,
    )


def _algorithm(rule: Mapping[str, Any]) -> str:
    least = f" {rule['bits']} bits" if rule["family"] == "RSA" else ""
    curves = f" {', '.join(rule['curves'])}" if "curves" in rule else ""
    digests = f" with {', '.join(rule['digests'])}" if "digests" in rule else ""
    until = f", proven before {rule['until'][:10]}" if "until" in rule else ""
    return f"{rule['family']}{least}{curves}{digests}{until}"


def signature_reasons_page() -> str:
    """Why a check of a signature did not pass, as a clerk reads it."""
    sentences = [(f"`{reason}`", sentence) for reason, sentence in texts("en").items()]
    return page(
        "# Reasons of signature checks",
        "Each check of a [validation report](signature-report.md) that did not pass carries one of these reasons, and"
        " the report's next step repeats the sentence of the one that decided. The codes are stable: none is renamed,"
        " new ones are added. Which verdict follows from which: [checks and verdicts](signature-checks.md).",
        "The sentences are for the person at the counter. They stand in `certs/signatures/texts` in English,"
        " Traditional Chinese, Simplified Chinese and Portuguese; a report holds all four. They say which rule is not"
        " met and what can be done, and are information, not legal advice.",
        table(("Reason", "Sentence"), sentences),
    )
