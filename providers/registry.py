"""The one place where a provider is registered: its name in settings, and how it is made."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from providers import guangdong, hong_kong, macao
from providers.base import IdentityProvider
from providers.calls import Calls
from providers.guangdong import build_register

__all__ = ["FACTORIES", "Factory", "ProviderBlock", "build_register"]

ProviderBlock: TypeAlias = Mapping[str, Any]
"""One block of settings, with the contents of its `*_file` entries already read."""
Factory: TypeAlias = Callable[[ProviderBlock, Calls, Callable[[], datetime]], IdentityProvider]
"""Makes a provider without calling it; raises `ValueError` that names the key which is wrong."""

FACTORIES: Final[Mapping[str, Factory]] = MappingProxyType(
    {"hong_kong": hong_kong.build, "macao": macao.build, "guangdong": guangdong.build}
)
