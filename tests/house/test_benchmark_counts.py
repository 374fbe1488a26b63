"""The goals of speed that can be counted instead of timed: calls, write transactions and key parsings of a sign-in."""

import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.store.sql.database import Database
from providers.calls import Calls
from tests.world import NOW, World, a_world, asking

ROOT = Path(__file__).parents[2]
PEOPLE = {"macao": "lei-ka-meng", "hong_kong": "chan-siu-ming", "guangdong": "li-xiao-hua"}
PARSERS = {
    "load_pem_private_key",
    "load_der_private_key",
    "load_pem_public_key",
    "load_der_public_key",
    "import_key",
    "load_secret",
}
"""Functions of our libraries, and of our own adapter for SM2, that turn bytes into a key pair or a public key."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count every call to a provider and every write transaction from now on."""
    counts: Counter[str] = Counter()

    def count(owner: Any, method: str, name: str) -> None:
        plain = getattr(owner, method)

        async def counting(*arguments: Any, **options: Any) -> Any:
            counts[name] += 1
            return await plain(*arguments, **options)

        monkeypatch.setattr(owner, method, counting)

    count(Calls, "get", "outbound")
    count(Calls, "post", "outbound")
    count(Database, "run", "writes")
    return counts


def is_ours(frame: FrameType | None) -> bool:
    """Whether the nearest code of this tree on the stack is not a mock's: both sides run in this one thread."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and not path.is_relative_to(sys.prefix):
            return path.relative_to(ROOT).parts[0] != "mock_idps"
        frame = frame.f_back
    return False


@contextmanager
def parsings_of_keys() -> Iterator[Counter[str]]:
    """Watch this thread for calls to anything that parses a key."""
    seen: Counter[str] = Counter()

    def notice(frame: FrameType, event: str, argument: Any) -> None:
        name = argument.__name__ if event == "c_call" else frame.f_code.co_name
        if event in {"call", "c_call"} and name in PARSERS and is_ours(frame):
            seen[name] += 1

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        yield seen
    finally:
        sys.setprofile(before)


async def whole_sign_in(world: World, provider: str) -> None:
    """From authorize to userinfo; the service names the provider, so that nothing has to be chosen."""
    asked, browser, person = asking(idp_hint=provider), world.browser(), PEOPLE[provider]
    page = await browser.prove(await browser.open(asked.url), person)
    answer = await browser.go_on(page, person)
    tokens = await world.token(asked, answer["code"])
    userinfo = await world.userinfo(tokens.json()["access_token"])
    assert userinfo.status_code == 200


async def second_sign_in(world: World, provider: str, counted: Counter[str]) -> Counter[str]:
    """Count a sign-in of a person whose permit is bound and whose consent is remembered, with all caches warm."""
    await whole_sign_in(world, provider)
    counted.clear()
    await whole_sign_in(world, provider)
    return counted


@pytest.mark.parametrize("provider", PEOPLE)
async def test_a_returning_person_costs_at_most_two_calls_to_the_provider_and_four_write_transactions(
    world: World, counted: Counter[str], provider: str
) -> None:
    counts = await second_sign_in(world, provider, counted)

    assert (counts["outbound"] <= 2, counts["writes"] <= 4) == (True, True), dict(counts)


@pytest.mark.parametrize("provider", PEOPLE)
async def test_a_returning_person_costs_no_parsing_of_a_key_on_our_side(world: World, provider: str) -> None:
    await whole_sign_in(world, provider)

    with parsings_of_keys() as seen:
        await whole_sign_in(world, provider)

    assert not seen


def test_the_watch_notices_a_key_that_is_parsed() -> None:
    pem = SigningKey.generate(Algorithm.ES256, NOW).to_pem()

    with parsings_of_keys() as seen:
        SigningKey.from_pem(pem, algorithm=Algorithm.ES256, created_at=NOW)

    assert seen["load_pem_private_key"] == 1
