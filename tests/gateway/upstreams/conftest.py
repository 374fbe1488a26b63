"""RSA keys are read once for all tests here: each reading takes as long as a whole sign-in."""

from collections.abc import Iterator

import pytest

from tests.world import keys_read_once


@pytest.fixture(autouse=True)
def _keys_read_once() -> Iterator[None]:
    with keys_read_once():
        yield
