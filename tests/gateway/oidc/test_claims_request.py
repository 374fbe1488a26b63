import json

import pytest

from gateway.oidc import claims_request
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import ErrorCode
from tests.gateway.oidc.fakes import a_client, a_request
from tests.gateway.oidc.request_fakes import accepted

WISH = {"verification": {"trust_framework": None}, "claims": {"name": None}}


def asked(scopes=("openid",), **members) -> AuthorizationRequest:
    return a_request(scopes=scopes, claims=claims_request.read(json.dumps(members)))


def refused(text: str) -> bool:
    with pytest.raises(OAuthError) as refusal:
        claims_request.read(text)
    return refusal.value.code is ErrorCode.INVALID_REQUEST


@pytest.mark.spec("OpenID Connect Core §5.5")
def test_known_claims_are_kept_and_unknown_names_and_members_ignored() -> None:
    text = json.dumps(
        {
            "userinfo": {"name": {"essential": True, "colour": "red"}, "http://example.info/claims/groups": None},
            "id_token": {"auth_time": {"essential": True}, "acr": {"values": ["urn:gba:loa:2"]}},
            "elsewhere": 7,
        }
    )

    assert claims_request.read(text) == {
        "userinfo": {"name": {"essential": True, "colour": "red"}},
        "id_token": {"acr": {"values": ["urn:gba:loa:2"]}},
    }


def test_without_the_parameter_nothing_is_asked_for() -> None:
    assert claims_request.read(None) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '"userinfo"',
        "{",
        '{"userinfo":{}} x',
        '{"userinfo":{},"userinfo":{}}',
        '{"userinfo":null}',
        '{"userinfo":[]}',
        '{"id_token":{"name":"yes"}}',
        '{"id_token":{"name":[]}}',
        '{"id_token":{"name":{"essential":"true"}}}',
        '{"id_token":{"name":{"values":"one"}}}',
        '{"id_token":{"name":{"values":[]}}}',
        '{"id_token":{"name":{"purpose":"ab"}}}',
        '{"id_token":{"name":{"purpose":7}}}',
        '{"id_token":{"acr":{"value":NaN}}}',
        '{"userinfo":' + '{"name":' * 40 + "null" + "}" * 41,
        json.dumps({"userinfo": {f"c{number}": None for number in range(65)}}),
        json.dumps({"id_token": {"acr": {"values": ["x"] * 17}}}),
        json.dumps({"id_token": {"name": {"purpose": "x" * 301}}}),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused(text) -> None:
    assert refused(text)


async def test_a_parameter_beyond_its_size_is_refused() -> None:
    with pytest.raises(OAuthError):
        await accepted(claims=json.dumps({"userinfo": {"name": {"purpose": "x" * 300}}}) + " " * 4096)


@pytest.mark.spec("OpenID Connect Core §5.5.1.1")
def test_an_essential_level_is_told_from_a_voluntary_one() -> None:
    essential = asked(id_token={"acr": {"essential": True, "values": ["urn:gba:loa:3", "urn:gba:loa:2"]}})
    one = asked(id_token={"acr": {"essential": True, "value": "urn:gba:loa:3"}})
    voluntary = asked(id_token={"acr": {"values": ["urn:gba:loa:3"]}})

    assert claims_request.essential_acr(essential) == ("urn:gba:loa:3", "urn:gba:loa:2")
    assert claims_request.essential_acr(one) == ("urn:gba:loa:3",)
    assert claims_request.essential_acr(voluntary) == ()
    assert claims_request.essential_acr(asked(id_token={"acr": {"essential": True}})) == ()


async def test_levels_come_from_an_essential_claim_first_then_the_parameter_then_a_voluntary_claim() -> None:
    essential = json.dumps({"id_token": {"acr": {"essential": True, "values": ["urn:gba:loa:3"]}}})
    voluntary = json.dumps({"id_token": {"acr": {"values": ["urn:gba:loa:3"]}}})

    assert (await accepted(claims=essential, acr_values="urn:gba:loa:1")).acr_values == ("urn:gba:loa:3",)
    assert (await accepted(claims=voluntary, acr_values="urn:gba:loa:1")).acr_values == ("urn:gba:loa:1",)
    assert (await accepted(claims=voluntary)).acr_values == ("urn:gba:loa:3",)


@pytest.mark.parametrize("value", ["3", '["urn:gba:loa:3"]', '{"a":1}', '""', "null"])
async def test_a_level_that_is_not_text_is_refused(value) -> None:
    with pytest.raises(OAuthError):
        await accepted(claims=f'{{"id_token":{{"acr":{{"values":[{value}]}}}}}}')


@pytest.mark.spec("OpenID Connect Core §5.5.1")
async def test_a_sub_that_is_asked_for_must_be_the_one() -> None:
    assert (await accepted(claims='{"id_token":{"sub":{"value":"pairwise"}}}')).expected_sub == "pairwise"
    assert (await accepted(claims='{"id_token":{"sub":null}}')).expected_sub is None


@pytest.mark.parametrize("member", ['{"value":7}', '{"value":["a"]}'])
async def test_a_sub_that_is_not_text_is_refused(member) -> None:
    with pytest.raises(OAuthError):
        await accepted(claims=f'{{"id_token":{{"sub":{member}}}}}')


def test_single_claims_become_entries_of_their_own_beyond_the_scopes() -> None:
    request = asked(
        ("openid", "cn_doc"), userinfo={"birthdate": None, "gba_doc": None}, id_token={"birthdate": None, "name": None}
    )

    assert claims_request.wishes(request, a_client()) == ("claim:birthdate", "claim:name")


@pytest.mark.attack("PR-04")
def test_pr_04_a_claim_beyond_the_whitelist_is_never_asked_of_the_person() -> None:
    request = asked(userinfo={"gba_cn_id": {"essential": True}, "name": None})

    assert claims_request.wishes(request, a_client(scopes=("openid", "profile"))) == ("claim:name",)


def test_each_claim_goes_where_it_was_asked_for() -> None:
    request = asked(userinfo={"name": None}, id_token={"birthdate": None, "acr": None, "sub": None})

    assert claims_request.in_userinfo(request) == ("name",)
    assert claims_request.in_id_token(request) == ("birthdate",)


@pytest.mark.spec("OpenID Connect for Identity Assurance §6")
def test_verified_claims_are_one_entry_and_their_elements_can_be_read() -> None:
    other = {"verification": {"trust_framework": {"value": "hk_iam_smart"}}, "claims": {"birthdate": None}}
    request = asked(userinfo={"verified_claims": WISH}, id_token={"verified_claims": [WISH, other]})

    assert claims_request.wishes(request, a_client()) == ("claim:verified_claims",)
    assert claims_request.verified(request) == (WISH, other)
    assert claims_request.verified(request, claims_request.USERINFO) == (WISH,)
    assert claims_request.in_id_token(request) == ("verified_claims",)


def test_verified_claims_of_which_the_client_may_have_none_are_no_entry() -> None:
    request = asked(userinfo={"verified_claims": WISH})

    assert claims_request.wishes(request, a_client(scopes=("openid",))) == ()


@pytest.mark.parametrize(
    ("wish", "value", "is_accepted"),
    [
        (None, "1990-01-01", True),
        ({"essential": True}, "1990-01-01", True),
        ({"value": "1990-01-01"}, "1990-01-01", True),
        ({"value": "1990-01-02"}, "1990-01-01", False),
        ({"values": ["1990-01-01", "1990-01-02"]}, "1990-01-01", True),
        ({"values": ["1990-01-02"]}, "1990-01-01", False),
    ],
)
def test_a_value_that_is_not_the_one_asked_for_is_not_accepted(wish, value, is_accepted) -> None:
    request = asked(userinfo={"birthdate": wish})

    assert claims_request.accepts(request, "birthdate", value) is is_accepted


def test_a_wish_about_a_number_compares_with_the_number_inside_the_claim() -> None:
    request = asked(userinfo={"gba_cn_id": {"value": "a fictional identifier"}})

    assert claims_request.accepts(request, "gba_cn_id", {"value": "a fictional identifier", "kind": "surrogate"})
    assert not claims_request.accepts(request, "gba_cn_id", {"value": "another", "kind": "surrogate"})
