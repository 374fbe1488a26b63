"""A sandbox world in a folder: keys, settings of the gateway and of the three simulated providers that fit each other.

Used by the demo, the tests and the benchmarks. Credentials are made once per folder and kept there.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from certs.keys.key_transport import RsaDecryptionKey
from certs.keys.sm import Sm2PrivateKey
from gateway.admin import clients, keyring
from gateway.app import utc_now
from gateway.cli.login import CLIENT_ID, REDIRECT_URI
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, Scope
from gateway.store import migrate
from gateway.store.open import open_stores

PLACES: Final = ("hong_kong", "macao", "guangdong")
ALL_SCOPES: Final = tuple(scope.value for scope in Scope)
_NAME: Final = "Bay Area identity gateway (simulation)"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everybody is."""

    issuer: str
    hong_kong: str
    macao: str
    guangdong: str

    @classmethod
    def block(cls, first: int) -> "Addresses":
        """The demo's block of ports on the loopback address."""
        return cls(*(f"http://127.0.0.1:{first + offset}" for offset in range(4)))


def make_world(folder: Path, addresses: Addresses, database_url: str, redis_url: str | None = None) -> Path:
    """Write keys, ``gate.toml`` and ``mocks.json`` into the folder and bring the database up; returns ``gate.toml``."""
    folder.mkdir(exist_ok=True, parents=True, mode=0o700)
    keyring.create(folder / "keys", utc_now())
    made = _credentials(folder / "credentials.json")
    for name in ("kek.pem", "sm2.pem", "hk.secret", "mo.secret", "gd.secret", "paas.token", "sm4.key"):
        _write(folder / name, made[name])
    _write(folder / "mocks.json", json.dumps(mock_settings(addresses, made), indent=2))
    settings = folder / "gate.toml"
    _write(settings, gate_settings(addresses, made, database_url, redis_url))
    migrate.upgrade(database_url)
    return settings


def _credentials(path: Path) -> dict[str, str]:
    if path.exists():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    kek, own = RsaDecryptionKey.generate(), Sm2PrivateKey.generate()
    platform = secrets.token_hex(32)
    made = {
        "hk_client_id": secrets.token_hex(16),
        "hk.secret": secrets.token_urlsafe(24),
        "mo.secret": secrets.token_urlsafe(24),
        "gd.secret": secrets.token_urlsafe(24),
        "paas.token": secrets.token_urlsafe(24),
        "sm4.key": secrets.token_hex(16),
        "kek.pem": kek.to_pem().decode("ascii"),
        "kek_public": _spki_pem(kek.public_spki_der()),
        "sm2.pem": own.to_pem().decode("ascii"),
        "sm2_public": own.public_key.to_hex(),
        "platform_private": platform,
        "platform_public": Sm2PrivateKey.from_hex(platform).public_key.to_hex(),
    }
    _write(path, json.dumps(made))
    return made


def _spki_pem(der: bytes) -> str:
    return load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def mock_settings(at: Addresses, made: dict[str, str]) -> dict[str, Any]:
    """What the three simulated providers know about the gateway."""
    return {
        "hong_kong": {
            "base_url": at.hong_kong,
            "clients": [
                {
                    "client_id": made["hk_client_id"],
                    "client_secret": made["hk.secret"],
                    "name": _NAME,
                    "redirect_uris": [f"{at.issuer}/callback/hong-kong"],
                    "kek_public_pem": made["kek_public"],
                }
            ],
        },
        "macao": {
            "base_url": at.macao,
            "clients": [
                {
                    "client_id": "gba-gateway",
                    "client_secret": made["mo.secret"],
                    "name": _NAME,
                    "redirect_uris": [f"{at.issuer}/callback/macao"],
                }
            ],
        },
        "guangdong": {
            "base_url": at.guangdong,
            "mode": "v2",
            "sm2_private_hex": made["platform_private"],
            "clients": [
                {
                    "client_id": "gba-gateway",
                    "client_secret": made["gd.secret"],
                    "name": _NAME,
                    "redirect_uris": [f"{at.issuer}/callback/guangdong/*"],
                    "paas_id": "gba_gateway",
                    "paas_token": made["paas.token"],
                    "app_code": "GBAGATEWAY",
                    "sm2_public_hex": made["sm2_public"],
                    "sm4_key_hex": made["sm4.key"],
                }
            ],
        },
    }


def gate_settings(at: Addresses, made: dict[str, str], database_url: str, redis_url: str | None) -> str:
    """The gateway's settings file."""
    redis_line = f'redis_url = "{redis_url}"' if redis_url else ""
    port = at.issuer.rpartition(":")[2]
    return f"""\
issuer = "{at.issuer}"
keys_dir = "keys"
environment = "development"
realm = "sandbox"

[server]
port = {port if port.isdigit() else 8000}

[storage]
database_url = "{database_url}"
{redis_line}

[providers.hong_kong]
base_url = "{at.hong_kong}"
client_id = "{made["hk_client_id"]}"
client_secret_file = "hk.secret"
decryption_key_file = "kek.pem"

[providers.macao]
base_url = "{at.macao}"
client_id = "gba-gateway"
client_secret_file = "mo.secret"

[providers.guangdong]
base_url = "{at.guangdong}"
client_id = "gba-gateway"
client_secret_file = "gd.secret"
platform_public_keys = ["{made["platform_public"]}"]
mode = "v2"

[register]
base_url = "{at.guangdong}"
paas_id = "gba_gateway"
paas_token_file = "paas.token"
app_code = "GBAGATEWAY"
sm2_key_file = "sm2.pem"
sm4_key_file = "sm4.key"
platform_public_keys = ["{made["platform_public"]}"]
"""


def _write(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)


def robot_client() -> Client:
    """The public client of ``gate login try``."""
    return Client(
        client_id=CLIENT_ID,
        client_name="gate login try",
        redirect_uris=(REDIRECT_URI,),
        token_endpoint_auth_method=ClientAuthMethod.NONE,
        scopes=ALL_SCOPES,
        purpose="accommodation",
        surrogate_purposes=("accommodation",),
    )


async def register_clients(folder: Path, database_url: str, drafts: list[Client]) -> dict[str, str]:
    """Register the clients that are not there yet; returns the secrets of those made now."""
    keys = keyring.load(folder / "keys", utc_now())
    stores = await open_stores(database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys)
    made: dict[str, str] = {}
    try:
        for draft in drafts:
            if await stores.clients.find(draft.client_id) is None:
                new = await clients.create(
                    stores.registry, draft, keys.client_secret_key, "sandbox", utc_now(), allow_loopback=True
                )
                made[draft.client_id] = new.client_secret or ""
    finally:
        await stores.aclose()
    return made
