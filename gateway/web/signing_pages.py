"""Pages of signing across the border: what is to be signed and for whom, the code to compare, and what became of it.

The person signs with their own provider. This side of it must let them see that both sides speak of one document:
its name, the fingerprint of its digest, and the identification code that the provider shows as well.
"""

from dataclasses import dataclass
from typing import Final

from gateway.web.pages import Page, ProviderOption

_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class ToSign:
    """What is to be signed; ``document_name`` is the relying party's text and always escaped."""

    document_name: str
    digest_alg: str
    fingerprint: tuple[str, ...]
    """Groups of the digest in hexadecimal, to be compared by eye."""
    purpose: str
    """``contract``, ``tender`` …: a code of the equivalence table."""
    relying: str
    """``hong_kong``, ``macao``, ``guangdong``: where the signature is to be used."""
    until: str
    """Until when the person may sign, ``16:02``."""


@dataclass(frozen=True, slots=True)
class SigningPage(Page):
    """Look at what is to be signed and choose an account; posts ``provider`` and ``csrf``."""

    template = "signing.html"
    action: str
    csrf: str
    document: ToSign
    providers: tuple[ProviderOption, ...]
    way_home: str | None
    """Address that returns to the relying party without signing."""


@dataclass(frozen=True, slots=True)
class SigningCodePage(Page):
    """Compare the code (box ``identification-code``) and leave for the provider (button ``continue``)."""

    template = "signing_code.html"
    action: str
    csrf: str
    document: ToSign
    provider: str
    identification_code: str | None
    """The same as the provider shows; `None` where a provider has none."""
    way_home: str | None


@dataclass(frozen=True, slots=True)
class SigningResultPage(Page):
    """What became of it, box ``signing-result``; ``signed``, ``refused`` or ``failed``."""

    template = "signing_result.html"
    status: str
    document: ToSign
    reason: str | None
    """Code of the check that decided against what came back; its sentence says what to do."""
    way_home: str | None


def fingerprint(digest: bytes) -> tuple[str, ...]:
    """A digest in groups that can be compared by eye or read out."""
    text = digest.hex()
    return tuple(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
