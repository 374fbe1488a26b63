"""Changing the keys that records are sealed and found with, while the gateway runs (MP-09).

Both keys can be read from the first moment to the last; what is interrupted goes on where it stood.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.ports import Rekeying
from gateway.audit import AuditAction

DEFAULT_BATCH: Final = 500
_LAST_ROUNDS: Final = 5
"""So often what writers put under the old keys meanwhile is fetched before it is left to the next run."""

Report = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What a run has done."""

    began: bool
    """Whether this run put the new keys into use; false when it went on with an earlier one."""
    moved: int
    finished: bool
    """Whether the old keys are retired."""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """Which keys are in use, which lie in the folder, and what is left under those that are to go; ids alone."""

    in_use: Mapping[str, tuple[str, ...]]
    """By purpose, newest first."""
    held: Mapping[str, tuple[str, ...]]
    left: int

    @property
    def is_under_way(self) -> bool:
        """Whether a change has begun and is not finished, or was prepared and has not begun."""
        is_prepared = any(ids[:1] != self.in_use.get(purpose, ())[:1] for purpose, ids in self.held.items())
        return self.left > 0 or is_prepared or any(len(ids) > 1 for ids in self.in_use.values())

    @property
    def may_go(self) -> dict[str, tuple[str, ...]]:
        """The keys whose files nobody needs any more: older than those in use, with nothing left under them."""
        if self.is_under_way:
            return {}
        idle = {
            purpose: tuple(one for one in ids if one not in self.in_use[purpose]) for purpose, ids in self.held.items()
        }
        return {purpose: ids for purpose, ids in idle.items() if ids}

    def described(self) -> dict[str, Any]:
        """As operators see it."""
        return {
            "in_use": {purpose: list(ids) for purpose, ids in self.in_use.items()},
            "in_folder": {purpose: list(ids) for purpose, ids in self.held.items()},
            "left": self.left,
            "under_way": self.is_under_way,
            "files_that_may_go": {purpose: list(ids) for purpose, ids in self.may_go.items()},
        }


async def begin(rekeying: Rekeying, act: Act, *, dry_run: bool = False) -> bool:
    """Put the newest keys into use; false if they are. A dry run says whether nothing is left to be moved."""
    if dry_run:
        return (await rekeying.remaining()).total == 0
    return await rekeying.begin(act.now, act.event(AuditAction.KEYS_CHANGED, step="begin"))


async def remaining(rekeying: Rekeying) -> dict[str, Any]:
    """What still lies under older keys alone."""
    left = await rekeying.remaining()
    return {"boxes": left.boxes, "indexes": left.indexes, "total": left.total}


async def run(rekeying: Rekeying, act: Act, batch: int, report: Report) -> Rekeyed:
    """Begin, move everything, retire the old keys; may be stopped at any moment and run again."""
    began = await begin(rekeying, act)
    total = (await rekeying.remaining()).total
    moved = 0
    report(moved, total)
    finished = False
    for _ in range(_LAST_ROUNDS):
        while step := await rekeying.step(batch):
            moved += step
            total = max(total, moved)
            report(moved, total)
        finished = await rekeying.finish(act.now, act.event(AuditAction.KEYS_CHANGED, step="finish"))
        if finished:
            break
    return Rekeyed(began, moved, finished)
