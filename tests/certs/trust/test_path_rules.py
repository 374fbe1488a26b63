"""Each rule of a chain broken alone gives its own reason."""

import pytest

from certs.trust.path import PathRules
from certs.trust.reasons import Reason
from tests.certs.trust.issuing import an_unknown_extension, called, excluded, extension, issue, permitted
from tests.certs.trust.searching import ROOT, answer, found, refused

POLICY = "1.2.3.4"
OTHER = "1.2.3.5"

pytestmark = pytest.mark.attack("SG-02")


def policies(*identifiers: str):
    return extension("certificate_policies", [{"policy_identifier": one} for one in identifiers])


def through(*, leaf: dict | None = None, rules: PathRules | None = None, root=ROOT, **issuing) -> Reason | None:
    """The answer for root, issuing certificate and leaf, with what is changed in them."""
    authority = issue("Issuing", root, **issuing)
    signer = issue("Signer", authority, **{"ca": False, **(leaf or {})})
    return answer(signer, anchors=(root,), issuers=(authority,), rules=rules)


def test_sg_02_a_chain_that_breaks_no_rule_is_found() -> None:
    assert through() is None


@pytest.mark.spec("RFC 5280 §6.1.4 (k)")
@pytest.mark.parametrize("changes", [{"ca": False}, {"basic": False}], ids=["ca false", "no basic constraints"])
def test_sg_02_an_issuer_that_is_no_authority_is_refused(changes) -> None:
    usage = {"key_cert_sign", "crl_sign"}

    assert through(usage=usage, **changes) is Reason.PATH_NOT_CA


@pytest.mark.spec("RFC 5280 §6.1.4 (l)")
def test_sg_02_more_issuers_than_the_path_length_allows_are_refused() -> None:
    upper = issue("Upper", ROOT, path_length=0)
    lower = issue("Lower", upper)
    leaf = issue("Signer", lower, ca=False)

    assert refused(leaf, issuers=(upper, lower)) is Reason.PATH_LENGTH


@pytest.mark.spec("RFC 5280 §6.1.4 (l)")
def test_sg_02_the_path_length_of_the_anchor_counts_too() -> None:
    root = issue("Short Root", path_length=0)

    assert through(root=root) is Reason.PATH_LENGTH


@pytest.mark.spec("RFC 5280 §6.1.4 (l)")
def test_sg_02_self_issued_certificates_do_not_count_for_the_path_length() -> None:
    upper = issue("Upper", ROOT, path_length=0)
    renewed = issue("Upper", upper, key=issue("Upper, second key").key)
    leaf = issue("Signer", renewed, ca=False)

    path = found(leaf, issuers=(upper, renewed))

    assert path == (leaf.der, renewed.der, upper.der, ROOT.der)


@pytest.mark.spec("RFC 5280 §6.1.4 (n)")
@pytest.mark.parametrize("usage", [{"digital_signature"}, {"crl_sign"}], ids=["signing", "crl"])
def test_sg_02_a_key_that_may_not_sign_certificates_is_refused(usage) -> None:
    assert through(usage=usage) is Reason.PATH_KEY_USAGE


@pytest.mark.spec("RFC 5280 §6.1.4 (n)")
def test_sg_02_an_anchor_that_may_not_sign_certificates_is_refused() -> None:
    root = issue("Signing Root", usage={"digital_signature"})

    assert through(root=root) is Reason.PATH_KEY_USAGE


@pytest.mark.spec("RFC 5280 §4.2")
def test_sg_02_an_unknown_critical_extension_of_an_issuer_is_refused() -> None:
    assert through(further=(an_unknown_extension(critical=True),)) is Reason.PATH_CRITICAL_EXTENSION


@pytest.mark.spec("RFC 5280 §4.2")
def test_sg_02_an_unknown_critical_extension_of_the_leaf_is_refused() -> None:
    assert through(leaf={"further": (an_unknown_extension(critical=True),)}) is Reason.PATH_CRITICAL_EXTENSION


@pytest.mark.spec("RFC 5280 §4.2")
def test_sg_02_an_unknown_extension_that_is_not_critical_is_passed_over() -> None:
    assert through(leaf={"further": (an_unknown_extension(critical=False),)}) is None


@pytest.mark.spec("RFC 5280 §4.2.1.10")
@pytest.mark.parametrize(
    ("constraint", "name"),
    [
        (permitted(dns_name="good.example"), {"dns_name": "bad.example"}),
        (permitted(rfc822_name="good.example"), {"rfc822_name": "a@bad.example"}),
        (permitted(directory_name="Somebody"), {"dns_name": "any.example"}),
        (excluded(dns_name="bad.example"), {"dns_name": "www.bad.example"}),
        (excluded(dns_name="bad.good.example"), {"dns_name": "*.good.example"}),
        (excluded(dns_name="bad.good.example"), {"dns_name": "b*.good.example"}),
        (excluded(dns_name="a.bad.good.example"), {"dns_name": "*.good.example"}),
        (permitted(dns_name="good.example"), {"dns_name": "*.example"}),
    ],
    ids=[
        "host",
        "mail",
        "subject",
        "excluded host",
        "wildcard",
        "part of a label",
        "wildcard above",
        "wildcard outside",
    ],
)
def test_sg_02_a_name_outside_the_name_constraints_is_refused(constraint, name) -> None:
    assert through(further=(constraint,), leaf={"further": (called(**name),)}) is Reason.PATH_NAME_CONSTRAINTS


@pytest.mark.spec("RFC 5280 §4.2.1.10")
@pytest.mark.parametrize(
    ("constraint", "name"),
    [
        (permitted(dns_name="good.example"), {"dns_name": "*.good.example"}),
        (permitted(directory_name="Signer"), {"dns_name": "any.example"}),
        (excluded(dns_name="bad.example"), {"dns_name": "*.good.example"}),
        (permitted(ip_address="10.0.0.0/8"), {"dns_name": "any.example"}),
    ],
    ids=["wildcard inside", "subject", "wildcard elsewhere", "form that the leaf has not"],
)
def test_sg_02_a_name_inside_the_name_constraints_passes(constraint, name) -> None:
    assert through(further=(constraint,), leaf={"further": (called(**name),)}) is None


@pytest.mark.spec("RFC 5937 §3.2")
def test_sg_02_name_constraints_of_the_anchor_count_too() -> None:
    root = issue("Narrow Root", further=(permitted(dns_name="good.example"),))
    leaf = {"further": (called(dns_name="bad.example"),)}

    assert through(root=root, leaf=leaf) is Reason.PATH_NAME_CONSTRAINTS


@pytest.mark.spec("RFC 5280 §4.2.1.10")
def test_sg_02_a_form_of_name_that_nobody_can_compare_is_refused() -> None:
    constraint = permitted(ip_address="10.0.0.0/8")
    leaf = {"further": (called(ip_address="10.1.2.3"),)}

    assert through(further=(constraint,), leaf=leaf) is Reason.PATH_RULES


@pytest.mark.spec("RFC 5280 §6.1.5 (g)")
def test_sg_02_a_policy_outside_those_that_count_is_refused() -> None:
    rules = PathRules(policies=frozenset({POLICY}), needs_policy=True)

    assert through(further=(policies(OTHER),), leaf={"further": (policies(OTHER),)}, rules=rules) is Reason.PATH_POLICY


@pytest.mark.spec("RFC 5280 §6.1.5 (g)")
def test_sg_02_a_policy_that_the_issuer_may_not_give_is_refused() -> None:
    rules = PathRules(policies=frozenset({POLICY}), needs_policy=True)

    assert through(further=(policies(OTHER),), leaf={"further": (policies(POLICY),)}, rules=rules) is Reason.PATH_POLICY


@pytest.mark.spec("RFC 5280 §6.1.5 (g)")
def test_sg_02_a_policy_along_the_whole_path_passes() -> None:
    rules = PathRules(policies=frozenset({POLICY}), needs_policy=True)

    assert through(further=(policies(POLICY),), leaf={"further": (policies(POLICY),)}, rules=rules) is None


@pytest.mark.spec("RFC 5280 §4.2.1.11")
def test_sg_02_an_issuer_that_demands_a_policy_is_obeyed() -> None:
    demand = extension("policy_constraints", {"require_explicit_policy": 0}, critical=True)

    assert through(further=(policies(POLICY), demand)) is Reason.PATH_POLICY
