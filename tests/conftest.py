"""What holds for every test: nothing leaves this machine, and generated cases are the same in every CI run."""

import os

from hypothesis import settings

from tests import network

settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


def pytest_configure() -> None:
    """Cut off the network before any test module is even imported."""
    network.cut_off()
