"""What is due in the key sets, done by itself: idempotent, safe with many replicas, one write for each step (§9.1).

Whoever comes second finds the set changed and does nothing; a crash leaves a set from which the next round goes on.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.keys.rotation.guards import GuardError
from certs.keys.rotation.records import KeySetRecord, ProofKind
from certs.keys.rotation.rules import Publication
from certs.keys.rotation.schedule import Step, Verb
from gateway.admin import key_office, key_work
from gateway.admin.acts import Act
from gateway.admin.key_sets import SetDescription
from gateway.admin.key_work import AlreadyRunningError, KeyOffice, Order, UnknownKeySetError

_LOG: Final = logging.getLogger("gateway.keys")
_STEPS: Final = 8
"""The most steps of one set in one round: from making a key to signing with it, and the farewells."""
ACTOR: Final = "gateway"

Probe = Callable[[SetDescription], Awaitable[frozenset[str]]]
"""The names of the keys that the set's document shows to somebody outside; empty where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round has done."""

    taken: tuple[str, ...] = ()
    """``set: verb``, in order."""
    failed: tuple[str, ...] = ()
    """The same for steps that could not be done now."""


@dataclass(slots=True)
class _Record:
    taken: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


async def rotate(office: KeyOffice, probe: Probe, now: datetime, *, dry_run: bool = False) -> Round:
    """Take every step that is due in any set; in a dry run only say which the first would be."""
    record = _Record()
    for name in office.sets:
        for _ in range(1 if dry_run else _STEPS):
            if not await _step(office, name, probe, now, record, dry_run=dry_run):
                break
    return Round(tuple(record.taken), tuple(record.failed))


async def _step(office: KeyOffice, name: str, probe: Probe, now: datetime, record: _Record, *, dry_run: bool) -> bool:
    """One step of one set; false when there is nothing more to be done now."""
    keys, steps = await key_work.show_plan(office, name, now)
    if not keys.keys:
        return False  # nothing was adopted: a set that nobody has begun is not begun by itself (F-KEY-03)
    due = next((one for one in steps if not one.by_hand and one.is_open(now)), None)
    if due is None:
        return False
    word = f"{name}: {due.verb.value}"
    if dry_run:
        record.taken.append(word)
        return False
    try:
        is_done = await _take(office, name, due, keys, probe, now)
    except (GuardError, AlreadyRunningError, UnknownKeySetError) as error:
        _LOG.info("%s is not done now: %s", word, error)
        record.failed.append(word)
        return False
    if is_done:
        record.taken.append(word)
    return is_done


async def _take(  # noqa: PLR0917 - a step in its surroundings
    office: KeyOffice, name: str, step: Step, keys: KeySetRecord, probe: Probe, now: datetime
) -> bool:
    order = Order(Act(ACTOR, now), expected=keys.version)
    kid = step.kid or ""
    if step.verb is Verb.PROVE:
        return await _prove(office, name, kid, probe, order)
    if step.verb is Verb.GENERATE:
        await key_office.generate(office, name, order)
    elif step.verb is Verb.PUBLISH:
        await key_office.publish(office, name, order, kid)
    elif step.verb is Verb.ACTIVATE:
        await key_office.activate(office, name, order, kid)
    elif step.verb is Verb.RETIRE:
        await key_office.retire(office, name, order, kid)
    else:
        await key_office.destroy_private(office, name, kid, order)
    return True


async def _prove(office: KeyOffice, name: str, kid: str, probe: Probe, order: Order) -> bool:
    """Look at our own document as others do; a key that is not in it yet is looked for again in the next round."""
    description = office.sets[name]
    if description.rules.publication is not Publication.JWKS or kid not in await probe(description):
        return False
    await key_office.prove(office, name, ProofKind.PROBE, order, kid)
    return True
