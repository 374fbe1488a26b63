"""Asks a far side whether it knows a credential that is to be used next: the proof of publication (guard 3, §9.1).

The question is one call, made by an object that is thrown away afterwards; nobody who signs in notices it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from certs.keys.backends import KeyBackend
from certs.keys.errors import KeyMaterialError
from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from gateway.config import Settings
from gateway.held_credentials import Held, held_of, overlay
from gateway.upstream_credentials import PROVIDERS, blocks_of, credential_sets
from providers.base import KnowsUs
from providers.breakers import REGISTER
from providers.calls import Calls
from providers.errors import ProviderError
from providers.registry import build_register, factory_for


@dataclass(frozen=True, slots=True)
class Answer:
    """What a far side says to one credential."""

    is_known: bool
    problem: str = ""
    """Why not, in our words: ``hong_kong: misconfigured (D20006)``."""


@dataclass(frozen=True, slots=True)
class PartnerProbe:
    """What questions are asked with."""

    settings: Settings
    backend: KeyBackend
    calls: Calls
    clock: Callable[[], datetime]

    async def ask(self, name: str, kid: str, records: Mapping[str, KeySetRecord]) -> Answer:
        """Make one call with a key of a set in the place of the active one; an unknown set or key is a ``KeyError``."""
        key = records[name].find(kid)
        if key is None or key.state not in {KeyState.PUBLISHED, KeyState.HELD, KeyState.ACTIVE}:
            raise KeyError(kid)
        try:
            await self._far_side(name, key, records).introduce()
        except (ProviderError, KeyMaterialError, ValueError) as error:
            return Answer(is_known=False, problem=str(error))
        return Answer(is_known=True)

    def _far_side(self, name: str, key: KeyRecord, records: Mapping[str, KeySetRecord]) -> KnowsUs:
        sets = {one.name: one for one in credential_sets(self.settings)}
        block = sets[name].block
        held = {
            other: values
            for other, one in sets.items()
            if one.block == block and other != name and other in records
            if (values := held_of(one, records[other], self.backend.secret)) is not None
        }
        tried = overlay(
            blocks_of(self.settings)[block], sets, {**held, name: Held(self.backend.secret(key.handle or ""))}
        )
        if block == REGISTER:
            return cast("KnowsUs", build_register(tried, self.calls.under(REGISTER), self.clock))
        short = block.removeprefix(PROVIDERS)
        factory = factory_for(short, tried)
        if factory is None:
            raise KeyError(name)
        return cast("KnowsUs", factory(tried, self.calls, self.clock))
