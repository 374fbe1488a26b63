"""The one place where a provider is registered: its name in settings, and how it is made."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from providers import guangdong, hong_kong, macao, openid_connect
from providers.base import IdentityProvider
from providers.calls import Calls
from providers.guangdong import build_register
from providers.signing import Signer

__all__ = [
    "FACTORIES",
    "REGISTER_SIGNERS",
    "SIGNERS",
    "Factory",
    "ProviderBlock",
    "SignerFactory",
    "build_register",
    "check_block",
    "factory_for",
]

ProviderBlock: TypeAlias = Mapping[str, Any]
"""One block of settings, with the contents of its `*_file` entries already read."""
Factory: TypeAlias = Callable[[ProviderBlock, Calls, Callable[[], datetime]], IdentityProvider]
"""Makes a provider without calling it; raises `ValueError` that names the key which is wrong."""

FACTORIES: Final[Mapping[str, Factory]] = MappingProxyType(
    {"hong_kong": hong_kong.build, "macao": macao.build, "guangdong": guangdong.build}
)

SignerFactory: TypeAlias = Callable[[ProviderBlock, Calls, Callable[[], datetime]], Signer]
"""Makes the signing service of a provider out of the same block."""

SIGNERS: Final[Mapping[str, SignerFactory]] = MappingProxyType(
    {"hong_kong": hong_kong.build_signer, "macao": macao.build_signer}
)
REGISTER_SIGNERS: Final[Mapping[str, SignerFactory]] = MappingProxyType({"guangdong": guangdong.build_signer})
"""Made from the block of the register instead: they stand behind the same government gateway."""
_READERS: Final[Mapping[str, Callable[[ProviderBlock], object]]] = MappingProxyType(
    {"hong_kong": hong_kong.from_settings, "macao": macao.from_settings, "guangdong": guangdong.from_settings}
)


def factory_for(name: str, block: ProviderBlock) -> Factory | None:
    """How the provider of a block is made: by the dialect of its name, or by the one that its ``kind`` says."""
    if name in FACTORIES:  # their names stand in records and texts for the three systems, and for nobody else
        return FACTORIES[name]
    return partial(openid_connect.build, name) if block.get("kind") == openid_connect.KIND else None


def check_block(name: str | None, block: ProviderBlock, now: datetime) -> None:
    """Read a provider's block, or that of the register (None), and make nothing of it; raises ``ValueError``."""
    if name is None:
        guangdong.link_from_settings(block)
    elif name in _READERS:
        _READERS[name](block)
    else:
        openid_connect.from_settings(name, block, now)
