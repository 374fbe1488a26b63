"""Providers that change their credentials while people sign in: what changed is made anew and put in its place.

A swap calls nobody, so that a dead provider cannot hold it up; a sign-in that is being finished goes on with the object
that it began with. A value with which no provider can be made changes nothing, and is told.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from certs.keys.backends import KeyBackend
from certs.keys.errors import KeyMaterialError
from certs.keys.rotation.records import KeySetRecord
from gateway.config import Settings
from gateway.held_credentials import Held, held_of, overlay
from gateway.upstream_credentials import PROVIDERS, CredentialSet, blocks_of, credential_sets
from gateway.upstreams import Upstreams, connect, connect_register

_LOG: Final = logging.getLogger("gateway.upstreams")


class Outcome(StrEnum):
    """What became of a change."""

    SAME = "same"
    """It is what is used already."""
    SWAPPED = "swapped"
    REFUSED = "refused"
    """Nothing can be made with it; what was used before is used further."""


@dataclass(frozen=True, slots=True)
class Swap:
    """The answer to one change."""

    outcome: Outcome
    problem: str = ""
    """What is wrong, by the name of the setting; never the value."""


class LiveUpstreams:
    """The far side of one process, and what it holds of every set of credentials."""

    def __init__(self, settings: Settings, upstreams: Upstreams, clock: Callable[[], datetime]) -> None:
        self._upstreams = upstreams
        self._clock = clock
        self._blocks = blocks_of(settings)
        self._used: dict[str, Mapping[str, Any]] = dict(self._blocks)
        self._sets = {one.name: one for one in credential_sets(settings)}
        self._held: dict[str, Held] = {}
        self._problems: dict[str, str] = {}

    @property
    def sets(self) -> Mapping[str, CredentialSet]:
        """Every set of credentials by its name."""
        return self._sets

    @property
    def problems(self) -> Mapping[str, str]:
        """By set: why its last change could not be taken up; for `gate doctor`."""
        return self._problems

    def apply(self, name: str, held: Held) -> Swap:
        """Work with other values of one set from now on; an unknown set is a ``KeyError``."""
        one = self._sets[name]
        others = {other: values for other, values in self._held.items() if self._sets[other].block == one.block}
        try:
            block = overlay(self._blocks[one.block], self._sets, {**others, name: held})
            outcome = self._use(one.block, block)
        except ValueError as error:
            return self._refused(name, str(error))
        self._held[name] = held
        self._problems.pop(name, None)
        return Swap(outcome)

    def watchers(self, backend: KeyBackend) -> Mapping[str, Callable[[KeySetRecord], Awaitable[None]]]:
        """What each set's record, when it changes, has to be handed to."""

        def watcher(name: str) -> Callable[[KeySetRecord], Awaitable[None]]:
            async def changed(keys: KeySetRecord) -> None:
                self.take_up(name, keys, backend)

            return changed

        return {name: watcher(name) for name in self._sets}

    def take_up(self, name: str, keys: KeySetRecord, backend: KeyBackend) -> Swap:
        """The same out of a record: its values are fetched from where they lie."""
        try:
            held = held_of(self._sets[name], keys, backend.secret)
        except KeyMaterialError as error:
            return self._refused(name, str(error))
        if held is None:  # without a successor there is nothing to change to; to stop sign-ins is a provider's switch
            return self._refused(name, "no key of the set is active")
        return self.apply(name, held)

    def _use(self, name: str, block: Mapping[str, Any]) -> Outcome:
        if dict(block) == dict(self._used[name]):
            return Outcome.SAME
        if name.startswith(PROVIDERS):
            connect(self._upstreams, name.removeprefix(PROVIDERS), block, self._clock)
        else:
            connect_register(self._upstreams, block, self._clock)
        self._used[name] = block
        _LOG.info("connected anew", extra={"upstream": name})
        return Outcome.SWAPPED

    def _refused(self, name: str, problem: str) -> Swap:
        self._problems[name] = problem
        _LOG.warning("credential not taken up: %s", problem, extra={"key_set": name})
        return Swap(Outcome.REFUSED, problem)
