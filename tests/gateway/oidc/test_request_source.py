import pytest

from gateway.oidc.names import ErrorCode, Profile
from gateway.oidc.random_values import digest
from gateway.oidc.request_source import HANDLE_PREFIX
from tests.gateway.oidc.fake_stores import FakeFetch, FakePushed
from tests.gateway.oidc.fakes import CALLBACK, NOW, a_client, a_key_client, an_endpoint
from tests.gateway.oidc.request_fakes import (
    GOOD,
    LEFT_OUT,
    a_fapi_client,
    a_request_object,
    pairs,
    read,
    refusal_of,
)

HANDLE = HANDLE_PREFIX + "x" * 43
ADDRESS = "https://rp-a.example/requests/one"
SHORT = [("client_id", "rp-a"), ("request_uri", HANDLE)]


def pushed(client_id: str = "rp-a", handle: str = HANDLE, **changed) -> FakePushed:
    return FakePushed({digest(handle): (client_id, pairs(**changed), NOW.replace(minute=31))})


@pytest.mark.spec("RFC 9126 §4")
async def test_a_handle_and_the_client_id_are_all_that_a_pushed_request_needs() -> None:
    request = await read(SHORT, an_endpoint(pushed=pushed()))

    assert (request.redirect_uri, request.state, request.pushed) == (CALLBACK, GOOD["state"], digest(HANDLE))


@pytest.mark.attack("RO-04")
async def test_ro_04_nothing_beside_a_handle_changes_the_pushed_request() -> None:
    beside = {
        "redirect_uri": "https://evil.test/",
        "scope": "openid cn_id",
        "state": "another",
        "claims": '{"userinfo":{"gba_cn_id":null}}',
        "response_mode": "form_post",
        "prompt": "none",
        "idp_hint": "macao",
    }
    op = an_endpoint(pushed=pushed())

    assert await read([*SHORT, *beside.items()], op) == await read(SHORT, op)


@pytest.mark.attack("RO-02")
async def test_ro_02_a_handle_of_another_client_opens_nothing() -> None:
    op = an_endpoint(a_client(client_id="rp-b"), pushed=pushed())

    error = await refusal_of([("client_id", "rp-b"), ("request_uri", HANDLE)], op=op)

    assert (error.code, error.reply_to) == (ErrorCode.INVALID_REQUEST_URI, None)


@pytest.mark.attack("RO-02")
async def test_ro_02_a_handle_out_of_its_time_opens_nothing() -> None:
    error = await refusal_of(SHORT, op=an_endpoint(pushed=pushed()), now=NOW.replace(minute=31))

    assert (error.code, error.reply_to) == (ErrorCode.INVALID_REQUEST_URI, None)


@pytest.mark.attack("RO-02")
@pytest.mark.spec("RFC 9126 §7.3")
async def test_ro_02_a_handle_may_be_opened_again_until_it_is_spent() -> None:
    store = pushed()
    op = an_endpoint(pushed=store)
    await read(SHORT, op)
    await read(SHORT, op)

    await store.spend(digest(HANDLE), NOW)

    assert (await refusal_of(SHORT, op=op)).code is ErrorCode.INVALID_REQUEST_URI


@pytest.mark.parametrize("handle", [HANDLE_PREFIX, HANDLE_PREFIX + "x" * 42, HANDLE_PREFIX + "x" * 44, HANDLE + "%"])
async def test_a_malformed_handle_is_never_looked_up(handle) -> None:
    error = await refusal_of(
        [("client_id", "rp-a"), ("request_uri", handle)], op=an_endpoint(pushed=pushed(handle=handle))
    )

    assert error.code is ErrorCode.INVALID_REQUEST_URI


@pytest.mark.attack("RO-05")
@pytest.mark.parametrize(
    "client",
    [a_client(require_pushed_authorization_requests=True), a_fapi_client(), a_fapi_client(profile=Profile.FAPI2_MS)],
)
@pytest.mark.parametrize(
    "signed", [{}, {"request": a_request_object()}, {"request_uri": ADDRESS}], ids=["plain", "value", "reference"]
)
async def test_ro_05_a_client_that_must_push_is_refused_at_once_and_not_redirected(client, signed) -> None:
    fetch = FakeFetch()

    error = await refusal_of(pairs(**signed), op=an_endpoint(client, fetch=fetch))

    assert (error.code, error.reply_to, fetch.asked) == (ErrorCode.INVALID_REQUEST, None, [])


async def test_a_pushed_request_of_a_client_that_must_push_is_read() -> None:
    assert await read(SHORT, an_endpoint(a_fapi_client(), pushed=pushed()))


async def test_a_client_whose_registration_breaks_its_profile_is_not_served() -> None:
    error = await refusal_of(SHORT, op=an_endpoint(a_fapi_client(dpop_bound_access_tokens=False), pushed=pushed()))

    assert (error.code, error.reply_to) == (ErrorCode.UNAUTHORIZED_CLIENT, None)


@pytest.mark.spec("RFC 9101 §10.5")
async def test_a_client_that_must_sign_is_refused_with_a_plain_request() -> None:
    client = a_key_client(require_signed_request_object=True)

    assert (await refusal_of(pairs(), client)).code is ErrorCode.INVALID_REQUEST
    assert await read([("client_id", "rp-a"), ("request", a_request_object())], an_endpoint(client))


@pytest.mark.spec("OpenID Federation §12.1")
async def test_a_client_of_the_federation_pushes_or_signs() -> None:
    client = a_key_client(registered_by="federation")

    assert (await refusal_of(pairs(), client)).code is ErrorCode.INVALID_REQUEST
    assert await read(SHORT, an_endpoint(client, pushed=pushed()))
    assert await read([("client_id", "rp-a"), ("request", a_request_object(jti="one"))], an_endpoint(client))


@pytest.mark.spec("OpenID Federation §12.1.1.1")
@pytest.mark.parametrize("spoilt", [{"jti": LEFT_OUT}, {"jti": "x" * 257}, {"exp": LEFT_OUT}, {"sub": "rp-b"}], ids=str)
async def test_a_member_of_the_federation_signs_for_one_request_and_for_nobody(spoilt) -> None:
    client = a_key_client(registered_by="federation")
    token = a_request_object(**{"jti": "one", **spoilt})

    error = await refusal_of([("client_id", "rp-a"), ("request", token)], client)

    assert error.code is ErrorCode.INVALID_REQUEST_OBJECT


@pytest.mark.spec("OpenID Federation §12.1.1.1")
async def test_a_request_object_of_the_federation_counts_once_and_need_not_say_since_when() -> None:
    op = an_endpoint(a_key_client(registered_by="federation"))
    sent = [("client_id", "rp-a"), ("request", a_request_object(jti="one", nbf=LEFT_OUT, trust_chain=["a.b.c"]))]

    assert await read(sent, op)
    assert (await refusal_of(sent, op=op)).code is ErrorCode.INVALID_REQUEST_OBJECT


@pytest.mark.spec("RFC 9101 §6.3")
async def test_only_what_stands_in_the_object_counts() -> None:
    token = a_request_object(state=LEFT_OUT, scope="openid")

    request = await read(
        pairs(request=token, state="outside", scope="openid cn_id", nonce="outside"), an_endpoint(a_key_client())
    )

    assert (request.state, request.scopes, request.nonce) == (None, ("openid",), None)


@pytest.mark.attack("RO-06")
async def test_ro_06_an_object_without_a_redirect_uri_is_refused_whatever_stands_beside_it() -> None:
    error = await refusal_of(pairs(request=a_request_object(redirect_uri=LEFT_OUT)), a_key_client())

    assert error.code is ErrorCode.INVALID_REQUEST_OBJECT


async def test_an_unusable_object_is_told_to_a_registered_address_beside_it_and_to_no_other() -> None:
    told = await refusal_of(pairs(request="a.b.c"), a_key_client())
    local = await refusal_of(pairs(request="a.b.c", redirect_uri="https://evil.test/"), a_key_client())

    assert told.reply_to is not None
    assert (told.reply_to.redirect_uri, told.reply_to.state) == (CALLBACK, GOOD["state"])
    assert local.reply_to is None


@pytest.mark.spec("OpenID Connect Core §6.2")
async def test_an_object_is_fetched_from_a_registered_address() -> None:
    client = a_key_client(request_uris=(ADDRESS,))
    token = a_request_object(exp=LEFT_OUT, nbf=LEFT_OUT).encode()
    fetch = FakeFetch({ADDRESS: token + b"\n"})

    request = await read([("client_id", "rp-a"), ("request_uri", ADDRESS)], an_endpoint(client, fetch=fetch))

    assert (request.redirect_uri, request.pushed, fetch.asked) == (CALLBACK, None, [ADDRESS])


@pytest.mark.spec("OpenID Connect Core §6.2")
async def test_a_fragment_is_part_of_what_is_registered_and_stays_here() -> None:
    client = a_key_client(request_uris=(f"{ADDRESS}#two",))
    fetch = FakeFetch({ADDRESS: a_request_object().encode()})
    op = an_endpoint(client, fetch=fetch)

    assert await read([("client_id", "rp-a"), ("request_uri", f"{ADDRESS}#two")], op)
    assert (await refusal_of([("client_id", "rp-a"), ("request_uri", f"{ADDRESS}#one")], op=op)).code is (
        ErrorCode.INVALID_REQUEST_URI
    )
    assert fetch.asked == [ADDRESS]


async def test_an_object_from_an_address_says_its_time_if_the_client_must_sign() -> None:
    client = a_key_client(request_uris=(ADDRESS,), require_signed_request_object=True)
    fetch = FakeFetch({ADDRESS: a_request_object(exp=LEFT_OUT).encode()})

    error = await refusal_of([("client_id", "rp-a"), ("request_uri", ADDRESS)], op=an_endpoint(client, fetch=fetch))

    assert error.code is ErrorCode.INVALID_REQUEST_OBJECT


@pytest.mark.attack("RO-01")
@pytest.mark.parametrize(
    "address",
    [
        "https://sink.test/r",
        "http://127.0.0.1/r",
        "http://169.254.169.254/latest",
        "file:///etc/hosts",
        "urn:other:request:1",
        f"{ADDRESS}?x",
        f"{ADDRESS}/../two",
        ADDRESS.upper(),
        "http://rp-a.example/plain",
        "x" * 600,
    ],
)
async def test_ro_01_no_address_but_a_registered_one_is_ever_called(address) -> None:
    client = a_key_client(request_uris=(ADDRESS, "http://rp-a.example/plain"))
    fetch = FakeFetch({address: a_request_object().encode()})

    error = await refusal_of([("client_id", "rp-a"), ("request_uri", address)], op=an_endpoint(client, fetch=fetch))

    assert error.code in {ErrorCode.INVALID_REQUEST_URI, ErrorCode.INVALID_REQUEST}
    assert fetch.asked == []


@pytest.mark.parametrize(
    "fetch",
    [
        FakeFetch(),
        FakeFetch({ADDRESS: a_request_object().encode()}, status=404),
        FakeFetch({ADDRESS: b"x" * 20_000}),
        FakeFetch({ADDRESS: "ключ".encode()}),
    ],
    ids=["unreachable", "missing", "oversized", "not text"],
)
async def test_an_address_that_gives_no_object_is_refused(fetch) -> None:
    client = a_key_client(request_uris=(ADDRESS,))

    error = await refusal_of([("client_id", "rp-a"), ("request_uri", ADDRESS)], op=an_endpoint(client, fetch=fetch))

    assert error.code is ErrorCode.INVALID_REQUEST_URI
