"""Allocations without a store: the product's own choice of numbers against a set in memory, over crowded birthdays."""

import secrets
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.mapping_people import Person
from mapping.errors import MappingError
from mapping.surrogate import block_for, candidates
from mapping.vocabulary import Realm

_REPORT_EVERY = 1_000
DIGITS = 17


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of many allocations."""

    given: int
    distinct: int
    misses: int
    """Numbers that were offered in vain."""
    refused: int
    """People whose day was full; a refusal is the right answer then."""
    retries: int = 0
    """Transactions that were run again, because another process was quicker."""

    @property
    def duplicates(self) -> int:
        """Numbers that two people have."""
        return self.given - self.distinct


def allocate(people: Iterable[Person], realm: Realm, progress: Callable[[int], None]) -> Outcome:
    """Give everybody a number by `mapping.surrogate.candidates`; what is proved is counted by other means."""
    taken: set[int] = set()
    given = array("Q")  # the first seventeen characters are a number; the eighteenth follows from them
    misses = refused = 0
    for done, person in enumerate(people, start=1):
        offers = 0
        try:
            for number in candidates(block_for(person.permit, realm), person.birthdate, person.sex, secrets.randbelow):
                body = int(number.value[:DIGITS])
                offers += 1
                if body not in taken:
                    taken.add(body)
                    given.append(body)
                    misses += offers - 1
                    break
        except MappingError:
            refused += 1
        if done % _REPORT_EVERY == 0:
            progress(_REPORT_EVERY)
    return Outcome(len(given), count_distinct(given), misses, refused)


def count_distinct(numbers: Iterable[int]) -> int:
    """Count different numbers by sorting them: by other means than the set that kept them apart."""
    ordered = sorted(numbers)
    return len(ordered) - sum(first == second for first, second in pairwise(ordered))
