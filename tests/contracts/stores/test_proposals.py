"""Imports that wait for a second operator: accepted by somebody else, once, in time, with the lists (specification 4.3)."""

from datetime import timedelta

from gateway.signatures.records import ProposalState
from gateway.store.open import Stores
from tests.contracts.stores.builders import NOW, SECOND, an_event
from tests.contracts.stores.signing import ACCEPTED, DAY, PROPOSED, WITHDRAWN, a_document, a_proposal, accept, sequences

EXPECTED = {"hk-gd": None}


async def take(stores: Stores, operator: str, after: timedelta = SECOND) -> bool:
    event = an_event(ACCEPTED.action, at=NOW + after)
    return await stores.trust_lists.accept(
        a_proposal().documents, EXPECTED, event, proposal_id="proposal-1", operator=operator
    )


async def test_a_proposal_comes_back_as_it_was_made(stores: Stores) -> None:
    await stores.trust_proposals.propose(a_proposal(), PROPOSED)

    assert await stores.trust_proposals.find("proposal-1") == a_proposal()
    assert await stores.trust_proposals.waiting(NOW) == [a_proposal()]
    assert await stores.trust_proposals.find("nobody's") is None


async def test_a_second_operator_accepts_it_once_and_the_lists_switch(stores: Stores) -> None:
    await stores.trust_proposals.propose(a_proposal(), PROPOSED)

    taken = [await take(stores, "ben"), await take(stores, "cas")]

    assert taken == [True, False]
    assert await sequences(stores) == {"hk-gd": 1}
    decided = await stores.trust_proposals.find("proposal-1")
    assert decided is not None
    assert (decided.state, decided.decided_by) == (ProposalState.ACCEPTED, "ben")
    assert await stores.trust_proposals.waiting(NOW) == []


async def test_nobody_accepts_what_they_have_proposed(stores: Stores) -> None:
    await stores.trust_proposals.propose(a_proposal(), PROPOSED)

    assert not await take(stores, "ada")

    assert await sequences(stores) == {}


async def test_a_proposal_whose_time_is_over_is_not_accepted(stores: Stores) -> None:
    await stores.trust_proposals.propose(a_proposal(), PROPOSED)

    assert not await take(stores, "ben", after=DAY)

    assert await stores.trust_proposals.waiting(NOW + DAY) == []


async def test_a_proposal_stays_open_when_the_lists_have_moved_meanwhile(stores: Stores) -> None:
    await stores.trust_proposals.propose(a_proposal(), PROPOSED)
    await accept(stores, a_document(sequence=4))

    assert not await take(stores, "ben")

    found = await stores.trust_proposals.find("proposal-1")
    assert found is not None
    assert found.state is ProposalState.OPEN


async def test_a_withdrawn_proposal_is_over(stores: Stores) -> None:
    await stores.trust_proposals.propose(a_proposal(), PROPOSED)

    ended = [await stores.trust_proposals.withdraw("proposal-1", "ada", NOW, WITHDRAWN) for _ in range(2)]

    assert ended == [True, False]
    assert not await take(stores, "ben")
    assert not await stores.trust_proposals.withdraw("no\0id", "ada", NOW, WITHDRAWN)
