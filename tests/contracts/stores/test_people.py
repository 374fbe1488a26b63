"""What people may see and take back of what is remembered: one suite for every engine behind `PeopleStore`."""

from dataclasses import replace
from typing import Final

import pytest
from sqlalchemy import select

from gateway.audit import AuditAction
from gateway.store.sql.number_tables import bindings, holders, releases
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    World,
    a_client,
    a_code,
    a_completion,
    a_consent,
    a_grant,
    accepting,
    an_event,
)
from tests.contracts.stores.desk import Desk, verified
from tests.contracts.stores.someone import is_signed_in, signed_in, tie

BLOCKED: Final = an_event(AuditAction.SUBJECT_BLOCKED)
UNBLOCKED: Final = an_event(AuditAction.SUBJECT_UNBLOCKED)
ERASED: Final = an_event(AuditAction.SUBJECT_ERASED)
WITHDRAWN: Final = an_event(AuditAction.CONSENT_WITHDRAWN)


@pytest.fixture
async def someone(world: World) -> World:
    """A person who is signed in."""
    return await signed_in(world)


async def test_the_accounts_of_one_record_are_shown_to_each_of_them(desk: Desk) -> None:
    one, other = await desk.person("one"), await desk.person("other", "macao")
    await desk.resolve(one, verified())
    await desk.resolve(other, verified(), "macao")

    assert await desk.stores.people.accounts(one) == ["hong_kong", "macao"]
    assert await desk.stores.people.accounts(other) == ["hong_kong", "macao"]


async def test_an_account_without_a_record_stands_alone(world: World) -> None:
    assert await world.stores.people.accounts(world.subject_id) == ["hong_kong"]
    assert await world.stores.people.accounts("nobody") == []


async def test_the_standing_decision_for_each_client_is_shown_newest_first(world: World) -> None:
    stores = world.stores
    await stores.registry.save(a_client("rp-b"), an_event(AuditAction.CLIENT_CREATED))
    old = a_consent(world.subject_id)
    of_b = a_consent(world.subject_id, id="consent-2", client_id="rp-b", given_at=NOW + MINUTE)
    new = a_consent(world.subject_id, id="consent-3", withheld=(), given_at=NOW + 2 * MINUTE)
    for number, consent in enumerate((old, of_b, new), 1):
        await world.sign_in(number, consent=consent)

    assert await stores.people.consents(world.subject_id) == [new, of_b]
    assert await stores.people.consents("nobody") == []


@pytest.mark.attack("CD-09")
async def test_cd_09_a_consent_that_is_withdrawn_ends_what_was_granted_on_it(someone: World) -> None:
    unspent, _ = await someone.sign_in(2)
    stores = someone.stores

    assert await stores.people.withdraw(someone.subject_id, "rp-a", NOW, WITHDRAWN)

    assert await stores.sign_ins.consent(someone.subject_id, "rp-a") is None
    assert await stores.people.consents(someone.subject_id) == []
    assert await stores.tokens.redeem(unspent.hash, NOW, accepting("another")) is None
    assert await is_signed_in(someone) == (True, False)
    assert (await someone.actions())[-1] == "consent.withdrawn"


async def test_a_withdrawal_leaves_other_clients_alone(someone: World) -> None:
    stores = someone.stores
    await stores.registry.save(a_client("rp-b"), an_event(AuditAction.CLIENT_CREATED))
    grant = a_grant(someone.subject_id, id="grant-of-b", client_id="rp-b")
    code = a_code(grant, "code of b")
    consent = a_consent(someone.subject_id, id="consent-of-b", client_id="rp-b")
    await stores.sign_ins.complete(a_completion(someone.subject_id, grant=grant, code=code, consent=consent), NOW)

    await stores.people.withdraw(someone.subject_id, "rp-a", NOW, WITHDRAWN)

    assert await stores.people.consents(someone.subject_id) == [consent]
    assert await stores.tokens.redeem(code.hash, NOW, accepting("of b")) is not None


@pytest.mark.parametrize("client_id", ["rp-b", "", "with\0nul", "\ud800"])
async def test_what_was_never_agreed_to_cannot_be_withdrawn(someone: World, client_id: str) -> None:
    assert not await someone.stores.people.withdraw(someone.subject_id, client_id, NOW, WITHDRAWN)

    assert await is_signed_in(someone) == (True, True)
    assert "consent.withdrawn" not in await someone.actions()


async def test_a_consent_is_withdrawn_once_and_no_older_one_comes_back(someone: World) -> None:
    await someone.sign_in(2, consent=a_consent(someone.subject_id, id="consent-2"))
    withdraw = someone.stores.people.withdraw

    assert [await withdraw(someone.subject_id, "rp-a", NOW, WITHDRAWN) for _ in range(2)] == [True, False]

    assert await someone.stores.sign_ins.consent(someone.subject_id, "rp-a") is None
    assert (await someone.actions()).count("consent.withdrawn") == 1


@pytest.mark.attack("CD-09")
async def test_cd_09_a_sign_in_under_way_does_not_end_on_a_consent_that_was_withdrawn(someone: World) -> None:
    await someone.stores.people.withdraw(someone.subject_id, "rp-a", NOW, WITHDRAWN)
    grant = a_grant(someone.subject_id, id="grant-2")
    completion = a_completion(someone.subject_id, grant=grant, code=a_code(grant, "second"))

    assert not await someone.stores.sign_ins.complete(completion, NOW)
    anew = replace(completion, consent=a_consent(someone.subject_id, id="consent-2"))
    assert await someone.stores.sign_ins.complete(anew, NOW)
    await someone.sign_in(3)  # and from then on without being asked


async def test_who_was_given_the_number_is_shown_with_the_last_time(someone: World) -> None:
    await tie(someone)
    grant = a_grant(someone.subject_id, id="grant-later")
    again = a_completion(someone.subject_id, grant=grant, code=a_code(grant, "later"), releases_number=True)
    await someone.stores.sign_ins.complete(again, NOW + MINUTE)

    assert await someone.stores.people.receivers(someone.subject_id) == {"rp-a": NOW + MINUTE}
    assert await someone.stores.people.receivers("nobody") == {}


async def test_a_number_that_was_let_go_meanwhile_does_not_go_out(someone: World) -> None:
    grant = a_grant(someone.subject_id, id="grant-2")
    completion = a_completion(someone.subject_id, grant=grant, code=a_code(grant, "second"), releases_number=True)

    assert not await someone.stores.sign_ins.complete(completion, NOW)

    assert await someone.stores.people.receivers(someone.subject_id) == {}
    assert await someone.count("grants") == 1


async def test_a_number_that_was_frozen_meanwhile_does_not_go_out(someone: World) -> None:
    await Desk(someone.stores).resolve(someone.subject_id, verified())
    await someone.stores.numbers.dispute(someone.subject_id, NOW, an_event(AuditAction.IDENTIFIER_DISPUTED))
    grant = a_grant(someone.subject_id, id="grant-2")
    completion = a_completion(someone.subject_id, grant=grant, code=a_code(grant, "second"), releases_number=True)

    assert not await someone.stores.sign_ins.complete(completion, NOW)


async def test_a_release_remembers_the_number_that_the_record_has(someone: World) -> None:
    await tie(someone)

    read = someone.stores.database.read
    given = await read(lambda connection: connection.execute(select(releases.c.number_id)).scalar_one())
    recorded = await read(
        lambda connection: connection.execute(
            select(bindings.c.number_id).join(holders, holders.c.binding_id == bindings.c.id)
        ).scalar_one()
    )
    assert given == recorded


async def test_withdrawing_does_not_forget_who_has_the_number(someone: World) -> None:
    await tie(someone)

    await someone.stores.people.withdraw(someone.subject_id, "rp-a", NOW, WITHDRAWN)

    assert list(await someone.stores.people.receivers(someone.subject_id)) == ["rp-a"]
