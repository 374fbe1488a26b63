"""Typed page contexts, one per template; what a page shows is exactly what its context holds.

The larger ones stand where they are made: ``consent_pages``, ``account_pages``, ``decoupled_pages``.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """What is said of an account beside its button; the times are local, and empty where there are none."""

    kind: str
    """``silent``, ``away``, ``soon``; texts ``account_notice.<kind>``."""
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class ProviderOption:
    """One account to choose, as a button ``provider-hong-kong``, ``provider-macao`` or ``provider-guangdong``."""

    name: str
    """``hong_kong``, ``macao``, ``guangdong``; texts ``account.<name>.*`` of the locales."""
    notice: AccountNotice | None = None
    """Box ``notice-provider-…``; the account can be chosen all the same."""

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
    """Own address to which a language link adds ``lang=``; empty where a page cannot be opened twice."""


@dataclass(frozen=True, slots=True)
class ChooserPage(Page):
    """Choose the account to sign in with; posts ``provider`` and ``csrf``."""

    template = "chooser.html"
    action: str
    csrf: str
    providers: tuple[ProviderOption, ...]
    way_home: str | None
    """Address that returns to the relying party without signing in; a kiosk's or counter's request has none."""
    is_hopeless: bool = False
    """Whether none of the accounts answers; box ``none-answers``."""


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
    way_home: str | None


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
    """The farewell, box ``signed-out``; its frames tell services that the session has ended."""

    template = "signed_out.html"
    way_home: str | None
    upstream: tuple[tuple[str, str], ...] = ()
    """(provider name, address) where the provider's own session can be ended."""
    told: tuple[str, ...] = ()
    """Names of the services that are told."""
    frames: tuple[str, ...] = ()
    """Addresses of services that end their sessions in a frame (Front-Channel Logout 1.0 §2)."""
    goes_on: bool = False
    """Whether the browser goes to ``way_home`` by itself after a moment."""


@dataclass(frozen=True, slots=True)
class FormPostPage(Page):
    """Carries an authorization response in a form (Form Post Response Mode §2); button ``continue``."""

    template = "form_post.html"
    action: str
    fields: tuple[tuple[str, str], ...]


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
    notice: AccountNotice | None = None
    """What is known of it."""
    others: tuple[ProviderOption, ...] = ()
    """Accounts that still work; buttons as on the chooser."""
    action: str | None = None
    csrf: str | None = None
    again: str | None = None
    """Own path where the sign-in can be gone on with."""
    way_home: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the developers' start page: a registry's word and what this gateway says to it."""

    name: str
    value: str
    link: str | None = None
    """Own path behind the value."""
    specification: str | None = None


@dataclass(frozen=True, slots=True)
class HomePage(Page):
    """The start page for developers: what the discovery document says, in words and links."""

    template = "home.html"
    issuer: str
    links: tuple[tuple[str, str], ...]
    """(label key, path)."""
    endpoints: tuple[Fact, ...]
    algorithms: tuple[Fact, ...]
    profiles: tuple[Fact, ...]
    samples: tuple[tuple[str, str], ...]
    """(label key, command)."""


@dataclass(frozen=True, slots=True)
class ErrorListPage(Page):
    """Every error code with a link to its page; links ``error-<code>``."""

    template = "error_list.html"
    codes: tuple[tuple[str, str], ...]
    """(code, what it means in a few words)."""


@dataclass(frozen=True, slots=True)
class ErrorPage(Page):
    """One error code for developers, box ``error``; its texts are English in every language."""

    template = "error.html"
    code: str
    happened: str
    usually: str
    remedy: str
    specification: str
