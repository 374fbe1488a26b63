import pytest

from tests.mock_idps.guangdong.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()
