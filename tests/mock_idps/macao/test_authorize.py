import pytest

from tests.mock_idps.macao.stage import CALLBACK, OTHER_CALLBACK, authorization, query_of


async def test_a_valid_request_leads_to_the_sign_in_page_in_the_wished_language(stage):
    response = await stage.browser.get("/oauth/authorize", params=authorization(ui_locales="fr pt"))

    assert response.status_code == 302
    assert response.headers["location"].startswith("/pt/login?ticket=")


@pytest.mark.spec("RFC 6749 §4.1.2.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "https://gateway.test/callback/macao%2F.."},
        {"redirect_uri": OTHER_CALLBACK},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
async def test_an_unknown_client_or_redirect_uri_gets_a_page_and_no_redirect(stage, changes):
    response = await stage.browser.get("/oauth/authorize", params=authorization(**changes))

    assert response.status_code == 400
    assert "location" not in response.headers
    assert 'data-code="untrusted"' in response.text


async def test_a_doubled_redirect_uri_is_never_followed(stage):
    query = [*authorization().items(), ("redirect_uri", "https://evil.test/")]

    response = await stage.browser.get("/oauth/authorize", params=query)

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile admin"}, "invalid_scope"),
        ({"scope": "entity"}, "invalid_scope"),
        ({"scope": "profile esign"}, "invalid_scope"),
        ({"acr": "4"}, "invalid_request"),
        ({"acr": "02"}, "invalid_request"),
        ({"prompt": "none"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
async def test_a_faulty_request_is_sent_back_with_its_error_and_state(stage, changes, error):
    response = await stage.browser.get("/oauth/authorize", params=authorization(**changes))

    assert response.headers["location"].startswith(CALLBACK + "?")
    assert query_of(response)["error"] == error
    assert query_of(response)["state"] == "state-1"


@pytest.mark.parametrize("state", [None, "", "x" * 129])
async def test_state_is_required_and_bounded_and_a_bad_one_is_not_echoed(stage, state):
    response = await stage.browser.get("/oauth/authorize", params=authorization(state=state))

    assert query_of(response)["error"] == "invalid_request"
    assert "state" not in query_of(response)


async def test_a_state_of_128_characters_comes_back_whole(stage):
    state = "é<>&\"'" + "x" * 122

    response = await stage.browser.get(
        "/en/login", params={"ticket": await stage.open_login(state=state), "auto": "lei-ka-meng"}
    )

    assert query_of(response)["state"] == state


async def test_a_doubled_parameter_is_refused(stage):
    response = await stage.browser.get("/oauth/authorize", params=[*authorization().items(), ("scope", "profile")])

    assert query_of(response)["error"] == "invalid_request"


async def test_a_registered_query_is_kept(stage):
    ticket = await stage.open_login(client_id="other", redirect_uri=OTHER_CALLBACK)

    response = await stage.browser.get("/en/login", params={"ticket": ticket, "auto": "lei-ka-meng"})

    assert response.headers["location"].startswith(OTHER_CALLBACK + "&code=")


async def test_an_endless_query_is_refused(stage):
    response = await stage.browser.get("/oauth/authorize", params=authorization(state="x" * 20_000))

    assert response.status_code == 413


async def test_a_browser_that_signed_in_comes_straight_back(stage):
    await stage.code(auto="lei-ka-meng")

    response = await stage.browser.get("/oauth/authorize", params=authorization(acr="3"))

    assert response.headers["location"].startswith(CALLBACK + "?code=")


async def test_prompt_login_shows_the_form_again(stage):
    await stage.code(auto="lei-ka-meng")

    response = await stage.browser.get("/oauth/authorize", params=authorization(prompt="login"))

    assert response.headers["location"].startswith("/en/login?")


async def test_a_remembered_sign_in_below_the_asked_level_shows_the_form_again(stage):
    await stage.code(auto="chan-weng-kin")

    response = await stage.browser.get("/oauth/authorize", params=authorization(acr="3"))

    assert response.headers["location"].startswith("/en/login?")


async def test_a_remembered_sign_in_ends(stage):
    await stage.code(auto="lei-ka-meng")
    stage.now_ms += 8 * 3_600_000

    response = await stage.browser.get("/oauth/authorize", params=authorization())

    assert response.headers["location"].startswith("/en/login?")


async def test_another_browser_is_not_remembered(stage):
    await stage.code(auto="lei-ka-meng")

    response = await stage.browse().get("/oauth/authorize", params=authorization())

    assert response.headers["location"].startswith("/en/login?")


async def test_cookies_are_hidden_from_scripts_and_kept_to_https(stage):
    response = await stage.browser.get("/oauth/authorize", params=authorization())

    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "secure" in cookie
    assert "samesite=lax" in cookie
