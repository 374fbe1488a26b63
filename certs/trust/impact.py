"""What an update would change in reports that were given already: the number that a dry run shows (spec 4.3)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from certs.trust.snapshot import TrustSnapshot

Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class ImpactCount:
    """How many reports were looked at, and how many would say something else: by (before, after)."""

    reports: int
    changed: int
    changes: Mapping[tuple[str, str], int]


def impact(
    old: TrustSnapshot,
    new: TrustSnapshot,
    judge: Callable[[TrustSnapshot, Report], str],
    reports: Iterable[Report],
) -> ImpactCount:
    """Judge every report's recognition by both snapshots; reads the reports once, keeps none of them."""
    looked_at = 0
    changes: Counter[tuple[str, str]] = Counter()
    for report in reports:
        looked_at += 1
        before, after = judge(old, report), judge(new, report)
        if before != after:
            changes[before, after] += 1
    return ImpactCount(looked_at, changes.total(), MappingProxyType(dict(sorted(changes.items()))))
