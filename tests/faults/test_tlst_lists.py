"""Faults, trust lists: a source that stays away, and lists that switch under load (F-TLST-02, F-TLST-03)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certs.trust.freshness import ListState
from gateway.admin import trust_import
from gateway.signatures.trust_state import LOOK_EVERY, TrustFiles, TrustReader
from gateway.signatures.trust_watch import watch
from gateway.store.open import Stores
from tests.authority import NOW
from tests.faults.weight import PATIENT, rounds
from tests.gateway.admin.trust_world import ADA, GD, HK, Office, a_list, next_list, pinned, signed

pytestmark = PATIENT
IMPORTS = rounds(5, 50)
BOUND = timedelta(seconds=10)
"""Within this time all workers agree (F-TLST-03)."""


def an_office(stores: Stores, folder: Path) -> Office:
    return Office(stores, folder, TrustFiles.of(pinned(), folder / "marks", bytes(32)))


@pytest.mark.attack("F-TLST-02")
async def test_f_tlst_02_operators_are_warned_before_a_list_is_over_and_a_new_one_ends_it(
    stores: Stores, tmp_path: Path
) -> None:
    office, first = an_office(stores, tmp_path), a_list(HK)
    await office.bring_in(signed(first))
    trust_list = (await office.office.state()).lists[HK]
    window = trust_list.expires - trust_list.issued

    seen = {}
    for percent in (10, 50, 80, 101):
        now = trust_list.issued + window * percent / 100
        state = await watch(stores.trust_lists, office.files, stores.audit, now)
        seen[percent] = state.freshness(HK, now).warning
    assert seen == {10: None, 50: 50, 80: 80, 101: 100}
    assert state.freshness(HK, now).state is ListState.STALE
    assert state.snapshot.is_stale(state.lists[HK], now)
    assert await office.alarms() == [("trust_stale", HK)]

    later = {"issued": now.isoformat(), "next_update": (now + window).isoformat()}
    renewed = next_list(first, **later, expires=(now + 2 * window).isoformat())
    await trust_import.propose(office.office, [signed(renewed)], (), replace(ADA, now=now))

    state = await office.office.state()
    assert not state.snapshot.is_stale(state.lists[HK], now)


@pytest.mark.attack("F-TLST-03")
async def test_f_tlst_03_two_workers_read_whole_imports_only_and_agree_within_the_bound(
    stores: Stores, second: Stores, tmp_path: Path
) -> None:
    office, hk, gd = an_office(stores, tmp_path), a_list(HK), a_list(GD)
    await office.bring_in(signed(hk), signed(gd))
    readers = [TrustReader(one.trust_lists, office.files) for one in (stores, second)]
    seen: list[tuple[int, ...]] = []
    is_over = asyncio.Event()

    async def validate(reader: TrustReader) -> None:
        clock = NOW
        while not is_over.is_set():
            clock += LOOK_EVERY
            state = await reader.current(clock)
            assert not state.is_read_only
            seen.append(tuple(found.sequence for found in state.lists.values()))

    tasks = [asyncio.create_task(validate(reader)) for reader in readers]
    for _ in range(IMPORTS):
        hk, gd = next_list(hk), next_list(gd)
        await trust_import.propose(office.office, [signed(hk), signed(gd)], (), ADA)
    is_over.set()
    await asyncio.gather(*tasks)

    states = [await reader.current(NOW + timedelta(days=365)) for reader in readers]
    assert LOOK_EVERY <= BOUND
    assert {len(set(one)) for one in seen} == {1}
    assert {found.sequence for state in states for found in state.lists.values()} == {1 + IMPORTS}
