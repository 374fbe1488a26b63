"""The last word on a path: RFC 5280 §6 as pyhanko-certvalidator works it out, with our arithmetic and without time.

The library is given a fixed path, so its own builder never runs; signatures are those that the search has proven;
the moment lies inside every period, so that time decides nothing; revocation is judged elsewhere. Nothing is awaited
in such a run, and so the coroutine is driven by hand, without an event loop.
"""

from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.authority import AuthorityWithCert, TrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import PathValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
    SignatureValidator,
)
from pyhanko_certvalidator.validate import async_validate_path

from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.parsed import parsed
from certs.trust.path_builder import Edges
from certs.trust.path_rules import PathRules
from certs.trust.reasons import Reason

_NO_REVOCATION: Final = CertRevTrustPolicy(
    RevocationCheckingPolicy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
)
_ANY_ALGORITHM: Final = AcceptAllAlgorithms()
"""Which algorithms count is a matter of policy and of time, and is judged where the time is known."""
_POLICY_NODES: Final = 256
"""Policy graphs can be made to explode (RFC 9618 §1); no honest path comes near this."""


class ProvenSignatures(SignatureValidator):
    """Answers the library with what the search has worked out; a signature nobody checked is no signature."""

    def __init__(self, edges: Edges) -> None:
        self._edges = edges
        self.has_refused = False

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,  # noqa: ARG002 - inside the signed data, and checked there
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,  # noqa: ARG002 - the library's signature
    ) -> None:
        """Accept exactly the signatures that were checked on the way up."""
        if not self._edges.is_proven(signed_data, signature, public_key_info.dump()):
            self.has_refused = True
            raise InvalidSignature


def check(path: Sequence[Certificate], edges: Edges, rules: PathRules) -> None:
    """Judge a path from the leaf to the anchor; names were compared before, so what is left to break is policies."""
    moment = _shared_moment(path[:-1])
    with fence(Reason.PATH_RULES):
        signatures = ProvenSignatures(edges)
        try:
            _drive(async_validate_path(_context(moment, signatures), _path(path), _parameters(rules)))
        except PathValidationError:
            raise Fault(_reason(path, signatures)) from None


def _reason(path: Sequence[Certificate], signatures: ProvenSignatures) -> Reason:
    """Why the library refused, without reading its sentences: policies, once nothing else can be the cause."""
    if signatures.has_refused:
        return Reason.PATH_SIGNATURE
    chain = [parsed(certificate) for certificate in path]
    is_chained = all(below.issuer == above.subject for below, above in pairwise(chain))
    return Reason.PATH_POLICY if is_chained else Reason.PATH_RULES


def _shared_moment(certificates: Sequence[Certificate]) -> datetime:
    """A moment inside every period; certificates that were never valid together make no path."""
    first = max(certificate.not_before for certificate in certificates)
    if first > min(certificate.not_after for certificate in certificates):
        raise Fault(Reason.PATH_RULES)
    return first


def _path(path: Sequence[Certificate]) -> ValidationPath:
    leaf, *between, anchor = path
    qualifiers = TrustQualifiers(
        max_path_length=anchor.path_length,
        max_aa_path_length=anchor.path_length,  # counted down beside the other, and must not be `None` then
    )
    root = TrustAnchor(AuthorityWithCert(parsed(anchor)), qualifiers)
    return ValidationPath(root, [parsed(issuer) for issuer in reversed(between)], parsed(leaf))


def _parameters(rules: PathRules) -> PKIXValidationParams:
    return PKIXValidationParams(
        user_initial_policy_set=rules.policies or frozenset({"any_policy"}),
        initial_explicit_policy=rules.needs_policy,
        initial_policy_mapping_inhibit=rules.inhibits_mapping,
        initial_any_policy_inhibit=rules.inhibits_any_policy,
        max_policy_graph_nodes=_POLICY_NODES,
    )


def _context(moment: datetime, signatures: ProvenSignatures) -> ValidationContext:
    return ValidationContext(
        trust_roots=[],
        moment=moment,
        allow_fetching=False,
        revinfo_policy=_NO_REVOCATION,
        algorithm_usage_policy=_ANY_ALGORITHM,
        time_tolerance=timedelta(0),
        signature_validator=signatures,
    )


def _drive(steps: Coroutine[Any, Any, object]) -> None:
    """Run to the end what awaits nothing; if it ever does, it is not this validation any more."""
    try:
        steps.send(None)
    except StopIteration:
        return
    steps.close()
    raise Fault(Reason.PATH_RULES)
