"""How a sign-in at an OpenID Connect upstream fails, for the tests that make it fail."""

import pytest

from providers.errors import ProviderError, ProviderFailure
from tests.providers.openid_connect.builders import (
    FarSide,
)


async def failure_of(far: FarSide, **parameters: str | None) -> tuple[ProviderFailure, str]:
    with pytest.raises(ProviderError) as caught:
        await far.sign_in(**parameters)
    assert caught.value.provider == "shenzhen"
    return caught.value.failure, caught.value.detail


async def broken_by(far: FarSide) -> str:
    failure, detail = await failure_of(far)
    assert failure is ProviderFailure.BROKEN
    return detail
