"""What holds for every test: nothing leaves this machine, and generated cases are the same in every CI run.

And what keeps twenty thousand of them quick: the longest files come first, so that no worker has one left at the end,
and the collected tests are put out of the garbage collector's sight.
"""

import gc
import os
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests import network

settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")

HERE: Final = Path(__file__).parent
LONGEST: Final = (
    "attacks/test_mp_rekey.py",
    "attacks/test_mp_parallel.py",
    "snippets/test_snippets_run.py",
    "contracts/stores/test_rekeying.py",
    "faults/test_mapf_gateways.py",
    "attacks/test_al_switches.py",
    "journeys/test_the_demo_process.py",
    "clients/test_openid_client.py",
    "faults/test_mapf_two_workers.py",
    "faults/test_mapf_killed.py",
    "attacks/test_mp_oracle.py",
    "journeys/test_many_at_once.py",
    "clients/test_go_oidc.py",
    "attacks/test_mp_stolen.py",
)
"""Files of few tests that take ten seconds and more; a name that has gone does no harm."""
PLACES: Final = {HERE / name: place for place, name in enumerate(LONGEST)}


def pytest_configure() -> None:
    """Cut off the network before any test module is even imported."""
    network.cut_off()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; the order within a file stays."""
    items.sort(key=lambda item: PLACES.get(item.path, len(PLACES)))


def pytest_collection_finish() -> None:
    """Let the collector of garbage forget the collected tests, which it would look through again and again."""
    gc.collect()
    gc.freeze()
