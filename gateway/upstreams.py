"""The far side, made from the settings: every configured provider, the register, and the HTTP client they share."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.config import ConfigurationError, Settings
from gateway.settings_checks import far_side_key
from mapping.identifier import MainlandIdentifier
from mapping.ports import LinkAnswer, LinkQuestion, LinkRegister
from providers.base import IdentityProvider
from providers.breakers import REGISTER, Breakers
from providers.calls import Calls
from providers.registry import FACTORIES, REGISTER_SIGNERS, SIGNERS, build_register, factory_for
from providers.signing import Signer


@dataclass(slots=True)
class CurrentRegister:
    """The register as it is connected now; whoever holds this learns of no change of credentials."""

    connected: LinkRegister

    async def ask(self, question: LinkQuestion) -> LinkAnswer:
        """Ask about one holder."""
        return await self.connected.ask(question)

    async def redeem(self, token: str) -> MainlandIdentifier:
        """Fetch the number behind a match, once."""
        return await self.connected.redeem(token)


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Everything on the far side: providers by name, the register, and the client they share.

    The mappings are shared and never copied: a change of credentials puts another object in the place of one.
    """

    providers: MutableMapping[str, IdentityProvider]
    addresses: MutableMapping[str, str]
    register: CurrentRegister | None
    calls: Calls
    signers: MutableMapping[str, Signer]
    """The signing services of those providers that have one."""


def build_calls(settings: Settings) -> Calls:
    """The client for calls to providers, with the authorities of the settings, and a breaker for each far side."""
    return Calls(ca_bundle=settings.outbound.ca_bundle, breakers=Breakers((*settings.providers, REGISTER)))


def build_upstreams(settings: Settings, calls: Calls, clock: Callable[[], datetime]) -> Upstreams:
    """Make every configured provider; none of them is called, so that a dead one cannot stop the start."""
    made = Upstreams({}, {}, None, calls, {})
    for name, block in settings.providers.items():
        try:
            connect(made, name, block, clock)
        except ValueError as error:
            raise ConfigurationError(f"providers.{name}: {error}") from error
    if not settings.register:
        return made
    try:
        register = CurrentRegister(build_register(settings.register, calls.under(REGISTER), clock))
        made = replace(made, register=register)
        connect_register(made, settings.register, clock)
    except ValueError as error:
        raise ConfigurationError(f"register: {error}") from error
    return made


def connect(upstreams: Upstreams, name: str, block: Mapping[str, Any], clock: Callable[[], datetime]) -> None:
    """Make one provider with its signing service, and put both in their place; raises ``ValueError``, or does both."""
    factory = factory_for(name, block)
    if factory is None:
        raise ConfigurationError(f"unknown provider {name}; known are {', '.join(sorted(FACTORIES))}")
    provider = factory(block, upstreams.calls, clock)
    signer = SIGNERS[name](block, upstreams.calls, clock) if name in SIGNERS else None
    upstreams.providers[name] = provider
    upstreams.addresses[name] = str(block[far_side_key(block)])
    if signer is not None:
        upstreams.signers[name] = signer


def connect_register(upstreams: Upstreams, block: Mapping[str, Any], clock: Callable[[], datetime]) -> None:
    """The same for the register, and for the signing services behind it of those who can sign in beside them."""
    behind = upstreams.calls.under(REGISTER)
    register = build_register(block, behind, clock)
    signers = {
        name: make(block, behind, clock) for name, make in REGISTER_SIGNERS.items() if name in upstreams.providers
    }
    if upstreams.register is not None:
        upstreams.register.connected = register
    upstreams.signers.update(signers)
