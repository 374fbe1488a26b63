"""What a sign-in brings to the question of the number, what the records already say, and what may be decided.

All of it is values: the caller reads the records, `resolve.decide` judges, the caller carries the decision out in
one transaction. Nothing here prints a number, a name or a birth date.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from mapping.documents.permits import TravelPermit
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing
from mapping.surrogate import Block
from mapping.vocabulary import Realm, Sex


@dataclass(frozen=True, slots=True)
class Evidence:
    """What this sign-in proves, each number parsed; only what the providers and the person's documents say."""

    permit: TravelPermit | None = None
    declared_type: str | None = None
    """The document type under which the permit was offered (GA/T 2000.156); none means not declared."""
    birthdate: date | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)
    assurance: int = 0
    residence_permit: MainlandIdentifier | None = None
    residence_permit_verified: bool = False
    """Whether a register or a provider vouches for the residence permit number; typing it is not enough."""
    previous_permit: TravelPermit | None = None
    same_person: bool = False
    """Explicit proof that both permits are one person's (same home card, or both cards in one session)."""
    purpose: str | None = None
    citizen: MainlandIdentifier | None = None
    """A citizen's number that the provider itself vouches for: read, never stored."""
    vouched: bool = False
    """Whether the register has just confirmed permit, name and birth date together."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The record that a permit holder is known by a number."""

    permit: TravelPermit
    birthdate: date = field(repr=False)
    sex: Sex = field(repr=False)
    number: MainlandIdentifier
    issued_at: datetime
    replaces: tuple[str, ...] = field(default=(), repr=False)
    """Numbers that this one took over from, oldest first; they are never issued again."""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What the records say about the permits and the number of one sign-in, read in one transaction."""

    binding: Binding | None = None
    """The record of the permit offered; a closed or retired one is not shown, only its standing."""
    previous: Binding | None = None
    """The record of the previous permit."""
    number_holder: str | None = field(default=None, repr=False)
    """The canonical permit to which the offered residence number is bound already."""
    standing: Standing = Standing.ACTIVE
    """How the record of the permit offered stands, even where it is not shown."""
    is_holder: bool = False
    """Whether the account that asks is tied to the record of the permit offered."""
    previous_standing: Standing = Standing.ACTIVE
    """How the record of the previous permit stands: what is frozen does not come free under a new permit."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gateway and the relying party of this sign-in allow; the sandbox unless said otherwise."""

    realm: Realm = Realm.SANDBOX
    surrogates_allowed: bool = True
    min_assurance: int = 2


@dataclass(frozen=True, slots=True)
class Keep:
    """The record stands: answer with it, write nothing."""

    binding: Binding


@dataclass(frozen=True, slots=True)
class Renew:
    """The record stands, and the same permit was shown on a newer card: write its renewal count, nothing else."""

    binding: Binding
    permit: TravelPermit


@dataclass(frozen=True, slots=True)
class Read:
    """The provider vouches for the number itself: answer with it, store nothing."""

    number: MainlandIdentifier


@dataclass(frozen=True, slots=True)
class Bind:
    """Write this number for the permit, under the unique index of both; retire the previous permit if named."""

    number: MainlandIdentifier
    replaces: tuple[str, ...] = field(default=(), repr=False)
    previous_permit: TravelPermit | None = None
    change: Change = Change.BOUND
    """The word for the history."""


@dataclass(frozen=True, slots=True)
class Allocate:
    """Choose a free number of this block and write it for the permit; retire the previous permit if named.

    The permit has a record already if, and only if, the change is a correction.
    """

    block: Block
    replaces: tuple[str, ...] = field(default=(), repr=False)
    previous_permit: TravelPermit | None = None
    change: Change = Change.BOUND
    """The word for the history."""


Decision = Keep | Renew | Read | Bind | Allocate
