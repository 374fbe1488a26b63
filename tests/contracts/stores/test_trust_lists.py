"""Accepted trust lists: all of an import or none, one snapshot for every reader, nothing ever gone (G12)."""

import asyncio

import pytest

from gateway.alerts import AlertKind
from gateway.store.open import Stores
from tests.contracts.stores.builders import World
from tests.contracts.stores.signing import ALARM, a_document, accept, sequences


async def test_without_an_import_there_is_no_list(stores: Stores) -> None:
    assert await stores.trust_lists.current() == {}
    assert await stores.trust_lists.history("hk-gd") == []


async def test_an_accepted_document_comes_back_as_it_was_signed(stores: Stores) -> None:
    document = a_document()

    assert await accept(stores, document)

    assert await stores.trust_lists.current() == {"hk-gd": document}
    assert await stores.trust_lists.heads() == {"hk-gd": (1, document.sha256)}


async def test_history_is_kept_and_the_newest_acceptance_comes_first(stores: Stores) -> None:
    await accept(stores, a_document())
    await accept(stores, a_document(sequence=2), hk_gd=1)

    assert [document.sequence for document in await stores.trust_lists.history("hk-gd")] == [2, 1]
    assert await sequences(stores) == {"hk-gd": 2}


@pytest.mark.attack("TL-01")
async def test_tl_01_an_older_list_does_not_get_in_by_a_worker_that_saw_an_older_state(
    stores: Stores, second: Stores
) -> None:
    await accept(stores, a_document(sequence=5))
    await accept(stores, a_document(sequence=6), hk_gd=5)

    assert not await accept(second, a_document(sequence=6, sha256="0" * 64), hk_gd=5)

    assert await sequences(second) == {"hk-gd": 6}
    assert len(await stores.trust_lists.history("hk-gd")) == 2


async def test_a_list_that_is_thought_to_be_new_does_not_replace_one_that_is_there(stores: Stores) -> None:
    await accept(stores, a_document(sequence=5))

    assert not await accept(stores, a_document(sequence=9))

    assert await sequences(stores) == {"hk-gd": 5}


async def test_a_list_that_is_thought_to_be_there_must_be_there(stores: Stores) -> None:
    assert not await accept(stores, a_document(sequence=2), hk_gd=1)

    assert await stores.trust_lists.history("hk-gd") == []


@pytest.mark.attack("TL-05")
async def test_tl_05_if_one_list_of_an_import_cannot_switch_none_does_and_nothing_is_on_record(world: World) -> None:
    stores = world.stores
    await accept(stores, a_document("hk-gd"), a_document("mo-gd"))
    before = await world.count("audit")

    done = await accept(stores, a_document("hk-gd", 2), a_document("mo-gd", 2), hk_gd=1, mo_gd=7)

    assert not done
    assert await sequences(stores) == {"hk-gd": 1, "mo-gd": 1}
    assert await world.count("trust_documents") == 2
    assert await world.count("audit") == before


async def test_of_two_imports_at_once_one_wins_whole(stores: Stores, second: Stores) -> None:
    await accept(stores, a_document("hk-gd"), a_document("mo-gd"))

    wins = await asyncio.gather(
        accept(stores, a_document("hk-gd", 2), a_document("mo-gd", 2), hk_gd=1, mo_gd=1),
        accept(second, a_document("mo-gd", 3), a_document("hk-gd", 3), hk_gd=1, mo_gd=1),
    )

    assert sorted(wins) == [False, True]
    assert len(set((await sequences(stores)).values())) == 1


@pytest.mark.attack("F-TLST-03")
async def test_f_tlst_03_every_reader_sees_the_lists_of_one_import_together(stores: Stores, second: Stores) -> None:
    await accept(stores, a_document("hk-gd"), a_document("mo-gd"))
    seen: list[dict[str, int]] = []

    async def imports() -> None:
        for number in range(2, 12):
            before = number - 1
            assert await accept(
                stores, a_document("hk-gd", number), a_document("mo-gd", number), hk_gd=before, mo_gd=before
            )

    async def reads() -> None:
        while not seen or seen[-1]["hk-gd"] < 11:
            seen.append(await sequences(second))

    await asyncio.gather(imports(), reads())

    assert all(one["hk-gd"] == one["mo-gd"] for one in seen)
    assert [one["hk-gd"] for one in seen] == sorted(one["hk-gd"] for one in seen)


@pytest.mark.attack("TL-04")
async def test_tl_04_both_contents_of_one_sequence_are_kept_and_operators_are_told_once(world: World) -> None:
    stores = world.stores
    first, other = a_document(sequence=3), a_document(sequence=3, sha256="0" * 64)

    told = [
        await stores.trust_lists.alarm(AlertKind.TRUST_EQUIVOCATION, "hk-gd", ALARM, (first, other)) for _ in range(2)
    ]

    assert told == [True, False]
    assert {document.sha256 for document in await stores.trust_lists.evidence("hk-gd")} == {first.sha256, other.sha256}
    (alert,) = await stores.alert_registry.page(open_only=True, after=None, limit=9)
    assert (alert.kind, alert.about) == (AlertKind.TRUST_EQUIVOCATION, "hk-gd")
    assert (await world.actions())[-3:] == ["trust.alarm", "alert.raised", "trust.alarm"]


async def test_a_name_that_no_list_can_have_finds_nothing(stores: Stores) -> None:
    assert await stores.trust_lists.history("no\0list") == ()
    assert await stores.trust_lists.evidence("") == ()
