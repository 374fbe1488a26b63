import re
from datetime import timedelta

import pytest

from gateway.audit import AuditAction
from gateway.oidc.authorize import OfferedValues
from gateway.oidc.device_authorization import answer, user_code_hash
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.random_values import USER_CODE_LETTERS, digest, new_user_code
from tests.gateway.oidc.fakes import (
    ISSUER,
    NOW,
    PEPPER,
    a_basic_header,
    a_call,
    a_client,
    a_public_client,
    an_endpoint,
)

OFFERED = OfferedValues(providers=frozenset({"hong_kong", "macao"}))
ASKED = [("scope", "openid profile")]


def a_kiosk(**spoilt):
    return a_client(**{"grant_types": (GrantType.DEVICE_CODE,), "redirect_uris": ()} | spoilt)


async def start(op, pairs=ASKED, **more):
    return await answer(a_call(pairs, [a_basic_header()], path="/device_authorization", **more), op, OFFERED)


async def refusal_of(op, pairs=ASKED) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await start(op, pairs)
    return refusal.value.code


def kept(op):
    (request,) = op.decoupled.requests.values()
    return request


@pytest.mark.spec("RFC 8628 §3.2")
async def test_a_terminal_is_told_what_to_show_and_what_to_poll_with() -> None:
    op = an_endpoint(a_kiosk())

    told = await start(op)

    assert re.fullmatch(rf"[{USER_CODE_LETTERS}]{{4}}-[{USER_CODE_LETTERS}]{{4}}", told["user_code"])
    assert len(told["device_code"]) == 43
    assert told == {
        "device_code": told["device_code"],
        "user_code": told["user_code"],
        "verification_uri": f"{ISSUER}/device",
        "verification_uri_complete": f"{ISSUER}/device?user_code={told['user_code']}",
        "expires_in": 300,
        "interval": 5,
    }


async def test_the_request_is_kept_with_all_that_is_needed_later() -> None:
    op = an_endpoint(a_kiosk())

    told = await start(op, [*ASKED, ("idp_hint", "macao"), ("acr_values", "urn:gba:loa:3")])

    request = kept(op)
    assert (request.grant_type, request.client_id) == (GrantType.DEVICE_CODE, "rp-a")
    assert (request.expires_at, request.interval) == (NOW + timedelta(minutes=5), timedelta(seconds=5))
    assert request.user_code_hash == user_code_hash(PEPPER, told["user_code"])
    assert request.hash == digest(told["device_code"])
    assert (request.request.scopes, request.request.idp_hint) == (("openid", "profile"), "macao")
    assert (request.request.redirect_uri, request.request.code_challenge) == ("", "")
    assert request.request.decoupled == request.id


@pytest.mark.attack("CD-06")
async def test_cd_06_neither_code_is_kept_as_it_is() -> None:
    op = an_endpoint(a_kiosk())

    told = await start(op)

    assert told["device_code"] not in repr(op.decoupled.requests)
    assert told["user_code"].replace("-", "") not in repr(op.decoupled.requests)


async def test_a_start_leaves_one_event() -> None:
    op = an_endpoint(a_kiosk())

    await start(op)

    (event,) = op.decoupled.events
    assert (event.action, event.client_id, event.subject_id) == (AuditAction.DECOUPLED_STARTED, "rp-a", None)


async def test_a_terminal_that_can_keep_no_secret_only_names_itself() -> None:
    op = an_endpoint(a_public_client(grant_types=(GrantType.DEVICE_CODE,)))

    told = await answer(a_call([*ASKED, ("client_id", "rp-a")]), op, OFFERED)

    assert told["device_code"]


async def test_a_user_code_that_is_taken_is_not_given_out_again() -> None:
    op = an_endpoint(a_kiosk())
    op.decoupled.taken = 2

    assert (await start(op))["user_code"]


async def test_when_no_user_code_is_free_the_terminal_has_to_wait() -> None:
    op = an_endpoint(a_kiosk())
    op.decoupled.taken = 100

    assert await refusal_of(op) is ErrorCode.TEMPORARILY_UNAVAILABLE


@pytest.mark.attack("TN-02")
async def test_tn_02_a_client_that_is_no_terminal_is_refused() -> None:
    assert await refusal_of(an_endpoint()) is ErrorCode.UNAUTHORIZED_CLIENT


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([], ErrorCode.INVALID_SCOPE),
        ([("scope", "profile")], ErrorCode.INVALID_SCOPE),
        ([("scope", "openid organisation")], ErrorCode.INVALID_SCOPE),
        ([*ASKED, ("scope", "openid")], ErrorCode.INVALID_REQUEST),
        ([*ASKED, ("idp_hint", "elsewhere")], ErrorCode.INVALID_REQUEST),
        ([*ASKED, ("resource", "https://unknown.example")], ErrorCode.INVALID_TARGET),
    ],
)
async def test_a_request_that_asks_for_the_wrong_things_is_refused(pairs, code) -> None:
    op = an_endpoint(a_kiosk())

    assert await refusal_of(op, pairs) is code
    assert op.decoupled.requests == {}


async def test_a_stranger_starts_nothing() -> None:
    op = an_endpoint(a_kiosk(client_id="rp-b"))

    assert await refusal_of(op) is ErrorCode.INVALID_CLIENT
    assert op.decoupled.requests == {}


@pytest.mark.spec("RFC 8628 §6.1")
@pytest.mark.parametrize("typed", ["WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "WDJB–MJHT", "w.d.j.b.m.j.h.t"])
def test_a_user_code_is_found_however_it_is_typed(typed) -> None:
    assert user_code_hash(PEPPER, typed) == user_code_hash(PEPPER, "WDJBMJHT")


@pytest.mark.parametrize(
    "typed",
    ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH1", "ＷDJB-MJHT", "W" * 33, "WDJBMJHT" + "-" * 25, "\x00" * 8],
)
def test_what_cannot_be_a_user_code_is_not_looked_for(typed) -> None:
    assert user_code_hash(PEPPER, typed) is None


def test_the_hash_of_a_user_code_depends_on_the_key() -> None:
    assert user_code_hash(PEPPER, "WDJBMJHT") != user_code_hash(PEPPER[::-1], "WDJBMJHT")


def test_user_codes_do_not_repeat() -> None:
    assert len({new_user_code() for _ in range(1000)}) == 1000
