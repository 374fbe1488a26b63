"""The port of the places' signing services: a person signs a hash there, the gateway carries the result (§1.5, §3.3).

One trip of one browser: `begin_signing` says where it goes, each return is given to `finish_signing`, which sends it on
once more where the place wants a sign-in first, or gives what was signed. What came back is not judged here: it is
passed on as the place spelt it, for the validation that reads such answers.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from providers.base import Callback, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure

DIGEST_BYTES: Final = 32
"""SHA-256 and SM3 alike."""
LONGEST_DEPARTMENT: Final = 100
LONGEST_NAME: Final = 255
_ORDER_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,36}")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, repr=False)
class SigningOrder:
    """What the broker asks of a signing service: one digest, and the words under which the person is asked."""

    order_id: str
    """Opaque, unguessable, used once; it is the state of the trip and the place's business id."""
    callback_url: str
    """Where the browser comes back to; a place that drops ``state`` gets ``/{order_id}`` appended."""
    digest_algorithm: str
    digest: bytes
    document_name: str
    service_name: str
    department: str
    language: str
    """One of our five locales."""

    def __post_init__(self) -> None:
        """Let no order exist that a place's page could show other than it was meant."""
        if not _ORDER_ID.fullmatch(self.order_id):
            raise ValueError("an order id has 16 to 36 letters, digits, hyphens and underscores")
        if len(self.digest) != DIGEST_BYTES:
            raise ValueError("a digest has 32 bytes")
        limits = {self.document_name: LONGEST_NAME, self.service_name: LONGEST_NAME}
        for shown, limit in {**limits, self.department: LONGEST_DEPARTMENT}.items():
            # A direction override or a line end would let a name look like another one on the person's phone.
            if not 0 < len(shown) <= limit or any(unicodedata.category(letter) in _HIDDEN for letter in shown):
                raise ValueError("a name that the person is shown is empty, too long or holds hidden characters")


@dataclass(frozen=True, slots=True, repr=False)
class SigningStart:
    """Where the browser goes now, what must be kept until it is back, and what the person compares."""

    url: str
    kept: Mapping[str, str] = field(default_factory=dict)
    """Private to the place (a token, the expected person); the broker stores it sealed."""
    identification_code: str | None = None
    """Shown before the person leaves: the place shows the same code, or this is not the document."""


@dataclass(frozen=True, slots=True, repr=False)
class SigningOutcome:
    """What a place gave back for a digest; nothing of it is believed yet."""

    profile: str
    """How the answer is spelt: the name under which the validation knows it."""
    digest: bytes
    """The digest that was sent."""
    result: Mapping[str, Any]
    """The place's members as they came."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """What `acknowledge` needs."""


SigningStep: TypeAlias = SigningStart | SigningOutcome


class Signer(Protocol):
    """The signing service of one place."""

    @property
    def name(self) -> str:
        """The provider's name in settings, callbacks and records."""
        ...

    @property
    def keeps_state(self) -> bool:
        """False where the place drops ``state``: the order id then travels in the callback's path."""
        ...

    @property
    def digest_algorithm(self) -> str:
        """The digest that the place signs, ``sha256`` or ``sm3``; orders with another are refused."""
        ...

    async def begin_signing(self, order: SigningOrder, signer: UpstreamIdentity) -> SigningStart:
        """Prepare the trip for the one person who may sign; ``ProviderError`` when it cannot begin."""
        ...

    async def finish_signing(self, callback: Callback) -> SigningStep:
        """Read a return of the browser (``login_id`` is the order id); ``ProviderError`` for every refusal."""
        ...

    async def acknowledge(self, outcome: SigningOutcome, *, accepted: bool) -> None:
        """Tell the place what became of its result, where it wants to know."""
        ...


def check_order(provider: str, algorithm: str, order: SigningOrder, signer: UpstreamIdentity) -> None:
    """Refuse another digest, and a person of another place."""
    if order.digest_algorithm != algorithm:
        raise ProviderError(provider, ProviderFailure.NOT_ELIGIBLE, "digest_algorithm")
    if signer.provider != provider:
        raise ProviderError(provider, ProviderFailure.NOT_ELIGIBLE, "other_provider")
