"""What is demanded of a signature, as data: levels of checks, algorithms with end dates, revocation, time, acceptance.

A policy is a JSON document with a version; the report names it as `id@version#sha256`, and members that nobody knows
are errors, since a misspelt rule would be no rule.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from certs.keys.canonical import canonical
from certs.signatures.checks import CheckCode, Level
from certs.trust.arithmetic import PublicKey, SignatureAlgorithm
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason
from certs.trust.revocation.model import RevocationRules
from certs.trust.trust_list import SignatureClass

_MEMBERS: Final = frozenset({"id", "version", "levels", "algorithms", "revocation", "time", "signers", "accept"})
_LOWERABLE: Final = frozenset({
    CheckCode.TIME_PROOF, CheckCode.TIME_CLAIMED, CheckCode.TIME_ORDER, CheckCode.PDF_CHANGES,
})  # fmt: skip
"""Checks that a policy may make milder; a wrong value, a broken path or a stale list fails under every policy."""
_SIGNERS: Final = frozenset({"all", "any"})


@dataclass(frozen=True, slots=True)
class AlgorithmRule:
    """One algorithm that counts, for keys of some size, until a day."""

    family: str
    digests: frozenset[str]
    bits: int
    curves: frozenset[str]
    until: datetime | None
    """Signatures that are proven to be older than this count for ever; others until it."""

    def names(self, algorithm: SignatureAlgorithm) -> bool:
        """Whether the rule speaks of this algorithm, whatever the key."""
        return self.family == algorithm.family and (not self.digests or algorithm.digest in self.digests)

    def digests_with(self, digest: str) -> bool:
        """Whether the rule lets this digest stand for a content; Ed25519's is SHA-512 (RFC 8419 §2.3)."""
        if self.family == "Ed25519":
            return digest in (self.digests or {"sha512"})
        return not self.digests or digest in self.digests

    def fits(self, algorithm: SignatureAlgorithm, key: PublicKey) -> bool:
        """Whether the rule speaks of this algorithm with this key."""
        return (
            self.names(algorithm)
            and self.family == key.family
            and key.bits >= self.bits
            and (not self.curves or key.curve in self.curves)
        )


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The formula of ``accept`` over the three axes; INDETERMINATE is never accepted."""

    recognised: bool
    minimum_class: SignatureClass
    grace: bool


@dataclass(frozen=True, slots=True)
class ValidationPolicy:
    """One policy, parsed; only `read_policy` makes one."""

    policy_id: str
    version: int
    levels: Mapping[CheckCode, Level]
    algorithms: tuple[AlgorithmRule, ...]
    revocation: RevocationRules
    proof_of_time: bool
    skew: int
    signers: str
    accept: Acceptance
    sha256: str
    payload: Mapping[str, Any]

    @property
    def name(self) -> str:
        """How a report refers to it."""
        return f"{self.policy_id}@{self.version}#{self.sha256}"

    def level(self, code: CheckCode) -> Level:
        """How bad a failed check is; FAIL unless the policy says otherwise."""
        return self.levels.get(code, Level.FAIL)

    def judge_algorithm(self, algorithm: SignatureAlgorithm, key: PublicKey, at: datetime) -> Reason | None:
        """Say why an algorithm does not count at a moment; `None` when it does."""
        rules = [rule for rule in self.algorithms if rule.fits(algorithm, key)]
        if any(rule.until is None or at < rule.until for rule in rules):
            return None
        if rules:
            return Reason.ALGORITHM_EXPIRED
        smallest = [rule.bits for rule in self.algorithms if rule.family == key.family]
        return Reason.KEY_TOO_SMALL if smallest and key.bits < min(smallest) else Reason.ALGORITHM_FORBIDDEN

    def judge_digest(self, digest: str, at: datetime) -> Reason | None:
        """The same for a digest that stands for a content beside the signature's own algorithm (RFC 5652 §5.4)."""
        rules = [rule for rule in self.algorithms if rule.digests_with(digest)]
        if any(rule.until is None or at < rule.until for rule in rules):
            return None
        return Reason.ALGORITHM_EXPIRED if rules else Reason.ALGORITHM_FORBIDDEN

    def judge_answer(self, algorithm: SignatureAlgorithm, at: datetime) -> Reason | None:
        """The same for the signature under a revocation answer, whose key the list's entry vouches for."""
        rules = [rule for rule in self.algorithms if rule.names(algorithm)]
        if any(rule.until is None or at < rule.until for rule in rules):
            return None
        return Reason.ALGORITHM_EXPIRED if rules else Reason.ALGORITHM_FORBIDDEN


class _Reader:
    """Takes members out of an object; what is left over at the end is refused."""

    def __init__(self, members: object) -> None:
        if not isinstance(members, Mapping):
            raise _refused()
        self._left = dict(members)

    def take(self, name: str, kind: type, default: Any = None) -> Any:
        value: Any = self._left.pop(name, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _refused()
        if isinstance(value, int) and value < 0:
            raise _refused()
        return value

    def finish(self) -> None:
        if self._left:
            raise _refused()


def read_policy(payload: Mapping[str, Any]) -> ValidationPolicy:
    """Read a policy document; raises `Refused` (`E_POLICY`) for anything that it does not understand."""
    if not set(payload) <= _MEMBERS:
        raise _refused()
    try:
        return _read(payload)
    except (ValueError, TypeError, KeyError):
        raise _refused() from None


def _read(payload: Mapping[str, Any]) -> ValidationPolicy:
    top = _Reader(payload)
    policy_id, version = top.take("id", str), top.take("version", int)
    levels = {CheckCode(code): Level(level) for code, level in top.take("levels", dict, {}).items()}
    if not set(levels) <= _LOWERABLE:
        raise _refused()
    time = _Reader(top.take("time", dict, {}))
    proof, skew = time.take("proof_required", bool, False), time.take("skew", int, 120)
    time.finish()
    signers = top.take("signers", str, "all")
    if signers not in _SIGNERS or not policy_id:
        raise _refused()
    return ValidationPolicy(
        policy_id=policy_id,
        version=version,
        levels=levels,
        algorithms=tuple(_algorithm(rule) for rule in top.take("algorithms", list)),
        revocation=_revocation(top.take("revocation", dict, {}), skew),
        proof_of_time=proof,
        skew=skew,
        signers=signers,
        accept=_acceptance(top.take("accept", dict, {})),
        sha256=hashlib.sha256(canonical(payload)).hexdigest(),
        payload=payload,
    )


def _algorithm(members: object) -> AlgorithmRule:
    reader = _Reader(members)
    until = reader.take("until", str, "")
    rule = AlgorithmRule(
        family=reader.take("family", str),
        digests=frozenset(reader.take("digests", list, [])),
        bits=reader.take("bits", int, 0),
        curves=frozenset(reader.take("curves", list, [])),
        until=datetime.fromisoformat(until).astimezone(UTC) if until else None,
    )
    reader.finish()
    return rule


def _revocation(members: object, skew: int) -> RevocationRules:
    reader, usual = _Reader(members), RevocationRules()
    rules = RevocationRules(
        skew=skew,
        lifetime_without_next_update=reader.take(
            "lifetime_without_next_update", int, usual.lifetime_without_next_update
        ),
        grace=reader.take("grace", int, usual.grace),
        max_age_ocsp=reader.take("max_age_ocsp", int, usual.max_age_ocsp),
        max_age_crl=reader.take("max_age_crl", int, usual.max_age_crl),
    )
    reader.finish()
    return rules


def _acceptance(members: object) -> Acceptance:
    reader = _Reader(members)
    accept = Acceptance(
        recognised=reader.take("recognised", bool, True),
        minimum_class=SignatureClass(reader.take("minimum_class", str, "R1")),
        grace=reader.take("grace", bool, False),
    )
    reader.finish()
    return accept


def _refused() -> Refused:
    return Refused(RefusalCode.POLICY, "the validation policy has a member that is missing, unknown or malformed")


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that a gateway offers, by id."""

    by_id: Mapping[str, ValidationPolicy]

    @classmethod
    def of(cls, *payloads: Mapping[str, Any]) -> Self:
        """Read several documents; of two with one id the later wins."""
        read = [read_policy(payload) for payload in payloads]
        return cls({policy.policy_id: policy for policy in read})

    def find(self, policy_id: str) -> ValidationPolicy:
        """Give a policy by its id; raises `Refused` (`E_POLICY`)."""
        found = self.by_id.get(policy_id)
        if found is None:
            raise Refused(RefusalCode.POLICY, "there is no validation policy of this name")
        return found
