"""The search for paths: by name and key identifier, every edge checked before it is climbed, within fixed bounds.

Builders that look for whole chains first and check signatures afterwards can be kept busy for minutes by a message
with a hundred certificates of one name (RFC 4158 §2). Here nothing is climbed that its issuer did not sign, listed
certificates come before those of the message, and each bound is small enough to be used up in milliseconds.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from certs.trust import arithmetic
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.names import read_name
from certs.trust.path_rules import PathRules
from certs.trust.reasons import Reason


class Edges:
    """Which certificates were signed by which keys: each pair is worked out once, and only so many at all."""

    def __init__(self, rules: PathRules) -> None:
        self._left = rules.signature_checks
        self._user_id = rules.sm2_user_id
        self._known: dict[tuple[bytes, bytes], bool] = {}
        self._proven: set[tuple[bytes, bytes, bytes]] = set()

    def holds(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Say whether the issuer's key signed the certificate; `Fault` once the checks are used up."""
        pair = certificate.der, issuer.spki
        if pair not in self._known:
            self._known[pair] = self._verify(certificate, issuer)
        return self._known[pair]

    def is_proven(self, tbs: bytes, signature: bytes, spki: bytes) -> bool:
        """Say whether this very signature was checked with this very key, and was right."""
        return (tbs, signature, spki) in self._proven

    def _verify(self, certificate: Certificate, issuer: Certificate) -> bool:
        if certificate.algorithm.family != issuer.key.family:
            return False  # costs nothing, so it is not counted
        if self._left == 0:
            raise Fault(Reason.PATH_BUDGET)
        self._left -= 1
        signature, tbs = certificate.signature, certificate.tbs
        try:
            arithmetic.verify(issuer.key, certificate.algorithm, tbs, signature, sm2_user_id=self._user_id)
        except Fault:
            return False
        self._proven.add((tbs, signature, issuer.spki))
        return True


class Search:
    """One search from one leaf; ``reason`` says why nothing was found, after the paths are used up."""

    def __init__(
        self,
        *,
        anchors: Sequence[Certificate],
        issuers: Sequence[Certificate],
        hints: Sequence[Certificate],
        rules: PathRules,
    ) -> None:
        self.edges = Edges(rules)
        self.reason = Reason.PATH_NOT_FOUND
        self._rules = rules
        self._anchors = {certificate.sha256 for certificate in anchors}
        self._trusted = self._anchors | {certificate.sha256 for certificate in issuers}
        unique = {certificate.sha256: certificate for certificate in (*anchors, *issuers, *hints)}
        self._ground = tuple(unique.values())
        self._tried: set[str] = set()

    def paths(self, leaf: Certificate) -> Iterator[tuple[Certificate, ...]]:
        """Every path of proven signatures from the leaf to an anchor, until a bound is met."""
        try:
            yield from self._climb((leaf,))
        except Fault as fault:
            self.reason = fault.reason

    def _climb(self, path: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        is_signed = None
        for issuer in self._issuers(path):
            if len(path) == self._rules.depth or not self._may_try(issuer):
                self.reason = Reason.PATH_BUDGET
                return
            holds = self.edges.holds(path[-1], issuer)
            is_signed = is_signed or holds
            if holds and issuer.sha256 in self._anchors:
                yield (*path, issuer)
            elif holds:
                yield from self._climb((*path, issuer))
        if is_signed is False and self.reason is Reason.PATH_NOT_FOUND:
            self.reason = Reason.PATH_SIGNATURE

    def _may_try(self, issuer: Certificate) -> bool:
        """Count the certificates of the message that are tried; those of the lists are not strangers."""
        if issuer.sha256 not in self._trusted:
            self._tried.add(issuer.sha256)
        return len(self._tried) <= self._rules.candidates

    def _issuers(self, path: tuple[Certificate, ...]) -> Iterator[Certificate]:
        """Who may have issued the last one: same bytes of the name first, then the same name in other letters."""
        last, passed = path[-1], {(one.subject_der, one.spki) for one in path}  # to come by twice is a circle
        ground = [
            one for one in self._ground if (one.subject_der, one.spki) not in passed and _key_ids_agree(last, one)
        ]
        yield from (one for one in ground if one.subject_der == last.issuer_der)
        others = (one for one in ground if one.subject_der != last.issuer_der)
        yield from (one for one in others if folded(one.subject_der) == folded(last.issuer_der))


def _key_ids_agree(certificate: Certificate, issuer: Certificate) -> bool:
    """Key identifiers help to choose among issuers, and never stand in for a signature (RFC 4158 §3.5.12)."""
    wanted, offered = certificate.authority_key_id, issuer.subject_key_id
    return wanted is None or offered is None or wanted == offered


@lru_cache(maxsize=1_024)
def folded(name: bytes) -> tuple[tuple[tuple[str, str], ...], ...]:
    """A name as comparisons see it: letters, spaces and encodings that mean the same are one (RFC 5280 §7.1)."""
    return tuple(tuple(sorted((kind, _folded(text)) for kind, text in part)) for part in read_name(name))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
