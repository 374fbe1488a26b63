import asyncio
from datetime import timedelta

import pytest

from certs.keys.signing_key import KeySet
from gateway.audit import AuditAction
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.random_values import digest
from gateway.oidc.token import GRANTS, answer
from tests.gateway.oidc.fakes import (
    CALLBACK,
    CHALLENGE,
    NOW,
    VERIFIER,
    FakeTokens,
    a_basic_header,
    a_call,
    a_client,
    a_grant,
    a_public_client,
    an_endpoint,
    with_code,
)

LEFT_OUT = None


def form(its_code, **changed):
    good = {"grant_type": "authorization_code", "code": its_code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return [(name, value) for name, value in (good | changed).items() if value is not LEFT_OUT]


async def answer_to(endpoint, pairs, *, client_id="rp-a", now=NOW):
    return await answer(a_call(pairs, [a_basic_header(client_id)], now=now), endpoint)


async def refusal_of(endpoint, pairs, *, client_id="rp-a", now=NOW) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await answer_to(endpoint, pairs, client_id=client_id, now=now)
    assert refusal.value.reply_to is None
    return refusal.value.code


@pytest.mark.spec("RFC 6749 §5.1")
async def test_a_code_is_exchanged_for_tokens() -> None:
    endpoint = an_endpoint()
    code = with_code(endpoint.tokens)

    response = await answer_to(endpoint, form(code))

    assert response.as_json() == {
        "access_token": response.access_token,
        "token_type": "Bearer",
        "expires_in": 600,
        "id_token": response.id_token,
        "scope": "openid profile cn_id",
    }


async def test_a_public_client_exchanges_a_code_with_its_verifier_alone() -> None:
    endpoint = an_endpoint(a_public_client())
    code = with_code(endpoint.tokens)

    response = await answer(a_call(form(code, client_id="rp-a")), endpoint)

    assert response.access_token


@pytest.mark.attack("CD-06")
async def test_cd_06_neither_code_nor_access_token_is_kept_as_it_is() -> None:
    endpoint = an_endpoint()
    code = with_code(endpoint.tokens)

    response = await answer_to(endpoint, form(code))

    (token,) = endpoint.tokens.access_tokens.values()
    assert (token.hash, token.expires_at) == (digest(response.access_token), NOW + timedelta(minutes=10))
    assert (token.scopes, token.grant_id, token.client_id) == (a_grant().scopes, "grant-1", "rp-a")
    assert len(code) == len(response.access_token) == 43
    assert code not in repr(endpoint.tokens.codes)


async def test_the_exchange_leaves_one_event() -> None:
    endpoint = an_endpoint()

    await answer_to(endpoint, form(with_code(endpoint.tokens)))

    (event,) = endpoint.tokens.events
    assert (event.action, event.client_id, event.subject_id) == (AuditAction.TOKEN_ISSUED, "rp-a", "subject-1")
    assert (event.at, event.correlation_id) == (NOW, "correlation-1")


@pytest.mark.spec("RFC 6749 §4.1.2")
@pytest.mark.attack("CD-01")
async def test_cd_01_a_code_that_comes_again_ends_the_tokens_of_the_first_time() -> None:
    endpoint = an_endpoint()
    code = with_code(endpoint.tokens)
    response = await answer_to(endpoint, form(code))

    refusal = await refusal_of(endpoint, form(code), now=NOW + timedelta(seconds=30))

    assert refusal is ErrorCode.INVALID_GRANT
    assert await endpoint.tokens.find_access_token(digest(response.access_token), NOW) is None


@pytest.mark.attack("CD-02")
async def test_cd_02_of_many_simultaneous_exchanges_one_succeeds() -> None:
    endpoint = an_endpoint()
    code = with_code(endpoint.tokens)

    results = await asyncio.gather(*(answer_to(endpoint, form(code)) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(result, OAuthError) for result in results) == 1


@pytest.mark.attack("CD-03")
@pytest.mark.parametrize("verifier", [VERIFIER, "x" * 43])
async def test_cd_03_the_code_of_another_client_is_refused_and_dead_afterwards(verifier) -> None:
    endpoint = an_endpoint(a_client(), a_client(client_id="rp-b"))
    code = with_code(endpoint.tokens)

    stolen = await refusal_of(endpoint, form(code, code_verifier=verifier), client_id="rp-b")

    assert stolen is ErrorCode.INVALID_GRANT
    assert await refusal_of(endpoint, form(code)) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("CD-03")
async def test_cd_03_the_code_of_another_client_looks_like_an_unknown_one() -> None:
    endpoint = an_endpoint(a_client(), a_client(client_id="rp-b"))
    texts = []

    for code in (with_code(endpoint.tokens), "x" * 43):
        with pytest.raises(OAuthError) as refusal:
            await answer_to(endpoint, form(code), client_id="rp-b")
        texts.append(str(refusal.value))

    assert texts[0] == texts[1]


@pytest.mark.spec("RFC 6749 §4.1.3")
@pytest.mark.attack("CD-04")
@pytest.mark.parametrize("uri", ["https://rp-a.example/two", LEFT_OUT, f"{CALLBACK}/"])
async def test_cd_04_another_or_no_redirect_uri_is_refused(uri) -> None:
    endpoint = an_endpoint(a_client(redirect_uris=(CALLBACK, "https://rp-a.example/two")))

    assert await refusal_of(endpoint, form(with_code(endpoint.tokens), redirect_uri=uri)) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("CD-05")
@pytest.mark.parametrize("lag", [0, 30])
async def test_cd_05_an_expired_code_is_refused_even_if_the_store_lags_behind(lag) -> None:
    endpoint = an_endpoint(tokens=FakeTokens(lag=timedelta(seconds=lag)))
    code = with_code(endpoint.tokens)

    assert await refusal_of(endpoint, form(code), now=NOW + timedelta(seconds=60)) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("PK-03")
@pytest.mark.parametrize("verifier", [LEFT_OUT, "", "x" * 43, CHALLENGE])
async def test_pk_03_without_its_verifier_a_code_is_worth_nothing_and_spent(verifier) -> None:
    endpoint = an_endpoint()
    code = with_code(endpoint.tokens)

    assert await refusal_of(endpoint, form(code, code_verifier=verifier)) is ErrorCode.INVALID_GRANT
    assert endpoint.tokens.access_tokens == {}
    assert [event.action for event in endpoint.tokens.events] == [AuditAction.TOKEN_REFUSED]
    assert await refusal_of(endpoint, form(code)) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("PK-04")
async def test_pk_04_a_code_without_challenge_is_refused() -> None:
    endpoint = an_endpoint()
    code = with_code(endpoint.tokens, code_challenge="")

    assert await refusal_of(endpoint, form(code)) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("CD-09")
async def test_cd_09_a_code_whose_grant_ended_is_refused() -> None:
    endpoint = an_endpoint()
    code = with_code(endpoint.tokens, grant=a_grant(revoked_at=NOW))

    assert await refusal_of(endpoint, form(code)) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("CD-09")
async def test_cd_09_a_client_that_was_disabled_meanwhile_is_refused() -> None:
    endpoint = an_endpoint(a_client(disabled_at=NOW))

    assert await refusal_of(endpoint, form(with_code(endpoint.tokens))) is ErrorCode.INVALID_CLIENT


async def test_a_code_is_not_spent_while_no_key_could_sign_the_answer() -> None:
    endpoint = an_endpoint(keys=KeySet(()))
    code = with_code(endpoint.tokens)

    assert await refusal_of(endpoint, form(code)) is ErrorCode.SERVER_ERROR
    assert endpoint.tokens.codes[digest(code)].spent_at is None


@pytest.mark.parametrize("code", ["x", "é" * 43, "x" * 4000])
async def test_an_unknown_code_is_refused(code) -> None:
    assert await refusal_of(an_endpoint(), form(code)) is ErrorCode.INVALID_GRANT


@pytest.mark.spec("RFC 6749 §5.2")
@pytest.mark.attack("AZ-07")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"grant_type": LEFT_OUT}, ErrorCode.INVALID_REQUEST),
        ({"code": LEFT_OUT}, ErrorCode.INVALID_REQUEST),
        ({"grant_type": "password"}, ErrorCode.UNSUPPORTED_GRANT_TYPE),
        ({"grant_type": "client_credentials"}, ErrorCode.UNAUTHORIZED_CLIENT),
        ({"grant_type": "refresh_token"}, ErrorCode.UNAUTHORIZED_CLIENT),
        ({"grant_type": "authorization_code "}, ErrorCode.UNSUPPORTED_GRANT_TYPE),
        ({"code": "a\nb"}, ErrorCode.INVALID_REQUEST),
    ],
)
async def test_az_07_a_request_for_anything_else_is_refused(changed, code) -> None:
    assert await refusal_of(an_endpoint(), form("x" * 43, **changed)) is code


@pytest.mark.attack("HP-04")
@pytest.mark.parametrize("name", ["code", "code_verifier", "grant_type", "client_id", "colour"])
async def test_hp_04_a_doubled_parameter_is_refused_before_the_client_is_looked_up(name) -> None:
    endpoint = an_endpoint()

    assert await refusal_of(endpoint, [*form("x"), (name, "y"), (name, "y")]) is ErrorCode.INVALID_REQUEST
    assert endpoint.clients.asked == []


async def test_a_stranger_learns_nothing_about_grant_types() -> None:
    assert await refusal_of(an_endpoint(), [("grant_type", "password")], client_id="rp-x") is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("TN-02")
@pytest.mark.parametrize("grant_type", [grant for grant in GrantType if grant is not GrantType.AUTHORIZATION_CODE])
async def test_tn_02_a_grant_that_the_client_is_not_registered_for_is_refused(grant_type) -> None:
    endpoint = an_endpoint()

    assert await refusal_of(endpoint, [("grant_type", grant_type.value)]) is ErrorCode.UNAUTHORIZED_CLIENT


@pytest.mark.attack("TN-02")
async def test_tn_02_a_client_without_the_code_grant_cannot_redeem_a_code() -> None:
    endpoint = an_endpoint(a_client(grant_types=(GrantType.DEVICE_CODE,)))
    code = with_code(endpoint.tokens)

    assert await refusal_of(endpoint, form(code)) is ErrorCode.UNAUTHORIZED_CLIENT
    assert endpoint.tokens.codes[digest(code)].spent_at is None


def test_every_grant_type_has_its_function() -> None:
    assert set(GRANTS) == set(GrantType)
