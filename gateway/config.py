"""Settings: frozen, nested, read from one TOML file; the unknown is refused and the nearest known key named.

Secrets are never written into the file: a setting ``X_file`` names the file that holds X. Inner packages do not see
``Settings``; the composition root hands them what they need.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway.settings_checks import check
from gateway.toml_sections import ConfigurationError, duration, read_secret, section

__all__ = [
    "Audit",
    "Backup",
    "ConfigurationError",
    "Dpop",
    "Federation",
    "Keys",
    "Lifetimes",
    "Limits",
    "OperatorApi",
    "Outbound",
    "Registration",
    "Server",
    "Settings",
    "Signatures",
    "Storage",
    "duration",
    "load",
    "parse",
    "read_secret",
    "read_text",
    "settings_path",
]


@dataclass(frozen=True, slots=True)
class Server:
    """Where the gateway listens."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose ``X-Forwarded-For`` is believed; nobody by default (HP-02)."""
    client_certificate_header: str | None = None
    """Header in which a trusted proxy hands on the client's TLS certificate (RFC 9440), such as ``Client-Cert``."""
    tls_certificate: Path | None = None
    """Certificate chain, PEM: the gateway speaks https itself."""
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    """Authorities for clients' TLS certificates, PEM; with it mutual TLS is offered (RFC 8705)."""


@dataclass(frozen=True, slots=True)
class OperatorApi:
    """Where the operator API listens: a process and a listener of its own, never the public one."""

    host: str = "127.0.0.1"
    port: int = 8010
    tls_certificate: Path | None = None
    """Certificate chain, PEM: the operators' listener speaks https itself."""
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    """Authorities of operators' client certificates, PEM."""
    session: timedelta = timedelta(hours=8)
    """The longest that an operator stays signed in."""
    session_idle: timedelta = timedelta(minutes=15)
    require_two_factors: bool = True
    """Whether acts that change something need a password with a one-time code, or a client certificate."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How the gateway's own keys are kept and rotated (docs/how-to/rotate-keys.md)."""

    automatic: bool = True
    """Whether the running gateway takes the steps that are due by itself."""
    jwks_max_age: timedelta = timedelta(minutes=5)
    """How long relying parties may keep the published key set without asking again."""
    jwks_stale_if_error: timedelta = timedelta(hours=24)
    """How much longer they may while we do not answer."""
    partner_refresh: timedelta = timedelta(hours=1)
    """How long the slowest relying party waits between two readings, as far as is known."""
    skew: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(hours=1)
    """How long a rotation can be taken back."""
    active_life: timedelta = timedelta(days=90)
    backend: str = "sealed"
    """Where new private halves are made: ``sealed`` (files), ``pkcs11``."""
    pkcs11_module: Path | None = None
    pkcs11_token: str | None = None
    """The label of the token."""
    pkcs11_pin_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """The tamper-evident record of what happened."""

    checkpoints: Path | None = None
    """File of signed checkpoints, to be kept apart from the database and its backups."""


@dataclass(frozen=True, slots=True)
class Backup:
    """Where backups go."""

    folder: Path
    warn_after: timedelta = timedelta(hours=26)
    """How old the last backup may be before it is told of."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where things are kept."""

    database_url: str = "sqlite:///gateway.sqlite3"
    redis_url: str | None = None
    """Optional accelerator that may vanish at any time; no safety fact lives only there."""
    pool_size: int = 8
    """Connections to PostgreSQL per worker."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things live (docs/reference/settings.md)."""

    authorization_code: timedelta = timedelta(seconds=60)
    access_token: timedelta = timedelta(minutes=10)
    id_token: timedelta = timedelta(minutes=5)
    transaction: timedelta = timedelta(minutes=10)
    session: timedelta = timedelta(hours=12)
    register_recheck: timedelta = timedelta(hours=24)
    """How old the register's last answer about a stand-in may be before it is asked again at a sign-in."""
    refresh_token: timedelta = timedelta(days=90)
    refresh_token_idle: timedelta = timedelta(days=14)
    parallel_refresh: timedelta = timedelta(seconds=20)
    """How long a rotated refresh token still gives its one successor, for requests side by side or repeated."""
    pushed_request: timedelta = timedelta(seconds=90)
    device_request: timedelta = timedelta(minutes=5)
    """How long a kiosk's or a counter's request waits for the person."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often somebody may ask; all of them per minute (docs/reference/limits.md)."""

    requests_per_minute: int = 600
    """Of one relying party's servers, over all workers; a client may have a number of its own."""
    pushed_requests_per_minute: int = 300
    """Of these: pushed authorization requests (RO-07)."""
    sign_ins_per_minute: int = 300
    """Sign-ins begun at one relying party from one address, per worker."""
    refusals_per_minute: int = 60
    """Requests with bad credentials from one address, per worker (DS-03)."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Calls to other machines."""

    ca_bundle: Path | None = None
    """Authorities that are trusted beside the public ones, PEM: for a network of one's own."""
    allow_loopback: bool = False
    """Lets relying parties' addresses be on this machine; in development only."""


@dataclass(frozen=True, slots=True)
class Dpop:
    """Sender-constrained tokens (RFC 9449)."""

    nonce: bool = False
    """Whether every proof must carry a nonce of ours (RFC 9449 §8)."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Dynamic client registration (RFC 7591)."""

    software_statement_issuers: Mapping[str, Path] = field(default_factory=dict)
    """Who may vouch for software: issuer -> file with its keys (RFC 7591 §2.3)."""


@dataclass(frozen=True, slots=True)
class Federation:
    """The gateway's place in a federation (OpenID Federation 1.0)."""

    organisation: str
    """Who runs the gateway, as the other members read it."""
    authority_hints: tuple[str, ...] = ()
    """The authorities right above the gateway."""
    trust_anchors: Mapping[str, Path] = field(default_factory=dict)
    """Whom everything hangs on: entity identifier -> file with its JWK set."""
    jurisdictions: Mapping[str, str] = field(default_factory=dict)
    """Where the members below an authority sit: its entity identifier -> hong_kong, macao or guangdong."""
    scopes: tuple[str, ...] = ("openid", "profile")
    """The most that relying parties of the federation may ever be given."""
    required_trust_marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signatures:
    """Validating mutually recognised signatures, and signing through the gateway."""

    trust_root: Path
    """The first root document: which keys sign trust lists. Everything later is reached from it, signed."""
    high_water: Path
    """File with the highest accepted sequence of every list; to be kept apart from the database and its backups."""
    relying_jurisdiction: str = "HK"
    """Where a signature is to be used when a request does not say so: HK, MO or GD."""
    policies: Path | None = None
    """Folder of an operator's own validation policies, ``*.json``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator decides."""

    issuer: str
    """The gateway's own address; nothing in a request can move it (G16)."""
    keys_dir: Path
    """Folder of the gateway's own keys (``gate init`` makes them); never the database."""
    environment: str = "production"
    """``development`` allows plain http on loopback addresses."""
    realm: str = "sandbox"
    """``production`` issues surrogates from the production blocks (identifiers.md §10.5)."""
    default_language: str = "zh-Hant-HK"
    server: Server = field(default_factory=Server)
    storage: Storage = field(default_factory=Storage)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    limits: Limits = field(default_factory=Limits)
    outbound: Outbound = field(default_factory=Outbound)
    dpop: Dpop = field(default_factory=Dpop)
    registration: Registration = field(default_factory=Registration)
    federation: Federation | None = None
    """None without a block of its own."""
    signatures: Signatures | None = None
    """None without a block of its own: then nothing is validated."""
    transfers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Provider -> jurisdictions that its people's details may go to; without the block, every one of the area."""
    keys: Keys = field(default_factory=Keys)
    audit: Audit = field(default_factory=Audit)
    backup: Backup | None = None
    """None without a block of its own: then a folder is given with each backup."""
    operator_api: OperatorApi | None = None
    """Off without a block of its own."""
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """One block per upstream provider, checked by its own dialect."""
    register: Mapping[str, Any] | None = field(default=None, repr=False)
    """Guangdong's register of permits and 18-digit numbers."""


def load(path: Path) -> Settings:
    """Read and check the settings; raises ``ConfigurationError`` naming the key that is wrong."""
    return parse(read_text(path), path)


def read_text(path: Path) -> str:
    """The text of a settings file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"settings file {path} is not TOML: it is no UTF-8") from error
    except OSError as error:
        raise ConfigurationError(
            f"settings file {path} cannot be read ({error.strerror}); `gate init` makes one, GATE_CONFIG names it"
        ) from error


def parse(text: str, path: Path) -> Settings:
    """The settings of a text, whose paths are relative to where its file stands."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"settings file {path} is not TOML: {error}") from error
    settings = section(Settings, raw, "", path.parent)
    check(settings)
    return settings


def settings_path(given: Path | None = None) -> Path:
    """Where the settings are: the option, ``GATE_CONFIG``, or ``gate.toml`` in the working folder."""
    return given or Path(os.environ.get("GATE_CONFIG", "gate.toml"))
