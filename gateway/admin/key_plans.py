"""Plans that are written down, looked at, and carried out later: only if nothing has changed meanwhile (§9.2)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from certs.keys.canonical import canonical
from certs.keys.errors import JsonError
from certs.keys.rotation.schedule import Verb
from gateway.admin import key_office, key_work
from gateway.admin.key_words import described_step
from gateway.admin.key_work import Done, KeyOffice, Order
from gateway.admin.numbers import moment

KIND: Final = "gba-key-plan"
MOST_STEPS: Final = 50
_BY_HAND: Final = {Verb.REQUEST_CERT, Verb.PROVE}


class PlanError(ValueError):
    """A plan that cannot be carried out here; the text says why and quotes nothing."""


async def make(office: KeyOffice, issuer: str, names: Sequence[str], now: datetime) -> dict[str, Any]:
    """What is due now in some sets, or in all of them, with the versions that it was found at."""
    sets = []
    for name in names or sorted(office.sets):
        keys, steps = await key_work.show_plan(office, name, now)
        due = [one for one in steps if one.is_open(now) and not one.by_hand and one.verb not in _BY_HAND]
        sets.append(
            {
                "key_set": name,
                "version": keys.version,
                "due": [{"verb": one.verb.value, "kid": one.kid} for one in due],
                "foreseen": [described_step(one) for one in steps],
            }
        )
    return {"kind": KIND, "issuer": issuer, "made_at": moment(now), "sets": sets}


async def apply(office: KeyOffice, issuer: str, plan: Mapping[str, Any], order: Order) -> list[Done]:
    """Carry a plan out; the same plan again goes on where a crash left it, and does nothing twice.

    Raises ``PlanError`` for what is no plan of this gateway, and ``GuardError`` (guard 7) where a set has changed.
    """
    sets = _read(plan, issuer)
    mark = _mark(plan)
    done = []
    for name, version, steps in sets:
        for place, (verb, kid) in enumerate(steps):
            operation = f"{mark}.{name}.{place}"
            at = version if order.dry_run else version + place  # what is only tried moves no version
            step = replace(order, operation=operation, expected=at)
            done.append(await _take(office, name, verb, kid, step))
    return done


async def _take(office: KeyOffice, name: str, verb: Verb, kid: str | None, order: Order) -> Done:
    match verb:
        case Verb.GENERATE:
            return await key_office.generate(office, name, order)
        case Verb.PUBLISH:
            return await key_office.publish(office, name, order, kid)
        case Verb.ACTIVATE:
            return await key_office.activate(office, name, order, kid)
        case Verb.RETIRE:
            return await key_office.retire(office, name, order, kid)
        case Verb.DESTROY_PRIVATE if kid is not None:
            return await key_office.destroy_private(office, name, kid, order)
        case _:
            raise PlanError("the plan holds a step that is not taken by itself")


def _read(plan: Mapping[str, Any], issuer: str) -> list[tuple[str, int, list[tuple[Verb, str | None]]]]:
    if plan.get("kind") != KIND:
        raise PlanError("this is not a plan of key rotations")
    if plan.get("issuer") != issuer:
        raise PlanError("the plan was made for another gateway")
    try:
        found = [
            (str(one["key_set"]), _whole(one["version"]), [_step(step) for step in one["due"]]) for one in plan["sets"]
        ]
    except (KeyError, TypeError, ValueError):
        raise PlanError("the plan is damaged") from None
    if any(verb in _BY_HAND for _, _, steps in found for verb, _ in steps):
        raise PlanError("the plan holds a step that is not taken by itself")
    if sum(len(steps) for _, _, steps in found) > MOST_STEPS:
        raise PlanError("the plan has too many steps")
    return found


def _mark(plan: Mapping[str, Any]) -> str:
    """What tells this plan from any other."""
    try:
        return hashlib.sha256(canonical(dict(plan))).hexdigest()[:24]
    except JsonError:
        raise PlanError("the plan is damaged") from None


def _step(step: Mapping[str, Any]) -> tuple[Verb, str | None]:
    return Verb(step["verb"]), _kid(step["kid"])


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _kid(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value
