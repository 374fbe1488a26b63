"""Who has a key to the operator API: made once, shown once, remembered only as a keyed hash."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.ports import OperatorRegistry
from gateway.admin.records import Operator, Role
from gateway.audit import AuditAction

KEY_BYTES: Final = 32
KEY_LIMIT: Final = 100
"""Characters of a presented key that are looked at."""

_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_DOMAIN: Final = b"operator|"
"""Keeps these hashes apart from those of client secrets, which hang on the same key (G19)."""


class OperatorNameError(ValueError):
    """A name that no operator can have."""


class OperatorTakenError(Exception):
    """There is an operator of this name, perhaps a disabled one: names are never given twice."""


@dataclass(frozen=True, slots=True)
class Created:
    """A new operator, with the key: shown once."""

    operator: Operator
    key: str = field(repr=False)


async def create(
    registry: OperatorRegistry, name: str, role: Role, secret_key: bytes, act: Act, *, dry_run: bool = False
) -> Created:
    """Add an operator; raises ``OperatorNameError`` or ``OperatorTakenError``."""
    if not _NAME.fullmatch(name):
        raise OperatorNameError("a name is a letter and up to 39 of a-z, 0-9, dot, dash, underscore")
    operator = Operator(name, role, act.now)
    key = secrets.token_urlsafe(KEY_BYTES)
    if dry_run:
        is_free = all(one.name != name for one in await registry.all())
    else:
        event = act.event(AuditAction.OPERATOR_CREATED, name=name, role=role.value)
        is_free = await registry.save(operator, hash_key(secret_key, key), event)
    if not is_free:
        raise OperatorTakenError
    return Created(operator, key)


async def disable(registry: OperatorRegistry, name: str, act: Act, *, dry_run: bool = False) -> bool:
    """Take a key back; false if there is no such operator or it was taken already."""
    if dry_run:
        return any(one.name == name and one.disabled_at is None for one in await registry.all())
    return await registry.disable(name, act.now, act.event(AuditAction.OPERATOR_DISABLED, name=name))


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
        "active": operator.disabled_at is None,
        "created_at": moment(operator.created_at),
        "disabled_at": moment(operator.disabled_at),
    }
