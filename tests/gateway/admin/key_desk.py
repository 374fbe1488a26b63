"""An office of managed keys without a database or a file: what is on record, what the backend keeps, who agreed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from certs.keys.backends import NewKey
from certs.keys.errors import KeyMaterialError
from certs.keys.rotation.guards import GuardError, GuardNumber
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.rules import Rules
from gateway.admin.key_sets import SetDescription
from gateway.admin.key_work import KeyOffice, Order
from gateway.admin.operation_records import Instance
from gateway.audit import AuditEvent
from tests.certs.keys.rotation.sets import LOCAL, NOW, RULES
from tests.gateway.admin.fake_accounts import FakeJointActs
from tests.gateway.admin.fakes import an_act

SET = "id-token-es256"
OTHER = "audit-es256"


class Registry:
    """``KeyRegistry``."""

    def __init__(self, *sets: KeySetRecord) -> None:
        self.sets = {one.name: one for one in sets}
        self.done: dict[str, Mapping[str, str]] = {}
        self.events: list[AuditEvent] = []

    async def all(self) -> Mapping[str, KeySetRecord]:
        return dict(self.sets)

    async def versions(self) -> Mapping[str, int]:
        return {name: one.version for name, one in self.sets.items()}

    async def change(
        self,
        before: KeySetRecord,
        after: KeySetRecord,
        events: Sequence[AuditEvent],
        *,
        operation: str | None = None,
        verb: str = "",
    ) -> bool:
        if operation in self.done or self.sets.get(before.name, before).version != before.version:
            return False
        if operation is not None:
            words = {"key_set": after.name, "verb": verb, "version": str(after.version)}
            self.done[operation] = words | {"kid": events[0].details["kid"]}
        self.sets[after.name] = after
        self.events.extend(events)
        return True

    async def outcome(self, operation: str) -> Mapping[str, str] | None:
        return self.done.get(operation)


class Places:
    """``KeyPlaces`` that keeps nothing but names; ``refuses`` says that it does not answer."""

    name = "sealed"

    def __init__(self) -> None:
        self.made = 0
        self.destroyed: list[str] = []
        self.refuses = False

    def generate(self, key_set: str, algorithm: str) -> NewKey:
        if self.refuses:
            raise KeyMaterialError("there is no place for it")
        self.made += 1
        return NewKey(f"made-{self.made}", algorithm, f"sealed:{key_set}/{self.made}", {"kty": "EC"})

    def destroy(self, handle: str) -> None:
        self.destroyed.append(handle)


class Instances:
    """``InstanceRegistry`` of the workers that it is given."""

    def __init__(self, *living: Instance) -> None:
        self.all = list(living)

    async def living(self, since: datetime) -> Sequence[Instance]:
        return [one for one in self.all if one.seen_at >= since]


@dataclass(slots=True)
class KeyDesk:
    """The office with what stands behind it."""

    registry: Registry
    places: Places = field(default_factory=Places)
    instances: Instances = field(default_factory=Instances)
    acts: FakeJointActs = field(default_factory=FakeJointActs)
    rules: Mapping[str, Rules] = field(default_factory=lambda: {SET: RULES, OTHER: LOCAL})
    ready: Callable[[KeySetRecord], frozenset[str]] = lambda keys: frozenset(key.kid for key in keys.keys)

    @property
    def office(self) -> KeyOffice:
        sets = {name: SetDescription(name, "ES256", "a test", rules) for name, rules in self.rules.items()}
        parts: dict[str, Any] = {"registry": self.registry, "instances": self.instances, "backend": self.places}
        return KeyOffice(**parts, sets=sets, acts=self.acts, audit=self.acts, ready=self.ready)

    def key(self, kid: str, name: str = SET) -> KeyRecord:
        found = self.registry.sets[name].find(kid)
        assert found is not None
        return found


def order(at: datetime = NOW, operator: str = "ada", **more: Any) -> Order:
    """An order of an operator, with a reason."""
    return Order(an_act(operator=operator, now=at), **more)


async def refused(step: Awaitable[Any]) -> list[GuardNumber]:
    """The guards that keep a step from being done."""
    with pytest.raises(GuardError) as error:
        await step
    return [one.number for one in error.value.guards]
