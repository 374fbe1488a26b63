import pytest

from gateway.oidc.authorize import validate
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import ErrorCode, GrantType, Prompt, ResponseMode
from tests.gateway.oidc.fakes import (
    CALLBACK,
    CHALLENGE,
    NOW,
    FakeClients,
    a_client,
    a_key_client,
    a_public_client,
    an_endpoint,
)
from tests.gateway.oidc.request_fakes import GOOD, LEFT_OUT, OFFERED, accepted, pairs, refusal_of


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
async def test_an_honest_request_is_read_completely() -> None:
    request = await accepted(
        nonce="n",
        prompt="login consent",
        max_age="0",
        acr_values="urn:gba:loa:3 urn:gba:loa:2",
        ui_locales="zh-Hant-HK en",
        idp_hint="macao",
        login_hint="somebody",
        response_mode="query",
    )

    assert request == AuthorizationRequest(
        client_id="rp-a",
        redirect_uri=CALLBACK,
        scopes=("openid", "profile"),
        code_challenge=CHALLENGE,
        state="a state+%41",
        nonce="n",
        prompts=frozenset({Prompt.LOGIN, Prompt.CONSENT}),
        max_age=0,
        acr_values=("urn:gba:loa:3", "urn:gba:loa:2"),
        ui_locales=("zh-Hant-HK", "en"),
        idp_hint="macao",
        login_hint="somebody",
    )


async def test_a_bare_request_leaves_the_optional_fields_empty() -> None:
    request = await accepted(state=LEFT_OUT)

    assert (request.state, request.nonce, request.prompts, request.max_age, request.acr_values) == (
        (None, None, frozenset(), None, ())
    )


async def test_the_client_is_handed_on() -> None:
    client = a_client()

    assert (await validate(pairs(), an_endpoint(client), offered=OFFERED, now=NOW))[0] is client


@pytest.mark.parametrize("client_id", [LEFT_OUT, "", "rp-x", "x" * 200, "rp-a\x00"])
async def test_an_unknown_client_gets_no_redirect(client_id) -> None:
    error = await refusal_of(pairs(client_id=client_id))

    assert error.reply_to is None


async def test_an_unfit_client_id_is_never_looked_up() -> None:
    clients = FakeClients()

    with pytest.raises(OAuthError):
        await validate(pairs(client_id="x" * 200), an_endpoint(clients=clients), offered=OFFERED, now=NOW)

    assert clients.asked == []


async def test_a_disabled_client_is_refused_like_an_unknown_one() -> None:
    disabled = await refusal_of(pairs(), a_client(disabled_at=NOW))
    unknown = await refusal_of(pairs(client_id="rp-x"))

    assert (disabled.code, disabled.description, disabled.reply_to) == (unknown.code, unknown.description, None)


@pytest.mark.attack("AZ-01")
@pytest.mark.attack("AZ-03")
@pytest.mark.parametrize(
    "uri", ["https://rp-a.example/cb/../evil", "https://rp-a.example.evil.test/cb", f"{CALLBACK}#"]
)
async def test_az_01_az_03_another_redirect_uri_gets_no_redirect(uri) -> None:
    error = await refusal_of(pairs(redirect_uri=uri))

    assert (error.code, error.reply_to) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.attack("AZ-06")
@pytest.mark.parametrize("uris", [(CALLBACK,), (CALLBACK, "https://rp-a.example/two")])
async def test_az_06_a_missing_redirect_uri_is_never_defaulted(uris) -> None:
    error = await refusal_of(pairs(redirect_uri=LEFT_OUT), a_client(redirect_uris=uris))

    assert (error.code, error.reply_to) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.attack("AZ-05")
async def test_az_05_a_native_client_gets_its_answer_at_the_port_it_named() -> None:
    client = a_public_client(redirect_uris=("http://127.0.0.1/cb",))

    request = await accepted(client, redirect_uri="http://127.0.0.1:51234/cb")

    assert request.redirect_uri == "http://127.0.0.1:51234/cb"


@pytest.mark.attack("AZ-08")
@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("second", ["equal", "other"])
async def test_az_08_a_doubled_client_or_redirect_uri_gets_no_redirect(name, second) -> None:
    error = await refusal_of([*pairs(), (name, GOOD[name] if second == "equal" else "https://evil.test")])

    assert (error.code, error.reply_to) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.attack("AZ-08")
@pytest.mark.parametrize("name", ["scope", "code_challenge", "response_type", "nonce", "colour", "request_uri"])
async def test_az_08_any_other_doubled_parameter_is_told_to_the_client(name) -> None:
    error = await refusal_of([*pairs(), (name, "x"), (name, "x")])

    assert error.code is ErrorCode.INVALID_REQUEST
    assert error.reply_to is not None
    assert (error.reply_to.redirect_uri, error.reply_to.state) == (CALLBACK, "a state+%41")


@pytest.mark.attack("AZ-08")
async def test_az_08_a_doubled_state_is_not_sent_back() -> None:
    error = await refusal_of([*pairs(), ("state", GOOD["state"])])

    assert error.reply_to is not None
    assert error.reply_to.state is None


@pytest.mark.attack("WB-09")
@pytest.mark.parametrize("state", ["a\r\nb", "x" * 2049])
async def test_wb_09_an_unfit_state_is_refused_and_not_sent_back(state) -> None:
    error = await refusal_of(pairs(state=state))

    assert error.code is ErrorCode.INVALID_REQUEST
    assert error.reply_to is not None
    assert error.reply_to.state is None


@pytest.mark.attack("AZ-11")
@pytest.mark.parametrize("length", [1, 128, 2048])
async def test_az_11_a_state_is_kept_as_it_is_up_to_its_limit(length) -> None:
    assert (await accepted(state="&" * length)).state == "&" * length


REFUSED = [
    ({"response_type": LEFT_OUT}, ErrorCode.INVALID_REQUEST),
    ({"scope": LEFT_OUT}, ErrorCode.INVALID_SCOPE),
    ({"scope": "profile"}, ErrorCode.INVALID_SCOPE),
    ({"scope": "OPENID profile"}, ErrorCode.INVALID_SCOPE),
    ({"scope": "openid\tprofile"}, ErrorCode.INVALID_REQUEST),
    ({"nonce": "x" * 513}, ErrorCode.INVALID_REQUEST),
    ({"request": "eyJ.eyJ.x"}, ErrorCode.INVALID_REQUEST_OBJECT),
    ({"request_uri": "https://rp-a.example/r"}, ErrorCode.INVALID_REQUEST_URI),
    ({"request": "eyJ.eyJ.x", "request_uri": "https://rp-a.example/r"}, ErrorCode.INVALID_REQUEST),
    ({"claims": "{"}, ErrorCode.INVALID_REQUEST),
    ({"claims": '{"userinfo":{"sub":{"value":"a"}},"id_token":{"sub":{"value":"b"}}}'}, ErrorCode.INVALID_REQUEST),
    ({"dpop_jkt": "short"}, ErrorCode.INVALID_REQUEST),
    ({"dpop_jkt": "x" * 42 + "="}, ErrorCode.INVALID_REQUEST),
    ({"id_token_hint": "eyJ.eyJ.x"}, ErrorCode.INVALID_REQUEST),
    ({"resource": "https://api.rp-a.example/"}, ErrorCode.INVALID_TARGET),
    ({"registration": "{}"}, ErrorCode.REGISTRATION_NOT_SUPPORTED),
    ({"prompt": "none login"}, ErrorCode.INVALID_REQUEST),
    ({"prompt": "create"}, ErrorCode.INVALID_REQUEST),
    ({"max_age": "-1"}, ErrorCode.INVALID_REQUEST),
    ({"max_age": "1.5"}, ErrorCode.INVALID_REQUEST),
    ({"max_age": "1e3"}, ErrorCode.INVALID_REQUEST),
    ({"max_age": " 1"}, ErrorCode.INVALID_REQUEST),
    ({"max_age": "٣"}, ErrorCode.INVALID_REQUEST),
    ({"max_age": "2147483648"}, ErrorCode.INVALID_REQUEST),
    ({"max_age": "9" * 4000}, ErrorCode.INVALID_REQUEST),
    ({"idp_hint": "shenzhen"}, ErrorCode.INVALID_REQUEST),
    ({"acr_values": " ".join(map(str, range(17)))}, ErrorCode.INVALID_REQUEST),
    ({"ui_locales": " ".join(map(str, range(17)))}, ErrorCode.INVALID_REQUEST),
    ({"login_hint": "x" * 257}, ErrorCode.INVALID_REQUEST),
]


@pytest.mark.parametrize(("changed", "code"), REFUSED)
async def test_a_refusal_behind_a_good_redirect_uri_goes_to_the_client_with_its_state(changed, code) -> None:
    error = await refusal_of(pairs(**changed))

    assert error.code is code
    assert error.reply_to is not None
    assert (error.reply_to.redirect_uri, error.reply_to.state) == (CALLBACK, GOOD["state"])


@pytest.mark.attack("AZ-07")
@pytest.mark.parametrize(
    "value", ["token", "id_token", "code token", "code id_token", "none", "code code", "CODE", "code "]
)
async def test_az_07_every_flow_but_the_code_flow_is_switched_off(value) -> None:
    assert (await refusal_of(pairs(response_type=value))).code is ErrorCode.UNSUPPORTED_RESPONSE_TYPE


@pytest.mark.attack("AZ-12")
@pytest.mark.parametrize("value", ["fragment", "fragment.jwt", "web_message", "QUERY", "unknown"])
async def test_az_12_a_response_mode_that_is_not_offered_is_refused_in_the_query(value) -> None:
    known = await refusal_of(pairs(response_mode=value))
    unregistered = await refusal_of(pairs(response_mode=value, redirect_uri="https://evil.test/"))

    assert known.code is ErrorCode.INVALID_REQUEST
    assert known.reply_to is not None
    assert known.reply_to.response_mode is ResponseMode.QUERY
    assert unregistered.reply_to is None


@pytest.mark.parametrize("mode", list(ResponseMode))
async def test_every_offered_response_mode_carries_success_and_failure(mode) -> None:
    request = await accepted(response_mode=mode.value)
    error = await refusal_of(pairs(response_mode=mode.value, scope="profile"))

    assert request.response_mode is mode
    assert error.reply_to is not None
    assert error.reply_to.response_mode is mode


@pytest.mark.attack("AZ-12")
async def test_az_12_nothing_is_posted_to_an_unregistered_address() -> None:
    error = await refusal_of(pairs(response_mode="form_post", redirect_uri="https://evil.test/"))

    assert error.reply_to is None


@pytest.mark.attack("PK-01")
@pytest.mark.parametrize("client", [a_client(), a_public_client(), a_key_client()])
async def test_pk_01_pkce_is_demanded_of_every_kind_of_client(client) -> None:
    error = await refusal_of(pairs(code_challenge=LEFT_OUT), client)

    assert error.code is ErrorCode.INVALID_REQUEST


@pytest.mark.attack("PK-02")
@pytest.mark.parametrize("method", [LEFT_OUT, "plain"])
async def test_pk_02_the_plain_method_is_refused_also_as_the_default(method) -> None:
    assert (await refusal_of(pairs(code_challenge_method=method))).code is ErrorCode.INVALID_REQUEST


async def test_unknown_scopes_are_ignored_and_known_ones_kept_once_in_order() -> None:
    assert (await accepted(scope="profile email  openid profile")).scopes == ("profile", "openid")


@pytest.mark.spec("RFC 6749 §3.3")
async def test_a_scope_beyond_the_whitelist_of_the_client_is_refused() -> None:
    error = await refusal_of(pairs(scope="openid cn_id"), a_client(scopes=("openid", "profile")))

    assert error.code is ErrorCode.INVALID_SCOPE


async def test_a_provider_that_the_client_does_not_use_is_refused_as_a_hint() -> None:
    error = await refusal_of(pairs(idp_hint="macao"), a_client(providers=("hong_kong",)))

    assert error.code is ErrorCode.INVALID_REQUEST


async def test_unknown_wishes_for_levels_and_languages_break_nothing() -> None:
    request = await accepted(acr_values="1 2", ui_locales="tlh")

    assert (request.acr_values, request.ui_locales) == (("1", "2"), ("tlh",))


async def test_parameters_of_other_extensions_are_ignored() -> None:
    assert await accepted(claims='{"id_token":{}}', display="page", colour="red")


async def test_no_refusal_quotes_the_request() -> None:
    for changed, _ in REFUSED:
        error = await refusal_of(pairs(**changed))
        sent = [value for value in changed.values() if value and len(value) > 6 and " " not in value]

        assert not any(value in str(error) for value in sent)
        assert error.description.isascii()
        assert not set('"\\') & set(error.description)


@pytest.mark.spec("OpenID Connect Core §11")
async def test_offline_access_is_ignored_for_a_client_that_cannot_refresh() -> None:
    client = a_client(scopes=("openid", "offline_access"))

    assert (await accepted(client, scope="openid offline_access")).scopes == ("openid",)


async def test_offline_access_is_kept_for_a_client_that_can_refresh() -> None:
    client = a_client(
        scopes=("openid", "offline_access"), grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
    )

    assert (await accepted(client, scope="openid offline_access")).scopes == ("openid", "offline_access")


async def test_a_client_without_the_code_grant_may_send_nobody_here() -> None:
    error = await refusal_of(pairs(), a_client(grant_types=(GrantType.DEVICE_CODE,)))

    assert error.code is ErrorCode.UNAUTHORIZED_CLIENT


async def test_a_client_whose_registration_is_over_is_refused_like_an_unknown_one() -> None:
    error = await refusal_of(pairs(), a_client(expires_at=NOW))

    assert (error.description, error.reply_to) == ("client_id is missing or unknown", None)


@pytest.mark.spec("OpenID Connect Registration §2")
async def test_defaults_of_the_registration_stand_in_for_what_a_request_leaves_open() -> None:
    client = a_client(default_max_age=300, default_acr_values=("urn:gba:loa:2",))

    left_open = await accepted(client)
    said = await accepted(client, max_age="0", acr_values="urn:gba:loa:3")

    assert (left_open.max_age, left_open.acr_values) == (300, ("urn:gba:loa:2",))
    assert (said.max_age, said.acr_values) == (0, ("urn:gba:loa:3",))


@pytest.mark.spec("RFC 8707 §2.1")
async def test_several_resources_may_be_asked_for() -> None:
    client = a_client(resources=("https://api.rp-a.example/", "urn:fictional:records"))
    sent = [*pairs(), ("resource", "https://api.rp-a.example/"), ("resource", "urn:fictional:records")]

    _, request = await validate(sent, an_endpoint(client), offered=OFFERED, now=NOW)

    assert request.resources == ("https://api.rp-a.example/", "urn:fictional:records")


@pytest.mark.spec("RFC 9449 §10")
async def test_a_thumbprint_binds_the_code_beforehand() -> None:
    assert (await accepted(dpop_jkt="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")).dpop_jkt is not None
