"""What a database says of itself: under which issuer its living tokens were made (F-UPG-04)."""

import pytest

from gateway.store.open import Stores
from tests.contracts.stores.builders import MINUTE, NOW, SECOND, World, accepting

HERE = "https://id.example.hk"
THERE = "https://id.example.mo"


async def test_a_database_belongs_to_the_issuer_that_opens_it_first(stores: Stores) -> None:
    assert await stores.facts.issuer_in_the_way(HERE, NOW) is None

    assert await stores.facts.settle_issuer(HERE, NOW) is None
    assert await stores.facts.settle_issuer(HERE, NOW) is None


async def test_an_issuer_without_living_tokens_may_change(stores: Stores) -> None:
    await stores.facts.settle_issuer(HERE, NOW)

    assert await stores.facts.settle_issuer(THERE, NOW) is None
    assert await stores.facts.settle_issuer(THERE, NOW) is None


@pytest.mark.attack("F-UPG-04")
async def test_f_upg_04_an_issuer_does_not_change_while_a_token_lives(world: World) -> None:
    facts = world.stores.facts
    await facts.settle_issuer(HERE, NOW)
    code, _ = await world.sign_in()
    await world.stores.tokens.redeem(code.hash, NOW + SECOND, accepting(lifetime=10 * MINUTE))

    assert await facts.issuer_in_the_way(THERE, NOW + MINUTE) == HERE
    assert await facts.settle_issuer(THERE, NOW + MINUTE) == HERE
    assert await facts.issuer_in_the_way(HERE, NOW + MINUTE) is None
    assert await facts.settle_issuer(THERE, NOW + 11 * MINUTE) is None
    assert await facts.issuer_in_the_way(HERE, NOW + MINUTE) == THERE


@pytest.mark.attack("F-UPG-04")
async def test_f_upg_04_an_issuer_does_not_change_while_a_code_waits(world: World) -> None:
    await world.stores.facts.settle_issuer(HERE, NOW)
    await world.sign_in()

    assert await world.stores.facts.settle_issuer(THERE, NOW + SECOND) == HERE
