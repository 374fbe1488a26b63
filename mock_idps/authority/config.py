"""Settings of the simulated authorities: their address; a wrong setting stops the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """A setting is missing, unknown or of the wrong shape; the message names the setting only."""


@dataclass(frozen=True, slots=True)
class AuthorityConfig:
    """Everything that the authorities are told from outside."""

    base_url: str
    seed: str = ""

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> Self:
        """Read the block of the shared configuration file."""
        unknown = set(settings) - {"base_url", "seed"}
        if unknown:
            raise ConfigError(f"unknown setting {min(unknown)}")
        base_url, seed = settings.get("base_url"), settings.get("seed", "")
        if not isinstance(base_url, str) or urlsplit(base_url).scheme not in {"http", "https"}:
            raise ConfigError("base_url must be http or https")
        if not isinstance(seed, str):
            raise ConfigError("seed must be a text")
        return cls(base_url.rstrip("/"), seed)
