"""Clients that may stay, and refreshing, valid unless a keyword spoils it."""

from datetime import timedelta

import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.token import answer
from tests.gateway.oidc.fakes import NOW, a_basic_header, a_call, a_client, a_grant, a_public_client
from tests.gateway.oidc.tokens import with_refresh_token

OFFLINE = ("openid", "profile", "cn_id", "offline_access")
GRANTS = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def a_refresher(**spoilt):
    return a_client(**{"grant_types": GRANTS, "scopes": OFFLINE} | spoilt)


def a_public_refresher(**spoilt):
    return a_public_client(**{"grant_types": GRANTS, "scopes": OFFLINE} | spoilt)


def an_offline_grant(**spoilt):
    return a_grant(**{"scopes": OFFLINE} | spoilt)


def with_refresh(op, *, grant=None, **spoilt) -> str:
    return with_refresh_token(op, grant=grant or an_offline_grant(), **spoilt)


async def refresh(op, token, *, client_id="rp-a", now=NOW, proofs=(), **more):
    is_public = op.clients.by_id[client_id].is_public
    named = [("client_id", client_id)] if is_public else []
    form = [("grant_type", "refresh_token"), ("refresh_token", token), *named, *more.items()]
    header = [] if is_public else [a_basic_header(client_id)]
    return await answer(a_call(form, header, now=now, proofs=proofs), op)


async def refusal_of(op, token, **more) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await refresh(op, token, **more)
    return refusal.value.code
