import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.oidc.client_auth import hash_secret
from gateway.oidc.names import CLIENT_ASSERTION_TYPE, ClientAuthMethod, ErrorCode
from tests.gateway.oidc.assertions import an_assertion, assertion_form, client_of, refusal_of
from tests.gateway.oidc.fakes import (
    NOW,
    PEPPER,
    SECRET,
    a_basic_header,
    a_client,
    a_key_client,
    a_public_client,
    an_endpoint,
)


def post(client_id="rp-a", secret=SECRET):
    return [("client_id", client_id), ("client_secret", secret)]


@pytest.mark.spec("RFC 6749 §2.3.1")
async def test_a_client_is_known_by_its_basic_header() -> None:
    assert await client_of(an_endpoint(), authorization=[a_basic_header()]) == "rp-a"


async def test_the_scheme_of_a_basic_header_is_read_without_regard_to_case() -> None:
    assert await client_of(an_endpoint(), authorization=[a_basic_header().replace("Basic", "bAsIc")]) == "rp-a"


@pytest.mark.spec("RFC 6749 §2.3.1")
async def test_both_halves_of_a_basic_header_are_form_decoded() -> None:
    client = a_client(client_secret_hash=hash_secret(PEPPER, "a b:c%é"))

    assert await client_of(an_endpoint(client), authorization=[a_basic_header("rp%2Da", "a+b%3Ac%25%C3%A9")]) == "rp-a"


async def test_a_client_id_in_the_body_may_repeat_the_one_of_the_header() -> None:
    assert await client_of(an_endpoint(), [("client_id", "rp-a")], [a_basic_header()]) == "rp-a"


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


@pytest.mark.attack("CA-18")
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        f"Basic  {encoded(b'rp-a:x')}",
        f"Basic\t{encoded(b'rp-a:x')}",
        f"Basic {encoded(f'rp-a:{SECRET}'.encode())} ",
        f"Basic {encoded(f'rp-a:{SECRET}'.encode())}=",
        f"Basic {encoded(f'rp-a:{SECRET}'.encode())[:8]}*{encoded(f'rp-a:{SECRET}'.encode())[8:]}",
        f"Basic {encoded(b'no colon')}",
        f"Basic {encoded(b'rp-a:%zz')}",
        f"Basic {encoded(b'rp-a:%ff')}",
        f"Basic {encoded(b'rp-a:%00')}",
        f"Basic {encoded(b'rp-a:a:b')}",
        f"Basic {encoded(b':x')}",
        f"Basic {encoded('rp-a:é'.encode())}",
        f"Basic {'A' * 5000}",
        "Basic cnAtYTo=x",
        "Basic cnAtYTp=",
        "Bearer abc",
        "DPoP abc",
    ],
)
async def test_ca_18_loosely_written_basic_credentials_are_refused(header) -> None:
    error = await refusal_of(an_endpoint(), authorization=[header])

    assert error.code is ErrorCode.INVALID_CLIENT


async def test_a_client_is_known_by_its_secret_in_the_body() -> None:
    client = a_client(token_endpoint_auth_method=ClientAuthMethod.POST)

    assert await client_of(an_endpoint(client), post()) == "rp-a"


async def test_a_public_client_is_known_by_its_name() -> None:
    assert await client_of(an_endpoint(a_public_client()), [("client_id", "rp-a")]) == "rp-a"


@pytest.mark.parametrize("secret", ["wrong", SECRET + "x", "x" * 4000])
async def test_a_wrong_secret_is_refused(secret) -> None:
    client = a_client(token_endpoint_auth_method=ClientAuthMethod.POST)

    assert (await refusal_of(an_endpoint(client), post(secret=secret))).code is ErrorCode.INVALID_CLIENT


async def test_a_client_without_a_stored_secret_has_no_way_in() -> None:
    client = a_client(client_secret_hash=None, token_endpoint_auth_method=ClientAuthMethod.POST)

    assert (await refusal_of(an_endpoint(client), post())).code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-11")
@pytest.mark.parametrize(
    ("pairs", "authorization"),
    [
        (post(), [a_basic_header()]),
        (assertion_form("a.b.c"), [a_basic_header()]),
        ([("client_assertion_type", CLIENT_ASSERTION_TYPE)], [a_basic_header()]),
        ([*assertion_form("a.b.c"), *post()], []),
        ([], [a_basic_header(), a_basic_header()]),
    ],
)
async def test_ca_11_two_methods_at_once_are_refused_before_any_look_up(pairs, authorization) -> None:
    endpoint = an_endpoint()

    error = await refusal_of(endpoint, pairs, authorization)

    assert error.code is ErrorCode.INVALID_REQUEST
    assert endpoint.clients.asked == []


@pytest.mark.attack("CA-11")
@pytest.mark.parametrize("registered", [a_client(), a_key_client(), a_public_client()])
async def test_ca_11_only_the_registered_method_counts(registered) -> None:
    ways = {
        ClientAuthMethod.BASIC: ([], [a_basic_header()]),
        ClientAuthMethod.POST: (post(), []),
        ClientAuthMethod.PRIVATE_KEY_JWT: (assertion_form(an_assertion()), []),
        ClientAuthMethod.NONE: ([("client_id", "rp-a")], []),
    }
    del ways[registered.token_endpoint_auth_method]

    for pairs, authorization in ways.values():
        error = await refusal_of(an_endpoint(registered), pairs, authorization)

        assert error.code is ErrorCode.INVALID_CLIENT


async def test_a_request_without_any_client_is_refused() -> None:
    assert (await refusal_of(an_endpoint())).code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-18")
async def test_ca_18_unknown_disabled_and_wrong_clients_get_the_same_answer() -> None:
    disabled = an_endpoint(a_client(disabled_at=NOW))
    refusals = [
        await refusal_of(an_endpoint(), authorization=[a_basic_header("rp-x")]),
        await refusal_of(disabled, authorization=[a_basic_header()]),
        await refusal_of(an_endpoint(), authorization=[a_basic_header(secret="wrong")]),
        await refusal_of(an_endpoint(a_key_client()), assertion_form(an_assertion(aud="elsewhere"))),
        await refusal_of(an_endpoint(a_key_client()), assertion_form(an_assertion(iss="rp-x", sub="rp-x"))),
        await refusal_of(an_endpoint(a_key_client(disabled_at=NOW)), assertion_form(an_assertion())),
    ]

    assert {(error.code, error.description, error.reply_to) for error in refusals} == {
        (ErrorCode.INVALID_CLIENT, "client authentication failed", None)
    }


def test_the_hash_of_a_secret_depends_on_the_pepper() -> None:
    assert hash_secret(PEPPER, SECRET) != hash_secret(PEPPER[::-1], SECRET)
    assert len(hash_secret(PEPPER, SECRET)) == 32


# -------------------------------------------------------------------------------------- a rotation of secrets
SOON = NOW + timedelta(hours=1)
OLD_SECRET = "the-fictional-secret-before"
ROTATED = a_client(retiring_secret_hash=hash_secret(PEPPER, OLD_SECRET), retiring_secret_until=SOON)


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
async def test_while_a_rotation_lasts_both_secrets_are_good(secret) -> None:
    assert await client_of(an_endpoint(ROTATED), authorization=[a_basic_header(secret=secret)]) == "rp-a"


async def test_after_the_rotation_the_old_secret_is_over() -> None:
    error = await refusal_of(an_endpoint(ROTATED), authorization=[a_basic_header(secret=OLD_SECRET)], now=SOON)

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.parametrize("spoilt", [{"retiring_secret_until": None}, {"retiring_secret_hash": None}])
async def test_half_a_rotation_lets_nobody_in(spoilt) -> None:
    op = an_endpoint(replace(ROTATED, **spoilt))

    error = await refusal_of(op, authorization=[a_basic_header(secret=OLD_SECRET)])

    assert error.code is ErrorCode.INVALID_CLIENT


# ----------------------------------------------------------------------------------- registrations that end
async def test_an_automatic_registration_ends_with_its_trust_chain() -> None:
    op = an_endpoint(a_client(expires_at=SOON))

    assert await client_of(op, authorization=[a_basic_header()]) == "rp-a"
    assert (await refusal_of(op, authorization=[a_basic_header()], now=SOON)).code is ErrorCode.INVALID_CLIENT


# --------------------------------------------------------------------------------------------------- counting
@pytest.mark.attack("DS-02")
async def test_ds_02_only_a_client_that_has_proven_its_name_is_counted() -> None:
    counted = []

    async def admit(client, call) -> None:
        counted.append(client.client_id)

    op = an_endpoint(admit=admit)
    await refusal_of(op, authorization=[a_basic_header(secret="wrong")])
    await client_of(op, authorization=[a_basic_header()])

    assert counted == ["rp-a"]
