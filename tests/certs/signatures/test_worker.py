"""A parser that hangs, dies or is fed nonsense takes nobody along: the answer is open, and the next request is served."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from certs.signatures import worker
from certs.signatures.signed import Format
from certs.signatures.worker import InProcessReader, WorkerReader, _receive, time_for
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason
from tests.authority import a_world
from tests.certs.signatures.judging import CONTENT, detached


def a_request() -> dict[str, Any]:
    return detached(a_world().issue("hk-personal-mr")) | {"relying_jurisdiction": "GD", "purpose": "contract"}


async def test_a_worker_reads_what_the_process_itself_would_read(tmp_path: Path) -> None:
    members, worker = a_request(), WorkerReader(wall_seconds=30)
    file = tmp_path / "content"
    file.write_bytes(CONTENT)
    without = {name: value for name, value in members.items() if name != "content"}

    try:
        here = await InProcessReader().read(members, Format.CMS_DETACHED, {})
        there = await worker.read(members, Format.CMS_DETACHED, {})
        from_file = await worker.read(without, Format.CMS_DETACHED, {}, file)
        with pytest.raises(Refused) as refused:
            await worker.read(members | {"signature": "!!"}, Format.CMS_DETACHED, {})
    finally:
        await worker.close()

    assert there == here == from_file
    assert refused.value.code is RefusalCode.ENCODING
    assert worker.killed == 0


@pytest.mark.attack("SG-14")
async def test_sg_14_a_worker_that_does_not_answer_in_time_is_killed_and_the_next_request_is_served() -> None:
    members, worker = a_request(), WorkerReader(wall_seconds=30)

    try:
        await worker.read(members, Format.CMS_DETACHED, {})
        process = worker._process
        assert process is not None
        worker.wall_seconds = 0.0
        form, signers = await worker.read(members, Format.CMS_DETACHED, {})
        worker.wall_seconds = 30
        served = await worker.read(members, Format.CMS_DETACHED, {})
    finally:
        await worker.close()

    assert form is Format.CMS_DETACHED
    assert [finding.reason for finding in signers[0].findings] == [Reason.VALIDATOR_TIMEOUT]
    assert signers[0].certificate is None
    assert process.returncode is not None
    assert worker.killed == 1
    assert served[1][0].value is None


@pytest.mark.attack("SG-14")
async def test_sg_14_a_worker_that_dies_in_the_middle_is_an_open_answer() -> None:
    members, worker = a_request(), WorkerReader(wall_seconds=30)

    try:
        await worker.read(members, Format.CMS_DETACHED, {})
        process = worker._process
        assert process is not None
        process.kill()
        asking = worker.read(members, Format.CMS_DETACHED, {})
        _, signers = await asyncio.wait_for(asking, 60)
    finally:
        await worker.close()

    # Either it was noticed before it was asked, and a new one has answered, or the answer is open.
    reasons = [finding.reason for finding in signers[0].findings if finding.reason is not None]
    assert reasons == [] if signers[0].value is None else reasons == [Reason.VALIDATOR_FAILURE]


@pytest.mark.attack("SG-14")
async def test_sg_14_after_a_request_that_was_given_up_nobody_is_told_of_its_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, served = a_request(), a_request() | {"content": {"bytes": ""}}, WorkerReader(wall_seconds=30)
    is_asked = asyncio.Event()

    async def receive(process: asyncio.subprocess.Process) -> dict[str, Any]:
        is_asked.set()
        return await _receive(process)

    try:
        await served.read(first, Format.CMS_DETACHED, {})
        monkeypatch.setattr(worker, "_receive", receive)
        asking = asyncio.create_task(served.read(first, Format.CMS_DETACHED, {}))
        await is_asked.wait()  # its job is in the pipe, and its answer will come
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        told = await served.read(second, Format.CMS_DETACHED, {})
    finally:
        await served.close()

    assert told == await InProcessReader().read(second, Format.CMS_DETACHED, {})


def test_a_large_file_gets_the_time_that_its_digest_takes(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as sparse:
        sparse.truncate(500_000_000)

    assert time_for(file) == 5.0
    assert time_for(None) == 0.0
