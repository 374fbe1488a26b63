"""Paths of SM2 certificates: the same rules, another arithmetic, and a signer id that is part of it."""

import pytest

from certs.trust.path import PathRules
from certs.trust.reasons import Reason
from tests.certs.trust.issuing import a_key, an_unknown_extension, issue
from tests.certs.trust.searching import ROOT, answer, found, refused

SM2_ROOT = issue("SM2 Root", sm2=True)
ISSUING = issue("SM2 Issuing", SM2_ROOT, sm2=True)
LEAF = issue("SM2 Signer", ISSUING, ca=False, sm2=True)

pytestmark = pytest.mark.spec("GM/T 0015 §5.2.3")


def test_a_path_of_sm2_certificates_is_found() -> None:
    path = found(LEAF, anchors=(SM2_ROOT,), issuers=(ISSUING,))

    assert path == (LEAF.der, ISSUING.der, SM2_ROOT.der)


def test_an_sm2_leaf_may_stand_below_an_authority_of_another_family() -> None:
    leaf = issue("SM2 Signer", ROOT, ca=False, sm2=True)

    path = found(leaf)

    assert path == (leaf.der, ROOT.der)


@pytest.mark.attack("SG-01")
def test_sg_01_an_sm2_look_alike_of_the_listed_issuer_is_refused() -> None:
    forged = issue("SM2 Issuing", key=a_key("forger", sm2=True), key_id=ISSUING.key_id)
    leaf = issue("SM2 Signer", forged, ca=False, sm2=True)

    reason = refused(leaf, anchors=(SM2_ROOT,), issuers=(ISSUING,), hints=(forged,))

    assert reason is Reason.PATH_SIGNATURE


@pytest.mark.attack("SG-02")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ca": False, "usage": {"key_cert_sign"}}, Reason.PATH_NOT_CA),
        ({"usage": {"digital_signature"}}, Reason.PATH_KEY_USAGE),
        ({"further": (an_unknown_extension(critical=True),)}, Reason.PATH_CRITICAL_EXTENSION),
    ],
    ids=["authority", "usage", "extension"],
)
def test_sg_02_the_rules_of_a_chain_hold_for_sm2_too(changes, expected) -> None:
    issuing = issue("SM2 Issuing", SM2_ROOT, sm2=True, **changes)
    leaf = issue("SM2 Signer", issuing, ca=False, sm2=True)

    reason = answer(leaf, anchors=(SM2_ROOT,), issuers=(issuing,))

    assert reason is expected


@pytest.mark.spec("GM/T 0009 §10")
def test_a_path_signed_with_another_signer_id_than_the_stated_one_is_refused() -> None:
    rules = PathRules(sm2_user_id=b"somebody.else@example")

    reason = refused(LEAF, anchors=(SM2_ROOT,), issuers=(ISSUING,), rules=rules)

    assert reason is Reason.PATH_SIGNATURE


@pytest.mark.spec("GM/T 0009 §10")
def test_a_signer_id_that_the_list_states_is_the_only_one_that_is_tried() -> None:
    root_key = a_key("SM2 named root", sm2=True)
    root = issue("SM2 Named Root", key=root_key)
    leaf = issue("SM2 Signer", root, ca=False, sm2=True, signed_with=SignsAs(root_key, b"authority@example"))

    stated = answer(leaf, anchors=(root,), rules=PathRules(sm2_user_id=b"authority@example"))
    default = answer(leaf, anchors=(root,))

    assert (stated, default) == (None, Reason.PATH_SIGNATURE)


class SignsAs:
    """A key that signs under a signer id of its own."""

    def __init__(self, key, user_id: bytes) -> None:
        self._key, self._user_id = key, user_id

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, self._user_id)
