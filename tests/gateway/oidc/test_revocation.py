import pytest

from gateway.audit import AuditAction
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import StoreUnavailableError
from gateway.oidc.random_values import digest
from gateway.oidc.revocation import answer
from tests.gateway.oidc.fakes import (
    NOW,
    a_basic_header,
    a_call,
    a_client,
    a_public_client,
    an_endpoint,
    with_code,
)
from tests.gateway.oidc.tokens import with_access_token, with_refresh_token

HINTS = pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "made_up"])


def an_op():
    return an_endpoint(a_client(), a_client(client_id="rp-b"))


async def revoke(op, token, *, client_id="rp-a", hint=None):
    form = [("token", token), *([("token_type_hint", hint)] if hint is not None else [])]
    return await answer(a_call(form, [a_basic_header(client_id)], path="/revoke"), op)


async def is_live(op, token) -> bool:
    access = await op.tokens.find_access_token(digest(token), NOW)
    return access is not None or await op.tokens.find_refresh_token(digest(token), NOW) is not None


@pytest.mark.spec("RFC 7009 §2.1")
@HINTS
async def test_an_access_token_that_is_given_back_is_over_and_nothing_else(hint) -> None:
    op = an_op()
    token, other = with_access_token(op), with_access_token(op)

    await revoke(op, token, hint=hint)

    assert (await is_live(op, token), await is_live(op, other)) == (False, True)


@pytest.mark.spec("RFC 7009 §2.1")
@HINTS
async def test_with_a_refresh_token_everything_ends_that_came_of_it(hint) -> None:
    op = an_op()
    refresh_token = with_refresh_token(op)
    access_token = with_access_token(op)

    await revoke(op, refresh_token, hint=hint)

    assert (await is_live(op, refresh_token), await is_live(op, access_token)) == (False, False)


@pytest.mark.parametrize("put", [with_access_token, with_refresh_token])
async def test_what_was_given_back_is_on_record(put) -> None:
    op = an_op()

    await revoke(op, put(op))

    (event,) = op.tokens.events
    assert (event.action, event.client_id, event.subject_id) == (AuditAction.TOKEN_REVOKED, "rp-a", "subject-1")


async def test_a_signed_access_token_is_given_back_like_any_other() -> None:
    op = an_op()
    token = with_access_token(op, audience="https://register.example.hk")

    await revoke(op, token)

    assert not await is_live(op, token)


async def test_a_public_client_gives_its_own_tokens_back() -> None:
    op = an_endpoint(a_public_client())
    token = with_access_token(op)

    await answer(a_call([("token", token), ("client_id", "rp-a")]), op)

    assert not await is_live(op, token)


@pytest.mark.attack("RT-04")
@pytest.mark.parametrize("put", [with_access_token, with_refresh_token])
async def test_rt_04_a_stranger_is_told_success_and_changes_nothing(put) -> None:
    op = an_op()
    token = put(op)

    await revoke(op, token, client_id="rp-b")

    assert await is_live(op, token)
    assert op.tokens.events == []


@pytest.mark.attack("RT-04")
@pytest.mark.parametrize("token", ["garbage", "a.b.c", "x" * 4000, "é", "' OR 1=1 --"])
async def test_rt_04_garbage_is_given_back_with_success(token) -> None:
    op = an_op()

    await revoke(op, token)

    assert op.tokens.events == []


@pytest.mark.attack("RT-04")
async def test_rt_04_without_authentication_nothing_is_revoked() -> None:
    op = an_op()
    token = with_access_token(op)

    for form in ([("token", token)], [("token", token), ("client_id", "rp-a")]):
        with pytest.raises(OAuthError) as refusal:
            await answer(a_call(form), op)
        assert refusal.value.code is ErrorCode.INVALID_CLIENT

    assert await is_live(op, token)


@pytest.mark.attack("RT-05")
@pytest.mark.parametrize("put", [with_access_token, with_refresh_token])
async def test_rt_05_a_store_that_fails_is_no_success(put) -> None:
    op = an_op()
    token = put(op)
    op.tokens.is_down = True

    with pytest.raises(StoreUnavailableError):
        await revoke(op, token)

    op.tokens.is_down = False
    assert await is_live(op, token)
    await revoke(op, token)
    assert not await is_live(op, token)


@pytest.mark.attack("CD-07")
async def test_cd_07_a_code_is_no_token_to_give_back() -> None:
    op = an_op()
    code = with_code(op.tokens)

    await revoke(op, code)

    assert op.tokens.codes[digest(code)].spent_at is None
    assert op.tokens.grants["grant-1"].revoked_at is None


@pytest.mark.parametrize("form", [[], [("token", "")], [("token", "a"), ("token", "b")], [("token", "a\nb")]])
async def test_a_request_without_one_usable_token_is_refused(form) -> None:
    with pytest.raises(OAuthError) as refusal:
        await answer(a_call(form, [a_basic_header()]), an_op())

    assert refusal.value.code is ErrorCode.INVALID_REQUEST
