"""Typed page contexts, one per template; what a page shows is exactly what its context holds."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ProviderOption:
    """One account to choose, as a button ``provider-hong-kong``, ``provider-macao`` or ``provider-guangdong``."""

    name: str
    """``hong_kong``, ``macao``, ``guangdong``; texts ``account.<name>.*`` of the locales."""

    @property
    def element_id(self) -> str:
        """The promised id of the button."""
        return f"provider-{self.name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Page:
    """What every page has."""

    template: ClassVar[str]
    service: str | None
    """Name of the relying party the person comes from; foreign text, always escaped."""
    switch: str
    """Own address to which a language link adds ``lang=``."""


@dataclass(frozen=True, slots=True)
class ChooserPage(Page):
    """Choose the account to sign in with; posts ``provider`` and ``csrf``."""

    template = "chooser.html"
    action: str
    csrf: str
    providers: tuple[ProviderOption, ...]
    way_home: str
    """Address that returns to the relying party without signing in."""


@dataclass(frozen=True, slots=True)
class PermitPage(Page):
    """Type the travel permit's number once (field ``permit``; buttons ``check-permit`` and ``skip-permit``)."""

    template = "permit.html"
    action: str
    csrf: str
    answer: str | None
    """Code of what is wrong with the number typed last: ``permit.format``, ``register.not_matched``, …"""
    name: str
    """The person's name, masked."""
    way_home: str


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One claim: a label key ``claim.<name>`` and the value as shown (numbers masked)."""

    name: str
    value: str
    note: str | None = None
    """Key of an explanation, for example that the number is a surrogate."""


@dataclass(frozen=True, slots=True)
class ConsentGroup:
    """One scope: its items, or the reason why there are none."""

    scope: str
    items: tuple[ConsentItem, ...]
    missing: str | None = None

    @property
    def may_be_left_out(self) -> bool:
        """True for what the person can withhold without ending the sign-in."""
        return self.scope != "openid" and bool(self.items)


@dataclass(frozen=True, slots=True)
class ConsentPage(Page):
    """What goes to whom, in which jurisdiction; buttons ``agree`` and ``refuse``, boxes ``withhold``."""

    template = "consent.html"
    action: str
    csrf: str
    provider: str
    jurisdiction: str
    """``hong_kong``, ``macao``, ``guangdong``: where the receiver sits."""
    origin: str
    """Where the data comes from."""
    purpose: str
    name: str
    groups: tuple[ConsentGroup, ...]
    client_uri: str | None
    policy_uri: str | None


@dataclass(frozen=True, slots=True)
class Receiver:
    """One service that has the number: its registered name, where it sits, when it was last given it."""

    name: str
    jurisdiction: str
    date: str


@dataclass(frozen=True, slots=True)
class StandingConsent:
    """One decision that still counts, with the token of its own ``withdraw`` form."""

    client_id: str
    name: str
    jurisdiction: str
    purpose: str
    scopes: tuple[str, ...]
    date: str
    csrf: str


@dataclass(frozen=True, slots=True)
class RecordShown:
    """The person's record, masked."""

    permit: str
    number: str
    kind: str
    standing: str
    date: str


@dataclass(frozen=True, slots=True)
class AccountPage(Page):
    """My identifier: what is on record; links ``ask-<act>``, forms ``withdraw-<n>``."""

    template = "account.html"
    name: str
    provider: str
    accounts: tuple[str, ...]
    """Providers whose accounts are tied to the same permit."""
    record: RecordShown | None
    receivers: tuple[Receiver, ...]
    consents: tuple[StandingConsent, ...]
    acts: tuple[str, ...]
    """What may be asked for now: ``new-permit``, ``dispute``, ``untie``, ``erase``."""
    done: str | None = None
    """The act that has just been done."""


@dataclass(frozen=True, slots=True)
class AccountSignInPage(Page):
    """Sign in first, or again before a change; link ``account-sign-in``."""

    template = "account_sign_in.html"
    sign_in: str
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class AccountActPage(Page):
    """One change, asked about before it is made; button ``confirm-<act>``, link ``leave-it``."""

    template = "account_act.html"
    act: str
    action: str
    csrf: str
    name: str
    provider: str
    answer: str | None = None
    """Code of what is wrong with the permit's number that was typed."""


@dataclass(frozen=True, slots=True)
class AccountEndedPage(Page):
    """The account was untied or forgotten, and its sessions ended; box ``account-ended``."""

    template = "account_ended.html"
    act: str


@dataclass(frozen=True, slots=True)
class SignOutPage(Page):
    """Ask before signing out; button ``confirm-sign-out``."""

    template = "sign_out.html"
    action: str
    csrf: str
    hidden: tuple[tuple[str, str], ...]
    """The validated request, carried through the form."""


@dataclass(frozen=True, slots=True)
class SignedOutPage(Page):
    """The farewell, box ``signed-out``."""

    template = "signed_out.html"
    way_home: str | None
    upstream: tuple[tuple[str, str], ...] = ()
    """(provider name, address) where the provider's own session can be ended."""


@dataclass(frozen=True, slots=True)
class ProblemPage(Page):
    """What happened, whether anything was saved, what to do next, and the way back; box ``problem``."""

    template = "problem.html"
    code: str
    key: str
    reference: str
    """Correlation id to read out to support."""
    detail: str | None = None
    """Fixed English words for the developer of the relying party, folded away."""
    provider: str | None = None
    """The account that is affected."""
    others: tuple[ProviderOption, ...] = ()
    """Accounts that still work; buttons as on the chooser."""
    action: str | None = None
    csrf: str | None = None
    again: str | None = None
    """Own path where the sign-in can be gone on with."""
    way_home: str | None = None


@dataclass(frozen=True, slots=True)
class HomePage(Page):
    """The start page for developers: links to discovery, keys, health."""

    template = "home.html"
    issuer: str
    links: tuple[tuple[str, str], ...]
    """(label key, path)."""
