"""Signing requests: asked, sent away, back once, ended once; sealed, and the relying party's own."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from gateway.audit import AuditAction
from gateway.signatures.records import SigningStatus
from gateway.store.sql.signature_tables import signing_requests
from tests.contracts.stores.builders import MINUTE, NOW, SECOND, World, an_event, digest
from tests.contracts.stores.signing import DAY, ENDED, LOGIN, STARTED, a_wish

ASKED = an_event(AuditAction.SIGNING_ASKED)
AWAY = a_wish(provider="hong_kong", kept={"businessID": "kept-canary"}, status=SigningStatus.AWAY)
RESULT = {"report": "report-1"}


async def sent_away(world: World) -> None:
    await world.stores.signing_requests.begin(a_wish(), ASKED)
    assert await world.stores.signing_requests.start(AWAY, LOGIN, NOW, STARTED)


async def test_a_request_comes_back_as_it_was_made(world: World) -> None:
    assert await world.stores.signing_requests.begin(a_wish(), ASKED)

    assert await world.stores.signing_requests.find("signing-1", NOW) == a_wish()
    assert await world.stores.signing_requests.of_client("signing-1", "rp-a") == a_wish()


async def test_an_id_is_taken_once(world: World) -> None:
    await world.stores.signing_requests.begin(a_wish(), ASKED)

    assert not await world.stores.signing_requests.begin(a_wish(state="another"), ASKED)
    with pytest.raises(ValueError, match="id"):
        await world.stores.signing_requests.begin(a_wish(id="with\0nul"), ASKED)


async def test_nobody_but_its_relying_party_finds_it(world: World) -> None:
    await world.stores.signing_requests.begin(a_wish(), ASKED)

    assert await world.stores.signing_requests.of_client("signing-1", "rp-b") is None
    assert await world.stores.signing_requests.of_client("no\0id", "rp-a") is None
    assert await world.stores.signing_requests.find("no\0id", NOW) is None


async def test_the_person_comes_back_exactly_once(world: World) -> None:
    await sent_away(world)

    first = await world.stores.signing_requests.arrive(LOGIN, NOW)

    assert first == replace(AWAY, status=SigningStatus.BACK)
    assert await world.stores.signing_requests.arrive(LOGIN, NOW) is None


async def test_the_first_browser_that_opens_it_keeps_it(world: World) -> None:
    await world.stores.signing_requests.begin(a_wish(), ASKED)

    first = [await world.stores.signing_requests.bind("signing-1", digest("first browser"), NOW) for _ in range(2)]

    assert first == [True, True]
    assert not await world.stores.signing_requests.bind("signing-1", digest("second browser"), NOW)
    assert not await world.stores.signing_requests.bind("no\0id", digest("third browser"), NOW)
    assert await world.stores.signing_requests.find("signing-1", NOW) == a_wish()


async def test_nobody_binds_it_once_the_person_is_away_or_its_time_is_over(world: World) -> None:
    await world.stores.signing_requests.begin(a_wish(), ASKED)
    late = await world.stores.signing_requests.bind("signing-1", digest("first browser"), NOW + 10 * MINUTE)
    await world.stores.signing_requests.start(AWAY, LOGIN, NOW, STARTED)

    again = await world.stores.signing_requests.bind("signing-1", digest("first browser"), NOW)

    assert (late, again) == (False, False)


async def test_a_person_who_is_back_goes_on_once(world: World) -> None:
    await sent_away(world)
    early = await world.stores.signing_requests.go_on(AWAY, digest("2"), NOW)
    back = await world.stores.signing_requests.arrive(LOGIN, NOW)
    assert back is not None
    further = replace(back, kept={"businessID": "another"})

    went = [await world.stores.signing_requests.go_on(further, digest(way), NOW) for way in "23"]

    assert (early, went) == (False, [True, False])
    assert await world.stores.signing_requests.arrive(LOGIN, NOW) is None
    assert await world.stores.signing_requests.arrive(digest("2"), NOW) == replace(further, status=SigningStatus.BACK)


async def test_another_provider_may_be_chosen_until_then_and_the_first_way_back_is_closed(world: World) -> None:
    await sent_away(world)

    again = await world.stores.signing_requests.start(replace(AWAY, provider="macao"), digest("2"), NOW, STARTED)

    assert again
    assert await world.stores.signing_requests.arrive(LOGIN, NOW) is None
    found = await world.stores.signing_requests.arrive(digest("2"), NOW)
    assert found is not None
    assert found.provider == "macao"
    assert not await world.stores.signing_requests.start(AWAY, digest("3"), NOW, STARTED)


async def test_it_ends_once_and_what_the_dialect_kept_is_forgotten(world: World) -> None:
    await sent_away(world)
    back = await world.stores.signing_requests.arrive(LOGIN, NOW)
    assert back is not None

    ended = [
        await world.stores.signing_requests.end(back, status, RESULT, NOW, ENDED)
        for status in (SigningStatus.SIGNED, SigningStatus.FAILED)
    ]

    assert ended == [True, False]
    found = await world.stores.signing_requests.of_client("signing-1", "rp-a")
    assert found is not None
    assert (found.status, found.result, found.kept) == (SigningStatus.SIGNED, RESULT, {})


async def test_a_person_may_refuse_before_they_are_sent_anywhere(world: World) -> None:
    await world.stores.signing_requests.begin(a_wish(), ASKED)

    assert await world.stores.signing_requests.end(a_wish(), SigningStatus.REFUSED, {}, NOW, ENDED)

    assert not await world.stores.signing_requests.start(AWAY, LOGIN, NOW, STARTED)


async def test_only_an_end_is_an_end(world: World) -> None:
    with pytest.raises(ValueError, match="ends"):
        await world.stores.signing_requests.end(a_wish(), SigningStatus.AWAY, {}, NOW, ENDED)


async def test_nothing_happens_when_its_time_is_over_but_the_relying_party_still_sees_it(world: World) -> None:
    await sent_away(world)
    late = NOW + 10 * MINUTE

    assert await world.stores.signing_requests.find("signing-1", late) is None
    assert await world.stores.signing_requests.arrive(LOGIN, late) is None
    assert not await world.stores.signing_requests.start(AWAY, digest("2"), late, STARTED)
    assert not await world.stores.signing_requests.end(AWAY, SigningStatus.SIGNED, {}, late, ENDED)
    assert await world.stores.signing_requests.of_client("signing-1", "rp-a") is not None


async def test_it_goes_a_week_after_its_time(world: World) -> None:
    await sent_away(world)
    over = NOW + 10 * MINUTE + 7 * DAY

    assert await world.stores.purge(over - SECOND, 100) == 0
    assert await world.stores.purge(over, 100) == 1


async def test_a_stolen_row_shows_neither_the_document_nor_what_was_kept(world: World) -> None:
    await sent_away(world)

    def work(connection: Connection) -> str:
        return repr(connection.execute(select(signing_requests)).all())

    row = await world.stores.database.read(work)

    assert "canary" not in row
    assert "Contrato" not in row
