"""Putting tokens into the store, as if they had been given out."""

from dataclasses import replace
from typing import Any

from gateway.oidc.access_token import Terms, issue
from gateway.oidc.issue import new_refresh_token
from gateway.oidc.model import Grant
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.random_values import new_value
from tests.gateway.oidc.fakes import NOW, a_grant


def with_access_token(op: OpenIDProvider, *, grant: Grant | None = None, **terms: Any) -> str:
    grant = grant or a_grant()
    wanted = Terms(**{"client_id": grant.client_id, "scopes": grant.scopes} | terms)
    issued = issue(new_value(), grant, wanted, op, NOW)
    op.tokens.grants[grant.id] = grant
    op.tokens.access_tokens[issued.token.hash] = issued.token
    return issued.text


def with_refresh_token(op: OpenIDProvider, *, grant: Grant | None = None, **spoilt: Any) -> str:
    grant, text = grant or a_grant(scopes=("openid", "offline_access")), new_value()
    token = new_refresh_token(text, grant, NOW, op.lifetimes, spoilt.pop("confirmation", None))
    op.tokens.grants[grant.id] = grant
    op.tokens.refresh_tokens[token.hash] = replace(token, **spoilt)
    return text
