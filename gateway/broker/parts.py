"""What the steps of a sign-in work with, put together once by the composition root."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gateway.audit import AuditLog
from gateway.broker.own_client import is_own
from gateway.broker.ports import (
    AttemptCounter,
    NoticeStore,
    NumberStore,
    PeopleStore,
    SignInStore,
    TransactionStore,
)
from gateway.broker.provider_notices import ProviderNotices
from gateway.oidc.model import Client
from gateway.oidc.ports import ClientStore, DecoupledStore, DeliveryStore, PushedRequestStore
from mapping.ports import LinkRegister
from mapping.vocabulary import Realm
from providers.base import Assurance, IdentityProvider

NUMBER_ASSURANCE: Final = Assurance.TWO
"""The lowest level on which an identifier is given (identifiers.md §10.4)."""


@dataclass(frozen=True, slots=True)
class SignInLifetimes:
    """How long things of a sign-in live (security.md section 3)."""

    transaction: timedelta = timedelta(minutes=10)
    session: timedelta = timedelta(hours=12)
    code: timedelta = timedelta(seconds=60)


@dataclass(slots=True)
class SwitchedOff:
    """The providers that operators have switched off, as this worker last heard; the store refuses them at once."""

    providers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Broker:
    """The broker's parts: providers, the register, and what must be remembered."""

    issuer: str
    providers: Mapping[str, IdentityProvider]
    register: LinkRegister | None
    clients: ClientStore
    transactions: TransactionStore
    sign_ins: SignInStore
    numbers: NumberStore
    people: PeopleStore
    notices: NoticeStore
    pushed: PushedRequestStore
    decoupled: DecoupledStore
    deliveries: DeliveryStore
    attempts: AttemptCounter
    audit: AuditLog
    pairwise_key: bytes
    code_key: bytes
    """Finds the codes of devices that people type: what is kept of them is a keyed hash."""
    realm: Realm
    """``sandbox`` or ``production`` (mapping specification 10.5)."""
    lifetimes: SignInLifetimes
    register_recheck: timedelta = timedelta(hours=24)
    """How long the register's last word on a stand-in counts, before it is asked whether there is a number now."""
    switched_off: SwitchedOff = field(default_factory=SwitchedOff)
    notices_of_providers: ProviderNotices = field(default_factory=ProviderNotices)
    transfers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Provider -> the jurisdictions that its people's details may go to; empty means every one of the area (PR-08)."""

    def may_release(self, provider: str, client: Client) -> bool:
        """Whether the table of transfers lets details from a provider's place go to where the client sits."""
        return not self.transfers or is_own(client) or client.jurisdiction in self.transfers.get(provider, frozenset())

    def is_cut_off(self, client: Client) -> bool:
        """Whether no account at all may be used for this client: the table of transfers leaves none."""
        return not any(self.may_release(name, client) for name in self.providers)

    def offered(self, client: Client, least: Assurance | None = None) -> tuple[str, ...]:
        """The providers that this client's users may choose from, by name, able to reach ``least``."""
        return tuple(
            name
            for name, provider in self.providers.items()
            if name not in self.switched_off.providers
            and self.may_release(name, client)
            and (not client.providers or name in client.providers)
            and (least is None or provider.highest_assurance >= least)
        )
