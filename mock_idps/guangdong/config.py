"""What the mock is told at start: where it lives, which applications are registered, how user data is signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from mock_idps.guangdong.sm import Sm2Verifier, Sm4Key

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LEVELS: Final = ("L0", "L1", "L2", "L3")
_PATTERN: Final = "/*"

Mode = Literal["v1", "v2"]


@dataclass(frozen=True, slots=True)
class GuangdongClient:
    """An application registered with the platform, with its gateway identity and its SM keys."""

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    redirect_uris: tuple[str, ...]
    paas_id: str
    paas_token: str = field(repr=False)
    app_code: str
    sm2: Sm2Verifier = field(repr=False)
    sm4: Sm4Key = field(repr=False)
    min_level: str | None = None

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read one entry of `clients`; a bad key stops the start."""
        min_level = entry.get("min_level")
        if min_level is not None and min_level not in _LEVELS:
            raise ValueError("min_level is one of L0 to L3")
        return cls(
            client_id=entry["client_id"],
            client_secret=entry["client_secret"],
            name=entry["name"],
            redirect_uris=tuple(entry["redirect_uris"]),
            paas_id=entry["paas_id"],
            paas_token=entry["paas_token"],
            app_code=entry["app_code"],
            sm2=Sm2Verifier(entry["sm2_public_hex"]),
            sm4=Sm4Key(entry["sm4_key_hex"]),
            min_level=min_level,
        )

    def allows_redirect(self, uri: str) -> bool:
        """Compare byte for byte; a registered `/*` stands for exactly one path segment."""
        return any(_matches(uri, registered) for registered in self.redirect_uris)

    def owns_origin_of(self, uri: str) -> bool:
        """Tell whether `uri` leads back to a place of this application, for the way out of a logout."""
        return any(_origin(uri) == _origin(registered) for registered in self.redirect_uris)


@dataclass(frozen=True, slots=True)
class GuangdongConfig:
    """The settings of one mock."""

    base_url: str
    clients: tuple[GuangdongClient, ...]
    sm2_private_hex: str | None = field(default=None, repr=False)
    mode: Mode = "v2"
    authority_url: str | None = None
    """The desk of the simulated authorities, which signs for people; without it nobody can sign here."""

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> Self:
        """Read the `guangdong` block of the mocks' configuration file."""
        mode = settings.get("mode", "v2")
        if mode not in {"v1", "v2"}:
            raise ValueError("mode is v1 or v2")
        authority_url = settings.get("authority_url")
        if authority_url is not None and not isinstance(authority_url, str):
            raise ValueError("authority_url must be a text")
        try:
            base_url = str(settings["base_url"]).rstrip("/")
            clients = tuple(GuangdongClient.from_json(entry) for entry in settings["clients"])
        except KeyError as error:
            raise ValueError(f"the setting {error} is missing") from error
        return cls(base_url, clients, settings.get("sm2_private_hex"), mode, authority_url)

    def client(self, client_id: str) -> GuangdongClient | None:
        """Find an application by its `client_id`."""
        return next((client for client in self.clients if client.client_id == client_id), None)

    def caller(self, paas_id: str) -> GuangdongClient | None:
        """Find an application by its gateway identity."""
        return next((client for client in self.clients if client.paas_id == paas_id), None)


def _matches(uri: str, registered: str) -> bool:
    if not registered.endswith(_PATTERN):
        return uri == registered
    stem = registered[:-1]
    return uri.startswith(stem) and bool(_SEGMENT.fullmatch(uri[len(stem) :]))


def _origin(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc
