"""The emergency, rehearsed: would the standby sign, and how soon would every worker follow? No key changes (§9.1)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys.rotation import moves
from certs.keys.rotation.guards import GuardError
from certs.keys.rotation.records import KeySetRecord
from gateway.admin import key_work
from gateway.admin.acts import Act
from gateway.admin.key_work import ALIVE, KeyOffice
from gateway.audit import AuditAction

BOUND: Final = timedelta(seconds=60)
"""So soon an emergency has to count on every worker (KM-03)."""
_LOOK: Final = 0.5

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill found."""

    key_set: str
    standby: str | None
    standby_signs: bool
    """Whether the standby has proven itself in every worker."""
    instances: int
    followed: int
    """Workers that took up the change of the set's version."""
    seconds: float | None
    """How long the last of them took; none where some did not follow in time."""
    problem: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether an emergency would go well now."""
        return self.standby_signs and not self.problem and self.seconds is not None


async def drill(
    office: KeyOffice, name: str, act: Act, clock: Callable[[], datetime], sleep: Sleep = asyncio.sleep
) -> Drill:
    """Rehearse the loss of the active key: on paper for the set, for real for the way to the workers.

    The set's version moves, with no key changed, so that every worker reads it anew as it would in an emergency.
    """
    act.require_reason()
    _, keys = await key_work.current(office, name)
    known = await key_work.facts(office, keys, act.now)
    standby = keys.standby
    problem = _on_paper(keys, act)
    bumped = keys.changed()
    event = act.event(AuditAction.KEY_DRILLED, key_set=name, version=str(bumped.version))
    if not await office.registry.change(keys, bumped, [event], verb="drill"):
        raise key_work.AlreadyRunningError("the set is being changed by somebody else")
    seconds, followed, instances = await _follow(office, bumped, clock, sleep)
    return Drill(
        key_set=name,
        standby=standby.kid if standby else None,
        standby_signs=standby is not None and standby.kid in known.ready,
        instances=instances,
        followed=followed,
        seconds=seconds,
        problem=problem,
    )


def described(found: Drill) -> dict[str, Any]:
    """A drill as operators read it."""
    return {
        "key_set": found.key_set,
        "standby": found.standby,
        "standby_signs": found.standby_signs,
        "instances": found.instances,
        "followed": found.followed,
        "seconds": None if found.seconds is None else round(found.seconds, 1),
        "bound_seconds": BOUND.total_seconds(),
        "problem": found.problem or None,
        "passed": found.is_passed,
    }


def _on_paper(keys: KeySetRecord, act: Act) -> str:
    """What would be in the way of an emergency; the moves are pure, so trying them changes nothing."""
    if keys.active is None:
        return "no key is active"
    if keys.standby is None:
        return "there is no standby key: one would have to be made first"
    try:
        after = moves.compromise(keys, keys.active.kid, act.now, "drill", act.now)
    except GuardError as error:
        return str(error)
    return "" if after.active is not None else "no key would be active"


async def _follow(
    office: KeyOffice, keys: KeySetRecord, clock: Callable[[], datetime], sleep: Sleep
) -> tuple[float | None, int, int]:
    """Wait until every living worker tells that it works with the new version."""
    began = clock()
    while True:
        living = [one for one in await office.instances.living(clock() - ALIVE) if one.kind == "gateway"]
        followed = [one for one in living if int(one.set_versions.get(keys.name, "0")) >= keys.version]
        passed = (clock() - began).total_seconds()
        if len(followed) == len(living):
            return passed, len(followed), len(living)
        if passed > BOUND.total_seconds():
            return None, len(followed), len(living)
        await sleep(_LOOK)
