"""What is remembered of a managed key and of its set; the private half is only ever named by its handle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from certs.keys.errors import KeyMaterialError
from certs.keys.key_state import IN_DOCUMENT, KeyState

WITH_OPERATOR: Final = "settings"
"""The backend whose values an operator wrote; it reads them and nothing else."""


class ProofKind(StrEnum):
    """How it is known that everybody concerned can see a new key (§9.1, guard 3)."""

    PROBE = "probe"
    """Our own document was fetched from outside, and the key stands in it."""
    PARTNER = "partner"
    """The partner's system answered with the new key, or an operator there confirmed it."""
    OVERRIDE = "override"
    """Two operators took it upon themselves, with a reason."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a key is published."""

    kind: ProofKind
    at: datetime
    by: str
    """``gateway``, or the names of operators."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key of a set. It never holds a private half: ``handle`` says where that lies (``backend:name``)."""

    kid: str
    """RFC 7638 thumbprint of the public half, never used twice; an opaque random name for secrets."""
    algorithm: str
    """``ES256``, ``RS256``, ``PS256``, ``RSA-OAEP-256``, ``SM2``, ``A256GCM``, ``secret``."""
    state: KeyState
    state_since: datetime
    created_at: datetime
    handle: str | None = None
    public: Mapping[str, Any] = field(default_factory=dict)
    """The public JWK; empty for symmetric keys and secrets."""
    published_at: datetime | None = None
    activated_at: datetime | None = None
    retiring_at: datetime | None = None
    retired_at: datetime | None = None
    private_gone_at: datetime | None = None
    """When the private half was destroyed, or is known to be gone."""
    certificates: tuple[str, ...] = ()
    """PEM, the key's own first."""
    not_after: datetime | None = None
    """The end of the certificate, for a key that has one."""
    proof: Proof | None = None
    last_used_at: datetime | None = None
    """When something signed with it was last verified here; to about a minute."""
    compromised_from: datetime | None = None
    """From when on what it signed must be doubted."""
    reason: str = ""

    @property
    def is_with_operator(self) -> bool:
        """Whether the private half lies in a file of the operator's, which only they can take away."""
        return (self.handle or "").startswith(f"{WITH_OPERATOR}:")

    def __repr__(self) -> str:
        return f"KeyRecord(kid={self.kid!r}, algorithm={self.algorithm!r}, state={self.state.value!r})"


@dataclass(frozen=True, slots=True)
class KeySetRecord:
    """All keys of one set that ever were, oldest first; ``version`` moves with every change (compare and set)."""

    name: str
    version: int = 0
    keys: tuple[KeyRecord, ...] = ()

    def __post_init__(self) -> None:
        """Let no set exist in which two keys sign, or one key stands twice."""
        if sum(key.state is KeyState.ACTIVE for key in self.keys) > 1:
            raise KeyMaterialError("two active keys in one set")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise KeyMaterialError("a key stands twice in its set")

    def find(self, kid: str) -> KeyRecord | None:
        """One key by its name."""
        return next((key for key in self.keys if key.kid == kid), None)

    def in_state(self, *states: KeyState) -> tuple[KeyRecord, ...]:
        """The keys in some states, oldest first."""
        return tuple(key for key in self.keys if key.state in states)

    @property
    def active(self) -> KeyRecord | None:
        """The one key that signs, if there is one."""
        return next(iter(self.in_state(KeyState.ACTIVE)), None)

    @property
    def standby(self) -> KeyRecord | None:
        """The next key, which an emergency makes active at once; none while it is held."""
        return next(iter(self.in_state(KeyState.PUBLISHED)), None)

    @property
    def document(self) -> tuple[KeyRecord, ...]:
        """The keys that are published, in the order of the document: active, next, retiring."""
        return tuple(sorted(self.in_state(*IN_DOCUMENT), key=lambda key: IN_DOCUMENT.index(key.state)))

    def changed(self, *changed: KeyRecord) -> Self:
        """The set after a change: keys of known names are replaced, others are added; the version moves by one."""
        by_kid = {key.kid: key for key in changed}
        kept = tuple(by_kid.pop(key.kid, key) for key in self.keys)
        return type(self)(self.name, self.version + 1, kept + tuple(by_kid.values()))
