from hypothesis import given
from hypothesis import strategies as st

from gateway.oidc.claims import CLAIMS_OF, released, released_in_id_token
from gateway.oidc.names import Scope

EVERYTHING = {name: f"fictional {name}" for names in CLAIMS_OF.values() for name in names} | {"passport": "never"}


def test_every_scope_stands_in_the_table() -> None:
    assert set(CLAIMS_OF) == set(Scope)


def test_a_scope_releases_its_claims_and_no_others() -> None:
    assert released(EVERYTHING, ["openid", "cn_doc"]) == {"gba_doc": "fictional gba_doc"}


def test_a_claim_that_the_grant_does_not_hold_is_left_out() -> None:
    assert released({"name": "Fictional"}, ["profile", "cn_id"]) == {"name": "Fictional"}


def test_the_name_does_not_stand_in_the_id_token() -> None:
    assert set(released_in_id_token(EVERYTHING, list(Scope))) == {"gba_cn_id", "gba_doc"}


@given(
    st.sets(st.sampled_from([*Scope, "email", "admin"])),
    st.dictionaries(st.sampled_from(["sub", "iss", "x", *EVERYTHING]), st.text()),
)
def test_nothing_outside_the_table_ever_leaves(scopes, claims) -> None:
    allowed = {name for scope in scopes for name in CLAIMS_OF.get(scope, ())}

    assert set(released(claims, scopes)) == allowed & set(claims)
