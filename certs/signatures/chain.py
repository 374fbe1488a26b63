"""The entries of the lists that could speak for a certificate, and the path to a root that one of them names.

A path counts technically if it ends at any listed root; which of the things that must hold together for an entry do
not is said per entry, so that a report can name the one that is missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.signatures.recent import Recent
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.errors import Fault
from certs.trust.list_certificates import parsed
from certs.trust.path import PathRules, TrustedPath, find_path
from certs.trust.reasons import Reason
from certs.trust.snapshot import TrustSnapshot
from certs.trust.trust_list import Entry, ListedCertificate, TrustList


@dataclass(frozen=True, slots=True, repr=False)
class Match:
    """One entry that could speak for a certificate, with the path that was found."""

    trust_list: TrustList
    entry: Entry
    path: TrustedPath | None

    @property
    def names_root(self) -> bool:
        """Whether the path ends at a root of this entry."""
        return self.listed_root is not None

    @property
    def listed_root(self) -> ListedCertificate | None:
        """The entry's own record of the root that the path ends at, if it has one."""
        return None if self.path is None else _listed(self.path.anchor, self.entry.anchors)

    @property
    def listed_issuer(self) -> ListedCertificate | None:
        """The entry's own record of the issuing certificate, if it has one."""
        if self.path is None or len(self.path.certificates) < 2:  # noqa: PLR2004 - a leaf and its issuer
            return None
        return _listed(self.path.certificates[1], self.entry.issuers)

    @property
    def names_issuer_and_root(self) -> bool:
        """Whether the entry speaks of this very branch."""
        return self.names_root and self.listed_issuer is not None

    def counts_at(self, moment: datetime) -> bool:
        """Whether the entry speaks of this branch, and both its ends count at ``moment``."""
        ends = (self.listed_root, self.listed_issuer)
        return all(listed is not None and listed.counts_at(moment) for listed in ends)


@dataclass(frozen=True, slots=True, repr=False)
class Chain:
    """The path of a certificate, or why there is none, and the entries that could speak for it."""

    path: TrustedPath | None
    reason: Reason | None
    matches: tuple[Match, ...]


def readable(der: bytes) -> Certificate | None:
    """A certificate if it passes the gate: one that does not is no hint and no responder."""
    try:
        return read_certificate(der)
    except Fault:
        return None


def _listed(certificate: Certificate, listed: Sequence[ListedCertificate]) -> ListedCertificate | None:
    return next((one for one in listed if one.der == certificate.der), None)


_CHAINS: Final[Recent[tuple[Certificate, tuple[Certificate, ...]], Chain]] = Recent()


def chain_of(leaf: Certificate, hints: Sequence[Certificate], trust: TrustSnapshot) -> Chain:
    """Find the entries and the path of a certificate; only listed roots end a path, hints never create trust."""
    offered = tuple(hints)
    return _CHAINS.get(trust, (leaf, offered), lambda: _find_chain(leaf, offered, trust))


def _find_chain(leaf: Certificate, hints: tuple[Certificate, ...], trust: TrustSnapshot) -> Chain:
    candidates = trust.candidates(leaf, hints)
    if not candidates:
        return Chain(None, Reason.PATH_NO_ENTRY, ())
    user_ids = {entry.rules.sm2_user_id for _, entry in candidates}
    anchors = _certificates(one for _, entry in candidates for one in entry.anchors)
    issuers = _certificates(one for _, entry in candidates for one in entry.issuers)
    rules = PathRules(sm2_user_id=next(iter(user_ids)) if len(user_ids) == 1 else None)
    try:
        path = find_path(leaf, anchors=anchors, issuers=issuers, hints=hints, rules=rules)
    except Fault as fault:
        return Chain(None, fault.reason, tuple(Match(one, entry, None) for one, entry in candidates))
    return Chain(path, None, tuple(Match(one, entry, path) for one, entry in candidates))


def _certificates(listed: Iterable[ListedCertificate]) -> tuple[Certificate, ...]:
    return tuple(parsed(der) for der in dict.fromkeys(one.der for one in listed))
