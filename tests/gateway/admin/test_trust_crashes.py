"""An import that is killed at any point leaves the old lists or the new ones, whole, and the next start goes on."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certs.trust import high_water
from certs.trust.high_water import Comparison, HighWaterMark
from gateway.admin import trust_import
from gateway.signatures.trust_state import TrustReader
from gateway.signatures.trust_watch import watch
from gateway.store.sql import audit, trust_lists
from mock_idps.authority import lists
from tests.authority import NOW, a_world
from tests.gateway.admin.trust_world import ADA, BEN, GD, HK, MINUTE, Office, a_list, next_list, signed

FIRST, OTHER = a_list(HK), a_list(GD)
TOKENS = [signed(next_list(FIRST)), signed(next_list(OTHER))]
LATER = NOW + MINUTE


class KilledError(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def killing(function: Callable[..., Any], on_call: int, *, after: bool = False) -> Callable[..., Any]:
    """The function, until its n-th call kills: before it does anything, or once it has."""
    calls = iter(range(1, 1000))

    def killed(*arguments: Any, **named: Any) -> Any:
        is_the_one = next(calls) == on_call
        if is_the_one and not after:
            raise KilledError
        result = function(*arguments, **named)
        if is_the_one:
            raise KilledError
        return result

    return killed


def torn(self: HighWaterMark, line: bytes) -> None:
    """Half a line reaches the disk."""
    with self.path.open("ab") as file:
        file.write(line[: len(line) // 2])
    raise KilledError


Kill = tuple[Any, str, Callable[[Callable[..., Any]], Callable[..., Any]]]


def before(place: Any, name: str, on_call: int = 1) -> Kill:
    return place, name, lambda function: killing(function, on_call)


def after(place: Any, name: str, on_call: int = 1) -> Kill:
    return place, name, lambda function: killing(function, on_call, after=True)


POINTS: dict[str, Kill] = {
    "while the documents are examined": before(trust_import, "examine"),
    "when they have been examined": after(trust_import, "examine"),
    "before the first list is written": before(trust_lists, "_switch"),
    "between the two lists": before(trust_lists, "_switch", 2),
    "when both are written": after(trust_lists, "_switch", 2),
    "before the event is on record": before(audit, "record"),
    "before the commit": after(audit, "record"),
    "between the commit and the file": before(trust_import, "advance"),
    "in the middle of a line of the file": (HighWaterMark, "_append", lambda _: torn),
    "between two lines of the file": after(HighWaterMark, "advance"),
    "when everything is written": after(trust_import, "advance"),
}


async def killed_at(office: Office, point: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Import two lists, killed at a point; gives where the lists stand then."""
    await office.bring_in(signed(FIRST), signed(OTHER))
    place, name, kill = POINTS[point]
    with monkeypatch.context() as patched:
        patched.setattr(place, name, kill(getattr(place, name)))
        with pytest.raises(KilledError):
            await trust_import.propose(office.office, TOKENS, (), ADA)
    return await office.sequences()


@pytest.mark.attack("F-TLST-01")
@pytest.mark.parametrize("point", POINTS)
async def test_f_tlst_01_after_a_kill_the_lists_are_old_or_new_whole_and_the_next_run_goes_on(
    office: Office, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = await killed_at(office, point, monkeypatch)
    assert standing in ({HK: 1, GD: 1}, {HK: 2, GD: 2})

    state = await watch(office.stores.trust_lists, office.files, office.stores.audit, LATER)

    assert state.comparison is Comparison.AGREE
    assert not state.unproved
    assert {list_id: found.sequence for list_id, found in state.lists.items()} == standing
    await trust_import.propose(office.office, TOKENS, (), replace(ADA, now=LATER))
    assert await office.sequences() == {HK: 2, GD: 2}
    assert await office.alarms() == []


async def test_what_the_crash_kept_from_the_file_is_written_at_the_next_start_and_on_record(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await killed_at(office, "between the commit and the file", monkeypatch)
    before = await office.office.state()

    await watch(office.stores.trust_lists, office.files, office.stores.audit, LATER)

    assert before.comparison is Comparison.DATABASE_AHEAD
    assert (await office.actions())[-1] == "trust.mark_repaired"


@pytest.mark.attack("TL-08")
async def test_tl_08_a_restored_database_is_read_only_until_the_newest_lists_are_imported_again(
    office: Office, tmp_path: Path
) -> None:
    await office.bring_in(signed(FIRST), signed(OTHER))
    later = office.files.mark()
    later = later.advance(HK, 2, lists.sha256(next_list(FIRST)), NOW)
    later.advance(GD, 2, lists.sha256(next_list(OTHER)), NOW)

    state = await watch(office.stores.trust_lists, office.files, office.stores.audit, LATER)

    assert state.is_read_only
    assert await office.alarms() == [("trust_restored", "lists")]
    await trust_import.propose(office.office, TOKENS, (), replace(ADA, now=LATER))
    assert not (await office.office.state()).is_read_only


@pytest.mark.attack("TL-08")
async def test_tl_08_a_restored_database_does_not_take_another_list_under_the_number_that_was_accepted(
    office: Office,
) -> None:
    await office.bring_in(signed(FIRST))
    office.files.mark().advance(HK, 2, "0" * 64, NOW)

    with pytest.raises(trust_import.TrustRefusedError) as refused:
        await trust_import.propose(office.office, [signed(next_list(FIRST))], (), ADA)

    assert refused.value.refusal == "mark"


@pytest.mark.attack("TL-08")
async def test_tl_08_a_list_that_somebody_wrote_into_the_database_is_not_believed(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    forged = lists.sign_payload(a_world(), lists.encode(next_list(FIRST)), ("mallory", "list-1"))
    document = replace(
        (await office.stores.trust_lists.current())[HK],
        sequence=2,
        sha256=lists.sha256(next_list(FIRST)),
        token=forged,
    )
    await office.stores.trust_lists.accept([document], {HK: 1}, ADA.event(trust_import.AuditAction.TRUST_ACCEPTED))

    state = await watch(office.stores.trust_lists, office.files, office.stores.audit, LATER)

    assert (state.unproved, dict(state.lists)) == ((HK,), {})
    assert ("trust_unproved", HK) in await office.alarms()
    assert state.comparison is Comparison.DATABASE_AHEAD


async def test_a_broken_high_water_file_stops_everything(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    text = office.files.high_water.read_text()
    office.files.high_water.write_text(text.replace('"sequence":1', '"sequence":2'))

    with pytest.raises(high_water.ListError):
        await office.office.state()


@pytest.mark.attack("TL-02")
async def test_tl_02_a_list_past_its_next_update_is_alarmed_once(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    state = await office.office.state()
    due = state.lists[HK].next_update

    for _ in range(2):
        await watch(office.stores.trust_lists, office.files, office.stores.audit, due)

    assert await office.alarms() == [("trust_stale", HK)]
    assert state.freshness(HK, due).state == "due"
    assert state.freshness(HK, state.lists[HK].expires).state == "stale"


@pytest.mark.attack("F-TLST-03")
async def test_f_tlst_03_whoever_holds_a_state_keeps_it_and_the_next_look_brings_the_new_one(office: Office) -> None:
    await office.bring_in(signed(FIRST), signed(OTHER))
    reader = TrustReader(office.stores.trust_lists, office.files)
    held = await reader.current(NOW)

    await trust_import.propose(office.office, TOKENS, (), ADA)

    assert {one.sequence for one in held.lists.values()} == {1}
    assert await reader.current(NOW) is held
    assert {one.sequence for one in (await reader.current(LATER)).lists.values()} == {2}


@pytest.mark.attack("F-TLST-03")
async def test_f_tlst_03_readers_see_both_lists_of_an_import_switch_together(office: Office) -> None:
    await office.bring_in(signed(FIRST), signed(OTHER))
    seen: list[set[int]] = []

    async def look() -> None:
        for step in range(12):
            state = await TrustReader(office.stores.trust_lists, office.files).current(NOW + step * MINUTE)
            seen.append({one.sequence for one in state.lists.values()})

    async def bring() -> None:
        hk, gd = FIRST, OTHER
        for _ in range(5):
            hk, gd = next_list(hk), next_list(gd)
            await trust_import.propose(office.office, [signed(hk), signed(gd)], (), ADA)

    await asyncio.gather(look(), bring())

    assert all(len(one) == 1 for one in seen)


async def test_of_two_operators_who_import_at_once_one_is_told_to_look_again(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    one, other = next_list(FIRST), next_list(FIRST, operator={"en": "Another"})

    results = await asyncio.gather(
        trust_import.propose(office.office, [signed(one)], (), ADA),
        trust_import.propose(office.office, [signed(other)], (), BEN),
        return_exceptions=True,
    )

    assert sum(isinstance(result, dict) for result in results) == 1
    assert (await office.sequences())[HK] == 2
