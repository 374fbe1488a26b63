"""What relying parties are told: one suite for every engine behind `DeliveryStore` and `DeadLetters`."""

import asyncio
from dataclasses import replace

import pytest

from gateway.audit import AuditAction
from gateway.oidc.ports import Delivery, DeliveryKind
from gateway.store.open import Stores
from tests.contracts.stores.builders import (
    COOKIE,
    MINUTE,
    NOW,
    SECOND,
    World,
    a_client,
    a_code,
    a_completion,
    a_consent,
    a_grant,
    a_session,
    a_subject,
    an_event,
)
from tests.contracts.stores.requests import DAY

SIGNED_OUT = an_event(AuditAction.SIGNED_OUT)
DELIVERED = an_event(AuditAction.LOGOUT_DELIVERED)
GIVEN_UP = an_event(AuditAction.LOGOUT_GIVEN_UP)
REPEATED = an_event(AuditAction.DELIVERY_REPEATED)
OTHER_COOKIE = b"other cookie".ljust(32, b".")


@pytest.fixture
async def told(world: World) -> World:
    """Give the world with two relying parties that want to be told of sign-outs, and one that does not."""
    for name in ("rp-t", "rp-u"):
        client = a_client(name, backchannel_logout_uri=f"https://{name}.example/logout", sector=f"{name}.example")
        await world.stores.registry.save(client, an_event(AuditAction.CLIENT_CREATED))
    return world


async def sign_in(world: World, number: int, client_id: str, **changes: object) -> None:
    """Sign the person in at one more relying party."""
    grant = a_grant(world.subject_id, id=f"grant-{number}", client_id=client_id, sub=f"sub at {client_id}")
    session_id = str(changes.pop("session_id", "sid-1"))
    sid = f"sid at {client_id}" if session_id == "sid-1" else f"{session_id} at {client_id}"
    grant = replace(grant, sid=sid, session_id=session_id, created_at=NOW + number * SECOND)
    completion = a_completion(world.subject_id, grant=grant, code=a_code(grant, f"code {number}"), **changes)
    assert await world.stores.sign_ins.complete(completion, NOW)


async def everywhere(world: World) -> None:
    """Sign the person in at all three, twice at one of them."""
    session = a_session(world.subject_id)
    await sign_in(world, 1, "rp-a", new_session=session, consent=a_consent(world.subject_id))
    await sign_in(world, 2, "rp-t", seen_session=session, consent=a_consent(world.subject_id, id="2", client_id="rp-t"))
    await sign_in(world, 3, "rp-t", seen_session=session)
    await sign_in(world, 4, "rp-u", seen_session=session, consent=a_consent(world.subject_id, id="4", client_id="rp-u"))


async def sign_out(world: World) -> object:
    return await world.stores.sign_ins.end_session(COOKIE, NOW, SIGNED_OUT)


async def due(world: World, at: object = NOW) -> list[Delivery]:
    found = await world.stores.deliveries.due(at, MINUTE, 9)  # type: ignore[arg-type]
    return sorted(found, key=lambda delivery: delivery.client_id)


@pytest.mark.spec("OpenID Connect Back-Channel Logout 1.0 §2.5")
async def test_signing_out_tells_each_relying_party_of_the_session_once_by_its_own_names(told: World) -> None:
    await everywhere(told)

    ended = await told.stores.sign_ins.end_session(COOKIE, NOW, SIGNED_OUT)

    assert ended is not None
    assert ended.signed_in_at == {name: f"sid at {name}" for name in ("rp-a", "rp-t", "rp-u")}
    deliveries = await due(told)
    assert [(d.kind, d.client_id, d.at, d.tries) for d in deliveries] == [
        (DeliveryKind.LOGOUT, name, NOW, 0) for name in ("rp-t", "rp-u")
    ]
    assert deliveries[0].content == {"sub": "sub at rp-t", "sid": "sid at rp-t"}


@pytest.mark.parametrize("act", ["block", "erase", "withdraw"])
async def test_what_else_ends_a_sign_in_tells_those_whom_it_concerns(told: World, act: str) -> None:
    await everywhere(told)
    stores, subject_id = told.stores, told.subject_id

    if act == "block":
        assert await stores.subject_registry.block(subject_id, NOW, an_event(AuditAction.SUBJECT_BLOCKED))
    elif act == "erase":
        assert await stores.people.erase(subject_id, NOW, an_event(AuditAction.SUBJECT_ERASED))
    else:
        assert await stores.people.withdraw(subject_id, "rp-u", NOW, an_event(AuditAction.CONSENT_WITHDRAWN))

    expected = ["rp-u"] if act == "withdraw" else ["rp-t", "rp-u"]
    assert [delivery.client_id for delivery in await due(told)] == expected


@pytest.mark.parametrize("act", ["revoke", "disable"])
async def test_what_is_nobody_s_sign_out_tells_nobody(told: World, act: str) -> None:
    await everywhere(told)

    if act == "revoke":
        await told.stores.tokens.revoke_grant("grant-4", NOW)
    else:
        await told.stores.registry.disable("rp-u", NOW, an_event(AuditAction.CLIENT_DISABLED))

    assert await due(told) == []


async def test_a_grant_that_has_ended_and_a_client_that_is_off_are_not_told(told: World) -> None:
    await everywhere(told)
    await told.stores.tokens.revoke_grant("grant-4", NOW)
    await told.stores.registry.disable("rp-t", NOW, an_event(AuditAction.CLIENT_DISABLED))

    await sign_out(told)

    assert await told.count("deliveries") == 0


async def test_a_client_that_is_switched_off_before_it_was_told_is_told_nothing(told: World) -> None:
    await everywhere(told)
    await sign_out(told)
    await told.stores.registry.disable("rp-t", NOW, an_event(AuditAction.CLIENT_DISABLED))

    assert [delivery.client_id for delivery in await due(told)] == ["rp-u"]

    assert (await told.actions())[-1] == "logout.given_up"
    assert await told.count("deliveries") == 1


async def test_two_ends_of_one_session_tell_a_relying_party_once(told: World, second: Stores) -> None:
    await everywhere(told)

    await asyncio.gather(
        sign_out(told),
        second.people.withdraw(told.subject_id, "rp-t", NOW, an_event(AuditAction.CONSENT_WITHDRAWN)),
        second.subject_registry.block(told.subject_id, NOW, an_event(AuditAction.SUBJECT_BLOCKED)),
    )

    assert [delivery.client_id for delivery in await due(told)] == ["rp-t", "rp-u"]


async def test_a_relying_party_that_was_told_and_came_again_is_told_again(told: World) -> None:
    await everywhere(told)
    await told.stores.people.withdraw(told.subject_id, "rp-t", NOW, an_event(AuditAction.CONSENT_WITHDRAWN))
    (first,) = await due(told)
    await told.stores.deliveries.delivered(first.id, DELIVERED, NOW)
    consent = a_consent(told.subject_id, id="again", client_id="rp-t")
    await sign_in(told, 5, "rp-t", seen_session=a_session(told.subject_id), consent=consent)

    await sign_out(told)

    assert [delivery.client_id for delivery in await due(told)] == ["rp-t", "rp-u"]


async def test_the_person_s_next_session_takes_over_what_the_last_one_granted(told: World) -> None:
    await everywhere(told)
    fresh = a_session(told.subject_id, id="sid-2", cookie_hash=OTHER_COOKIE)

    await sign_in(told, 5, "rp-t", session_id="sid-2", new_session=fresh, replaces_session=COOKIE)

    assert await due(told) == []
    ended = await told.stores.sign_ins.end_session(OTHER_COOKIE, NOW, SIGNED_OUT)
    names = {"rp-a": "sid at rp-a", "rp-t": "sid-2 at rp-t", "rp-u": "sid at rp-u"}
    assert ended is not None
    assert ended.signed_in_at == names
    assert {one.client_id: one.content["sid"] for one in await due(told)} == {
        name: names[name] for name in ("rp-t", "rp-u")
    }


async def test_another_person_s_session_in_the_same_browser_ends_the_first_one_s(told: World) -> None:
    await everywhere(told)
    stranger = replace(told, subject_id=await a_subject(told.stores, "stranger"))
    fresh = a_session(stranger.subject_id, id="sid-2", cookie_hash=OTHER_COOKIE)

    await sign_in(stranger, 5, "rp-a", session_id="sid-2", new_session=fresh, replaces_session=COOKIE)

    assert [delivery.client_id for delivery in await due(told)] == ["rp-t", "rp-u"]


@pytest.mark.attack("LO-05")
async def test_lo_05_a_delivery_keeps_its_id_over_all_tries_and_is_taken_by_one_worker(
    told: World, second: Stores
) -> None:
    await everywhere(told)
    await sign_out(told)

    taken = await asyncio.gather(*(worker.deliveries.due(NOW, MINUTE, 9) for worker in (told.stores, second) * 3))
    first = {delivery.id: delivery for found in taken for delivery in found}
    for delivery_id in first:
        await told.stores.deliveries.try_again(delivery_id, NOW + 5 * MINUTE)
    between, again = await due(told, NOW + 4 * MINUTE), await due(told, NOW + 5 * MINUTE)

    assert sum(len(found) for found in taken) == 2
    assert between == []
    assert {delivery.id: delivery.tries for delivery in again} == dict.fromkeys(first, 1)


async def test_a_delivery_whose_worker_is_never_heard_of_again_is_due_after_the_lease(told: World) -> None:
    await everywhere(told)
    await sign_out(told)
    first = await due(told)

    found = [await due(told, NOW + wait) for wait in (MINUTE - SECOND, MINUTE)]

    assert [len(deliveries) for deliveries in found] == [0, len(first)]


async def test_what_was_delivered_is_recorded_once_and_leaves_nothing_of_the_person(told: World) -> None:
    await everywhere(told)
    await sign_out(told)
    delivery, _ = await due(told)

    for _ in range(2):
        await told.stores.deliveries.delivered(delivery.id, DELIVERED, NOW)
    await told.stores.deliveries.try_again(delivery.id, NOW)
    await told.stores.deliveries.give_up(delivery.id, GIVEN_UP, NOW)

    assert [one.client_id for one in await due(told, NOW + MINUTE)] == ["rp-u"]
    assert await told.stores.dead_letters.page(None, 9) == []
    assert [action for action in await told.actions() if action.startswith("logout.")] == ["logout.delivered"]


@pytest.mark.parametrize("delivery_id", ["nobody", "", "with\0nul"])
async def test_an_unknown_delivery_changes_nothing(told: World, delivery_id: str) -> None:
    before = await told.actions()

    await told.stores.deliveries.delivered(delivery_id, DELIVERED, NOW)
    await told.stores.deliveries.try_again(delivery_id, NOW)
    await told.stores.deliveries.give_up(delivery_id, GIVEN_UP, NOW)

    assert not await told.stores.dead_letters.again(delivery_id, NOW, REPEATED)
    assert await told.actions() == before


@pytest.mark.attack("LO-05")
async def test_lo_05_a_dead_letter_is_listed_and_may_be_sent_once_more_as_it_was(told: World) -> None:
    await everywhere(told)
    await sign_out(told)
    delivery, _ = await due(told)
    await told.stores.deliveries.give_up(delivery.id, GIVEN_UP, NOW + SECOND)

    (letter,) = await told.stores.dead_letters.page(None, 9)
    assert (letter.id, letter.kind, letter.client_id) == (delivery.id, DeliveryKind.LOGOUT, "rp-t")
    assert (letter.at, letter.given_up_at, letter.tries) == (NOW, NOW + SECOND, 1)
    assert [await told.stores.dead_letters.again(delivery.id, NOW, REPEATED) for _ in range(2)] == [True, False]

    (again,) = [one for one in await due(told) if one.id == delivery.id]
    assert again == replace(delivery, tries=1)
    assert await told.stores.dead_letters.page(None, 9) == []


async def test_dead_letters_are_listed_page_by_page_newest_first(told: World) -> None:
    await everywhere(told)
    await sign_out(told)
    first, second = await due(told)
    await told.stores.deliveries.give_up(first.id, GIVEN_UP, NOW)
    await told.stores.deliveries.give_up(second.id, GIVEN_UP, NOW + SECOND)
    page = told.stores.dead_letters.page

    pages = [await page(None, 1), await page(second.id, 1), await page(first.id, 1)]

    assert [[letter.id for letter in letters] for letters in pages] == [[second.id], [first.id], []]
    assert [await page(after, 9) for after in ("nobody", "with\0nul")] == [[], ()]


async def test_a_grant_stays_until_its_delivery_is_over(told: World) -> None:
    await everywhere(told)
    await sign_out(told)
    await told.stores.purge(NOW + 2 * DAY, 100)
    kept = await told.count("grants")
    delivery, other = await due(told, NOW + 2 * DAY)
    await told.stores.deliveries.delivered(delivery.id, DELIVERED, NOW + 2 * DAY)
    await told.stores.deliveries.give_up(other.id, GIVEN_UP, NOW + 2 * DAY)

    await told.stores.purge(NOW + 2 * DAY, 100)

    assert (kept, await told.count("grants")) == (2, 0)
    assert await told.stores.dead_letters.again(other.id, NOW + 3 * DAY, REPEATED)
    (again,) = await due(told, NOW + 3 * DAY)
    assert again.content == other.content


async def test_deliveries_are_remembered_for_a_month_and_dead_letters_for_three(told: World) -> None:
    await everywhere(told)
    await sign_out(told)
    delivery, other = await due(told)
    await told.stores.deliveries.delivered(delivery.id, DELIVERED, NOW)
    await told.stores.deliveries.give_up(other.id, GIVEN_UP, NOW)
    await told.stores.purge(NOW + 29 * DAY, 100)

    gone = [await told.stores.purge(NOW + days * DAY - wait, 100) for days in (30, 90) for wait in (SECOND, 0 * SECOND)]

    assert gone == [0, 1, 0, 1]
