"""Who works at the operators' listener: in which role, for which places, and with a key that is shown once.

A key is remembered only as a keyed hash. Nobody changes their own role, and a custodian is made by two persons.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from gateway.admin import joint_acts
from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.operation_ports import JointActs
from gateway.admin.operation_records import JointActKind
from gateway.admin.ports import OperatorRegistry
from gateway.admin.records import Operator, Role
from gateway.audit import AuditAction
from gateway.oidc.client_rules import JURISDICTIONS

KEY_BYTES: Final = 32
KEY_LIMIT: Final = 100
"""Characters of a presented key that are looked at."""

_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_DOMAIN: Final = b"operator|"
"""Keeps these hashes apart from those of client secrets, which hang on the same key (G19)."""


class OperatorNameError(ValueError):
    """A name that no operator can have."""


class UnknownOperatorError(LookupError):
    """There is no active operator of this name."""


class OwnRightsError(Exception):
    """Nobody changes or disables themselves: somebody else has to."""


class OperatorTakenError(Exception):
    """There is an operator of this name, perhaps a disabled one: names are never given twice."""


@dataclass(frozen=True, slots=True)
class Created:
    """A new operator, with the key: shown once."""

    operator: Operator
    key: str = field(repr=False)


async def create(
    registry: OperatorRegistry,
    name: str,
    role: Role,
    secret_key: bytes,
    act: Act,
    *,
    jurisdictions: Iterable[str] = (),
    dry_run: bool = False,
) -> Created:
    """Add an operator; raises ``OperatorNameError`` or ``OperatorTakenError``. See ``require_second_person``."""
    if not _NAME.fullmatch(name):
        raise OperatorNameError("a name is a letter and up to 39 of a-z, 0-9, dot, dash, underscore")
    operator = Operator(name, role, act.now, jurisdictions=checked_places(jurisdictions))
    key = secrets.token_urlsafe(KEY_BYTES)
    if dry_run:
        is_free = all(one.name != name for one in await registry.all())
    else:
        event = act.event(AuditAction.OPERATOR_CREATED, name=name, role=role.value, **_places(operator))
        is_free = await registry.save(operator, hash_key(secret_key, key), event)
    if not is_free:
        raise OperatorTakenError
    return Created(operator, key)


async def disable(registry: OperatorRegistry, name: str, act: Act, *, dry_run: bool = False) -> bool:
    """Take a key back; false if there is no such operator or it was taken already."""
    if dry_run:
        return any(one.name == name and one.disabled_at is None for one in await registry.all())
    return await registry.disable(name, act.now, act.event(AuditAction.OPERATOR_DISABLED, name=name))


async def change(
    registry: OperatorRegistry,
    name: str,
    role: Role,
    act: Act,
    *,
    jurisdictions: Iterable[str] | None = None,
    dry_run: bool = False,
) -> Operator:
    """Give another role, and other places if they are named; every session of theirs ends.

    Raises ``UnknownOperatorError``, ``OwnRightsError`` or ``OperatorNameError``. See ``require_second_person``.
    """
    act.require_reason()
    before = await _active(registry, name, act)
    places = before.jurisdictions if jurisdictions is None else checked_places(jurisdictions)
    after = replace(before, role=role, jurisdictions=places)
    if dry_run or after == before:
        return after
    event = act.event(AuditAction.OPERATOR_UPDATED, name=name, role=role.value, **_places(after))
    if not await registry.change(before, after, event):
        raise UnknownOperatorError  # disabled or changed meanwhile
    return after


async def require_second_person(
    acts: JointActs, operator: Operator, joint_act: str | None, act: Act, *, dry_run: bool
) -> None:
    """Have two persons make a custodian; raises ``JointActError``.

    Only the command line leaves it out, for the first one (``has_custodian``): before that there are no two.
    """
    if operator.role is not Role.CUSTODIAN:
        return
    await joint_acts.require(acts, joint_act, JointActKind.OPERATOR_ROLE, role_subject(operator), act, dry_run=dry_run)


async def has_custodian(registry: OperatorRegistry) -> bool:
    """Whether anybody active is a custodian."""
    return any(one.role is Role.CUSTODIAN and one.disabled_at is None for one in await registry.all())


def role_subject(operator: Operator) -> dict[str, Any]:
    """What a second person agrees to when somebody becomes a custodian."""
    return {"name": operator.name, "role": operator.role.value, "jurisdictions": list(operator.jurisdictions)}


def checked_places(jurisdictions: Iterable[str]) -> tuple[str, ...]:
    """The places of an operator, in order and each once; raises ``OperatorNameError``."""
    places = tuple(sorted(set(jurisdictions)))
    if not set(places) <= JURISDICTIONS:
        raise OperatorNameError(f"a jurisdiction is one of {', '.join(sorted(JURISDICTIONS))}")
    return places


async def authenticate(registry: OperatorRegistry, secret_key: bytes, presented: str, now: datetime) -> Operator | None:
    """The operator behind a key, unless it was taken back; whatever is presented costs one hash and one read."""
    operator = await registry.of_key(hash_key(secret_key, presented[:KEY_LIMIT]))
    is_over = operator is None or (operator.disabled_at is not None and operator.disabled_at <= now)
    return None if is_over else operator


def hash_key(secret_key: bytes, key: str) -> bytes:
    """The form in which a key is kept; it has 256 random bits, so one quick hash is enough."""
    return hmac.digest(secret_key, _DOMAIN + key.encode("utf-8", "replace"), hashlib.sha256)


def described(operator: Operator) -> dict[str, Any]:
    """An operator as the others see them."""
    return {
        "name": operator.name,
        "role": operator.role.value,
        "jurisdictions": list(operator.jurisdictions),
        "active": operator.disabled_at is None,
        "created_at": moment(operator.created_at),
        "disabled_at": moment(operator.disabled_at),
    }


async def _active(registry: OperatorRegistry, name: str, act: Act) -> Operator:
    if joint_acts.is_same_person(name, act.operator):
        raise OwnRightsError
    found = await registry.find(name)
    if found is None or found.disabled_at is not None:
        raise UnknownOperatorError
    return found


def _places(operator: Operator) -> dict[str, str]:
    return {"jurisdictions": " ".join(operator.jurisdictions)} if operator.jurisdictions else {}
