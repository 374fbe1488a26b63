"""The gateway as a relying party of its own: how a person signs in to see and change what is on record.

Nobody redeems the codes of this client: the session is what the sign-in is for. Its scope is ``openid`` alone, and the
verifier behind every challenge is thrown away, so a stolen code is worth nothing.
"""

import secrets
from typing import Final
from urllib.parse import urlencode, urlsplit

from gateway.oidc.metadata import PATHS
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, Prompt, Scope
from gateway.oidc.pkce import CHALLENGE_METHOD
from gateway.oidc.redirect_uri import LOOPBACK
from gateway.oidc.registration import OWN_CLIENT_ID
from gateway.oidc.request_checks import RESPONSE_TYPE

__all__ = ["OWN_CLIENT_ID", "RETURN_PATH", "is_own", "own_client", "sign_in_url"]

RETURN_PATH: Final = "/account/return"
_NAME: Final = "Bay Area Identity Gateway"
_CHALLENGE_BYTES: Final = 32
_NEARLY_LOOPBACK: Final = "localhost"


def own_client(issuer: str) -> Client:
    """The client as it is kept among the relying parties; registration itself refuses its id."""
    return Client(
        client_id=OWN_CLIENT_ID,
        client_name=_NAME,
        redirect_uris=(f"{issuer}{RETURN_PATH}",),
        token_endpoint_auth_method=ClientAuthMethod.NONE,
        scopes=(Scope.OPENID.value,),
        sector=_sector(issuer),
    )


def is_own(client: Client) -> bool:
    """Whether a client is the gateway itself, which is given nothing."""
    return client.client_id == OWN_CLIENT_ID


def sign_in_url(issuer: str) -> str:
    """Where the person proves themselves afresh; whatever session the browser has does not count."""
    parameters = {
        "client_id": OWN_CLIENT_ID,
        "redirect_uri": f"{issuer}{RETURN_PATH}",
        "response_type": RESPONSE_TYPE,
        "scope": Scope.OPENID.value,
        "prompt": Prompt.LOGIN.value,
        # Random, and no hash of anything: there is no verifier, so nobody can redeem the code.
        "code_challenge": secrets.token_urlsafe(_CHALLENGE_BYTES),
        "code_challenge_method": CHALLENGE_METHOD,
    }
    return f"{issuer}{PATHS['authorize']}?{urlencode(parameters)}"


def _sector(issuer: str) -> str:
    """The issuer's host, or a sector of its own on the loopback (OpenID Connect Core §8.1)."""
    host = urlsplit(issuer).hostname or ""
    is_local = host == _NEARLY_LOOPBACK or host in LOOPBACK or f"[{host}]" in LOOPBACK
    return f"loopback:{OWN_CLIENT_ID}" if is_local else host
