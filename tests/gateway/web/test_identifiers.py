"""The verify endpoint: an answer about the token's own number, and nothing about anybody else's (MP-01, MP-02)."""

import httpx
import pytest

from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from tests.world import AT, NOW, World, asking

VERIFY = f"{AT.issuer}/v1/identifiers/verify"
SOMEBODY_ELSES = "810000190302030020"


async def a_token(world: World, scope: str = "openid cn_id", person: str = "chan-siu-ming") -> tuple[str, str]:
    """An access token and the number that was released with it."""
    asked = asking(scope=scope)
    answer = await world.browser().sign_in(asked, "hong_kong", person)
    tokens = (await world.token(asked, answer["code"])).json()
    claims = await world.claims(asked, tokens)
    return tokens["access_token"], claims.get("gba_cn_id", {}).get("value", "")


def never_given(number: str) -> str:
    """Another stand-in of the same day that nobody has: the next serial of the same sex, well-formed."""
    stem = f"{number[:14]}{int(number[14:17]) % 990 + 2:03}"
    return next(f"{stem}{check}" for check in "0123456789X" if is_valid(f"{stem}{check}"))


def is_valid(number: str) -> bool:
    try:
        MainlandIdentifier.parse(number, NOW.date())
    except MappingError:
        return False
    return True


async def put(world: World, token: str, **request: object) -> httpx.Response:
    async with world.net.browser() as http:
        return await http.post(VERIFY, headers={"authorization": f"Bearer {token}"}, **request)


async def test_the_subjects_own_number_is_told_from_every_other_one(world: World) -> None:
    token, number = await a_token(world)

    own = await put(world, token, json={"number": number})
    other = await put(world, token, data={"number": SOMEBODY_ELSES})
    broken = await put(world, token, json={"number": number[:-1] + ("0" if number[-1] != "0" else "1")})

    assert own.json() == {"format": "valid", "kind": "surrogate", "is_subjects": True}
    assert other.json() == {"format": "valid", "kind": "residence_permit", "is_subjects": False}
    assert broken.json() == {"format": "invalid", "kind": "unknown", "is_subjects": False}
    assert own.headers["cache-control"] == "no-store"


@pytest.mark.attack("MP-02")
async def test_mp_02_a_number_that_is_on_record_is_answered_like_one_that_is_not(world: World) -> None:
    token, _ = await a_token(world)
    _, known = await a_token(world, person="leung-kin-hong")
    unknown = never_given(known)

    answers = [await put(world, token, json={"number": number}) for number in (known, unknown)]

    assert answers[0].json() == {"format": "valid", "kind": "surrogate", "is_subjects": False}
    assert answers[0].content == answers[1].content
    assert answers[0].headers.keys() == answers[1].headers.keys()


@pytest.mark.attack("MP-01")
async def test_mp_01_a_token_without_the_scope_may_not_ask(world: World) -> None:
    token, _ = await a_token(world, scope="openid profile")

    response = await put(world, token, json={"number": SOMEBODY_ELSES})

    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["www-authenticate"]


@pytest.mark.attack("MP-01")
async def test_mp_01_who_asks_too_often_has_to_wait(world: World) -> None:
    token, number = await a_token(world)
    for _ in range(30):
        assert (await put(world, token, json={"number": SOMEBODY_ELSES})).status_code == 200

    response = await put(world, token, json={"number": number})
    world.clock.advance(seconds=61)

    assert response.status_code == 429
    assert response.headers["retry-after"] == "60"
    assert set(response.json()) == {"error", "error_description", "error_uri"}
    assert (await put(world, token, json={"number": number})).json()["is_subjects"] is True


async def test_a_request_that_is_not_understood_is_refused_before_anything_is_answered(world: World) -> None:
    token, number = await a_token(world)
    json_type = {"content-type": "application/json"}
    refused = {
        400: [
            {"json": {"number": number, "permit": "H00000018"}},
            {"json": {}},
            {"json": {"number": number}, "params": {"number": number}},
            {"data": {"number": number, "access_token": token}},
            {"content": b'{"number": "x", "number": "y"}', "headers": json_type},
            {"content": b"[]", "headers": json_type},
            {"content": b"number=1&number=2", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        ],
        413: [{"json": {"number": "8" * 1100}}],
        415: [{"content": b"810000", "headers": {"content-type": "text/plain"}}],
    }

    for status, requests in refused.items():
        for request in requests:
            request.setdefault("headers", {})["authorization"] = f"Bearer {token}"
            async with world.net.browser() as http:
                response = await http.post(VERIFY, **request)
            assert response.status_code == status, request
            assert response.json()["error"] == "invalid_request"
            assert number not in response.text


async def test_a_number_of_another_type_is_not_well_formed(world: World) -> None:
    token, _ = await a_token(world)

    for number in (810000190302030020, None, ["8"], ""):
        response = await put(world, token, json={"number": number})
        assert response.json() == {"format": "invalid", "kind": "unknown", "is_subjects": False}


async def test_without_a_token_the_answer_is_that_of_userinfo(world: World) -> None:
    async with world.net.browser() as http:
        none = await http.post(VERIFY, json={"number": SOMEBODY_ELSES})
        wrong = await http.post(VERIFY, json={"number": SOMEBODY_ELSES}, headers={"authorization": "Bearer nonsense"})
        get = await http.get(VERIFY)

    assert (none.status_code, none.headers["www-authenticate"]) == (401, "Bearer")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_token")
    assert get.status_code == 405
