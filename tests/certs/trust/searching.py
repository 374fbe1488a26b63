"""Searches for a path among parties, as short questions for tests."""

import pytest

from certs.trust.errors import Fault
from certs.trust.path import PathRules, find_path
from certs.trust.reasons import Reason
from tests.certs.trust.issuing import Party, issue

ROOT = issue("Root")


def found(
    leaf: Party,
    *,
    anchors: tuple[Party, ...] = (ROOT,),
    issuers: tuple[Party, ...] = (),
    hints: tuple[Party, ...] = (),
    rules: PathRules | None = None,
) -> tuple[bytes, ...]:
    """The path as the parties' encodings, leaf first."""
    listed, others, sent = ([party.certificate for party in parties] for parties in (anchors, issuers, hints))
    path = find_path(leaf.certificate, anchors=listed, issuers=others, hints=sent, rules=rules or PathRules())
    return tuple(certificate.der for certificate in path.certificates)


def refused(leaf: Party, **around) -> Reason:
    """The reason for which there is no path."""
    with pytest.raises(Fault) as caught:
        found(leaf, **around)
    return caught.value.reason


def answer(leaf: Party, **around) -> Reason | None:
    """The reason for which there is no path; `None` if there is one."""
    try:
        found(leaf, **around)
    except Fault as fault:
        return fault.reason
    return None
