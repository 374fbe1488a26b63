"""Authorities of somebody's own making that look like listed ones: name, serial and key identifier are only text."""

import pytest

from certs.trust.reasons import Reason
from tests.certs.trust.issuing import Party, a_key, issue
from tests.certs.trust.searching import ROOT, found, refused

ISSUING = issue("Issuing", ROOT, serial=7)
LEAF = issue("Signer", ISSUING, ca=False, serial=8)

pytestmark = [pytest.mark.attack("SG-01"), pytest.mark.spec("RFC 5280 §6.1.3")]


def a_forged(party: Party, by: Party | None, **changes) -> Party:
    """A certificate that says what ``party``'s says, around a key of the forger."""
    forged = {"key": a_key("forger"), "key_id": party.key_id, "serial": 7, **changes}
    return issue(party.name, by, **forged)


def test_sg_01_a_chain_of_ones_own_making_with_the_listed_names_is_refused() -> None:
    root = a_forged(ROOT, None)
    issuing = a_forged(ISSUING, root)
    leaf = issue("Signer", issuing, ca=False, serial=8)

    reason = refused(leaf, issuers=(ISSUING,), hints=(issuing, root))

    assert reason is Reason.PATH_SIGNATURE


def test_sg_01_a_forged_root_beside_the_listed_one_is_not_believed() -> None:
    root = a_forged(ROOT, None)
    leaf = issue("Signer", root, ca=False)

    reason = refused(leaf, hints=(root, ROOT))

    assert reason is Reason.PATH_SIGNATURE


def test_sg_01_a_forged_issuer_that_names_the_listed_root_is_refused() -> None:
    issuing = a_forged(ISSUING, ROOT, signed_with=a_key("forger"))
    leaf = issue("Signer", issuing, ca=False)

    reason = refused(leaf, issuers=(ISSUING,), hints=(issuing,))

    assert reason is Reason.PATH_SIGNATURE


def test_sg_01_a_leaf_that_names_the_listed_issuer_and_signs_itself_is_refused() -> None:
    leaf = issue("Signer", ISSUING, ca=False, signed_with=a_key("forger"), key=a_key("forger"))

    reason = refused(leaf, issuers=(ISSUING,))

    assert reason is Reason.PATH_SIGNATURE


def test_sg_01_a_leaf_that_calls_itself_the_root_is_refused() -> None:
    leaf = a_forged(ROOT, None)

    reason = refused(leaf, hints=(leaf, ROOT))

    assert reason is Reason.PATH_SIGNATURE


def test_sg_01_a_listed_leaf_with_one_byte_changed_is_not_the_listed_one() -> None:
    changed = Party(LEAF.name, LEAF.key, LEAF.der[:-1] + bytes([LEAF.der[-1] ^ 1]), LEAF.key_id)

    reason = refused(changed, anchors=(LEAF, ROOT), issuers=(ISSUING,))

    assert reason is Reason.PATH_SIGNATURE


def test_sg_01_a_look_alike_in_the_message_does_not_hide_the_true_issuer() -> None:
    forged = a_forged(ISSUING, a_forged(ROOT, None))

    path = found(LEAF, hints=(forged, ISSUING))

    assert path == (LEAF.der, ISSUING.der, ROOT.der)
