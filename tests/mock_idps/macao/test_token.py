import pytest

from mock_idps.macao.claims import uid_for
from tests.mock_idps.macao.stage import CALLBACK, VERIFIER, basic


async def test_a_code_brings_tokens_and_a_minimal_profile(stage):
    answer = await stage.token(code=await stage.code())

    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {
        "access_token", "refresh_token", "token_type", "expires_in", "scope", "token_client", "user_profile"
    }  # fmt: skip
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("bearer", 1800, "identity profile")
    assert body["user_profile"] == {
        "uid": uid_for("gateway", "lei-ka-meng"),
        "account_type": "Personal",
        "display_name": "Ka Meng Lei",
    }


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic bm9jb2xvbg==",
        basic("gateway", "wrong"),
        basic("nobody", "x"),
        "Bearer abc",
    ],
)
@pytest.mark.spec("RFC 6749 §5.2")
async def test_a_client_that_does_not_prove_itself_gets_401(stage, header):
    headers = {} if header is None else {"Authorization": header}

    answer = await stage.service.post("/oauth/token", data={"grant_type": "password"}, headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unauthorized_client"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"code": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_verifier": None}, "invalid_request"),
        ({"client_secret": "s3cret"}, "invalid_request"),
        ({"client_id": "other"}, "invalid_request"),
        ({"code": "invented"}, "invalid_grant"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "invented"}, "invalid_grant"),
    ],
)
async def test_a_faulty_request_is_refused_in_the_registrys_words(stage, changes, error):
    code = await stage.code()

    answer = await stage.token(**{"code": code, **changes})

    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.spec("RFC 7636 §4.6")
@pytest.mark.parametrize("verifier", [VERIFIER + "x", "short", "é" * 50, VERIFIER.replace("v", "\0", 1)])
async def test_a_verifier_that_does_not_match_is_refused(stage, verifier):
    answer = await stage.token(code=await stage.code(), code_verifier=verifier)

    assert answer.json()["error"] == "invalid_grant"


async def test_a_failed_verifier_burns_the_code(stage):
    code = await stage.code()
    await stage.token(code=code, code_verifier=VERIFIER + "x")

    assert (await stage.token(code=code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(("age_ms", "status"), [(89_999, 200), (90_000, 400)])
async def test_a_code_lives_ninety_seconds(stage, age_ms, status):
    code = await stage.code()
    stage.now_ms += age_ms

    assert (await stage.token(code=code)).status_code == status


@pytest.mark.spec("RFC 6749 §4.1.2")
async def test_a_code_shown_twice_ends_what_it_brought(stage):
    code = await stage.code()
    first = (await stage.token(code=code)).json()

    second = await stage.token(code=code)

    assert second.json()["error"] == "invalid_grant"
    assert (await stage.profile(first["access_token"])).json()["code"] == 4011
    refreshed = await stage.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


async def test_a_code_of_another_client_is_refused_and_stays_good(stage):
    code = await stage.code()

    stolen = await stage.token("other", code=code, redirect_uri=CALLBACK)

    assert stolen.json()["error"] == "invalid_grant"
    assert (await stage.token(code=code)).status_code == 200


async def test_a_doubled_parameter_is_refused(stage):
    form = f"grant_type=authorization_code&code={await stage.code()}&code=other"
    headers = {"Authorization": basic("gateway"), "content-type": "application/x-www-form-urlencoded"}

    answer = await stage.service.post("/oauth/token", content=form, headers=headers)

    assert answer.json()["error"] == "invalid_request"


async def test_json_is_refused_in_the_registrys_words(stage):
    answer = await stage.service.post("/oauth/token", json={"grant_type": "authorization_code"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_huge_form_is_refused(stage):
    answer = await stage.token(code="x" * 20_000)

    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


async def test_a_refresh_token_rotates(stage):
    first = (await stage.token(code=await stage.code())).json()

    second = await stage.token(grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert second.json()["refresh_token"] != first["refresh_token"]
    assert (await stage.profile(second.json()["access_token"])).json()["success"] is True


@pytest.mark.spec("RFC 9700 §4.14.2")
async def test_a_refresh_token_shown_twice_revokes_the_family(stage):
    first = (await stage.token(code=await stage.code())).json()
    second = (await stage.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()

    reused = await stage.token(grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert reused.json()["error"] == "invalid_grant"
    assert (await stage.profile(second["access_token"])).json()["tag"] == "ACCESS_DENIED"
    after = await stage.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert after.json()["error"] == "invalid_grant"


async def test_a_refresh_token_narrows_the_scope_and_never_widens_it(stage):
    first = (await stage.token(code=await stage.code(scope="profile identity"))).json()

    narrow = await stage.token(grant_type="refresh_token", refresh_token=first["refresh_token"], scope="profile")
    wide = await stage.token(
        grant_type="refresh_token", refresh_token=narrow.json()["refresh_token"], scope="profile identity"
    )

    assert narrow.json()["scope"] == "profile"
    assert wide.json()["error"] == "invalid_scope"


async def test_a_refresh_token_belongs_to_its_client_and_ends_after_twelve_hours(stage):
    first = (await stage.token(code=await stage.code())).json()

    stolen = await stage.token("other", grant_type="refresh_token", refresh_token=first["refresh_token"])
    stage.now_ms += 12 * 3_600_000
    late = await stage.token(grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert stolen.json()["error"] == "invalid_grant"
    assert late.json()["error"] == "invalid_grant"


async def test_the_token_endpoint_takes_no_get(stage):
    assert (await stage.service.get("/oauth/token")).status_code == 405
