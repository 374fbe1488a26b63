import pytest

from tests.mock_idps.macao.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()
