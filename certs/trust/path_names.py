"""Name constraints along a path, the anchor's own counted (RFC 5280 §4.2.1.10, RFC 5937 §3.2).

The comparing of names is the library's; walking the path is done here, for two reasons: a broken constraint gets a
reason of its own, and a wildcard that could stand for an excluded host counts as that host, which libraries overlook.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from asn1crypto import x509
from pyhanko_certvalidator.name_trees import (
    ExcludedSubtrees,
    PermittedSubtrees,
    default_excluded_subtrees,
    default_permitted_subtrees,
    dns_tree_contains,
    process_general_subtrees,
)

from certs.trust import oids
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.parsed import parsed
from certs.trust.reasons import Reason

_WILDCARD: Final = "*"


def check(path: Sequence[Certificate]) -> None:
    """Judge the names of a path from the leaf to the anchor; forms of names that nobody can compare are refused."""
    if not any(_constraints_of(issuer) for issuer in path[1:]):
        return
    with fence(Reason.PATH_RULES):
        _walk(path)


def _walk(path: Sequence[Certificate]) -> None:
    permitted = PermittedSubtrees(default_permitted_subtrees())
    excluded = ExcludedSubtrees(default_excluded_subtrees())
    hosts: list[str] = []
    for place in range(len(path) - 1, -1, -1):
        certificate = path[place]
        is_judged = place == 0 or (place < len(path) - 1 and not certificate.self_issued)
        if is_judged and not _admits(permitted, excluded, hosts, certificate):
            raise Fault(Reason.PATH_NAME_CONSTRAINTS)
        for constraint in _constraints_of(certificate) if place else ():
            _narrow(permitted, excluded, hosts, x509.NameConstraints.load(constraint))


def _narrow(
    permitted: PermittedSubtrees, excluded: ExcludedSubtrees, hosts: list[str], constraints: x509.NameConstraints
) -> None:
    """Take an issuer's constraints along for everything below it (RFC 5280 §6.1.4 g)."""
    if isinstance(constraints["permitted_subtrees"], x509.GeneralSubtrees):
        permitted.intersect_with(process_general_subtrees(constraints["permitted_subtrees"]))
    if isinstance(constraints["excluded_subtrees"], x509.GeneralSubtrees):
        excluded.union_with(process_general_subtrees(constraints["excluded_subtrees"]))
        bases = (subtree["base"] for subtree in constraints["excluded_subtrees"])
        hosts.extend(base.native for base in bases if base.name == "dns_name")


def _admits(
    permitted: PermittedSubtrees, excluded: ExcludedSubtrees, hosts: Sequence[str], certificate: Certificate
) -> bool:
    whole = parsed(certificate)
    could_be_excluded = any(dns_tree_contains(domain, host) for domain in _wildcards_of(whole) for host in hosts)
    return not could_be_excluded and bool(permitted.accept_cert(whole)) and bool(excluded.accept_cert(whole))


def _wildcards_of(certificate: x509.Certificate) -> Iterator[str]:
    """The domains in which a certificate's wildcards may stand for any host (RFC 6125 §6.4.3)."""
    for name in certificate.subject_alt_name_value or ():
        label, _, domain = name.native.partition(".") if name.name == "dns_name" else ("", "", "")
        if _WILDCARD in label:
            yield domain


def _constraints_of(certificate: Certificate) -> tuple[bytes, ...]:
    return tuple(value for oid, _, value in certificate.extensions if oid == oids.NAME_CONSTRAINTS)
