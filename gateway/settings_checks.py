"""What settings must fit together, beyond the type of each: checked once, before anything starts."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from gateway.key_settings import check_keys
from gateway.production_checks import check_production
from gateway.toml_sections import ConfigurationError, written

if TYPE_CHECKING:  # config reads the file and then asks this module
    from gateway.config import Lifetimes, Limits, OperatorApi, Server, Settings

_JURISDICTIONS: Final = frozenset({"HK", "MO", "GD"})
_LOOPBACK: Final = ("http://127.0.0.1", "http://localhost", "http://[::1]")
_FURTHER: Final = ("corpid_base_url",)
"""Addresses that a provider's block may hold beside its own."""
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
_MOST_REQUESTS: Final = 10_000_000
_LONGEST_SESSION: Final = timedelta(hours=24)
"""Of an operator."""
_AT_MOST: Final = {
    "authorization_code": timedelta(seconds=60),
    "refresh_token": timedelta(days=90),
    "parallel_refresh": timedelta(seconds=60),
    "pushed_request": timedelta(seconds=600),
    "device_request": timedelta(minutes=15),
}
_AT_LEAST: Final = {
    "register_recheck": timedelta(minutes=1),
    "refresh_token_idle": timedelta(minutes=1),
    "pushed_request": timedelta(seconds=5),
    "device_request": timedelta(minutes=1),
}
"""Less than this and nobody could finish what the lifetime is for."""


def check(settings: "Settings") -> None:
    """Refuse settings that contradict each other; raises ``ConfigurationError`` naming the key."""
    if settings.environment not in {"development", "production"}:
        raise ConfigurationError('setting environment must be "development" or "production"')
    if settings.realm not in {"sandbox", "production"}:
        raise ConfigurationError('setting realm must be "sandbox" or "production"')
    if settings.issuer.endswith("/") or "?" in settings.issuer or "#" in settings.issuer:
        raise ConfigurationError("setting issuer must be an address without query, fragment or final slash")
    _check_address("issuer", settings.issuer, settings.environment)
    for name, address in _addresses(settings):
        _check_address(name, address, settings.environment)
    _check_ports(settings)
    _check_server(settings.server, settings.issuer)
    _check_lifetimes(settings.lifetimes)
    _check_limits(settings.limits)
    check_keys(settings.keys, settings.environment)
    if settings.signatures is not None and settings.signatures.relying_jurisdiction not in _JURISDICTIONS:
        raise ConfigurationError("setting signatures.relying_jurisdiction must be HK, MO or GD")
    if settings.environment == "production":
        check_production(settings)


def _addresses(settings: "Settings") -> list[tuple[str, str]]:
    """Every address of the far side with the name of its key."""
    found = [
        (f"providers.{name}.{key}", str(block.get(key, "")))
        for name, block in settings.providers.items()
        for key in (far_side_key(block), *(key for key in _FURTHER if key in block))
    ]
    if settings.register is not None:
        found.append(("register.base_url", str(settings.register.get("base_url", ""))))
    return found


def far_side_key(block: Mapping[str, Any]) -> str:
    """The key of a provider's block that says where the provider is."""
    return "issuer" if block.get("kind") == "openid_connect" else "base_url"


def _check_ports(settings: "Settings") -> None:
    _check_port("server.port", settings.server.port)
    if settings.operator_api is not None:
        _check_port("operator_api.port", settings.operator_api.port)
        if settings.operator_api.port == settings.server.port:
            raise ConfigurationError("setting operator_api.port must differ from server.port")
        _check_operators(settings.operator_api)


def _check_operators(own: "OperatorApi") -> None:
    if (own.tls_certificate is None) is not (own.tls_key is None):
        raise ConfigurationError("settings operator_api.tls_certificate and operator_api.tls_key belong together")
    if own.tls_client_ca is not None and own.tls_certificate is None:
        raise ConfigurationError("setting operator_api.tls_client_ca needs operator_api.tls_certificate")
    if not timedelta(minutes=1) <= own.session_idle <= own.session <= _LONGEST_SESSION:
        raise ConfigurationError("settings operator_api: one minute <= session_idle <= session <= 24 hours")


def _check_port(name: str, port: int) -> None:
    if not 1 <= port <= 65535:  # noqa: PLR2004 - the range of ports
        raise ConfigurationError(f"setting {name} must be between 1 and 65535")


def _check_server(server: "Server", issuer: str) -> None:
    if server.workers < 1:
        raise ConfigurationError("setting server.workers must be at least 1")
    for proxy in server.trusted_proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            raise ConfigurationError("setting server.trusted_proxies must list addresses or networks") from error
    if (server.tls_certificate is None) is not (server.tls_key is None):
        raise ConfigurationError("settings server.tls_certificate and server.tls_key belong together")
    if server.tls_certificate is not None and not issuer.startswith("https://"):
        raise ConfigurationError("setting issuer must be an https address when server.tls_certificate is set")
    _check_certificate_header(server)


def _check_certificate_header(server: "Server") -> None:
    if server.client_certificate_header is None:
        return
    if not _HEADER.fullmatch(server.client_certificate_header):
        raise ConfigurationError("setting server.client_certificate_header must be the name of a header")
    if not server.trusted_proxies:
        raise ConfigurationError("setting server.client_certificate_header needs server.trusted_proxies")


def _check_lifetimes(lifetimes: "Lifetimes") -> None:
    for name, most in _AT_MOST.items():
        if getattr(lifetimes, name) > most:
            raise ConfigurationError(f"setting lifetimes.{name} must not exceed {written(most)}")
    for name, least in _AT_LEAST.items():
        if getattr(lifetimes, name) < least:
            raise ConfigurationError(f"setting lifetimes.{name} must be at least {written(least)}")
    if lifetimes.refresh_token_idle > lifetimes.refresh_token:
        raise ConfigurationError("setting lifetimes.refresh_token_idle must not exceed lifetimes.refresh_token")


def _check_limits(limits: "Limits") -> None:
    for name in ("requests_per_minute", "pushed_requests_per_minute", "sign_ins_per_minute", "refusals_per_minute"):
        if not 1 <= getattr(limits, name) <= _MOST_REQUESTS:
            raise ConfigurationError(f"setting limits.{name} must be between 1 and {_MOST_REQUESTS}")


def _check_address(name: str, address: str, environment: str) -> None:
    if address.startswith("https://"):
        return
    plain = any(address == host or address.startswith((f"{host}:", f"{host}/")) for host in _LOOPBACK)
    if environment == "development" and plain:
        return
    raise ConfigurationError(f"setting {name} must be an https address (plain http only on loopback in development)")
