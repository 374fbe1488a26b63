"""Which changes of the settings a running gateway takes up, and which only a restart may make (F-UPG-04).

A reload replaces workers one after another, so for a moment old and new settings serve side by side: what must be the
same everywhere is not changed that way. Nor is protection taken away: that is somebody's deliberate restart.
"""

from typing import Any, Final

from gateway.config import Settings

_BY_RESTART: Final = (
    "issuer",
    "environment",
    "realm",
    "keys_dir",
    "storage.database_url",
    "server.host",
    "server.port",
    "server.workers",
    "operator_api.host",
    "operator_api.port",
)


def refusal(before: Settings, after: Settings) -> str | None:
    """Why a reload does not take these settings, naming the key; none if it does."""
    for key in _BY_RESTART:
        if _value(before, key) != _value(after, key):
            return f"setting {key} is changed by a restart and not by a reload"
    if after.environment != "production":
        return None
    weaker = next((key for key, is_weaker in _weaker(before, after).items() if is_weaker), None)
    return None if weaker is None else f"setting {weaker} would be weaker than it is: that takes a restart"


def _weaker(before: Settings, after: Settings) -> dict[str, bool]:
    return {
        "dpop.nonce": before.dpop.nonce and not after.dpop.nonce,
        "server.tls_certificate": before.server.tls_certificate is not None and after.server.tls_certificate is None,
        "server.tls_client_ca": before.server.tls_client_ca is not None and after.server.tls_client_ca is None,
        "transfers": bool(set(before.transfers) - set(after.transfers)),
        "federation.required_trust_marks": bool(_marks(before) - _marks(after)) and after.federation is not None,
    }


def _marks(settings: Settings) -> frozenset[str]:
    return frozenset() if settings.federation is None else frozenset(settings.federation.required_trust_marks)


def _value(settings: Settings, key: str) -> Any:
    value: Any = settings
    for name in key.split("."):
        value = getattr(value, name, None)
    return value
