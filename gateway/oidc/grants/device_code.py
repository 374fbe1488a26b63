"""The device code grant: a self-service terminal gets what a person agreed to on a device of their own (RFC 8628)."""

from gateway.oidc import polling
from gateway.oidc.model import TokenResponse
from gateway.oidc.names import GrantType
from gateway.oidc.provider import OpenIDProvider, TokenRequest


async def redeem(request: TokenRequest, op: OpenIDProvider) -> TokenResponse:
    """Ask how the terminal's request stands (RFC 8628 §3.4)."""
    return await polling.redeem(request.form.get("device_code"), GrantType.DEVICE_CODE, request, op)
