"""Does the audit hold? Every kind of tampering in the database is found, at its place, by who has key and file."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.admin.audit_chain import Break, Finding
from gateway.admin.audit_proof import UnknownCheckpointError, Verdict
from gateway.admin.audit_sealing import Sealed
from tests.gateway.admin.audit_world import LATER, NOW, STRANGER, Trail, an_event, open_trail, sealing_of

EVENTS = 47
"""Three checkpoints at 15, 30 and 45, and two events without one."""


@pytest.fixture(scope="session")
def filled_once(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    shutil.copy(empty_database, folder / "gate.sqlite3")
    asyncio.run(fill(folder))
    return folder


async def fill(folder: Path) -> None:
    trail = await open_trail(folder)
    for first in (0, 15, 30):
        assert await trail.link(15, first=first) is Sealed.DONE
    await trail.happen(2, 45)
    await trail.stores.audit_chain.link(10)
    await trail.stores.aclose()


@pytest.fixture
async def filled(filled_once: Path, tmp_path: Path) -> AsyncIterator[Trail]:
    for name in ("gate.sqlite3", "checkpoints"):
        shutil.copy(filled_once / name, tmp_path / name)
    trail = await open_trail(tmp_path)
    yield trail
    await trail.stores.aclose()


async def rewrite(trail: Trail, first: int) -> None:
    """Compute every hash from a position on anew, as whoever owns the database can."""
    links = await trail.stores.audit_chain.links(first - 2, 100)
    from gateway.admin.audit_chain import Place, chained  # noqa: PLC0415 - the attacker's tool

    place = Place(first - 1, links[0].hash)
    made = chained(place, [link.row for link in links[1:] if link.row is not None])
    rows = [{"hash": link.hash, "position": link.position} for link in made]
    change = text("UPDATE audit_links SET hash = :hash WHERE position = :position")
    await trail.stores.database.run(lambda connection: connection.execute(change, rows) and None)


async def test_an_untouched_audit_holds_with_all_its_checkpoints(filled: Trail) -> None:
    told: list[tuple[int, int, int]] = []

    verdict = await filled.verify(report=lambda *news: told.append(news))

    assert verdict == Verdict(None, events=EVENTS, reached=EVENTS, sealed=45, checkpoints=3)
    assert told == [(EVENTS, EVENTS, 45)]


async def test_that_somebody_checked_is_on_record(filled: Trail) -> None:
    await filled.verify()

    assert await filled.value("SELECT details FROM audit ORDER BY seq DESC LIMIT 1") == (
        '{"operator":"ada","what":"verify","begin":"0"}'
    )


async def test_an_empty_audit_holds(trail: Trail) -> None:
    assert await trail.verify() == Verdict(None)


TAMPERED = {
    "changed detail": (["UPDATE audit SET details = '{}' WHERE seq = 20"], Break.EDITED, 20),
    "changed time": (["UPDATE audit SET at = at + 1 WHERE seq = 7"], Break.EDITED, 7),
    "changed kind of value": (["UPDATE audit SET at = 'now' WHERE seq = 7"], Break.EDITED, 7),
    "binary value": (["UPDATE audit SET details = x'00ff' WHERE seq = 7"], Break.EDITED, 7),
    "removed event": (["DELETE FROM audit WHERE seq = 31"], Break.REMOVED, 31),
    "removed event and link": (
        ["DELETE FROM audit WHERE seq = 31", "DELETE FROM audit_links WHERE seq = 31"],
        Break.REMOVED,
        31,
    ),
    "first event removed": (
        ["DELETE FROM audit WHERE seq = 1", "DELETE FROM audit_links WHERE seq = 1"],
        Break.REMOVED,
        1,
    ),
    "exchanged events": (
        [
            "UPDATE audit SET seq = -1 WHERE seq = 3",
            "UPDATE audit SET seq = 3 WHERE seq = 9",
            "UPDATE audit SET seq = 9 WHERE seq = -1",
        ],
        Break.REORDERED,
        3,
    ),
    "changed hash": (["UPDATE audit_links SET hash = zeroblob(32) WHERE position = 12"], Break.EDITED, 12),
    "all of it gone": (["DELETE FROM audit", "DELETE FROM audit_links"], Break.CUT, 1),
    "cut behind the last checkpoint but one": (
        [
            "DELETE FROM audit WHERE seq > 40",
            "DELETE FROM audit_links WHERE position > 40",
            "DELETE FROM audit_checkpoints WHERE position > 40",
        ],
        Break.CUT,
        41,
    ),
    "checkpoint taken out": (["DELETE FROM audit_checkpoints WHERE position = 30"], Break.CHECKPOINT_MISSING, 30),
    "checkpoint changed": (
        ["UPDATE audit_checkpoints SET token = substr(token, 1, length(token) - 4) || 'AAAA' WHERE position = 30"],
        Break.CHECKPOINT_FORGED,
        30,
    ),
    "checkpoint moved": (
        [
            "UPDATE audit_checkpoints SET token = (SELECT min(token) FROM audit_checkpoints WHERE position = 15) WHERE position = 30"
        ],
        Break.CHECKPOINT_FORGED,
        30,
    ),
}


@pytest.mark.attack("AU-01", "AU-02")
@pytest.mark.parametrize("how", TAMPERED)
async def test_au_01_whatever_is_done_to_the_database_is_found_at_its_place(filled: Trail, how: str) -> None:
    statements, kind, position = TAMPERED[how]
    for statement in statements:
        await filled.execute(statement)

    verdict = await filled.verify()

    assert verdict.finding == Finding(kind, position)
    assert verdict.sealed < position


@pytest.mark.attack("AU-01")
async def test_au_01_an_event_that_was_put_in_is_missed_in_the_chain(filled: Trail) -> None:
    await filled.execute(
        "INSERT INTO audit (seq, at, action, correlation_id, details) SELECT -5, at, action, 'c', '{}' FROM audit LIMIT 1"
    )

    assert (await filled.verify()).finding == Finding(Break.UNLINKED, seq=-5)


async def test_what_happened_within_the_last_minute_may_still_be_without_a_link(filled: Trail) -> None:
    await filled.stores.audit.append(an_event(99, at=LATER))

    assert (await filled.verify()).finding is None


@pytest.mark.attack("AU-02")
@pytest.mark.parametrize("first", [47, 44, 31])
async def test_au_02_a_cut_tail_is_found_with_the_file_and_only_up_to_its_window_without(
    filled: Trail, first: int
) -> None:
    await filled.execute("DELETE FROM audit WHERE seq >= :first", first=first)
    await filled.execute("DELETE FROM audit_links WHERE position >= :first", first=first)
    await filled.execute("DELETE FROM audit_checkpoints WHERE position >= :first", first=first)

    with_file, without = await filled.verify(), await filled.without("file").verify()

    assert with_file.finding == (Finding(Break.CUT, first) if first <= 45 else None)
    assert without.finding is None


@pytest.mark.attack("AU-03")
@pytest.mark.parametrize("first", [2, 16, 31])
async def test_au_03_a_chain_that_was_rewritten_without_the_key_is_found(filled: Trail, first: int) -> None:
    await filled.execute("UPDATE audit SET details = '{}' WHERE seq = :first", first=first)
    await rewrite(filled, first)

    by_checkpoints = await filled.without("file").verify()
    await filled.execute("DELETE FROM audit_checkpoints")
    by_file = await filled.verify()

    assert by_checkpoints.finding == Finding(Break.REWRITTEN, first - first % 15 + 1 if first > 15 else 1)
    assert by_file.finding == Finding(Break.REWRITTEN, 1)


@pytest.mark.attack("AU-03")
async def test_au_03_checkpoints_under_a_key_of_ones_own_prove_nothing(filled: Trail) -> None:
    from gateway.admin.audit_sealing import seal  # noqa: PLC0415 - the attacker's tool

    await filled.execute("DELETE FROM audit_checkpoints")
    await seal(sealing_of(filled.stores, None, STRANGER), NOW, at_once=True)

    assert (await filled.without("file").verify()).finding == Finding(Break.CHECKPOINT_FORGED, EVENTS)


async def test_checking_goes_on_from_a_checkpoint(filled: Trail) -> None:
    first = await filled.verify(most=10)
    rest = await filled.verify(start=30)

    assert (rest.events, rest.checkpoints, rest.finding) == (17, 1, None)
    assert not rest.goes_on
    assert first.finding is None


async def test_checking_in_parts_says_where_to_go_on(filled: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.admin.audit_proof.PORTION", 20)

    first = await filled.verify(most=10)

    assert (first.events, first.sealed, first.goes_on) == (20, 15, True)
    assert (await filled.verify(start=first.sealed)).reached == EVENTS


@pytest.mark.parametrize("start", [1, 14, 46, 5000])
async def test_checking_cannot_begin_where_no_checkpoint_is(filled: Trail, start: int) -> None:
    with pytest.raises(UnknownCheckpointError):
        await filled.verify(start=start)


@pytest.mark.attack("AU-03")
async def test_au_03_checking_does_not_begin_behind_a_forged_checkpoint(filled: Trail) -> None:
    await filled.execute("UPDATE audit_checkpoints SET token = 'x' WHERE position = 30")

    assert (await filled.verify(start=30)).finding == Finding(Break.CHECKPOINT_FORGED, 30)
