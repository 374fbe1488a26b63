"""What the consent page makes of a release: one tick per entry, numbers and names masked, nothing left out in silence."""

from typing import Any

import pytest

from gateway.broker.model import Release
from gateway.oidc.model import AuthorizationRequest
from gateway.web.consent_items import ConsentGroup, ConsentItem, acting_for, groups_of

DAYS = 90
ORGANISATION = {
    "gba_organisation": {"register": "hk.brn", "identifier": "00000000", "name": "Sea Breeze Trading"},
    "gba_mandate": {"role": "agent", "scope": ["filing", "payment"], "expires_at": 1_806_422_400},
}


def a_request(**claims: Any) -> AuthorizationRequest:
    return AuthorizationRequest("shop", "https://rp.example/cb", ("openid",), "challenge", claims=claims)


def groups(release: Release, **claims: Any) -> dict[str, ConsentGroup]:
    return {group.scope: group for group in groups_of(a_request(**claims), release, DAYS)}


def pairs(group: ConsentGroup) -> list[tuple[str, str]]:
    return [(item.name, item.value) for item in group.items]


def test_one_claim_by_itself_is_a_tick_of_its_own() -> None:
    release = Release(("openid", "claim:birthdate"), {"openid": {}, "claim:birthdate": {"birthdate": "1985-06-01"}})

    group = groups(release)["claim:birthdate"]

    assert (group.claim, group.element_id, group.may_be_left_out) == ("birthdate", "claim-birthdate", True)
    assert pairs(group) == [("birthdate", "1985-**-**")]


def test_staying_connected_is_asked_for_with_its_length_and_may_be_left_out() -> None:
    group = groups(Release(("openid", "offline_access"), {}))["offline_access"]

    assert (group.days, group.items, group.may_be_left_out) == (DAYS, (), True)


@pytest.mark.spec("OpenID Connect Core §5.5.1")
@pytest.mark.parametrize("place", ["userinfo", "id_token"])
def test_what_the_service_calls_essential_is_marked_and_may_still_be_left_out(place: str) -> None:
    release = Release(("openid", "profile", "claim:birthdate"), {"profile": {"name": "陳小明"}})

    found = groups(release, **{place: {"name": {"essential": True}, "birthdate": {"essential": False}, "sub": None}})

    assert {scope: group.is_essential for scope, group in found.items()} == {
        "openid": False,
        "profile": True,
        "claim:birthdate": False,
    }
    assert found["profile"].may_be_left_out


def test_an_organisation_is_shown_with_the_mandate_and_named_at_the_top() -> None:
    release = Release(("openid", "organisation"), {"organisation": ORGANISATION})

    assert pairs(groups(release)["organisation"]) == [
        ("organisation_name", "Sea Breeze Trading"),
        ("organisation_register", "hk.brn"),
        ("organisation_identifier", "00000000"),
        ("mandate_role", "agent"),
        ("mandate_scope", "filing; payment"),
        ("mandate_until", "2027-03-31"),
    ]
    assert acting_for(release) == "Sea Breeze Trading"


def test_a_mandate_without_limits_says_so() -> None:
    release = Release(("organisation",), {"organisation": {"gba_mandate": {"role": "legal_representative"}}})

    assert pairs(groups(release)["organisation"]) == [
        ("mandate_role", "legal_representative"),
        ("mandate_scope", "all"),
    ]
    assert acting_for(release) is None


def test_verified_claims_say_who_vouches_and_on_what_before_what_is_vouched_for() -> None:
    element = {
        "verification": {
            "trust_framework": "hk_iam_smart",
            "assurance_level": "urn:gba:loa:3",
            "time": "2026-11-24T08:00:00Z",
            "evidence": [
                {"type": "electronic_record", "record": {"type": "population_register"}},
                {"type": "document", "document_details": {"type": "mainland_travel_permit"}},
                {"type": "document"},
            ],
        },
        "claims": {"family_name": "陳", "birthdate": "1985-06-01"},
    }
    release = Release(("claim:verified_claims",), {"claim:verified_claims": {"verified_claims": element}})

    assert pairs(groups(release)["claim:verified_claims"]) == [
        ("trust_framework", "hk_iam_smart"),
        ("assurance_level", "urn:gba:loa:3"),
        ("verified_on", "2026-11-24"),
        ("evidence", "population_register"),
        ("evidence", "mainland_travel_permit"),
        ("evidence", "document"),
        ("family_name", "陳"),
        ("birthdate", "1985-**-**"),
    ]


def test_several_verified_claims_are_all_shown() -> None:
    both = [{"verification": {"trust_framework": name}, "claims": {}} for name in ("hk_iam_smart", "mo_one_account")]
    release = Release(("claim:verified_claims",), {"claim:verified_claims": {"verified_claims": both}})

    assert [item.value for item in groups(release)["claim:verified_claims"].items] == ["hk_iam_smart", "mo_one_account"]


def test_what_is_missing_comes_last_with_its_reason_and_cannot_be_left_out() -> None:
    found = groups_of(a_request(), Release(("openid",), {}, {"organisation": "organisation.none"}), DAYS)

    assert [group.scope for group in found] == ["openid", "organisation"]
    assert (found[1].missing, found[1].may_be_left_out) == ("organisation.none", False)


@pytest.mark.parametrize(
    ("claim", "value", "shown"),
    [
        ("name", "Chan Siu Ming", "C*** S*** M***"),
        ("gba_doc", {"number9": "H00000018"}, "H******18"),
        ("gba_cn_id", {"value": "810000198506010015", "kind": "surrogate"}, "8****************5"),
        ("gender", "female", "female"),
    ],
)
def test_numbers_and_names_are_masked_wherever_they_stand(claim: str, value: object, shown: str) -> None:
    entry = f"claim:{claim}"

    (item,) = groups(Release((entry,), {entry: {claim: value}}))[entry].items

    assert isinstance(item, ConsentItem)
    assert (item.name, item.value) == (claim, shown)
