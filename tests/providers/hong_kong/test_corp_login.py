"""The company's part of a sign-in: the page it is asked on, the second code, and every way in which it can be wrong."""

import traceback
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.base import LoginRequest, MandateRole
from providers.errors import ProviderError, ProviderFailure
from tests.providers.hong_kong.builders import (
    CODE,
    CORP_CODE,
    CORP_OPEN_ID,
    LOGIN_ID,
    OPEN_ID,
    SECRET,
    FarSide,
    a_callback,
    a_company_callback,
    a_corp_token,
)

CALLBACK = "http://gate.mock/callback/hong_kong"
SCOPE = "corpidapi_auth corpidapi_profiles"


def a_login(**changes: Any) -> LoginRequest:
    return LoginRequest(**{"login_id": LOGIN_ID, "callback_url": CALLBACK, "language": "zh-Hant-HK", **changes})


async def refusal(far_side: FarSide | None = None, **changes: Any) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        await (far_side or FarSide()).with_corpid().finish(a_company_callback(**changes))
    return refused.value


@pytest.mark.spec("identity-providers §2")
@pytest.mark.parametrize(
    ("is_sandbox", "path", "added", "name"),
    [
        (False, "/api/v1/auth/corpId/getQR", {"cScope": [SCOPE]}, "cCode"),
        (True, "/api/v1/auth/mockCorpId/getQR", {"cScope": [SCOPE], "corpMock": ["true"]}, "corpMockCode"),
    ],
)
async def test_a_sign_in_for_a_company_starts_at_its_own_page(
    is_sandbox: bool, path: str, added: dict[str, list[str]], name: str
) -> None:
    provider = FarSide().with_corpid(corpid_sandbox=is_sandbox)

    start = await provider.start(a_login(organisation=True))

    query = parse_qs(urlsplit(start.url).query)
    assert urlsplit(start.url).path == path
    assert {key: query[key] for key in added} == added
    assert query["scope"] == ["eidapi_auth eidapi_profiles"]
    assert start.kept == {"state": LOGIN_ID, "company": name}


async def test_no_company_is_asked_for_without_a_wish_or_a_registration() -> None:
    plain = await FarSide().provider().start(a_login())

    without_wish = await FarSide().with_corpid().start(a_login())
    without_registration = await FarSide().provider().start(a_login(organisation=True))

    assert plain == without_wish == without_registration


async def test_two_codes_become_a_person_who_acts_for_a_company() -> None:
    far_side = FarSide()

    identity = await far_side.with_corpid().finish(a_company_callback())

    assert identity.organisation is not None
    assert identity.mandate is not None
    assert (identity.subject, identity.name.family) == (OPEN_ID, "CHAN")
    assert (identity.organisation.identifier, identity.mandate.role) == ("00000018", MandateRole.AGENT)
    assert far_side.asked[1:3] == [
        {
            "ticketID": CORP_CODE,
            "grantType": "authorization_code",
            "iAMSmart_AccessToken": "c" * 32,
            "iAMSmart_TokenizedID": OPEN_ID,
        },
        {
            "accessToken": "d" * 32,
            "openID": CORP_OPEN_ID,
            "corpProfileFields": ["corpID", "brn", "corpNameEN", "corpNameTC", "corpNameSC"],
            "eCorpFields": ["corpStatusEN"],
            "representationFields": ["role", "powers", "validUntil"],
        },
    ]


async def test_whoever_chose_no_company_signs_in_for_themselves_in_two_calls() -> None:
    far_side = FarSide()

    identity = await far_side.with_corpid().finish(a_company_callback(cCode=None))

    assert (identity.organisation, identity.mandate) == (None, None)
    assert [request.url.path.rsplit("/", 1)[1] for request in far_side.requests] == ["getKey", "getToken", "profiles"]


@pytest.mark.attack("ST-13")
@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"corpMockCode": CORP_CODE}, "corp_code"),
        ({"cCode": None, "corpMockCode": CORP_CODE}, "corp_code"),
        ({"cCode": ""}, "corp_code_shape"),
        ({"cCode": CORP_CODE.upper()}, "corp_code_shape"),
        ({"cCode": CORP_CODE + "0"}, "corp_code_shape"),
        ({"cCode": CORP_CODE + "\n"}, "corp_code_shape"),
        ({"code": None}, "code_missing"),
        ({"code": None, "error_code": "D40000"}, "code_and_error"),
        ({"state": "another"}, "state"),
    ],
)
async def test_st_13_a_second_code_that_is_odd_or_foreign_is_never_sent_anywhere(
    changes: dict[str, Any], detail: str
) -> None:
    far_side = FarSide()

    refused = await refusal(far_side, **changes)

    assert (refused.failure, refused.detail) == (ProviderFailure.MALFORMED_CALLBACK, detail)
    assert far_side.requests == []


@pytest.mark.attack("ST-13")
async def test_st_13_a_second_code_that_nobody_asked_for_is_never_sent_anywhere() -> None:
    far_side = FarSide()

    with pytest.raises(ProviderError) as refused:
        await far_side.with_corpid().finish(a_callback(cCode=CORP_CODE))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.MALFORMED_CALLBACK, "corp_code")
    assert far_side.requests == []


async def test_the_sandbox_has_a_code_of_its_own() -> None:
    callback = replace(
        a_company_callback(cCode=None, corpMockCode=CORP_CODE), kept={"state": LOGIN_ID, "company": "corpMockCode"}
    )

    identity = await FarSide().with_corpid(corpid_sandbox=True).finish(callback)

    assert identity.organisation is not None


async def test_a_sign_in_that_outlives_the_registration_with_corpid_is_the_operators() -> None:
    with pytest.raises(ProviderError) as refused:
        await FarSide().provider().finish(a_company_callback())

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.MISCONFIGURED, "corp_code")


@pytest.mark.parametrize(
    ("endpoint", "code", "failure", "detail"),
    [
        ("corp/getToken", "M40004", ProviderFailure.EXPIRED, "M40004"),
        ("corp/getToken", "D40004", ProviderFailure.EXPIRED, "M40004"),
        ("corp/getToken", "M10001", ProviderFailure.UNREACHABLE, "M10001"),
        ("corp/getToken", "M99990", ProviderFailure.UNREACHABLE, "M99990"),
        ("corp/getToken", "M99992", ProviderFailure.NOT_ELIGIBLE, "M99992"),
        ("corp/getToken", "S00001", ProviderFailure.UNREACHABLE, "S00001"),
        ("corp/getToken", "C00001", ProviderFailure.UNREACHABLE, "C00001"),
        ("corp/getToken", "X00001", ProviderFailure.BROKEN, "code"),
        ("corp/getToken", "M1", ProviderFailure.BROKEN, "code"),
        ("corp/profiles", "M20009", ProviderFailure.EXPIRED, "M20009"),
        ("corp/profiles", "M20010", ProviderFailure.BROKEN, "M20010"),
        ("getToken", "M40004", ProviderFailure.BROKEN, "code"),
        ("profiles", "D99992", ProviderFailure.BROKEN, "D99992"),
    ],
)
async def test_each_server_has_its_codes(endpoint: str, code: str, failure: ProviderFailure, detail: str) -> None:
    refused = await refusal(FarSide(refusals={endpoint: [code]}))

    assert (refused.failure, refused.detail) == (failure, detail)


async def test_a_stale_content_key_of_corpid_is_fetched_once() -> None:
    far_side = FarSide(refusals={"corp/getToken": ["M30002"]})

    identity = await far_side.with_corpid().finish(a_company_callback())

    assert identity.organisation is not None
    assert sum(request.url.path == "/corpid/api/v1/security/getKey" for request in far_side.requests) == 2


async def test_a_profile_that_cannot_be_opened_is_not_asked_for_again_because_its_token_is_spent() -> None:
    far_side = FarSide(sealing={"corp/profiles": [b"\x09" * 32]})

    refused = await refusal(far_side)

    assert refused.detail == "frame"
    assert sum(request.url.path == "/corpid/api/v1/profiles" for request in far_side.requests) == 1


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"accessToken": None}, "missing:accessToken"),
        ({"accessToken": "short"}, "field:accessToken"),
        ({"openID": 7}, "field:openID"),
        ({"userType": "default"}, "field:userType"),
        ({"tokenType": "mac"}, "field:tokenType"),
        ({"issueAt": 1_000_000_000_001}, "token_time"),
    ],
)
async def test_a_token_of_corpid_that_is_not_as_promised_is_refused(changes: dict[str, Any], detail: str) -> None:
    refused = await refusal(FarSide(corp_token=a_corp_token(**changes)))

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, detail)


async def test_a_certificate_file_says_nothing_about_the_person() -> None:
    refused = await refusal(FarSide(corp_token=a_corp_token(userType="p12")))

    assert (refused.failure, refused.detail) == (ProviderFailure.NOT_ELIGIBLE, "corp_user_type")


async def test_no_code_token_or_number_shows_in_an_error() -> None:
    far_side = FarSide(company={"brn": "0000018"})

    try:
        await far_side.with_corpid().finish(a_company_callback())
    except ProviderError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)

    assert not any(secret in shown for secret in (CODE, CORP_CODE, SECRET, "d" * 32, "0000018", CORP_OPEN_ID))
