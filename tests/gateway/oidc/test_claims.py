from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.oidc.claims import CLAIMS_OF, NUMBERED, mandate_end, released, released_by_userinfo, released_in_id_token
from gateway.oidc.names import Scope
from tests.gateway.oidc.fakes import a_grant

EVERYTHING = {name: f"fictional {name}" for names in CLAIMS_OF.values() for name in names} | {"passport": "never"}


def test_every_scope_stands_in_the_table() -> None:
    assert set(CLAIMS_OF) == set(Scope)


def test_a_scope_releases_its_claims_and_no_others() -> None:
    assert released(EVERYTHING, ["openid", "cn_doc"]) == {"gba_doc": "fictional gba_doc"}


def test_a_claim_that_the_grant_does_not_hold_is_left_out() -> None:
    assert released({"name": "Fictional"}, ["profile", "cn_id"]) == {"name": "Fictional"}


def in_id_token(scopes, *, is_encrypted=True, **grant):
    held = a_grant(**{"claims": EVERYTHING, "scopes": tuple(scopes)} | grant)
    return released_in_id_token(held, scopes, is_encrypted=is_encrypted)


def test_the_name_does_not_stand_in_the_id_token() -> None:
    assert set(in_id_token(Scope)) == {"gba_cn_id", "gba_doc", "gba_organisation", "gba_mandate"}


@pytest.mark.attack("PR-05")
def test_pr_05_official_numbers_stand_in_no_id_token_that_others_could_read() -> None:
    asked = {"id_token_claims": (*NUMBERED, "name")}

    assert set(in_id_token(Scope, is_encrypted=False, **asked)) == {"gba_mandate", "name"}


VERIFIED = {"verification": {"trust_framework": "hk_iam_smart"}, "claims": {"family_name": "Fictional"}}
WITH_NUMBER = {**VERIFIED, "claims": {"gba_cn_id": {"value": "a fictional identifier"}}}
WITH_DOCUMENT = {**VERIFIED, "verification": {"evidence": [{"document_details": {"document_number": "fictional"}}]}}


@pytest.mark.attack("PR-05")
@pytest.mark.parametrize("numbered", [WITH_NUMBER, WITH_DOCUMENT, [VERIFIED, WITH_NUMBER]])
def test_pr_05_verified_claims_that_hold_a_number_stand_in_no_id_token_that_others_could_read(numbered) -> None:
    asked = {"claims": {"verified_claims": numbered}, "id_token_claims": ("verified_claims",)}

    assert in_id_token(["openid"], is_encrypted=False, **asked) == {}
    assert in_id_token(["openid"], is_encrypted=True, **asked) == {"verified_claims": numbered}


def test_verified_claims_without_a_number_stand_in_any_id_token_that_they_were_asked_for() -> None:
    asked = {"claims": {"verified_claims": VERIFIED}, "id_token_claims": ("verified_claims",)}

    assert in_id_token(["openid"], is_encrypted=False, **asked) == {"verified_claims": VERIFIED}
    assert in_id_token(["openid"], is_encrypted=False, claims=asked["claims"]) == {}


@pytest.mark.spec("OpenID Connect Core §5.5")
def test_a_claim_asked_for_by_name_comes_without_its_scope() -> None:
    grant = a_grant(claims=EVERYTHING, scopes=("openid",), userinfo_claims=("birthdate",))

    assert released_by_userinfo(grant, ["openid"]) == {"birthdate": "fictional birthdate"}


def test_a_token_that_was_narrowed_brings_no_claims_asked_for_by_name() -> None:
    grant = a_grant(claims=EVERYTHING, scopes=("openid", "cn_id"), userinfo_claims=("birthdate",))

    assert released_by_userinfo(grant, ["openid"]) == {}


@pytest.mark.parametrize("name", ["passport", "sub", "iss"])
def test_a_name_outside_the_table_is_not_released_for_the_asking(name) -> None:
    grant = a_grant(claims={name: "x"}, scopes=("openid",), userinfo_claims=(name,), id_token_claims=(name,))

    assert released_by_userinfo(grant, ["openid"]) == {}
    assert released_in_id_token(grant, ["openid"], is_encrypted=True) == {}


@pytest.mark.parametrize("written", [1798761600, "2027-01-01T00:00:00+00:00"])
def test_the_end_of_a_mandate_is_read_from_its_claim(written) -> None:
    grant = a_grant(claims={"gba_mandate": {"role": "agent", "expires_at": written}})

    assert mandate_end(grant) == datetime(2027, 1, 1, tzinfo=UTC)
    assert mandate_end(a_grant(claims={"gba_mandate": {"role": "agent"}})) is None


@given(
    st.sets(st.sampled_from([*Scope, "email", "admin"])),
    st.dictionaries(st.sampled_from(["sub", "iss", "x", *EVERYTHING]), st.text()),
)
def test_nothing_outside_the_table_ever_leaves(scopes, claims) -> None:
    allowed = {name for scope in scopes for name in CLAIMS_OF.get(scope, ())}

    assert set(released(claims, scopes)) == allowed & set(claims)
