import asyncio
import json
from datetime import timedelta

import pytest

from certs.keys import JoseError
from gateway.oidc.client_keys import encryption_keys_of, keys_of
from gateway.oidc.key_set_cache import MAX_SETS, KeySetCache
from gateway.oidc.names import ErrorCode
from tests.gateway.oidc.assertions import an_assertion, assertion_form, client_of, refusal_of
from tests.gateway.oidc.fakes import NOW, FakeFetch, a_key_client, an_endpoint, signing_key

ADDRESS = "https://rp-a.example/keys"
CLIENT = a_key_client(jwks=None, jwks_uri=ADDRESS)
OLD, NEW = signing_key(name="client"), signing_key(name="client's new key")
SECOND = timedelta(seconds=1)


def published(*keys) -> bytes:
    return json.dumps({"keys": [key.public_jwk() for key in keys]}).encode()


def an_op(*keys):
    return an_endpoint(CLIENT, fetch=FakeFetch({ADDRESS: published(*keys)}))


async def signs(op, key, now=NOW, jti="one") -> bool:
    at = int(now.timestamp())
    try:
        await client_of(op, assertion_form(an_assertion(key, jti=jti, exp=at + 60, iat=at)), now=now)
    except Exception:  # noqa: BLE001 - whatever it is, the client is not known
        return False
    return True


async def test_keys_that_a_client_publishes_are_fetched_once_for_a_while() -> None:
    op = an_op(OLD)

    assert [await signs(op, OLD, NOW + after * SECOND, str(after)) for after in (0, 10, 299)] == [True, True, True]
    assert op.fetch.asked == [ADDRESS]


async def test_after_five_minutes_they_are_fetched_again() -> None:
    op = an_op(OLD)
    await signs(op, OLD)

    await signs(op, OLD, NOW + 300 * SECOND, "two")

    assert op.fetch.asked == [ADDRESS, ADDRESS]


@pytest.mark.spec("OpenID Connect Core §10.1.1")
async def test_a_new_key_is_found_by_asking_again_once() -> None:
    op = an_op(OLD)
    await signs(op, OLD)
    op.fetch.documents[ADDRESS] = published(OLD, NEW)

    assert await signs(op, NEW, NOW + 31 * SECOND, "two")
    assert op.fetch.asked == [ADDRESS, ADDRESS]


async def test_made_up_key_names_do_not_make_us_call_the_client_at_will() -> None:
    op = an_op(OLD)

    for serial in range(20):
        assert not await signs(op, signing_key(name="stranger"), NOW + serial * SECOND, str(serial))

    assert len(op.fetch.asked) == 1


async def test_a_key_that_is_no_longer_published_does_not_count_any_more() -> None:
    op = an_op(OLD)
    await signs(op, OLD)
    op.fetch.documents[ADDRESS] = published(NEW)

    assert not await signs(op, OLD, NOW + 301 * SECOND, "two")


@pytest.mark.attack("SF-03")
@pytest.mark.parametrize("body", [None, b"", b"<html>", b"[]", b"{}", b'{"keys":1}', b'{"keys":[],"keys":[]}', b"\xff"])
async def test_sf_03_the_last_good_set_stays_while_the_address_gives_nothing_usable(body) -> None:
    op = an_op(OLD)
    await signs(op, OLD)
    if body is None:
        op.fetch.documents.clear()
    else:
        op.fetch.documents[ADDRESS] = body

    assert await signs(op, OLD, NOW + timedelta(hours=1), "two")
    assert not await signs(op, OLD, NOW + timedelta(hours=25), "three")


@pytest.mark.attack("SF-03")
async def test_sf_03_an_answer_that_is_no_success_is_not_read() -> None:
    op = an_op(OLD)
    op.fetch.status = 404

    assert not await signs(op, OLD)


async def test_an_address_that_does_not_answer_is_not_asked_at_every_request() -> None:
    op = an_endpoint(CLIENT)

    for after in (0, 1, 29):
        assert not await signs(op, OLD, NOW + after * SECOND, str(after))

    assert op.fetch.asked == [ADDRESS]


async def test_many_requests_at_once_ask_once_and_all_get_the_answer() -> None:
    op = an_op(OLD)

    found = await asyncio.gather(*(signs(op, OLD, jti=str(serial)) for serial in range(10)))

    assert (set(found), op.fetch.asked) == ({True}, [ADDRESS])


async def test_what_is_remembered_is_bounded() -> None:
    cache, fetch = KeySetCache(), FakeFetch()

    for serial in range(MAX_SETS + 10):
        await cache.text(f"https://rp-{serial}.example/keys", fetch, NOW)

    assert len(cache._entries) == MAX_SETS


async def test_registered_keys_are_never_fetched() -> None:
    op = an_endpoint(a_key_client())

    keys = await keys_of(a_key_client(), op, NOW, kid="another")

    assert [key.kid for key in keys.keys] == [OLD.kid]
    assert op.fetch.asked == []


async def test_a_named_key_that_is_missing_is_looked_for_once_more() -> None:
    op = an_op(OLD)
    await keys_of(CLIENT, op, NOW)
    op.fetch.documents[ADDRESS] = published(NEW)

    found = await keys_of(CLIENT, op, NOW + 31 * SECOND, kid=NEW.kid)

    assert [key.kid for key in found.keys] == [NEW.kid]


@pytest.mark.parametrize("read", [keys_of, encryption_keys_of])
async def test_a_client_without_keys_has_none(read) -> None:
    client = a_key_client(jwks=None)

    with pytest.raises(JoseError):
        await read(client, an_endpoint(client), NOW)


@pytest.mark.attack("CA-18")
async def test_ca_18_a_client_whose_keys_cannot_be_had_is_told_what_everybody_is_told() -> None:
    error = await refusal_of(an_endpoint(CLIENT), assertion_form(an_assertion()))

    assert (error.code, error.description) == (ErrorCode.INVALID_CLIENT, "client authentication failed")
