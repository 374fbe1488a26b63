"""Faults, trust lists: an import that is killed leaves both lists old or both new, and the next run goes on (F-TLST-01)."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from certs.trust.high_water import Comparison
from gateway.signatures.trust_state import load
from gateway.signatures.trust_watch import watch
from gateway.store.open import Stores
from mock_idps.authority import lists, root
from tests.authority import NOW, a_world
from tests.faults.importing import LISTS, ROOT_FOLDER, bring_in, files_of
from tests.faults.weight import PATIENT, rounds
from tests.gateway.admin.trust_world import ADA, BEN, Office, next_list, signed

pytestmark = PATIENT
DEATHS = rounds(1, 40)
BETWEEN = 4
"""Imports that a process tells of, at most, before it dies."""
UPTO = 1 + DEATHS * (BETWEEN + 2)


def write_all(folder: Path) -> None:
    """Sign everything beforehand: the processes hold no key."""
    (folder / "root.json").write_bytes(root.signed_root(a_world()))
    for list_id in LISTS:
        document = lists.trust_list(a_world(), list_id)
        for number in range(1, UPTO + 1):
            (folder / f"{list_id}.{number}").write_bytes(signed(document))
            document = next_list(document)


def killed(url: str, folder: Path, chance: random.Random) -> int:
    """Let a process import, kill it some moment after it has told of a few; gives the last number that it told."""
    command = [sys.executable, "-m", "tests.faults.importing", url, str(folder), str(UPTO)]
    told, wanted = 0, chance.randrange(1, BETWEEN + 1)
    environment = {**os.environ, "PYTHONPATH": str(ROOT_FOLDER)}
    with subprocess.Popen(command, cwd=ROOT_FOLDER, env=environment, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = int(line)
            wanted -= 1
            if wanted == 0:
                time.sleep(chance.random() * 0.03)  # anywhere in the next import
                process.kill()
    return told


@pytest.mark.attack("F-TLST-01")
async def test_f_tlst_01_killed_processes_leave_whole_imports_behind(
    stores: Stores, database_url: str, tmp_path: Path
) -> None:
    write_all(tmp_path)
    files, chance = files_of(tmp_path), random.Random(20261124)  # noqa: S311 - moments, not secrets
    office = Office(stores, tmp_path, files)
    await office.bring_in(*((tmp_path / f"{list_id}.1").read_bytes() for list_id in LISTS), by=ADA, second=BEN)

    for _ in range(DEATHS):
        told = killed(database_url, tmp_path, chance)

        left = await load(stores.trust_lists, files)
        assert len({found.sequence for found in left.lists.values()}) == 1
        assert left.lists[LISTS[0]].sequence in {told, told + 1}
        assert left.comparison is not Comparison.FILE_AHEAD

    await bring_in(database_url, tmp_path, UPTO)
    state = await watch(stores.trust_lists, files, stores.audit, NOW)
    assert (state.comparison, set(await office.alarms())) == (Comparison.AGREE, set())
    assert {found.sequence for found in state.lists.values()} == {UPTO}
