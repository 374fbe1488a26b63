"""Verified claims: as little as the request asks for, and nothing where its demands do not fit."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.oidc.verified_claims import Facts, answer, answers
from tests.gateway.oidc.fakes import NOW

RECORD = {
    "type": "electronic_record",
    "check_details": [{"check_method": "data"}],
    "record": {"type": "population_register", "source": {"name": "A fictional register", "country_code": "HKG"}},
    "time": "2026-03-02T09:29:00Z",
}
PERMIT = {
    "type": "document",
    "check_details": [{"check_method": "data"}],
    "document_details": {"type": "mainland_travel_permit", "issuer": {"name": "A fictional authority"}},
}
FACTS = Facts(
    trust_framework="hk_iam_smart",
    assurance_level="urn:gba:loa:3",
    time=NOW - timedelta(minutes=1),
    evidence=(RECORD, PERMIT),
    claims={"name": "Fictional Person", "birthdate": "1904-05-06", "gender": "female"},
)
FRAMEWORK = {"trust_framework": "hk_iam_smart"}


def asked(claims: Any = None, **verification: Any) -> dict[str, Any] | None:
    wish = {"verification": {"trust_framework": None, **verification}, "claims": claims or {"name": None}}
    return answer(wish, FACTS, NOW)


def verification(**wanted: Any) -> dict[str, Any] | None:
    found = asked(**wanted)
    return None if found is None else found["verification"]


@pytest.mark.spec("OIDC4IDA 1.0 §6.1")
def test_only_the_claims_that_are_asked_for_are_given() -> None:
    assert asked() == {"verification": FRAMEWORK, "claims": {"name": "Fictional Person"}}
    assert asked({"birthdate": None, "gender": {"essential": True}}) == {
        "verification": FRAMEWORK,
        "claims": {"birthdate": "1904-05-06", "gender": "female"},
    }


@pytest.mark.attack("PR-05")
@pytest.mark.parametrize("name", ["gba_cn_id", "gba_doc", "sub", "email", "verified_claims"])
def test_pr_05_what_is_not_verifiable_is_never_among_them(name) -> None:
    facts = replace(FACTS, claims={**FACTS.claims, name: "x"})

    assert answer({"verification": {"trust_framework": None}, "claims": {name: None}}, facts, NOW) is None


def test_without_any_claim_there_is_no_element() -> None:
    assert asked({"family_name": None}) is None
    assert asked({"name": {"value": "Somebody Else"}}) is None


@pytest.mark.spec("OIDC4IDA 1.0 §6.2")
@pytest.mark.parametrize(
    "wish", [None, {}, "hk_iam_smart", {"value": "hk_iam_smart"}, {"values": ["mo_one_account", "hk_iam_smart"]}]
)
def test_the_framework_is_always_named(wish) -> None:
    assert verification(trust_framework=wish) == FRAMEWORK


@pytest.mark.spec("OIDC4IDA 1.0 §6.4")
@pytest.mark.parametrize("wish", ["de_aml", {"value": "mo_one_account"}, {"values": ["de_aml"]}, {"values": []}])
def test_another_framework_than_the_one_demanded_gives_nothing(wish) -> None:
    assert verification(trust_framework=wish) is None


def test_level_and_time_come_only_when_they_are_asked_for() -> None:
    assert verification(assurance_level=None, time=None) == {
        **FRAMEWORK,
        "assurance_level": "urn:gba:loa:3",
        "time": "2026-03-02T09:29:00Z",
    }


@pytest.mark.attack("PR-10")
def test_pr_10_a_level_that_was_not_reached_is_not_claimed() -> None:
    assert verification(assurance_level={"value": "urn:gba:loa:4"}) is None
    assert verification(assurance_level={"values": ["urn:gba:loa:3", "urn:gba:loa:4"]}) is not None


@pytest.mark.spec("OIDC4IDA 1.0 §6.3.2")
@pytest.mark.parametrize(("max_age", "fits"), [(60, True), (59, False), (0, False), (True, True), ("60", True)])
def test_an_identification_that_is_too_old_gives_nothing(max_age, fits) -> None:
    assert (verification(time={"max_age": max_age}) is not None) is fits


def test_elements_that_nobody_knows_are_ignored() -> None:
    assert verification(assurance_process={"policy": None}, invented=None) == FRAMEWORK


@pytest.mark.spec("OIDC4IDA 1.0 §6.3.1")
def test_evidence_is_cut_down_to_what_is_asked_for() -> None:
    wanted = [{"type": {"value": "electronic_record"}, "record": {"source": {"name": None}}}]

    assert verification(evidence=wanted) == {
        **FRAMEWORK,
        "evidence": [{"type": "electronic_record", "record": {"source": {"name": "A fictional register"}}}],
    }


def test_evidence_without_members_is_named_by_its_type_alone() -> None:
    kinds = [{"type": {"value": "document"}}, {"type": {"value": "electronic_record"}}]

    assert verification(evidence=kinds) == {
        **FRAMEWORK,
        "evidence": [{"type": "electronic_record"}, {"type": "document"}],
    }


def test_whole_members_and_lists_are_given_when_nothing_more_is_said_about_them() -> None:
    wanted = [{"type": {"value": "document"}, "document_details": None, "check_details": None}]

    found = verification(evidence=wanted)

    assert found is not None
    assert found["evidence"] == [PERMIT]


def test_a_list_is_cut_down_as_well() -> None:
    wanted = [{"type": {"value": "document"}, "check_details": [{"check_method": None, "organization": None}]}]

    found = verification(evidence=wanted)

    assert found is not None
    assert found["evidence"] == [{"type": "document", "check_details": [{"check_method": "data"}]}]


@pytest.mark.spec("OIDC4IDA 1.0 §6.4")
@pytest.mark.parametrize(
    "wanted",
    [
        [{"type": {"value": "vouch"}}],
        [{"type": {"value": "document"}, "document_details": {"type": {"value": "passport"}}}],
        [{"type": {"value": "document"}, "document_details": {"document_number": {"value": "H00000018"}}}],
        [{"type": {"value": "document"}, "check_details": [{"check_method": {"value": "pvp"}}]}],
        [{"type": "vouch"}],
    ],
)
def test_evidence_that_is_not_there_gives_nothing_at_all(wanted) -> None:
    assert verification(evidence=wanted) is None


def test_any_of_several_kinds_of_evidence_will_do() -> None:
    found = verification(evidence=[{"type": {"value": "vouch"}}, {"type": {"value": "document"}}])

    assert found is not None
    assert found["evidence"] == [{"type": "document"}]


@pytest.mark.parametrize("wish", [{}, {"verification": None, "claims": None}, {"verification": 3, "claims": ["name"]}])
def test_a_wish_that_says_nothing_gives_nothing(wish) -> None:
    assert answer(wish, FACTS, NOW) is None


def test_several_wishes_make_a_list_and_equal_ones_are_given_once() -> None:
    name = {"verification": {"trust_framework": None}, "claims": {"name": None}}
    birth = {"verification": {"trust_framework": None}, "claims": {"birthdate": None}}
    never = {"verification": {"trust_framework": "de_aml"}, "claims": {"name": None}}

    assert answers([], FACTS, NOW) is None
    assert answers([never], FACTS, NOW) is None
    assert answers([name, never, name], FACTS, NOW) == answer(name, FACTS, NOW)
    assert answers([name, birth], FACTS, NOW) == [answer(name, FACTS, NOW), answer(birth, FACTS, NOW)]


def test_facts_do_not_print_the_person() -> None:
    assert "Fictional Person" not in repr(FACTS)
