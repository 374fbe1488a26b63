"""Other people on the simulated far sides: an account given to somebody else, a register that has learned something.

The mocks keep their keys, sessions and memory; only what they know of people changes.
"""

from typing import Final

from mock_idps.guangdong.people import account_holders
from mock_idps.people.persona import Persona
from mock_idps.personas import PERSONAS, find
from tests.world import World

NOBODY: Final = "nobody of this name"


def person(persona_id: str) -> Persona:
    """One of the cast."""
    found = find(PERSONAS, persona_id)
    assert found is not None, NOBODY
    return found


def recast(world: World, *changed: Persona) -> None:
    """Play on with the original cast, in which these people are other than before, or new."""
    cast = {one.id: one for one in PERSONAS} | {one.id: one for one in changed}
    people = tuple(cast.values())
    hong_kong = world.mocks["hong_kong"].state.simulation
    hong_kong.people = tuple(one for one in people if one.hk_user_type is not None)
    macao = world.mocks["macao"].state.account
    macao.people = tuple(one for one in people if one.mo_level is not None)
    guangdong = world.mocks["guangdong"].state.province
    guangdong.personas, guangdong.account_holders = people, account_holders(people)
