"""The secret values of our credentials, and the blocks of settings with those that are held now.

A dialect is only ever given what its overlap needs: the active credential, and where it has to open something, the one
that comes and the one that goes.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from certs.keys.errors import KeyMaterialError
from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from gateway.upstream_credentials import CredentialSet


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """The secret values of one set now; they never print."""

    active: bytes
    coming: tuple[bytes, ...] = ()
    """Known to the far side already, which may use them from now on."""
    retiring: tuple[bytes, ...] = ()


def held_of(one: CredentialSet, keys: KeySetRecord, read: Callable[[str], bytes]) -> Held | None:
    """Fetch what a dialect needs of a set; None where no key is active.

    Raises ``KeyMaterialError`` where the active one is not there; another that is not there is left out, and is not
    ready (guard 5).
    """
    active = keys.active
    if active is None or active.handle is None:
        return None
    value = read(active.handle)
    if not one.opens:
        return Held(value)
    coming = keys.in_state(KeyState.PUBLISHED, KeyState.HELD)
    return Held(value, _readable(coming, read), _readable(reversed(keys.in_state(KeyState.RETIRING)), read))


def overlay(block: Mapping[str, Any], sets: Mapping[str, CredentialSet], held: Mapping[str, Held]) -> Mapping[str, Any]:
    """The block with what is held now; ``held`` and ``sets`` go by the name of a set. Raises ``ValueError``."""
    made = dict(block)
    for name, values in held.items():
        one = sets[name]
        active = _text(one, values.active)
        if one.setting == "private_key" and active != block.get("private_key"):
            made.pop("private_key_id", None)  # it was the name of the first key alone
        made[one.setting] = active
        _beside(made, one, one.next_setting, values.coming)
        _beside(made, one, one.previous_setting, values.retiring)
    return MappingProxyType(made)


def _beside(made: dict[str, Any], one: CredentialSet, setting: str | None, values: tuple[bytes, ...]) -> None:
    if setting is None:
        return
    made.pop(setting, None)
    if values:
        made[setting] = _text(one, values[0])


def _text(one: CredentialSet, value: bytes) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"setting {one.setting} must be a text") from None


def _readable(keys: Iterable[KeyRecord], read: Callable[[str], bytes]) -> tuple[bytes, ...]:
    found = []
    for key in keys:
        if key.handle is not None and key.private_gone_at is None:
            with contextlib.suppress(KeyMaterialError):
                found.append(read(key.handle))
    return tuple(found)
