"""How an authorization response leaves with the person's browser: a redirect, or a form that posts itself.

Signed responses are signed here, when the browser is about to carry them (JARM §2.3); pages link to an address of
ours instead where a plain link could not carry the response.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from certs.keys import jose
from gateway.broker.model import LoginTransaction
from gateway.oidc.model import Client
from gateway.oidc.names import ResponseMode
from gateway.oidc.response import JARM_TYPE, AuthorizationResponse, Sign, wire
from gateway.web.context import Web, web_of
from gateway.web.pages import FormPostPage
from gateway.web.render import SUBMIT_SCRIPT
from gateway.web.responses import content_policy, page, see_other

_SIGNED_FOR: Final = timedelta(minutes=10)
"""Life of a signed response (JARM §2.1)."""
_SCRIPT_HASH: Final = base64.b64encode(hashlib.sha256(SUBMIT_SCRIPT.encode()).digest()).decode("ascii")


async def reply(
    request: Request, response: AuthorizationResponse, client: Client | None = None, *, language: str | None = None
) -> Response:
    """Send the browser to the relying party with what it is to be told."""
    web = web_of(request)
    if response.mode is not ResponseMode.QUERY and client is None:
        client = await web.broker.clients.find(response.client_id)
    sent = wire(response, _signer(web, client))
    if sent.fields is None:
        return see_other(sent.url)
    context = FormPostPage(
        service=client.client_name if client else None,
        switch="",
        action=sent.url,
        fields=tuple(sent.fields.items()),
    )
    policy = content_policy(form_targets=(sent.url,), posts_here=False, script_hash=_SCRIPT_HASH)
    return page(request, context, language=language, policy=policy)


def home_link(transaction: LoginTransaction, response: AuthorizationResponse | None) -> str | None:
    """Where a page's link back to the relying party leads; what a link cannot carry is fetched by ``leave``."""
    if response is None:
        return None
    if response.mode is ResponseMode.QUERY:
        return wire(response, _never).url
    return f"/sign-in/{transaction.id}/leave?error={response.parameters['error']}"


def _signer(web: Web, client: Client | None) -> Sign:
    def sign(parameters: Mapping[str, Any], client_id: str) -> str:
        if client is None:
            raise LookupError("a signed response is for a registered client")
        algorithm = client.authorization_signed_response_alg or client.id_token_signed_response_alg
        ends_at = web.clock() + _SIGNED_FOR
        claims = {**parameters, "iss": web.issuer, "aud": client_id, "exp": int(ends_at.timestamp())}
        return jose.sign(claims, web.op.keys.active(algorithm), typ=JARM_TYPE)

    return sign


def _never(_: Mapping[str, Any], __: str) -> str:
    raise LookupError("a plain response is not signed")
