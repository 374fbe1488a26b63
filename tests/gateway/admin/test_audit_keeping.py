"""What workers do for the audit: link, vouch, watch; and what they refuse to vouch for."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from certs.keys.errors import KeyUnavailableError
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.admin import audit_keeping, audit_sealing, checkpoint_file
from gateway.admin.audit_keeping import AuditKeeper, FileState, standing
from gateway.admin.audit_sealing import Sealed, catch_up, seal, seal_all
from tests.gateway.admin.audit_world import LATER, NOW, Trail, an_event, open_trail

MINUTE = timedelta(minutes=1)


class Locked:
    """A private half that does not answer."""

    def __init__(self, key: SigningKey) -> None:
        self.public = key.signer.public

    def sign(self, algorithm: Algorithm, message: bytes) -> bytes:
        raise KeyUnavailableError("the token does not answer")


def positions(trail: Trail) -> list[int]:
    return [one.position for one in checkpoint_file.all_of(trail.file, trail.sealing.read)]


async def kept(trail: Trail) -> list[int]:
    return [one.position for one in await trail.stores.audit_checkpoints.after(0, 100)]


async def alarms(trail: Trail) -> list[tuple[str, str]]:
    page = await trail.stores.alert_registry.page(open_only=True, after=None, limit=20)
    return sorted((alert.kind.value, alert.about) for alert in page)


async def test_what_happens_is_linked_and_vouched_for_in_database_and_file(trail: Trail) -> None:
    keeper = AuditKeeper(trail.sealing)
    await trail.happen(3)

    assert await keeper.link(NOW) == 3

    found = await standing(trail.sealing, NOW)
    assert (found.head, found.sealed, found.unsealed, found.file) == (3, 3, 0, FileState.AGREES)
    assert positions(trail) == [3]


async def test_within_a_minute_there_is_one_checkpoint_unless_much_happens(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealing.audit_checkpoints, "EVENTS", 20)
    keeper = AuditKeeper(trail.sealing)
    for number in range(4):
        await trail.happen(2, 2 * number)
        await keeper.link(NOW + number * timedelta(seconds=15))
    await keeper.link(NOW + MINUTE)
    await trail.happen(20, 8)
    await keeper.link(NOW + MINUTE)

    assert await kept(trail) == [2, 8, 28]


async def test_a_backlog_is_worked_off_in_batches(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_keeping, "BATCH", 4)
    monkeypatch.setattr(audit_keeping, "_BATCHES", 3)
    keeper = AuditKeeper(trail.sealing)
    await trail.happen(17)

    assert [await keeper.link(NOW) for _ in range(3)] == [12, 5, 0]


@pytest.mark.attack("AU-03")
async def test_au_03_nothing_is_vouched_for_that_does_not_follow_from_the_last_checkpoint(trail: Trail) -> None:
    await trail.link(5)
    await trail.happen(3, 5)
    await trail.stores.audit_chain.link(10)
    await trail.execute("UPDATE audit SET details = '{}' WHERE seq = 7")

    assert await seal(trail.sealing, LATER) is Sealed.BROKEN

    assert await kept(trail) == [5]
    assert not (await AuditKeeper(trail.sealing).watch(LATER)).holds
    assert ("audit_broken", "chain") in await alarms(trail)


async def test_somebody_is_told_once(trail: Trail) -> None:
    await trail.link(5)
    await trail.execute("UPDATE audit_links SET hash = zeroblob(32) WHERE position = 5")
    keeper = AuditKeeper(trail.sealing)

    for _ in range(3):
        await keeper.watch(LATER)

    assert await alarms(trail) == [("audit_broken", "chain")]
    assert await trail.value("SELECT count(*) FROM audit WHERE action = 'alert.raised'") == 1


@pytest.mark.attack("AU-02")
@pytest.mark.parametrize("lost", ["DELETE FROM audit_checkpoints WHERE position > 5", "DELETE FROM audit_checkpoints"])
async def test_au_02_while_the_file_is_ahead_nothing_is_vouched_for_and_somebody_is_told(
    trail: Trail, lost: str
) -> None:
    await trail.link(5)
    await trail.link(5, LATER, first=5)
    await trail.execute(lost)
    await trail.execute("DELETE FROM audit_links WHERE position > 5")
    await trail.execute("DELETE FROM audit WHERE seq > 5")

    assert await trail.link(3, LATER + MINUTE, first=50) is Sealed.CONTRADICTED
    found = await AuditKeeper(trail.sealing).watch(LATER + MINUTE)

    assert found.file is FileState.AHEAD
    assert ("audit_restored", "file") in await alarms(trail)
    assert positions(trail) == [5, 10]
    assert await trail.stores.audit_records.counts(NOW)  # the audit stays readable


@pytest.mark.attack("F-BK-01")
async def test_f_bk_01_a_restore_on_record_begins_a_new_life_under_the_same_file(trail: Trail) -> None:
    await trail.link(5)
    await trail.link(5, LATER, first=5)
    for statement in (
        "DELETE FROM audit_checkpoints WHERE position > 5",
        "DELETE FROM audit_links WHERE position > 5",
        "DELETE FROM audit WHERE seq > 5",
        "INSERT INTO epochs (number, began_at, record) VALUES (2, 0, '{}')",
    ):
        await trail.execute(statement)

    assert await trail.link(3, LATER + MINUTE, first=50) is Sealed.DONE
    verdict = await trail.verify()

    assert positions(trail) == [5, 10, 8]
    assert (verdict.finding, [(lost.first, lost.last) for lost in verdict.lost]) == (None, [(6, 10)])
    assert await alarms(trail) == []


@pytest.mark.attack("F-AUDF-03")
async def test_f_audf_03_without_its_key_events_go_on_and_somebody_is_told_after_five_minutes(trail: Trail) -> None:
    lost = trail.without("key")
    keeper = AuditKeeper(lost.sealing)
    await trail.happen(3)

    assert await keeper.link(NOW) == 3
    early = await keeper.watch(NOW + timedelta(minutes=4))
    assert (early.has_key, early.is_late, await alarms(trail)) == (False, False, [])
    late = await keeper.watch(NOW + timedelta(minutes=6))
    assert (late.is_late, await alarms(trail)) == (True, [("audit_unsealed", "chain")])

    assert await seal(trail.sealing, NOW + timedelta(minutes=7)) is Sealed.DONE
    assert not (await standing(trail.sealing, NOW + timedelta(minutes=7))).is_late


@pytest.mark.attack("F-AUDF-03")
async def test_f_audf_03_a_key_that_does_not_answer_seals_nothing(trail: Trail) -> None:
    key = trail.sealing.signing_key()
    assert key is not None
    locked = replace(key, signer=Locked(key))
    await trail.happen(1)
    await trail.stores.audit_chain.link(10)

    assert await seal(replace(trail.sealing, signing_key=lambda: locked), NOW) is Sealed.NO_KEY
    assert await kept(trail) == []


async def test_an_event_that_nobody_links_is_told_of(trail: Trail) -> None:
    await trail.link(2)
    await trail.stores.audit.append(an_event(3))

    assert not (await standing(trail.sealing, NOW + timedelta(seconds=50))).is_late
    assert (await standing(trail.sealing, NOW + timedelta(minutes=2))).is_late


async def test_two_workers_link_and_vouch_once(trail: Trail) -> None:
    other = await open_trail(trail.folder)
    keepers = [AuditKeeper(each.sealing) for each in (trail, other)]
    await trail.happen(5)

    await asyncio.gather(*(keeper.link(NOW) for keeper in keepers))
    await other.happen(4, 5)
    await asyncio.gather(*(keeper.link(NOW + MINUTE) for keeper in keepers))
    await other.stores.aclose()

    assert positions(trail) == await kept(trail)
    assert (await trail.verify()).finding is None


async def test_after_a_long_time_without_a_key_checkpoints_cover_no_more_than_can_be_followed_at_once(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealing, "_AT_ONCE", 4)
    await trail.without("key").link(10)

    await seal(trail.sealing, LATER)
    assert await kept(trail) == [4]
    await seal_all(trail.sealing, LATER)

    assert await kept(trail) == [4, 8, 10]


async def test_a_crash_between_link_and_checkpoint_leaves_nothing_to_mend(trail: Trail) -> None:
    await trail.link(2)
    await trail.happen(4, 2)
    await trail.stores.audit_chain.link(10)

    await AuditKeeper(trail.sealing).link(NOW + MINUTE)

    assert await kept(trail) == [2, 6]
    assert (await trail.verify()).finding is None


async def test_a_crash_between_checkpoint_and_file_is_made_up_for(trail: Trail) -> None:
    await trail.link(2)
    without = trail.without("file")
    for first in (2, 4):
        await without.link(2, LATER, first=first)
    assert (await standing(trail.sealing, LATER)).file is FileState.BEHIND

    found = await AuditKeeper(trail.sealing).watch(LATER)

    assert (found.file, positions(trail)) == (FileState.AGREES, [2, 4, 6])


async def test_many_missing_lines_are_made_up_for_in_portions(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_sealing, "_CHECKPOINTS", 2)
    await trail.link(1)
    for first in range(1, 6):
        await trail.without("file").link(1, LATER, first=first)

    assert await catch_up(trail.sealing) == 5

    assert positions(trail) == [1, 2, 3, 4, 5, 6]


async def test_a_file_that_cannot_be_written_keeps_no_checkpoint_from_the_database(trail: Trail) -> None:
    blocked = replace(trail.sealing, file=trail.folder / "nowhere" / "checkpoints")
    keeper = AuditKeeper(blocked)
    await trail.happen(2)

    await keeper.link(NOW)
    found = await keeper.watch(NOW)

    assert await kept(trail) == [2]
    assert found.file is FileState.UNREADABLE
    assert ("audit_unsealed", "file") in await alarms(trail)


@pytest.mark.attack("AU-03")
async def test_au_03_a_file_with_a_line_that_is_not_ours_is_told_of(trail: Trail) -> None:
    await trail.link(2)
    trail.file.write_text("nonsense\n")

    found = await AuditKeeper(trail.sealing).watch(NOW)

    assert found.file is FileState.BROKEN
    assert await alarms(trail) == [("audit_broken", "file")]
