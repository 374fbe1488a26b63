"""Settings: frozen, nested, read from one TOML file; the unknown is refused and the nearest known key named.

Secrets are never written into the file: a setting ``X_file`` names the file that holds X. Inner packages do not see
``Settings``; the composition root hands them what they need.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar, cast, get_args, get_type_hints

_Section = TypeVar("_Section")
_DURATION: Final = re.compile(r"([0-9]{1,6})(ms|s|m|h|d)", re.ASCII)
_UNITS: Final = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LOOPBACK: Final = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class ConfigurationError(Exception):
    """The settings cannot be used; the text names the key and is for the operator."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the gateway listens."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose ``X-Forwarded-For`` is believed; nobody by default (HP-02)."""


@dataclass(frozen=True, slots=True)
class OperatorApi:
    """Where the operator API listens: a process and a listener of its own, never the public one."""

    host: str = "127.0.0.1"
    port: int = 8010


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
    operator_api: OperatorApi | None = None
    """Off without a block of its own."""
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """One block per upstream provider, checked by its own dialect."""
    register: Mapping[str, Any] | None = field(default=None, repr=False)
    """Guangdong's register of permits and 18-digit numbers."""


def load(path: Path) -> Settings:
    """Read and check the settings; raises ``ConfigurationError`` naming the key that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"settings file {path} cannot be read ({error.strerror}); `gate init` makes one, GATE_CONFIG names it"
        ) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"settings file {path} is not TOML: {error}") from error
    settings = _section(Settings, raw, "", path.parent)
    _check(settings)
    return settings


def _section(kind: type[_Section], raw: Mapping[str, Any], prefix: str, folder: Path) -> _Section:
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(cast("Any", kind))}
    for key in raw:
        if key not in known:
            raise ConfigurationError(_unknown(prefix + key, key, list(known)))
    values: dict[str, Any] = {}
    for name, description in known.items():
        if name in raw:
            values[name] = _value(hints[name], raw[name], prefix + name, folder)
        elif description.default is MISSING and description.default_factory is MISSING:
            raise ConfigurationError(f"setting {prefix + name} is missing")
    return kind(**values)


def _unknown(full: str, key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"unknown setting {full}" + (f"; did you mean {near[0]}?" if near else "")


def _value(hint: Any, value: Any, name: str, folder: Path) -> Any:  # noqa: PLR0911 - one line for each kind of setting
    section = _section_kind(hint)
    if section is not None:
        return _section(section, _table(value, name), f"{name}.", folder)
    if hint is timedelta:
        return duration(value, name)
    if hint is Path:
        return folder / _of(str, value, name)
    if hint is int:
        return _of(int, value, name)
    if hint in {str, str | None}:
        return _of(str, value, name)
    if hint == tuple[str, ...]:
        return tuple(_of(str, item, name) for item in _of(list, value, name))
    if name == "providers":
        return {key: _block(_table(block, f"providers.{key}"), folder) for key, block in _table(value, name).items()}
    return _block(_table(value, name), folder)


def _section_kind(hint: Any) -> type[Any] | None:
    """The dataclass behind a nested section, also of one that may be absent."""
    return next((cast("type[Any]", kind) for kind in (hint, *get_args(hint)) if is_dataclass(kind)), None)


def _block(block: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A free table whose ``X_file`` entries are replaced by the content of the file, named X."""
    values: dict[str, Any] = {}
    for key, value in block.items():
        if key.endswith("_file"):
            values[key.removesuffix("_file")] = read_secret(folder / _of(str, value, key))
        else:
            values[key] = value
    return values


def read_secret(path: Path) -> str:
    """The content of a secret's file, without the final newline."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"secret file {path} cannot be read") from error


def duration(value: Any, name: str) -> timedelta:
    """A time span written as ``60s``, ``10m``, ``12h``."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConfigurationError(f'setting {name} must be a duration such as "60s", "10m" or "12h"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _of(kind: type[_Section], value: Any, name: str) -> _Section:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ConfigurationError(f"setting {name} must be of type {kind.__name__}")
    return value


def _table(value: Any, name: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", _of(dict, value, name))


def _check(settings: Settings) -> None:
    if settings.environment not in {"development", "production"}:
        raise ConfigurationError('setting environment must be "development" or "production"')
    if settings.realm not in {"sandbox", "production"}:
        raise ConfigurationError('setting realm must be "sandbox" or "production"')
    if settings.issuer.endswith("/") or "?" in settings.issuer or "#" in settings.issuer:
        raise ConfigurationError("setting issuer must be an address without query, fragment or final slash")
    _check_address("issuer", settings.issuer, settings.environment)
    blocks = {f"providers.{name}": block for name, block in settings.providers.items()}
    if settings.register is not None:
        blocks["register"] = settings.register
    for name, block in blocks.items():
        _check_address(f"{name}.base_url", str(block.get("base_url", "")), settings.environment)
    _check_port("server.port", settings.server.port)
    if settings.operator_api is not None:
        _check_port("operator_api.port", settings.operator_api.port)
        if settings.operator_api.port == settings.server.port:
            raise ConfigurationError("setting operator_api.port must differ from server.port")
    if settings.lifetimes.authorization_code > timedelta(seconds=60):
        raise ConfigurationError("setting lifetimes.authorization_code must not exceed 60s")
    if settings.lifetimes.register_recheck < timedelta(minutes=1):
        raise ConfigurationError("setting lifetimes.register_recheck must be at least 1m")


def _check_port(name: str, port: int) -> None:
    if not 1 <= port <= 65535:  # noqa: PLR2004 - the range of ports
        raise ConfigurationError(f"setting {name} must be between 1 and 65535")


def _check_address(name: str, address: str, environment: str) -> None:
    if address.startswith("https://"):
        return
    plain = any(address == host or address.startswith((f"{host}:", f"{host}/")) for host in _LOOPBACK)
    if environment == "development" and plain:
        return
    raise ConfigurationError(f"setting {name} must be an https address (plain http only on loopback in development)")


def settings_path(given: Path | None = None) -> Path:
    """Where the settings are: the option, ``GATE_CONFIG``, or ``gate.toml`` in the working folder."""
    return given or Path(os.environ.get("GATE_CONFIG", "gate.toml"))
