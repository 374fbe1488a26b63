"""From a leaf to a listed certificate: what is found, what is believed, and what an incomplete search says."""

from datetime import UTC, datetime

import pytest

from certs.trust.path import PathRules, find_path
from certs.trust.reasons import Reason
from tests.certs.trust.issuing import a_name, issue
from tests.certs.trust.searching import ROOT, found, refused

ISSUING = issue("Issuing", ROOT)
LEAF = issue("Signer", ISSUING, ca=False)


def a_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


@pytest.mark.spec("RFC 5280 §6.1")
def test_a_path_leads_from_the_leaf_over_a_listed_issuer_to_a_listed_root() -> None:
    path = found(LEAF, issuers=(ISSUING,))

    assert path == (LEAF.der, ISSUING.der, ROOT.der)


def test_a_certificate_of_the_message_may_stand_between_leaf_and_root() -> None:
    path = found(LEAF, hints=(ISSUING,))

    assert path == (LEAF.der, ISSUING.der, ROOT.der)


def test_a_path_ends_at_the_first_anchor_that_it_meets() -> None:
    path = found(LEAF, anchors=(ROOT, ISSUING))

    assert path == (LEAF.der, ISSUING.der)


def test_a_leaf_that_is_listed_itself_needs_no_path() -> None:
    path = found(LEAF, anchors=(LEAF,))

    assert path == (LEAF.der,)


def test_a_root_in_the_message_is_not_an_anchor() -> None:
    reason = refused(LEAF, anchors=(), hints=(ISSUING, ROOT))

    assert reason is Reason.PATH_NOT_FOUND


def test_a_listed_issuer_that_is_no_anchor_ends_no_path() -> None:
    reason = refused(LEAF, anchors=(), issuers=(ISSUING,))

    assert reason is Reason.PATH_NOT_FOUND


def test_a_leaf_whose_issuer_nobody_brought_has_no_path() -> None:
    reason = refused(LEAF)

    assert reason is Reason.PATH_NOT_FOUND


def test_a_self_signed_leaf_has_no_path() -> None:
    alone = issue("Alone", ca=False)

    reason = refused(alone, hints=(alone,))

    assert reason is Reason.PATH_NOT_FOUND


def test_listed_certificates_are_tried_before_those_of_the_message() -> None:
    twin = issue("Issuing", ROOT)

    path = found(LEAF, issuers=(ISSUING,), hints=(twin,))

    assert path == (LEAF.der, ISSUING.der, ROOT.der)


def test_another_path_is_tried_when_the_first_one_breaks_a_rule() -> None:
    no_authority = issue("Issuing", ROOT, ca=False)

    path = found(LEAF, hints=(no_authority, ISSUING))

    assert path == (LEAF.der, ISSUING.der, ROOT.der)


def test_an_issuer_with_another_key_identifier_is_not_asked() -> None:
    leaf = issue("Signer", ISSUING, ca=False, authority_key_id=b"k" * 20)

    reason = refused(leaf, issuers=(ISSUING,))

    assert reason is Reason.PATH_NOT_FOUND


@pytest.mark.spec("RFC 5280 §7.1")
@pytest.mark.parametrize("name", [a_name("  some   ISSUER "), a_name("Some Issuer", tag=0x13)], ids=["spaces", "tag"])
def test_a_name_in_other_letters_or_another_encoding_is_the_same_name(name) -> None:
    authority = issue("Some Issuer", ROOT)
    respelt = issue(name, ROOT, key=authority.key)
    leaf = issue("Signer", authority, ca=False)

    path = found(leaf, hints=(respelt,))

    assert path == (leaf.der, respelt.der, ROOT.der)


def test_a_new_key_of_the_same_authority_is_reached_over_the_old_one() -> None:
    renewed = issue("Root", ROOT, key=issue("Root, second key").key)
    leaf = issue("Signer", renewed, ca=False)

    path = found(leaf, hints=(renewed,))

    assert path == (leaf.der, renewed.der, ROOT.der)


def test_a_path_does_not_depend_on_the_time() -> None:
    past = issue("Issuing", ROOT, starts=a_year(2001), ends=a_year(2005))
    leaf = issue("Signer", past, ca=False, starts=a_year(2002), ends=a_year(2004))

    path = found(leaf, issuers=(past,))

    assert len(path) == 3


def test_certificates_that_were_never_valid_together_make_no_path() -> None:
    past = issue("Issuing", ROOT, starts=a_year(2001), ends=a_year(2005))
    leaf = issue("Signer", past, ca=False, starts=a_year(2006), ends=a_year(2008))

    reason = refused(leaf, issuers=(past,))

    assert reason is Reason.PATH_RULES


def test_a_path_says_who_signs_and_where_it_ends() -> None:
    certificates = [ROOT.certificate]

    path = find_path(LEAF.certificate, anchors=certificates, issuers=[ISSUING.certificate], hints=[], rules=PathRules())

    assert (path.leaf.der, path.anchor.der) == (LEAF.der, ROOT.der)
