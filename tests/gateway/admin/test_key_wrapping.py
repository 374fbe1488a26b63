"""The next wrapping key: made, known to every worker, put over every file, and the one before it gone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.keys.backends.proof import prove_key
from certs.keys.backends.sealed_file import SealedFileBackend
from certs.keys.seal import Sealer
from gateway.admin import key_wrapping, keyring
from gateway.admin.acts import Act, ReasonError
from gateway.admin.keyring import Keyring
from gateway.admin.operation_records import Instance
from gateway.audit import AuditEvent

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ACT = Act("ada", NOW, "yearly change")


class Log:
    """Events in memory."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    async def append(self, event: AuditEvent) -> None:
        assert event.details["purpose"] == "wrapping"
        self.steps.append(event.details["step"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a keys folder without signing keys: they are nobody's matter here."""
    (tmp_path / "sealed").mkdir(mode=0o700)
    keyring.create(tmp_path, NOW)
    return tmp_path


def files(folder: Path) -> SealedFileBackend:
    ring = keyring.load(folder)
    return SealedFileBackend(folder, Sealer(ring.wrapping_keys, max(ring.wrapping_keys, key=int)))


def worker(folder: Path, **later: float) -> Instance:
    made_at = datetime.fromtimestamp((folder / "wrapping.2.key").stat().st_mtime, UTC)
    return Instance("worker", NOW, made_at + timedelta(**later))


async def test_files_move_under_the_next_key_and_the_old_one_may_go(folder: Path) -> None:
    log = Log()
    made = files(folder).generate("report-signing", "ES256")

    name = await key_wrapping.prepare(folder, keyring.load(folder), log, ACT)
    waiting = key_wrapping.standing(folder, keyring.load(folder))
    done = await key_wrapping.rewrap(folder, keyring.load(folder), [worker(folder, seconds=1)], log, ACT)

    assert (name, waiting.waiting, waiting.may_go) == ("wrapping.2.key", 1, ())
    assert (done.moved, done.waiting, done.refused, done.may_go) == (1, 0, (), ("wrapping.key",))
    assert log.steps == ["prepare", "begin", "finish"]
    (folder / "wrapping.key").unlink()
    prove_key(files(folder).signer(made.handle), "ES256")
    assert keyring.create(folder, NOW) == []


async def test_nothing_moves_while_a_worker_runs_that_could_not_read_it(folder: Path) -> None:
    log = Log()
    files(folder).generate("report-signing", "ES256")
    keyring.create_next_wrapping(folder)
    running = [worker(folder, seconds=1), worker(folder, seconds=-1)]

    with pytest.raises(key_wrapping.WrappingError, match="1 running worker"):
        await key_wrapping.rewrap(folder, keyring.load(folder), running, log, ACT)

    assert (key_wrapping.standing(folder, keyring.load(folder)).waiting, log.steps) == (1, [])


async def test_a_third_key_is_not_made_beside_two(folder: Path) -> None:
    keyring.create_next_wrapping(folder)

    with pytest.raises(key_wrapping.WrappingError, match="under way"):
        await key_wrapping.prepare(folder, keyring.load(folder), Log(), ACT)

    assert list(keyring.load(folder).wrapping_keys) == ["1", "2"]


async def test_a_file_that_does_not_open_is_named_and_keeps_the_old_key(folder: Path) -> None:
    log = Log()
    made = files(folder).generate("report-signing", "ES256")
    path = folder / "sealed" / f"{made.handle.rpartition('/')[2]}.key"
    path.write_bytes(path.read_bytes()[:-1])
    keyring.create_next_wrapping(folder)

    done = await key_wrapping.rewrap(folder, keyring.load(folder), [], log, ACT)

    assert (done.moved, done.waiting, done.refused, done.may_go) == (0, 1, (path.stem,), ())
    assert log.steps == ["begin"]


async def test_without_a_reason_or_a_wrapping_key_nothing_is_done(folder: Path) -> None:
    ring = keyring.load(folder)

    for silent in (
        key_wrapping.prepare(folder, ring, Log(), Act("ada", NOW)),
        key_wrapping.rewrap(folder, ring, [], Log(), Act("ada", NOW)),
    ):
        with pytest.raises(ReasonError):
            await silent
    with pytest.raises(key_wrapping.WrappingError, match="gate init"):
        await key_wrapping.rewrap(folder, _without(ring), [], Log(), ACT)


def _without(ring: Keyring) -> Keyring:
    return Keyring(ring.sealing_keys, ring.index_keys, ring.pairwise_key, ring.client_secret_key, ring.form_key)
