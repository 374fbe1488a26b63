"""Settings of the Macao mock: its address and the clients that may ask it; a wrong setting stops the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlsplit

SECRET: Final = "client_secret"
"""The kind under which the control plane rotates it."""
_SECRET: Final = range(8, 129)
_REQUIRED: Final = frozenset({"base_url", "clients"})


class ConfigError(ValueError):
    """A setting is missing, unknown or of the wrong shape; the message names the setting only."""


@dataclass(frozen=True, slots=True)
class MacaoClient:
    """A service that may send people here; redirect URIs are compared byte for byte (RFC 9700 §2.1)."""

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    redirect_uris: tuple[str, ...]

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read one entry of `clients`."""
        uris = entry.get("redirect_uris")
        if not isinstance(uris, list) or not uris:
            raise ConfigError("clients: redirect_uris must be a list with at least one URI")
        for uri in uris:
            if not isinstance(uri, str) or not urlsplit(uri).scheme or urlsplit(uri).fragment:
                raise ConfigError("clients: every redirect URI is absolute and has no fragment")
        texts = {name: _text(entry, name) for name in ("client_id", "client_secret", "name")}
        unknown = set(entry) - {*texts, "redirect_uris"}
        if unknown:
            raise ConfigError(f"clients: unknown setting {min(unknown)}")
        return cls(redirect_uris=tuple(uris), **texts)


@dataclass(frozen=True, slots=True)
class MacaoConfig:
    """Everything that the mock is told from outside."""

    base_url: str
    clients: tuple[MacaoClient, ...]
    authority_url: str | None = None
    """The desk of the simulated authorities, which signs for people; without it nobody can sign here."""

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> Self:
        """Read the mock's block of the shared configuration file."""
        odd = (set(settings) - {"authority_url"}) ^ _REQUIRED
        if odd:
            raise ConfigError(f"unknown or missing setting {min(odd)}")
        base_url = _text(settings, "base_url").rstrip("/")
        if urlsplit(base_url).scheme not in {"http", "https"}:
            raise ConfigError("base_url must be http or https")
        if not isinstance(settings["clients"], list):
            raise ConfigError("clients must be a list")
        clients = tuple(MacaoClient.from_json(entry) for entry in settings["clients"])
        if len({client.client_id for client in clients}) != len(clients):
            raise ConfigError("clients: a client_id stands twice")
        authority_url = _text(settings, "authority_url") if "authority_url" in settings else None
        return cls(base_url=base_url, clients=clients, authority_url=authority_url)

    def client(self, client_id: str) -> MacaoClient | None:
        """Give the client with this id, or None."""
        return next((client for client in self.clients if client.client_id == client_id), None)


def read_client_secret(text: str) -> str:
    """Read a secret that a client is to have."""
    if len(text) not in _SECRET or text != text.strip():
        raise ConfigError("a client secret is 8 to 128 characters without space around")
    return text


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name} must be a text")
    return value
