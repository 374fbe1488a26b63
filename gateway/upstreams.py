"""The far side, made from the settings: every configured provider, the register, and the HTTP client they share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.config import ConfigurationError, Settings
from gateway.settings_checks import far_side_key
from mapping.ports import LinkRegister
from providers.base import IdentityProvider
from providers.calls import Calls
from providers.registry import FACTORIES, REGISTER_SIGNERS, SIGNERS, build_register, factory_for
from providers.signing import Signer


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Everything on the far side: providers by name, the register, and the client they share."""

    providers: Mapping[str, IdentityProvider]
    addresses: Mapping[str, str]
    register: LinkRegister | None
    calls: Calls
    signers: Mapping[str, Signer]
    """The signing services of those providers that have one."""


def build_calls(settings: Settings) -> Calls:
    """The client for calls to providers, with the authorities that the settings add."""
    return Calls(ca_bundle=settings.outbound.ca_bundle)


def build_upstreams(settings: Settings, calls: Calls, clock: Callable[[], datetime]) -> Upstreams:
    """Make every configured provider; none of them is called, so that a dead one cannot stop the start."""
    providers: dict[str, IdentityProvider] = {}
    signers: dict[str, Signer] = {}
    for name, block in settings.providers.items():
        factory = factory_for(name, block)
        if factory is None:
            raise ConfigurationError(f"unknown provider {name}; known are {', '.join(sorted(FACTORIES))}")
        try:
            providers[name] = factory(block, calls, clock)
            if name in SIGNERS:
                signers[name] = SIGNERS[name](block, calls, clock)
        except ValueError as error:
            raise ConfigurationError(f"providers.{name}: {error}") from error
    try:
        register = build_register(settings.register, calls, clock) if settings.register else None
        signers |= _register_signers(settings, providers, calls, clock)
    except ValueError as error:
        raise ConfigurationError(f"register: {error}") from error
    addresses = {name: str(block[far_side_key(block)]) for name, block in settings.providers.items()}
    return Upstreams(providers, addresses, register, calls, signers)


def _register_signers(
    settings: Settings, providers: Mapping[str, IdentityProvider], calls: Calls, clock: Callable[[], datetime]
) -> dict[str, Signer]:
    """The signing services that stand behind the register's own gateway, for those who can sign in beside them."""
    block = settings.register
    if not block:
        return {}
    return {name: make(block, calls, clock) for name, make in REGISTER_SIGNERS.items() if name in providers}
