"""What a relying party of the tests asks the gateway for, and where everybody lives."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from scripts.sandbox import Addresses

AT = Addresses.block(8000)
SHOP = "http://127.0.0.1:9000"
"""Where the relying parties of the tests live; nobody answers there."""
RP = "https://rp.example"
"""The same for those that must be reached by https; an application may be mounted there (``World.net.mount``)."""


@dataclass(slots=True)
class Asked:
    """One authorization request of a relying party, with what it keeps for itself."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    parameters: dict[str, str]
    issuer: str = AT.issuer

    @property
    def url(self) -> str:
        return f"{self.issuer}/authorize?{urlencode(self.parameters)}"


def asking(client_id: str = "shop", scope: str = "openid profile cn_id cn_doc", **changes: str | None) -> Asked:
    """A valid authorization request; one keyword changes a parameter, ``None`` leaves it out."""
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": f"{SHOP}/{client_id}/callback",
        "scope": scope,
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "ui_locales": "en",
    }
    parameters |= changes
    given = {name: value for name, value in parameters.items() if value is not None}
    return Asked(
        client_id, given.get("redirect_uri", ""), given.get("state", ""), given.get("nonce", ""), verifier, given
    )
