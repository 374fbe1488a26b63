"""A sandbox world in a folder: keys, settings of the gateway and of the three simulated providers that fit each other.

Used by the demo, the tests and the benchmarks. Credentials are made once per folder and kept there.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from gateway.admin import clients, keyring
from gateway.admin.acts import Act
from gateway.admin.clients import ClientOffice
from gateway.cli.login import CLIENT_ID, REDIRECT_URI
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType, Profile, Scope, ServiceScope
from gateway.product import utc_now
from gateway.store import migrate
from gateway.store.open import open_stores
from scripts.sandbox_credentials import credentials, write

PLACES: Final = ("hong_kong", "macao", "guangdong")
ALL_SCOPES: Final = tuple(scope.value for scope in Scope)
FAPI_CLIENT_ID: Final = "fapi-demo"
SERVICE_CLIENT_ID: Final = "signature-demo"
TRUST_ROOT: Final = "trust-root.json"
HIGH_WATER: Final = "high-water"
UNLIMITED: Final = """
[limits]
requests_per_minute = 10000000
pushed_requests_per_minute = 10000000
sign_ins_per_minute = 10000000
refusals_per_minute = 10000000
"""
_NAME: Final = "Bay Area identity gateway (simulation)"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everybody is."""

    issuer: str
    hong_kong: str
    macao: str
    guangdong: str
    trust_anchor: str | None = None
    """The sandbox's federation; without it the gateway belongs to none."""
    authority: str | None = None
    """The sandbox's certification authorities; without them the gateway validates no signatures."""

    @classmethod
    def block(cls, first: int) -> "Addresses":
        """The demo's block of ports on the loopback address; the guest house has the fifth."""
        return cls(*(f"http://127.0.0.1:{first + offset}" for offset in (0, 1, 2, 3, 5)))

    @classmethod
    def with_authorities(cls, first: int) -> "Addresses":
        """The same with the certification authorities behind it; their lists have to be brought in before the start."""
        return replace(cls.block(first), authority=f"http://127.0.0.1:{first + 6}")


def make_world(
    folder: Path,
    addresses: Addresses,
    database_url: str,
    redis_url: str | None = None,
    *,
    unlimited: bool = False,
    more: str = "",
) -> Path:
    """Write keys, ``gate.toml`` and ``mocks.json`` into the folder and bring the database up; returns ``gate.toml``.

    ``unlimited`` sets limits that no test and no benchmark reaches by accident; ``more`` are further blocks.
    """
    folder.mkdir(exist_ok=True, parents=True, mode=0o700)
    keyring.create(folder / "keys", utc_now())
    made = credentials(folder)
    write(folder / "mocks.json", json.dumps(mock_settings(addresses, made), indent=2))
    settings = folder / "gate.toml"
    limits = UNLIMITED if unlimited else ""
    write(settings, gate_settings(addresses, made, database_url, redis_url) + limits + more)
    migrate.upgrade(database_url)
    return settings


def mock_settings(at: Addresses, made: dict[str, str]) -> dict[str, Any]:
    """What the simulated world knows about the gateway."""
    federation = {"trust_anchor": {"base_url": at.trust_anchor, "key_pem": made["anchor.pem"]}}
    authority = {"authority": {"base_url": at.authority}} if at.authority else {}
    signing = {"authority_url": at.authority} if at.authority else {}  # whose certificates people sign with
    return (
        (federation if at.trust_anchor else {})
        | authority
        | {
            "hong_kong": {
                "base_url": at.hong_kong,
                **signing,
                "clients": [
                    {
                        "client_id": made["hk_client_id"],
                        "client_secret": made["hk.secret"],
                        "name": _NAME,
                        "redirect_uris": _returns(at, "hong-kong"),
                        "kek_public_pem": made["kek_public"],
                    }
                ],
            },
            "macao": {
                "base_url": at.macao,
                **signing,
                "clients": [
                    {
                        "client_id": "gba-gateway",
                        "client_secret": made["mo.secret"],
                        "name": _NAME,
                        "redirect_uris": _returns(at, "macao"),
                    }
                ],
            },
            "guangdong": {
                "base_url": at.guangdong,
                **signing,
                "mode": "v2",
                "sm2_private_hex": made["platform_private"],
                "clients": [
                    {
                        "client_id": "gba-gateway",
                        "client_secret": made["gd.secret"],
                        "name": _NAME,
                        "redirect_uris": _returns(at, "guangdong/*"),
                        "paas_id": "gba_gateway",
                        "paas_token": made["paas.token"],
                        "app_code": "GBAGATEWAY",
                        "sm2_public_hex": made["sm2_public"],
                        "sm4_key_hex": made["sm4.key"],
                    }
                ],
            },
        }
    )


def _returns(at: Addresses, place: str) -> list[str]:
    """Where a place sends browsers back to: after signing in, and after signing."""
    return [f"{at.issuer}/callback/{place}", f"{at.issuer}/sign/callback/{place}"]


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

[outbound]
allow_loopback = true

[providers.hong_kong]
base_url = "{at.hong_kong}"
client_id = "{made["hk_client_id"]}"
client_secret_file = "hk.secret"
decryption_key_file = "kek.pem"
corpid_base_url = "{at.hong_kong}/corpid"

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
{_federation(at.trust_anchor) if at.trust_anchor else ""}{_SIGNATURES if at.authority else ""}"""


_SIGNATURES: Final = f"""
[signatures]
trust_root = "{TRUST_ROOT}"
high_water = "{HIGH_WATER}"
"""


def _federation(anchor: str) -> str:
    """The block of settings that makes the gateway a member of the sandbox's federation."""
    regions = "\n".join(f'"{anchor}/{place}" = "{place}"' for place in PLACES)
    return f"""
[federation]
organisation = "{_NAME}"

[federation.trust_anchors]
"{anchor}/anchor" = "anchor.jwks"

[federation.jurisdictions]
{regions}
"""


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


def service_client() -> Client:
    """A registry that has signatures checked by itself, without a person."""
    return Client(
        client_id=SERVICE_CLIENT_ID,
        client_name="Signature demo",
        redirect_uris=(),
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
        grant_types=(GrantType.CLIENT_CREDENTIALS,),
        service_scopes=tuple(scope.value for scope in ServiceScope),
    )


def fapi_client(folder: Path, redirect_uri: str) -> Client:
    """A relying party under FAPI 2.0 with DPoP; its key is ``fapi-demo.pem`` in the folder."""
    made = json.loads((folder / "credentials.json").read_text(encoding="utf-8"))
    return Client(
        client_id=FAPI_CLIENT_ID,
        client_name="FAPI 2.0 demo",
        redirect_uris=(redirect_uri,),
        token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        jwks=json.loads(made["fapi-demo.jwks"]),
        scopes=ALL_SCOPES,
        grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
        profile=Profile.FAPI2_SP,
        dpop_bound_access_tokens=True,
        require_pushed_authorization_requests=True,
        purpose="accommodation",
        surrogate_purposes=("accommodation",),
    )


async def register_clients(folder: Path, database_url: str, drafts: list[Client]) -> dict[str, str]:
    """Register the clients that are not there yet; returns the secrets of those made now."""
    keys = keyring.load(folder / "keys")
    stores = await open_stores(database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys)
    office = ClientOffice(stores.registry, stores.clients, keys.client_secret_key, allow_loopback=True)
    made: dict[str, str] = {}
    try:
        for draft in drafts:
            if await stores.clients.find(draft.client_id) is None:
                new = await clients.create(office, draft, Act("sandbox", utc_now()))
                made[draft.client_id] = new.client_secret or ""
    finally:
        await stores.aclose()
    return made
