"""Tests of significance, by their normal approximations: how likely chance alone looks like this, or worse."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, equal values sharing their mean rank."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            found[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return found


def differ(one: Sequence[float], other: Sequence[float]) -> float:
    """Whether one sample tends to be larger than the other (Mann-Whitney, corrected for ties)."""
    n, m = len(one), len(other)
    together = [*one, *other]
    u = sum(ranks(together)[:n]) - n * (n + 1) / 2
    ties = sum(count**3 - count for count in Counter(together).values())
    spread = math.sqrt(n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1))))
    return 1.0 if not spread else two_sided((u - n * m / 2) / spread)


def follow(values: Sequence[float]) -> float:
    """Whether values rise or fall with their place (Spearman)."""
    n = len(values)
    mean = (n + 1) / 2
    found = ranks(values)
    spread = sum((rank - mean) ** 2 for rank in found) * sum((place - mean) ** 2 for place in range(1, n + 1))
    shared = sum((rank - mean) * (place - mean) for place, rank in enumerate(found, 1))
    return two_sided(shared / math.sqrt(spread) * math.sqrt(n - 1))


def stick(values: Sequence[float]) -> float:
    """Whether values above and below the median come in too few or too many runs (Wald-Wolfowitz)."""
    middle = median(values)
    sides = [value > middle for value in values if value != middle]
    above = sum(sides)
    below = len(sides) - above
    runs = 1 + sum(one != other for one, other in pairwise(sides))
    expected = 2 * above * below / len(sides) + 1
    spread = math.sqrt((expected - 1) * (expected - 2) / (len(sides) - 1))
    return two_sided((runs - expected) / spread)


def favour(counts: Sequence[int]) -> float:
    """Whether some of equally likely outcomes come too often or too evenly (chi-squared, Wilson-Hilferty)."""
    expected, freedom = sum(counts) / len(counts), len(counts) - 1
    squared = sum((count - expected) ** 2 / expected for count in counts)
    spread = 2 / (9 * freedom)
    return two_sided(((squared / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread))


def two_sided(deviations: float) -> float:
    """The probability of lying so far from the mean, on either side."""
    return math.erfc(abs(deviations) / math.sqrt(2))
