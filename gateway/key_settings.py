"""What the numbers of key rotation must be: a lead that is too short would let a key sign that no cache knows."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gateway.toml_sections import ConfigurationError

if TYPE_CHECKING:  # config reads the file and then asks this module
    from gateway.config import Keys

_BACKENDS: Final = ("sealed", "pkcs11")
_DAY: Final = timedelta(days=1)
_BOUNDS: Final = {
    "jwks_max_age": (timedelta(minutes=1), _DAY),
    "jwks_stale_if_error": (timedelta(0), 7 * _DAY),
    "partner_refresh": (timedelta(0), 30 * _DAY),
    "skew": (timedelta(seconds=5), timedelta(minutes=10)),
    "settle": (timedelta(minutes=1), 7 * _DAY),
    "active_life": (7 * _DAY, 730 * _DAY),
}
"""In production; a sandbox may rotate within minutes, so that a rotation can be watched."""
_MOST_PUBLISHED: Final = 6
"""An active life is so many publish leads at least: else three keys of one algorithm and more would pile up."""


def check_keys(keys: "Keys", environment: str) -> None:
    """Refuse numbers that fit neither each other nor what is promised; raises ``ConfigurationError``."""
    if keys.backend not in _BACKENDS:
        raise ConfigurationError("setting keys.backend must be sealed or pkcs11")
    given = (keys.pkcs11_module, keys.pkcs11_token, keys.pkcs11_pin_file)
    if keys.backend == "pkcs11" and None in given:
        raise ConfigurationError("settings keys.pkcs11_module, .pkcs11_token and .pkcs11_pin_file belong together")
    if environment == "production":
        _check_bounds(keys)
    lead = max(keys.jwks_max_age + keys.jwks_stale_if_error, keys.partner_refresh) + keys.skew
    if keys.active_life < _MOST_PUBLISHED * lead:
        raise ConfigurationError(f"setting keys.active_life must be at least {_MOST_PUBLISHED} times the publish lead")


def _check_bounds(keys: "Keys") -> None:
    for name, (least, most) in _BOUNDS.items():
        if not least <= getattr(keys, name) <= most:
            raise ConfigurationError(f"setting keys.{name} must be between {least} and {most} in production")
