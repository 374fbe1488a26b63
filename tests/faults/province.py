"""The simulated province believes something else of one person: what its register and its platform then say."""

from dataclasses import replace
from typing import Any

from mock_idps.guangdong.people import account_holders
from mock_idps.personas import PERSONAS, Persona
from tests.world import World


def one(person_id: str) -> Persona:
    """A person of the cast, as everybody else knows them."""
    return next(person for person in PERSONAS if person.id == person_id)


def believe(world: World, person_id: str, **changes: Any) -> Persona:
    """From now on the province holds these facts for true; gives the person as it sees them."""
    province = world.mocks["guangdong"].state.province
    changed = replace(one(person_id), **changes)
    province.personas = tuple(changed if person.id == person_id else person for person in PERSONAS)
    province.account_holders = account_holders(province.personas)
    return changed


async def open_alerts(world: World) -> list[tuple[str, str]]:
    """What operators are told and have not settled: kind, and what it is about."""
    page = await world.stores.alert_registry.page(open_only=True, after=None, limit=50)
    return [(alert.kind.value, alert.about) for alert in page]
