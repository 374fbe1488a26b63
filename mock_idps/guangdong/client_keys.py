"""What of an application can be rotated: its secret, its gateway token, its SM2 key and the SM4 key that is shared.

All that are not withdrawn are accepted. The platform answers a call under the token and the SM4 key with which the
application last called: it has no other way to know which of two the application can read (an assumption).
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_idps.credentials import Credentials, Rack
from mock_idps.guangdong.config import GuangdongClient
from mock_idps.guangdong.sm import Sm2Verifier, Sm4Key
from mock_idps.guangdong.tif import TifHeaders

CLIENT_SECRET: Final = "client_secret"
PAAS_TOKEN: Final = "paas_token"
SM2_KEY: Final = "sm2_key"
SM4_KEY: Final = "sm4_key"
_SECRET: Final = re.compile(r"[!-~]{8,128}")


class ClientKeys:
    """The rotating credentials of every application of one mock."""

    def __init__(self, credentials: Credentials, clients: Sequence[GuangdongClient]) -> None:
        self._credentials = credentials
        self._sm4_in_use: dict[str, Sm4Key] = {}
        for client in clients:
            for kind, rack in _rotating(client).items():
                credentials.put(client.client_id, kind, rack)

    def knows_secret(self, client: GuangdongClient, secret: str) -> bool:
        """Compare the secret of the query string with all that are accepted, each in constant time."""
        accepted: tuple[str, ...] = self._credentials.accepted(client.client_id, CLIENT_SECRET)
        return any(hmac.compare_digest(one.encode(), secret.encode()) for one in accepted)

    def token_of(self, client: GuangdongClient, headers: TifHeaders) -> str:
        """Find the token with which a call is signed; where it is none, the current one, which then refuses."""
        tokens: tuple[str, ...] = self._credentials.accepted(client.client_id, PAAS_TOKEN)
        return next((token for token in tokens if headers.is_signed_with(token)), tokens[0])

    def verifier_of(self, client: GuangdongClient) -> "AnyVerifier":
        """Give what checks the signature of a sealed body."""
        return AnyVerifier(self._credentials.accepted(client.client_id, SM2_KEY))

    def sm4_keys_of(self, client: GuangdongClient) -> Sequence[Sm4Key]:
        """Give the keys under which a body may be sealed, the likeliest first."""
        keys = self._credentials.accepted(client.client_id, SM4_KEY)
        used = self._sm4_in_use.get(client.client_id)
        return sorted(keys, key=lambda key: key is not used)

    def sm4_used(self, client: GuangdongClient, key: Sm4Key) -> None:
        """Remember under which key an application called."""
        self._sm4_in_use[client.client_id] = key


class AnyVerifier:
    """Several public keys of one application: a signature of any of them is its own."""

    def __init__(self, verifiers: Sequence[Sm2Verifier]) -> None:
        self._verifiers = tuple(verifiers)

    def verify(self, message: bytes, der: bytes) -> bool:
        """Tell whether one of the keys made it."""
        return any(verifier.verify(message, der) for verifier in self._verifiers)


def _rotating(client: GuangdongClient) -> Mapping[str, Rack[Any]]:
    return {
        CLIENT_SECRET: Rack(client.client_secret, read=_secret),
        PAAS_TOKEN: Rack(client.paas_token, read=_secret),
        SM2_KEY: Rack(client.sm2, read=Sm2Verifier, show=lambda key: key.public_hex),
        SM4_KEY: Rack(client.sm4, read=Sm4Key, show=lambda key: key.check_value),
    }


def _secret(text: str) -> str:
    if not _SECRET.fullmatch(text):
        raise ValueError("a secret is 8 to 128 printable characters")
    return text
