"""One gateway on https for each plan: a module of a plan is a test, and its browser starts as a stranger."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

pytest.register_assert_rewrite(
    *(f"tests.conformance.{name}" for name in ("wire", "suite", "variant", "fapi", "counter", "members"))
)

from tests.conformance.suite import Suite, a_suite  # noqa: E402 - its assertions are rewritten first
from tests.conformance.variant import VARIANTS, Variant, a_variant  # noqa: E402 - the same


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """The gateway, and this side of the wire, for the modules of one plan."""
    async with a_suite(tmp_path_factory.mktemp("conformance") / "world") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=VARIANTS)
async def variant(request: pytest.FixtureRequest, suite: Suite) -> Variant:
    """The basic plan's client, as each of its variants registers it and is answered."""
    return await a_variant(suite, request.param)
