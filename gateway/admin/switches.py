"""What can be switched off while the gateway runs: a provider (AL-09), or a region code of the reserved blocks."""

from collections.abc import Collection
from typing import Any

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.ports import SwitchRegistry
from gateway.admin.records import Switch, SwitchKind
from gateway.audit import AuditAction
from mapping.errors import MappingError
from mapping.regions import region_class
from mapping.vocabulary import IdentifierKind


class UnknownSwitchError(LookupError):
    """There is no provider or reserved region code of this name."""


async def everything(registry: SwitchRegistry) -> list[dict[str, Any]]:
    """All that is off now."""
    return [described(switch) for switch in await registry.all()]


async def turn_off(
    registry: SwitchRegistry, kind: SwitchKind, name: str, known: Collection[str], act: Act, *, dry_run: bool = False
) -> bool:
    """Switch something off; false if it is off already. ``known`` are the providers of this gateway."""
    act.require_reason()
    _require_known(kind, name, known)
    if dry_run:
        return not await _is_off(registry, kind, name)
    switch = Switch(kind, name, act.now, f"operator:{act.operator}", act.reason)
    return await registry.turn_off(switch, act.event(AuditAction.SWITCHED_OFF, kind=kind.value, name=name))


async def turn_on(
    registry: SwitchRegistry, kind: SwitchKind, name: str, known: Collection[str], act: Act, *, dry_run: bool = False
) -> bool:
    """Switch something on again; false if it is not off."""
    act.require_reason()
    _require_known(kind, name, known)
    if dry_run:
        return await _is_off(registry, kind, name)
    return await registry.turn_on(kind, name, act.event(AuditAction.SWITCHED_ON, kind=kind.value, name=name))


def described(switch: Switch) -> dict[str, Any]:
    """A switch as operators see it."""
    return {
        "kind": switch.kind.value,
        "name": switch.name,
        "since": moment(switch.at),
        "actor": switch.actor,
        "reason": switch.reason,
    }


def is_reserved_code(code: str) -> bool:
    """Whether stand-ins are made with this region code."""
    try:
        return region_class(code).kind is IdentifierKind.SURROGATE
    except (MappingError, IndexError):
        return False


async def _is_off(registry: SwitchRegistry, kind: SwitchKind, name: str) -> bool:
    return any((switch.kind, switch.name) == (kind, name) for switch in await registry.all())


def _require_known(kind: SwitchKind, name: str, known: Collection[str]) -> None:
    """A misspelt name would be switched off without any effect, and nobody would notice."""
    if not (name in known if kind is SwitchKind.PROVIDER else is_reserved_code(name)):
        raise UnknownSwitchError("no such provider" if kind is SwitchKind.PROVIDER else "no such reserved region code")
