"""Messages made to keep a search busy: every one is answered after a handful of signature checks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from certs.trust import arithmetic, validator
from certs.trust.path import PathRules
from certs.trust.reasons import Reason
from tests.certs.trust.issuing import a_key, extension, issue
from tests.certs.trust.searching import ROOT, answer, found, refused

pytestmark = pytest.mark.spec("RFC 4158 §2.4")


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every signature check that a search makes."""
    seen: list[bytes] = []
    true_verify = arithmetic.verify

    def verify(key: Any, algorithm: Any, message: Any, signature: bytes, **options: Any) -> None:
        seen.append(signature)
        true_verify(key, algorithm, message, signature, **options)

    monkeypatch.setattr(arithmetic, "verify", verify)
    return seen


def a_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def a_crowd(count: int, by=None, *, key_id: bytes = b"i" * 20):
    """So many authorities with one name and one key identifier, each with a key of its own."""
    return tuple(issue("Crowd", by, key=a_key(f"crowd {number}"), key_id=key_id) for number in range(count))


def test_a_hundred_issuers_of_one_name_use_up_the_candidates(checks) -> None:
    crowd = a_crowd(100, ROOT)
    leaf = issue("Signer", crowd[-1], ca=False)

    reason = refused(leaf, hints=crowd)

    assert reason is Reason.PATH_BUDGET
    assert len(checks) == 8


def test_a_hundred_listed_issuers_of_one_name_use_up_the_signature_checks(checks) -> None:
    crowd = a_crowd(100)
    leaf = issue("Signer", crowd[-1], ca=False)

    reason = refused(leaf, issuers=crowd)

    assert reason is Reason.PATH_BUDGET
    assert len(checks) == 16


def test_authorities_that_all_signed_each_other_are_gone_through_once(checks) -> None:
    names = [f"Ring {number}" for number in range(4)]
    makers = {name: issue(name) for name in names}
    ring = tuple(issue(name, makers[other]) for name in names for other in names if name != other)
    leaf = issue("Signer", makers["Ring 0"], ca=False)

    reason = refused(leaf, hints=ring)

    assert reason is Reason.PATH_BUDGET
    assert len(checks) <= 16
    assert len(checks) == len(set(checks))


def test_two_authorities_that_signed_each_other_are_no_way_up() -> None:
    first, second = issue("First"), issue("Second")
    circle = (issue("First", second), issue("Second", first))
    leaf = issue("Signer", first, ca=False)

    reason = refused(leaf, hints=circle)

    assert reason is Reason.PATH_NOT_FOUND


def test_a_cross_signed_circle_does_not_hide_the_way_to_the_root() -> None:
    first, second = issue("First", ROOT), issue("Second")
    circle = (issue("First", second), issue("Second", first))
    leaf = issue("Signer", first, ca=False)

    path = found(leaf, hints=(*circle, first))

    assert path == (leaf.der, first.der, ROOT.der)


def test_a_chain_deeper_than_the_bound_is_not_climbed_to_its_end(checks) -> None:
    chain = [ROOT]
    for number in range(30):
        chain.append(issue(f"Level {number}", chain[-1]))
    leaf = issue("Signer", chain[-1], ca=False)

    reason = refused(leaf, issuers=tuple(chain[1:]))

    assert reason is Reason.PATH_BUDGET
    assert len(checks) == 4


@pytest.mark.parametrize(("depth", "expected"), [(5, None), (4, Reason.PATH_BUDGET)])
def test_the_depth_counts_the_leaf_and_the_anchor(depth, expected) -> None:
    upper = issue("Upper", ROOT)
    middle = issue("Middle", upper)
    lower = issue("Lower", middle)
    leaf = issue("Signer", lower, ca=False)

    assert answer(leaf, issuers=(upper, middle, lower), rules=PathRules(depth=depth)) is expected


def test_complete_paths_that_break_a_rule_are_judged_only_so_often(monkeypatch) -> None:
    judged: list[int] = []
    monkeypatch.setattr("certs.trust.path_rules.check", lambda path: judged.append(len(path)))
    far, near = {"starts": a_year(2040), "ends": a_year(2041)}, {"starts": a_year(2001), "ends": a_year(2002)}
    twins = tuple(issue("Twin", ROOT, key=a_key("twin"), **far) for _ in range(8))
    leaf = issue("Signer", twins[0], ca=False, **near)

    reason = refused(leaf, hints=twins)

    assert reason is Reason.PATH_RULES
    assert len(judged) == 4


def test_a_key_of_another_family_costs_no_signature_check(checks) -> None:
    other = issue("Issuing", ROOT, key=a_key("sm2", sm2=True))
    authority = issue("Issuing", ROOT)
    leaf = issue("Signer", authority, ca=False, authority_key_id=other.key_id)

    reason = refused(leaf, hints=(other,))

    assert reason is Reason.PATH_SIGNATURE
    assert checks == []


@pytest.mark.spec("RFC 9618 §1")
def test_a_policy_graph_made_to_explode_is_refused() -> None:
    identifiers = [f"1.2.3.{number}" for number in range(90)]
    policies = extension("certificate_policies", [{"policy_identifier": one} for one in identifiers])
    pairs = [{"issuer_domain_policy": one, "subject_domain_policy": two} for one in identifiers for two in identifiers]
    mappings = extension("policy_mappings", pairs[:400])
    chain = [ROOT]
    for number in range(3):
        chain.append(issue(f"Level {number}", chain[-1], further=(policies, mappings)))
    leaf = issue("Signer", chain[-1], ca=False, further=(policies,))

    reason = answer(leaf, issuers=tuple(chain[1:]))

    assert reason is Reason.PATH_POLICY


@pytest.mark.parametrize("failure", [RecursionError, TypeError, NotImplementedError, MemoryError, AssertionError])
def test_whatever_the_library_raises_is_one_reason(monkeypatch, failure) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(validator, "async_validate_path", fail)
    leaf = issue("Signer", ROOT, ca=False)

    reason = refused(leaf)

    assert reason is Reason.PATH_RULES


def test_a_library_that_begins_to_wait_is_stopped(monkeypatch) -> None:
    class Waiting:
        def __await__(self):
            yield

    async def wait(*_: object, **__: object) -> None:
        await Waiting()

    monkeypatch.setattr(validator, "async_validate_path", wait)
    leaf = issue("Signer", ROOT, ca=False)

    reason = refused(leaf)

    assert reason is Reason.PATH_RULES


def test_a_signature_that_the_search_has_not_checked_is_refused_by_the_last_word(monkeypatch) -> None:
    monkeypatch.setattr("certs.trust.path_builder.Edges.is_proven", lambda *_: False)
    leaf = issue("Signer", ROOT, ca=False)

    reason = refused(leaf)

    assert reason is Reason.PATH_SIGNATURE
