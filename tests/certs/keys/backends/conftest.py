"""One SoftHSM for all tests of a run; wrapping keys and a sealed folder for each test."""

import hashlib

import pytest

from certs.keys.backends.sealed_file import SealedFileBackend
from certs.keys.seal import Sealer
from tests.certs.keys.backends import softhsm

OLD, NEW = (hashlib.sha256(name).digest() for name in (b"old wrapping key", b"new wrapping key"))


@pytest.fixture(scope="session")
def hsm(tmp_path_factory):
    if softhsm.module() is None:
        pytest.skip(softhsm.LACKING)
    return softhsm.start(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def sealed(tmp_path):
    return SealedFileBackend(tmp_path, Sealer({"1": OLD}, active="1"))


@pytest.fixture
def resealing(tmp_path):
    """The same folder after the next wrapping key has come into use."""
    return SealedFileBackend(tmp_path, Sealer({"1": OLD, "2": NEW}, active="2"))


@pytest.fixture
def forgetful(tmp_path):
    """The same folder after the old wrapping key is gone."""
    return SealedFileBackend(tmp_path, Sealer({"2": NEW}, active="2"))
