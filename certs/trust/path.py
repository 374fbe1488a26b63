"""From a certificate to a root that a list names, by a bounded search and the rules of RFC 5280 §6."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from certs.trust import path_names, path_rules, validator
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.path_builder import Edges, Search
from certs.trust.path_rules import PathRules

__all__ = ["PathRules", "TrustedPath", "find_path"]


@dataclass(frozen=True, slots=True)
class TrustedPath:
    """Certificates from the leaf to the anchor, every signature checked; only `find_path` makes one."""

    certificates: tuple[Certificate, ...]

    @property
    def leaf(self) -> Certificate:
        """The certificate of the signer."""
        return self.certificates[0]

    @property
    def anchor(self) -> Certificate:
        """The listed certificate that the path ends at."""
        return self.certificates[-1]


def find_path(
    leaf: Certificate,
    *,
    anchors: Sequence[Certificate],
    issuers: Sequence[Certificate],
    hints: Sequence[Certificate],
    rules: PathRules,
) -> TrustedPath:
    """Find the first path that fulfils the rules, or say why there is none (RFC 5280 §6).

    Only ``anchors`` are believed: ``issuers`` come from the lists too but end no path, ``hints`` come from whoever
    sent the message. A leaf that is itself an anchor needs no path. Whether anything was valid at some moment is
    judged elsewhere.
    """
    if any(anchor.der == leaf.der for anchor in anchors):
        return TrustedPath((leaf,))
    search = Search(anchors=anchors, issuers=issuers, hints=hints, rules=rules)
    refusal: Fault | None = None
    for certificates in islice(search.paths(leaf), rules.complete_paths):
        try:
            _judge(certificates, search.edges, rules)
        except Fault as fault:
            refusal = refusal or fault  # the first path is the likeliest one that was meant
        else:
            return TrustedPath(certificates)
    raise refusal or Fault(search.reason)


def _judge(certificates: Sequence[Certificate], edges: Edges, rules: PathRules) -> None:
    """Rules with reasons of their own first, the whole of RFC 5280 §6 last."""
    path_rules.check(certificates)
    path_names.check(certificates)
    validator.check(certificates, edges, rules)
