"""The CIBA grant: a counter or hotline gets what the person agreed to on their phone (CIBA Core 1.0 §10.1)."""

from gateway.oidc import polling
from gateway.oidc.model import TokenResponse
from gateway.oidc.names import GrantType
from gateway.oidc.provider import OpenIDProvider, TokenRequest


async def redeem(request: TokenRequest, op: OpenIDProvider) -> TokenResponse:
    """Ask how the counter's request stands; the mode ping asks once it was told (CIBA §10.1.1)."""
    return await polling.redeem(request.form.get("auth_req_id"), GrantType.CIBA, request, op)
