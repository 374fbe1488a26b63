"""Settings of the sandbox's federation: its address; a wrong setting stops the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit

REGIONS: Final = ("hong_kong", "macao", "guangdong")


class ConfigError(ValueError):
    """A setting is missing, unknown or of the wrong shape; the message names the setting only."""


@dataclass(frozen=True, slots=True)
class TrustAnchorConfig:
    """Everything that the federation is told from outside."""

    base_url: str
    key_pem: str | None = None
    """The anchor's private key, so that others can pin its public half before it runs; without one a key is made."""

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> Self:
        """Read the block of the shared configuration file."""
        unknown = set(settings) - {"base_url", "key_pem"}
        if unknown:
            raise ConfigError(f"unknown setting {min(unknown)}")
        base_url = settings.get("base_url")
        if not isinstance(base_url, str) or urlsplit(base_url).scheme not in {"http", "https"}:
            raise ConfigError("base_url must be http or https")
        key_pem = settings.get("key_pem")
        if key_pem is not None and not isinstance(key_pem, str):
            raise ConfigError("key_pem must be a text")
        return cls(base_url.rstrip("/"), key_pem)
