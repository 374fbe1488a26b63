"""Settings of the Hong Kong mock: its address, and the online services that may use it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from mock_idps.credentials import Rack

CLIENT_ID: Final = re.compile(r"[0-9a-f]{32}\Z")
SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
KNOWN_SCOPES: Final = ("eidapi_auth", "eidapi_profiles")
CORP_SCOPES: Final = ("corpidapi_auth", "corpidapi_profiles")
"""What every service may ask of CorpID here."""
KEK_BITS: Final = (2048, 4096)
SECRET: Final = "client_secret"
KEK: Final = "kek"
_SECRET: Final = re.compile(r"[!-~]{16,128}\Z")


@dataclass(frozen=True, slots=True)
class Client:
    """An online service; `name` is what the phone shows."""

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    redirect_uris: tuple[str, ...]
    kek: RSAPublicKey | None = None
    previous_kek: RSAPublicKey | None = None
    scopes: tuple[str, ...] = KNOWN_SCOPES

    def may_redirect_to(self, redirect_uri: str) -> bool:
        """Byte equality; a registration that ends in `/*` stands for exactly one further path segment."""
        for registered in self.redirect_uris:
            if registered.endswith("/*"):
                stem = registered.removesuffix("*")
                if redirect_uri.startswith(stem) and SEGMENT.match(redirect_uri[len(stem) :]):
                    return True
            elif registered == redirect_uri:
                return True
        return False


@dataclass(frozen=True, slots=True)
class HongKongConfig:
    """What `create_app` is given."""

    base_url: str
    clients: tuple[Client, ...]
    authority_url: str | None = None
    """The desk of the simulated authorities, which signs for people; without it nobody can sign here."""

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> Self:
        """Read one block of the settings file; what is missing, unknown or malformed is a ValueError."""
        _only(settings, {"base_url", "clients", "authority_url"})
        base_url = _text(settings, "base_url").rstrip("/")
        clients = settings.get("clients")
        if not isinstance(clients, list):
            raise ValueError("clients must be a list")  # noqa: TRY004 - one exception type for a wrong file
        authority_url = _text(settings, "authority_url") if "authority_url" in settings else None
        return cls(base_url, tuple(_client(entry) for entry in clients), authority_url)

    def client(self, client_id: str) -> Client | None:
        """Find a service by its id."""
        return next((client for client in self.clients if client.client_id == client_id), None)


def rotating(client: Client) -> Mapping[str, Rack[Any]]:
    """What of a client can be rotated: its secret, and the key under which its content keys are wrapped."""
    return {
        SECRET: Rack(client.client_secret, read=_secret),
        KEK: Rack(client.kek, read=read_kek, show=_shown, previous=client.previous_kek),
    }


def _secret(text: str) -> str:
    if not _SECRET.match(text):
        raise ValueError("a client secret is 16 to 128 printable characters")
    return text


def _shown(key: RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _client(entry: Any) -> Client:
    if not isinstance(entry, dict):
        raise ValueError("a client must be an object")  # noqa: TRY004 - as above
    required = {"client_id", "client_secret", "name", "redirect_uris"}
    _only(entry, required | {"kek_public_pem", "previous_kek_public_pem", "scopes"})
    client_id = _text(entry, "client_id")
    if not CLIENT_ID.match(client_id):
        raise ValueError("client_id must be 32 lower-case hexadecimal digits")
    scopes = _texts(entry, "scopes") if "scopes" in entry else KNOWN_SCOPES
    if not set(scopes) <= set(KNOWN_SCOPES):
        raise ValueError("scopes holds a scope that this mock does not know")
    return Client(
        client_id=client_id,
        client_secret=_text(entry, "client_secret"),
        name=_text(entry, "name"),
        redirect_uris=_texts(entry, "redirect_uris"),
        kek=_kek(entry.get("kek_public_pem")),
        previous_kek=_kek(entry.get("previous_kek_public_pem")),
        scopes=scopes,
    )


def read_kek(pem: str) -> RSAPublicKey:
    """Read a key-encryption key: RSA of a size that the real platform could have certified."""
    key = load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, RSAPublicKey) or not KEK_BITS[0] <= key.key_size <= KEK_BITS[1]:
        raise ValueError("the key-encryption key must be RSA of 2048 to 4096 bits")
    return key


def _kek(pem: Any) -> RSAPublicKey | None:
    if pem is None:
        return None
    if not isinstance(pem, str):
        raise ValueError("a key-encryption key must be PEM text")  # noqa: TRY004 - as above
    return read_kek(pem)


def _only(settings: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(settings) - known)
    if unknown:
        raise ValueError(f"unknown setting {unknown[0]}")


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be text")
    return value


def _texts(settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = settings.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(values)
