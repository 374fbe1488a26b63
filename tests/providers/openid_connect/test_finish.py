"""The way back from an OpenID Provider: every check that a relying party owes its users, each broken once."""

import hmac

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from providers.base import Assurance, Callback
from providers.errors import ProviderError, ProviderFailure
from tests.providers.openid_connect.builders import (
    CALLBACK_URL,
    CLIENT_ID,
    CODE,
    EPOCH,
    ISSUER,
    LOGIN_ID,
    NOW,
    SUBJECT,
    FarSide,
    a_login,
    at_hash,
    claims_of,
    ec_key,
    forged,
    signed,
    unsigned,
)
from tests.providers.openid_connect.failing import broken_by, failure_of


async def test_a_sign_in_becomes_a_person() -> None:
    far = FarSide()

    person = await far.sign_in()

    assert (person.provider, person.subject, person.assurance) == ("shenzhen", SUBJECT, Assurance.TWO)
    assert (person.amr, person.name.latin, person.sex) == (("pwd", "otp"), "Chan Tai Man", "M")
    assert int(person.authenticated_at.timestamp()) == EPOCH - 5
    assert far.paths() == ["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo"]
    form = far.form("/token")
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == ("authorization_code", CODE, CALLBACK_URL)


async def test_keys_and_document_are_held_so_that_a_sign_in_makes_two_calls() -> None:
    far = FarSide()
    provider = far.provider()
    await far.sign_in(provider)
    before = len(far.asked)

    await far.sign_in(provider)

    assert far.paths()[before:] == ["/token", "/userinfo"]


@pytest.mark.attack("ST-13")
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"state": None}, (ProviderFailure.MALFORMED_CALLBACK, "state")),
        ({"state": "another"}, (ProviderFailure.MALFORMED_CALLBACK, "state")),
        ({"code": None}, (ProviderFailure.MALFORMED_CALLBACK, "code")),
        ({"code": ""}, (ProviderFailure.MALFORMED_CALLBACK, "code")),
        ({"code": "a b"}, (ProviderFailure.MALFORMED_CALLBACK, "code")),
        ({"error": "access_denied"}, (ProviderFailure.MALFORMED_CALLBACK, "code_and_error")),
        ({"code": None, "error": "access_denied"}, (ProviderFailure.REFUSED, "access_denied")),
        ({"code": None, "error": "temporarily_unavailable"}, (ProviderFailure.UNREACHABLE, "temporarily_unavailable")),
        ({"code": None, "error": "invalid_scope"}, (ProviderFailure.MISCONFIGURED, "invalid_scope")),
        (
            {"code": None, "error": "unmet_authentication_requirements"},
            (ProviderFailure.NOT_ELIGIBLE, "unmet_authentication_requirements"),
        ),
        ({"code": None, "error": "<b>"}, (ProviderFailure.BROKEN, "error")),
        ({"code": None, "error": "unheard_of"}, (ProviderFailure.BROKEN, "error")),
    ],
)
async def test_st_13_a_callback_that_brings_no_code_calls_nobody(parameters, expected) -> None:
    far = FarSide()

    assert await failure_of(far, **parameters) == expected
    assert "/token" not in far.paths()


@pytest.mark.attack("ST-04")
@pytest.mark.spec("RFC 9207 §2.4")
async def test_st_04_a_response_of_another_issuer_is_a_mix_up() -> None:
    silent, promising = FarSide(), FarSide()
    promising.offers(authorization_response_iss_parameter_supported=True)
    mixed_up = (ProviderFailure.MALFORMED_CALLBACK, "iss")

    assert await failure_of(silent, iss="https://evil.test") == mixed_up
    assert await failure_of(promising, iss="https://evil.test") == mixed_up
    assert await failure_of(promising) == mixed_up
    assert await failure_of(promising, code=None, error="access_denied") == mixed_up
    assert (await silent.sign_in()).subject == SUBJECT
    assert (await promising.sign_in(iss=ISSUER)).subject == SUBJECT


async def test_a_callback_without_what_was_kept_calls_nobody() -> None:
    far = FarSide()

    with pytest.raises(ProviderError) as caught:
        await far.provider().finish(Callback({"code": CODE, "state": LOGIN_ID}, {}, LOGIN_ID, NOW))

    assert caught.value.failure is ProviderFailure.MALFORMED_CALLBACK
    assert far.asked == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), (ProviderFailure.EXPIRED, "invalid_grant")),
        (httpx.Response(401, json={"error": "invalid_client"}), (ProviderFailure.MISCONFIGURED, "invalid_client")),
        (httpx.Response(200, text="<html>"), (ProviderFailure.BROKEN, "content_type")),
        (httpx.Response(200, json={"error": "invalid_grant"}), (ProviderFailure.BROKEN, "token_type")),
        (httpx.Response(200, json=[]), (ProviderFailure.BROKEN, "json")),
        (httpx.Response(500), (ProviderFailure.UNREACHABLE, "http_500")),
    ],
)
async def test_a_code_that_is_worth_nothing_says_why(answer, expected) -> None:
    far = FarSide()
    far.token = answer

    assert await failure_of(far) == expected


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("token_type", "DPoP"),
        ("token_type", None),
        ("access_token", None),
        ("access_token", "a b"),
        ("access_token", 7),
        ("id_token", None),
        ("id_token", {}),
    ],
)
async def test_a_token_answer_that_lacks_something_is_refused(member, value) -> None:
    far = FarSide()
    far.token_changes = {member: value}

    assert await broken_by(far) == member


@pytest.mark.attack("CA-01")
async def test_ca_01_an_id_token_under_no_signature_is_refused() -> None:
    far = FarSide()
    far.id_token = lambda nonce: unsigned(claims_of(nonce))

    assert await broken_by(far) == "id_token_algorithm_refused"


@pytest.mark.attack("CA-02")
async def test_ca_02_an_id_token_under_the_public_key_as_a_secret_is_refused() -> None:
    far = FarSide()
    spki = ec_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "kid": "k1"}
    far.id_token = lambda nonce: forged(header, claims_of(nonce), lambda text: hmac.digest(spki, text, "sha256"))

    assert await broken_by(far) == "id_token_algorithm_refused"


async def test_an_algorithm_that_the_operator_did_not_name_is_refused() -> None:
    assert await broken_by(FarSide(id_token_algorithms=["RS256"])) == "id_token_algorithm_refused"


@pytest.mark.spec("OpenID Connect Core §3.1.3.7")
@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"iss": "https://evil.test"}, "id_token_issuer_refused"),
        ({"iss": f"{ISSUER}/"}, "id_token_issuer_refused"),
        ({"iss": None}, "id_token_claim_missing"),
        ({"sub": None}, "id_token_claim_missing"),
        ({"sub": ""}, "id_token_claim_malformed"),
        ({"sub": "x" * 256}, "id_token_sub"),
        ({"sub": "a\nb"}, "id_token_sub"),
        ({"aud": None}, "id_token_claim_missing"),
        ({"aud": "another"}, "id_token_audience_refused"),
        ({"aud": ["another"]}, "id_token_audience_refused"),
        ({"aud": [CLIENT_ID, "another"]}, "id_token_aud"),
        ({"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}, "id_token_aud"),
        ({"azp": "another"}, "id_token_azp"),
        ({"iat": None}, "id_token_claim_missing"),
        ({"iat": EPOCH + 120}, "id_token_issued_in_future"),
        ({"iat": EPOCH - 3600}, "id_token_too_old"),
        ({"exp": None}, "id_token_claim_missing"),
        ({"exp": EPOCH - 120}, "id_token_expired"),
        ({"exp": "later"}, "id_token_claim_malformed"),
        ({"nbf": EPOCH + 120}, "id_token_not_yet_valid"),
        ({"nonce": None}, "id_token_nonce"),
        ({"nonce": "of-another-sign-in"}, "id_token_nonce"),
        ({"nonce": 7}, "id_token_claim_malformed"),
        ({"at_hash": at_hash("another")}, "id_token_at_hash"),
        ({"at_hash": ""}, "id_token_at_hash"),
        ({"at_hash": ["x"]}, "id_token_at_hash"),
        ({"auth_time": "now"}, "id_token_auth_time"),
        ({"auth_time": True}, "id_token_auth_time"),
        ({"auth_time": EPOCH + 3600}, "id_token_auth_time"),
        ({"auth_time": -5}, "id_token_auth_time"),
        ({"amr": "pwd"}, "field:amr"),
        ({"amr": [7]}, "field:amr"),
        ({"amr": ["x"] * 17}, "field:amr"),
    ],
)
async def test_an_id_token_with_one_wrong_claim_is_refused(changes, detail) -> None:
    far = FarSide()
    far.says(**changes)

    assert await broken_by(far) == detail


@pytest.mark.parametrize("changes", [{"aud": [CLIENT_ID]}, {"azp": CLIENT_ID}, {"at_hash": None}, {"auth_time": None}])
async def test_claims_that_may_be_so_are_accepted(changes) -> None:
    far = FarSide()
    far.says(**changes)

    assert (await far.sign_in()).subject == SUBJECT


async def test_an_id_token_signed_by_a_stranger_is_refused() -> None:
    far = FarSide()
    far.id_token = lambda nonce: signed(claims_of(nonce), key=ec_key(1))

    assert await broken_by(far) == "id_token_signature_refused"


async def test_a_changed_id_token_is_refused() -> None:
    far = FarSide()
    good = signed(claims_of("n"))
    far.id_token = lambda nonce: ".".join(
        [good.split(".")[0], signed(claims_of(nonce)).split(".")[1], good.split(".")[2]]
    )

    assert await broken_by(far) == "id_token_signature_refused"


async def test_a_token_of_another_kind_is_no_id_token() -> None:
    far = FarSide()
    far.id_token = lambda nonce: signed(claims_of(nonce), typ="at+jwt")

    assert await broken_by(far) == "id_token_type_refused"


@pytest.mark.spec("OpenID Connect Core §5.3.2")
@pytest.mark.parametrize(
    ("userinfo", "detail"),
    [
        ({"sub": "another", "name": "Chan"}, "userinfo_sub"),
        ({"name": "Chan"}, "userinfo_sub"),
        ({"sub": [SUBJECT], "name": "Chan"}, "userinfo_sub"),
        (httpx.Response(200, text="<html>"), "content_type"),
        (httpx.Response(401, text=""), "http_401"),
        (httpx.Response(200, content=b"\xff.a.b", headers={"Content-Type": "application/jwt"}), "userinfo"),
        (httpx.Response(200, text="a.b.c", headers={"Content-Type": "application/jwt"}), "userinfo_malformed"),
    ],
)
async def test_userinfo_about_somebody_else_or_nobody_is_refused(userinfo, detail) -> None:
    far = FarSide()
    far.userinfo = userinfo

    assert await broken_by(far) == detail


@pytest.mark.spec("OpenID Connect Core §5.3.4")
async def test_signed_userinfo_is_checked_like_a_token() -> None:
    far = FarSide()
    claims = {"iss": ISSUER, "aud": CLIENT_ID, "sub": SUBJECT, "name": "Wong Siu Ming"}

    def answer(token: str) -> httpx.Response:
        return httpx.Response(200, text=token, headers={"Content-Type": "application/jwt; charset=utf-8"})

    far.userinfo = answer(signed(claims))
    assert (await far.sign_in()).name.latin == "Wong Siu Ming"
    far.userinfo = answer(signed(claims | {"sub": "another"}))
    assert await broken_by(far) == "userinfo_sub"
    far.userinfo = answer(signed(claims | {"aud": "another"}))
    assert await broken_by(far) == "userinfo_audience_refused"
    far.userinfo = answer(signed(claims, key=ec_key(1)))
    assert await broken_by(far) == "userinfo_signature_refused"
    far.userinfo = answer(unsigned(claims))
    assert await broken_by(far) == "userinfo_algorithm_refused"


async def test_without_a_userinfo_endpoint_the_id_token_says_all() -> None:
    far = FarSide()
    far.offers(userinfo_endpoint=None)
    far.says(name="Lei Chi Ieng")

    assert (await far.sign_in()).name.latin == "Lei Chi Ieng"
    assert "/userinfo" not in far.paths()


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
@pytest.mark.parametrize(
    ("auth_time", "is_fresh"), [(EPOCH, True), (EPOCH - 30, True), (EPOCH - 61, False), (None, False)]
)
async def test_a_sign_in_that_had_to_be_fresh_shows_that_it_was(auth_time, is_fresh) -> None:
    far = FarSide()
    far.says(auth_time=auth_time)
    provider = far.provider()

    if is_fresh:
        assert (await far.returns(provider, a_login(fresh=True))).subject == SUBJECT
    else:
        with pytest.raises(ProviderError, match="id_token_not_fresh"):
            await far.returns(provider, a_login(fresh=True))
