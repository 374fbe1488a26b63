"""Stand-in numbers for people to whom no 18-character number was ever issued (mapping specification 10.5).

A stand-in has the holder's true birth date, the right parity and a right check character, but a region code that no
authority uses: forms accept it, police data never will, and anyone can tell it offline. It is chosen at random and
remembered in a table; nothing about it can be computed from the permit, which is why it cannot be computed back.
"""

import hashlib
import hmac
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Self

from mapping.dates import MIN_BIRTHDATE
from mapping.documents.permits import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import LAST_SERIAL, MainlandIdentifier, check_character
from mapping.regions import (
    RESERVED_BLOCKS,
    RESIDENCE_PERMIT_REGIONS,
    region_class,
    reserved_codes,
)
from mapping.vocabulary import HolderClass, IdentifierKind, Realm, Sex, Territory

RANDOM_TRIES: Final = 64
"""So many misses in a row mean a nearly full day; from then on the slots are walked one by one."""

ALERT_SHARE: Final = 0.60
"""From here on a code's day is reported as filling, long before it is full (mapping specification 11.5)."""

_KEPT_BACK: Final = 5
"""One code of so many is given from only when the others are full or switched off."""

Choose = Callable[[int], int]
"""A chooser below a bound: `secrets.randbelow` where it matters, a seeded one in tests."""

_DOMAIN: Final = "gba-idmap|surrogate|v1|"


@dataclass(frozen=True, slots=True)
class Block:
    """The reserved region codes of one territory, class of holders and realm."""

    territory: Territory
    holder_class: HolderClass
    realm: Realm
    frozen: frozenset[str] = field(default=frozenset(), kw_only=True)
    """Codes that give no new numbers for now; the numbers given from them stay."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The six-digit codes in use, ascending."""
        reserved = reserved_codes(self.territory, self.holder_class, self.realm)
        return tuple(code for code in reserved if code not in self.frozen)

    def without(self, codes: frozenset[str]) -> Self:
        """Leave codes out that an operator or an alarm froze; those of other blocks mean nothing here."""
        return replace(self, frozen=self.frozen | codes)

    @property
    def tiers(self) -> tuple[Self, ...]:
        """The same block in the order in which its codes are given from: the last fifth is kept back, and of it again.

        Which codes are kept back never depends on what is switched off. So there are codes from which nothing was
        given lately, to go on with when it is not known which numbers were (docs/how-to/back-up-and-restore.md).
        """
        reserved = reserved_codes(self.territory, self.holder_class, self.realm)
        return tuple(self.without(frozenset(reserved) - codes) for codes in _tiers(reserved))

    def slot_count(self, sex: Sex) -> int:
        """How many people of one sex can share a birth date."""
        return len(self.codes) * bucket_capacity(sex)


def _tiers(codes: Sequence[str]) -> Iterator[frozenset[str]]:
    while codes:
        kept_back = max(len(codes) // _KEPT_BACK, 1 if len(codes) > 1 else 0)
        yield frozenset(codes[: len(codes) - kept_back])
        codes = codes[len(codes) - kept_back :]


def block_for(permit: TravelPermit, realm: Realm) -> Block:
    """Find the block from which the holder of this permit is served."""
    return Block(permit.territory, permit.holder_class, realm)


def _first_serial(sex: Sex) -> int:
    return 1 if sex is Sex.MALE else 2


def bucket_capacity(sex: Sex) -> int:
    """How many people of one sex and birth date one region code serves: 498 men or 497 women."""
    return (LAST_SERIAL - _first_serial(sex)) // 2 + 1


def is_filling(count: int, sex: Sex) -> bool:
    """Whether so many numbers given under one code, birth date and sex are reason to tell the operator."""
    return count >= ALERT_SHARE * bucket_capacity(sex)


def number_at(block: Block, birthdate: date, sex: Sex, slot: int) -> MainlandIdentifier:
    """Build the number of one slot; slots are ordered by code, then by serial."""
    if birthdate < MIN_BIRTHDATE:
        raise MappingError("date.out_of_range")
    code_index, serial_index = divmod(slot, bucket_capacity(sex))
    code = block.codes[code_index]
    body = f"{code}{birthdate:%Y%m%d}{_first_serial(sex) + 2 * serial_index:03d}"
    return MainlandIdentifier(body + check_character(body), birthdate, region_class(code))


def candidates(
    block: Block,
    birthdate: date,
    sex: Sex,
    choose: Choose,
    *,
    without: frozenset[str] = frozenset(),
) -> Iterator[MainlandIdentifier]:
    """Offer numbers until the caller has stored one under its unique index; a full day ends in a refusal.

    The caller stops at the first number that the store accepts. Every slot is offered at least once before
    `surrogate.capacity` is raised, and none twice after the random tries. Frozen codes are passed `without`.
    """
    block = block.without(without)
    count = block.slot_count(sex)
    if count == 0:
        raise MappingError("surrogate.capacity")
    tried = set()
    for _ in range(RANDOM_TRIES):
        slot = choose(count)
        tried.add(slot)
        yield number_at(block, birthdate, sex, slot)
    start = choose(count)  # a fixed start would number the last arrivals of a full day in order
    for offset in range(count):
        slot = (start + offset) % count
        if slot not in tried:
            yield number_at(block, birthdate, sex, slot)
    raise MappingError("surrogate.capacity")


def allocate_from_key(
    key: bytes,
    permit: TravelPermit,
    birthdate: date,
    sex: Sex,
    *,
    block: Block,
    taken: Container[str] = (),
) -> MainlandIdentifier:
    """Choose the same number for the same input every time: for published test cases, never for people.

    Were the key to leak, every number would narrow its permit down to one; production uses `candidates`.
    """
    message = f"{_DOMAIN}{permit.canonical}|{birthdate.isoformat()}|{sex.value}".encode("ascii")
    digest = hmac.new(key, message, hashlib.sha256).digest()
    count = block.slot_count(sex)
    start = int.from_bytes(digest[:8], "big") % count
    for offset in range(count):
        number = number_at(block, birthdate, sex, (start + offset) % count)
        if number.value not in taken:
            return number
    raise MappingError("surrogate.capacity")


def reserved_block_problems(assigned_regions: Iterable[str] = ()) -> tuple[str, ...]:
    """Check at start that the reserved codes collide with nothing: region codes only, no number is involved.

    Pass the region table of the day, if there is one; an empty answer means that all is well.
    """
    blocks = [
        Block(territory, holder_class, realm)
        for territory in (Territory.HONG_KONG, Territory.MACAO)
        for realm, holder_class in RESERVED_BLOCKS
    ]
    codes = [code for block in blocks for code in block.codes]
    assigned = set(assigned_regions) | set(RESIDENCE_PERMIT_REGIONS)
    problems = [f"region {code} is assigned" for code in codes if code in assigned]
    problems += [f"region {code} is in two blocks" for code in sorted(set(codes)) if codes.count(code) > 1]
    problems += [
        f"region {code} is not recognised as a stand-in"
        for code in codes
        if region_class(code).kind is not IdentifierKind.SURROGATE
    ]
    return tuple(problems)
