"""What a gateway that serves real people refuses in its settings: values that are for development only (F-UPG-04)."""

import ipaddress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gateway.toml_sections import ConfigurationError, written

if TYPE_CHECKING:  # config reads the file and then asks this module
    from gateway.config import OperatorApi, Settings

_AT_MOST: Final = {
    "access_token": timedelta(minutes=15),
    "id_token": timedelta(minutes=15),
    "transaction": timedelta(minutes=30),
    "session": timedelta(hours=24),
}
_OPERATORS_AT_MOST: Final = {"session": timedelta(hours=12), "session_idle": timedelta(hours=1)}


def check_production(settings: "Settings") -> None:
    """Refuse what weakens a production gateway; raises ``ConfigurationError`` naming the key."""
    if settings.outbound.allow_loopback:
        raise ConfigurationError("setting outbound.allow_loopback is for development only")
    for name, most in _AT_MOST.items():
        if getattr(settings.lifetimes, name) > most:
            raise ConfigurationError(f"setting lifetimes.{name} must not exceed {written(most)} in production")
    for proxy in settings.server.trusted_proxies:
        if ipaddress.ip_network(proxy).prefixlen == 0:
            raise ConfigurationError("setting server.trusted_proxies must not trust every address in production")
    if settings.operator_api is not None:
        _check_operators(settings.operator_api)


def _check_operators(api: "OperatorApi") -> None:
    if not api.require_two_factors:
        raise ConfigurationError("setting operator_api.require_two_factors may be off in development only")
    for name, most in _OPERATORS_AT_MOST.items():
        if getattr(api, name) > most:
            raise ConfigurationError(f"setting operator_api.{name} must not exceed {written(most)} in production")
