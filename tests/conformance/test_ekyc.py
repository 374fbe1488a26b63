"""ekyc-test-plan-oidccore: claims that somebody vouched for, asked for in either place and answered as asked."""

import json
from typing import Any

import pytest
import pytest_asyncio

from tests.conformance.suite import Suite
from tests.relying_party import Key, RelyingParty

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("OpenID Identity Assurance 1.0 §5, §6")]
FRAMEWORK = "cn_gd_unified_authentication"
VERIFICATION: dict[str, Any] = {"trust_framework": None}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["dynamic", "static"])
async def party(request: pytest.FixtureRequest, suite: Suite) -> RelyingParty:
    """A client with a key, as the plan's variant has it."""
    if request.param == "static":
        return await suite.static()
    key = Key.make()
    return await suite.dynamic(key=key, jwks=key.jwks, token_endpoint_auth_method="private_key_jwt")


def wanted(claims: dict[str, Any], **verification: Any) -> dict[str, Any]:
    return {"verification": VERIFICATION | verification, "claims": claims}


async def answered(
    suite: Suite, party: RelyingParty, request: Any, *places: str, scope: str = "openid profile"
) -> dict[str, Any]:
    """Ask, and give what came back in the ID token and from userinfo."""
    asked = {place: {"verified_claims": request} for place in places or ("userinfo", "id_token")}
    tokens = await suite.whole(party, scope=scope, claims=json.dumps(asked))
    return {"id_token": tokens["claims"], "userinfo": tokens["userinfo"]}


def check(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """An element as the schema wants it, with exactly these claims."""
    element: dict[str, Any] = found["verified_claims"]
    assert element.keys() == {"verification", "claims"}
    assert element["verification"]["trust_framework"] == FRAMEWORK
    assert element["claims"].keys() == set(names)
    assert all(element["claims"].values())
    return element


async def refused(suite: Suite, party: RelyingParty, request: Any) -> None:
    browser = suite.browser()
    asked = party.asking(scope="openid", claims=json.dumps({"userinfo": {"verified_claims": request}}))
    await browser.open(asked.url)
    assert browser.answer["error"] == "invalid_request"
    assert browser.answer["state"] == asked.state


async def test_ekyc_server_discovery(suite: Suite) -> None:
    found = await suite.discovery()

    assert found["verified_claims_supported"] is True
    assert FRAMEWORK in found["trust_frameworks_supported"]
    assert {"name", "birthdate"} <= set(found["claims_in_verified_claims_supported"])
    assert {"electronic_record", "document"} <= set(found["evidence_supported"])
    assert found["claims_parameter_supported"] is True


async def test_ekyc_server_happypath(suite: Suite, party: RelyingParty) -> None:
    found = await answered(suite, party, wanted({"name": None}))

    assert check(found["id_token"], "name") == check(found["userinfo"], "name")
    assert found["userinfo"]["verified_claims"]["verification"].keys() == {"trust_framework"}


async def test_ekyc_server_happypath_emptyobject(suite: Suite, party: RelyingParty) -> None:
    request: dict[str, Any] = {"verification": {"trust_framework": {}}, "claims": {"name": {}}}

    check((await answered(suite, party, request))["userinfo"], "name")


async def test_ekyc_server_happypath_essentialfalse(suite: Suite, party: RelyingParty) -> None:
    check((await answered(suite, party, wanted({"name": {"essential": False}})))["userinfo"], "name")


async def test_ekyc_server_unknown_claim_omitted(suite: Suite, party: RelyingParty) -> None:
    check((await answered(suite, party, wanted({"name": None, "shoe_size": None})))["userinfo"], "name")


async def test_ekyc_server_unknown_claim_specialchars_omitted(suite: Suite, party: RelyingParty) -> None:
    check((await answered(suite, party, wanted({"name": None, "šp%ç¡äl#ʤ": None})))["userinfo"], "name")


async def test_ekyc_server_unknown_essential_claim_omitted(suite: Suite, party: RelyingParty) -> None:
    request = wanted({"name": None, "shoe_size": {"essential": True}})

    check((await answered(suite, party, request))["userinfo"], "name")


@pytest.mark.parametrize("wish", [{"value": "Nobody Of This Name"}, {"values": ["Nobody", "Nobody Else"]}], ids=str)
async def test_ekyc_server_one_claim_with_random_value_omitted(
    suite: Suite, party: RelyingParty, wish: dict[str, Any]
) -> None:
    found = await answered(suite, party, wanted({"name": wish}))

    assert not any("verified_claims" in told for told in found.values())


async def test_ekyc_server_request_only_in_idtoken(suite: Suite, party: RelyingParty) -> None:
    found = await answered(suite, party, wanted({"name": None}), "id_token")

    check(found["id_token"], "name")
    assert "verified_claims" not in found["userinfo"]


async def test_ekyc_server_request_only_in_userinfo(suite: Suite, party: RelyingParty) -> None:
    found = await answered(suite, party, wanted({"name": None}), "userinfo")

    check(found["userinfo"], "name")
    assert "verified_claims" not in found["id_token"]


async def test_ekyc_server_testbasedonuserinfo_defaults(suite: Suite, party: RelyingParty) -> None:
    # All that userinfo has, asked for again with all its circumstances.
    request = wanted({"name": None, "birthdate": None, "gender": None}, assurance_level=None, time=None, evidence=[])
    request["verification"]["evidence"] = [{"type": {"value": "electronic_record"}, "record": None}]

    found = await answered(suite, party, request)

    verification = check(found["userinfo"], "name", "birthdate", "gender")["verification"]
    assert verification["assurance_level"].startswith("urn:gba:loa:")
    assert verification["time"].endswith("Z")
    (record,) = verification["evidence"]
    assert record["type"] == "electronic_record"
    assert record["record"]["type"] == "population_register"
    assert {name: found["userinfo"][name] for name in ("name", "birthdate", "gender")} == found["userinfo"][
        "verified_claims"
    ]["claims"]


@pytest.mark.parametrize(
    "spoilt",
    [{"trust_framework": {"value": "eidas"}}, {"evidence": [{"type": {"value": "vouch"}}]}],
    ids=["trust_framework", "evidence"],
)
async def test_ekyc_server_test_userinfo_notfoundinop(
    suite: Suite, party: RelyingParty, spoilt: dict[str, Any]
) -> None:
    found = await answered(suite, party, wanted({"name": None}, **spoilt))

    assert not any("verified_claims" in told for told in found.values())


async def test_ekyc_server_testuserprovidedrequest(suite: Suite, party: RelyingParty) -> None:
    # Two frameworks in one request: the one that fits is answered.
    request = [
        wanted({"name": None}, trust_framework={"value": "hk_iam_smart"}),
        wanted({"birthdate": None}, trust_framework={"value": FRAMEWORK}),
    ]

    check((await answered(suite, party, request))["userinfo"], "birthdate")


@pytest.mark.parametrize("purpose", ["pu", "p" * 301])
async def test_ekyc_server_purpose_invalid_request(suite: Suite, party: RelyingParty, purpose: str) -> None:
    # ekyc-server-short-purpose-invalid-request, ekyc-server-long-purpose-invalid-request
    await refused(suite, party, wanted({"name": {"purpose": purpose}}))


async def test_ekyc_a_request_without_a_trust_framework_or_a_claim_is_refused(
    suite: Suite, party: RelyingParty
) -> None:
    await refused(suite, party, {"verification": {}, "claims": {"name": None}})
    await refused(suite, party, {"verification": {"trust_framework": None}, "claims": {}})


async def test_ekyc_verified_claims_never_hold_the_number_of_a_document(suite: Suite, party: RelyingParty) -> None:
    request = wanted({"name": None}, evidence=[{"type": {"value": "document"}, "document_details": None}])

    found = await answered(suite, party, request)

    assert "document_number" not in json.dumps(found)
    assert "personal_number" not in json.dumps(found)
