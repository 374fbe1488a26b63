"""Which key a new token is bound to: a DPoP proof's, or that of the TLS certificate (RFC 9449 §5, RFC 8705 §3)."""

from gateway.oidc import dpop, profiles
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client, Confirmation
from gateway.oidc.names import DPOP_ALGORITHMS, ConfirmationMethod, ErrorCode
from gateway.oidc.provider import BackChannelCall, OpenIDProvider


async def confirm(client: Client, call: BackChannelCall, op: OpenIDProvider) -> Confirmation | None:
    """The key that the sender has proven to hold; a client registered for bound tokens gets no others."""
    confirmation = await _proven(client, call, op)
    profiles.check_confirmation(client, confirmation)
    return confirmation


async def _proven(client: Client, call: BackChannelCall, op: OpenIDProvider) -> Confirmation | None:
    if call.proofs or client.dpop_bound_access_tokens:
        # Whoever sends a proof gets a bound token, registered for it or not (RFC 9449 §5).
        thumbprint = await dpop.prove(call, op, algorithms=tuple(profiles.algorithms(client, DPOP_ALGORITHMS)))
        if thumbprint is None:
            raise OAuthError(ErrorCode.INVALID_DPOP_PROOF, "a DPoP proof is needed")
        return Confirmation(ConfirmationMethod.JKT, thumbprint)
    if client.tls_client_certificate_bound_access_tokens:
        if call.certificate is None or op.certificates is None:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "a TLS client certificate is needed")
        return Confirmation(ConfirmationMethod.X5T_S256, op.certificates.thumbprint(call.certificate))
    return None
