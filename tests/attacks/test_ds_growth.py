"""Group DS, growth: what is abandoned goes again, heavy work leaves room for others, no pattern can be made to hang."""

import asyncio
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Iterator
from types import ModuleType
from urllib.parse import urlencode

import pytest

import gateway.oidc
import gateway.web
import mapping
import providers
from gateway.oidc.names import ClientAuthMethod
from tests.attacks.watch import WatchedWorld, counts
from tests.relying_party import Key, RelyingParty
from tests.world import AT, a_client, asking

ABANDONED = 150
"""A quick part of the million; `make soak` is where the rest belongs."""
PASSING = ("transactions", "pushed_requests", "replays")
LONG = 100_000
SHORT = LONG // 8
AS_GOOD_AS_NOTHING = 0.02
"""Seconds of processor time below which growth is not looked at."""


@pytest.mark.attack("DS-05", "RO-07")
async def test_ds_05_what_is_abandoned_is_gone_after_one_lifetime_and_one_purge(world: WatchedWorld) -> None:
    party = await RelyingParty.fapi(world)
    before = await counts(world, PASSING)
    async with world.net.browser() as http:
        for _ in range(ABANDONED):
            await http.get(f"{AT.issuer}/authorize?{urlencode(asking(scope='openid').parameters)}")
            await party.push(party.asking())
    grown = await counts(world, PASSING)

    world.clock.advance(hours=2)
    await world.chores.purge()
    after = await counts(world, PASSING)

    assert grown["transactions"] - before["transactions"] == ABANDONED
    assert grown["pushed_requests"] - before["pushed_requests"] == ABANDONED
    assert grown["replays"] - before["replays"] == 2 * ABANDONED
    assert after == before


@pytest.mark.attack("DS-06", "CA-17")
async def test_ds_06_heavy_proofs_leave_room_for_others(world: WatchedWorld) -> None:
    """Two hundred bad assertions under the largest key allowed; a probe sent behind them is answered among them."""
    key = Key.make("PS256")
    client = a_client("heavy", token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, jwks=key.jwks)
    party = await RelyingParty.register(world, client)
    party.key = key
    waiting = [asyncio.create_task(party.refresh("x")) for _ in range(200)]

    async with world.net.browser() as http:
        alive = await http.get(f"{AT.issuer}/livez")
    still_waiting = sum(not task.done() for task in waiting)
    answers = await asyncio.gather(*waiting)

    assert alive.status_code == 200
    assert still_waiting > 0
    assert {answer.status_code for answer in answers} <= {400, 401}


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in found.name:
            yield importlib.import_module(found.name)


def patterns() -> dict[str, tuple[re.Pattern[str], bool]]:
    """Every compiled pattern of our own that stands in a module, by its place, and whether it is searched with.

    A pattern that is only ever matched from the start costs nothing like one that is looked for at every place.
    """
    found: dict[str, tuple[re.Pattern[str], bool]] = {}
    for package in (gateway.oidc, gateway.web, providers, mapping):
        for module in modules_of(package):
            source = inspect.getsource(module)
            for name, value in vars(module).items():
                if (
                    isinstance(value, re.Pattern)
                    and isinstance(value.pattern, str)
                    and f"{name}: Final = re." in source
                ):
                    searches = any(f"{name}.{verb}(" in source for verb in ("search", "sub", "split", "findall"))
                    found[f"{module.__name__}.{name}"] = value, searches
    return found


PATTERNS = patterns()
TEXTS = {
    "letters": lambda size: "a" * size,
    "digits": lambda size: "1" * size,
    "dots": lambda size: "a." * (size // 2),
    "dashes": lambda size: "a-" * (size // 2) + "!",
    "host": lambda size: "https://" + "a." * (size // 2) + "/",
    "spaces": lambda size: " " * size,
    "percent": lambda size: "%41" * (size // 3) + ":",
    "colon": lambda size: ("a" * (size // 2) + ":") * 2,
    "slashes": lambda size: "https://a/" + "/." * (size // 2),
    "equals": lambda size: "bearer " + "a" * size + "=" * 8 + "!",
}


def spent(pattern: re.Pattern[str], text: str, *, searches: bool) -> float:
    began = time.process_time()
    if searches:
        pattern.search(text)
    pattern.fullmatch(text)
    return time.process_time() - began


@pytest.mark.attack("DS-07")
def test_ds_07_there_are_patterns_to_look_at() -> None:
    assert len(PATTERNS) > 30


@pytest.mark.attack("DS-07")
@pytest.mark.parametrize("place", sorted(PATTERNS))
def test_ds_07_no_pattern_takes_more_than_its_share_of_a_long_text(place: str) -> None:
    """Eight times the text may cost eight times the work, not sixty-four times: a ratio, so no clock decides."""
    pattern, searches = PATTERNS[place]

    for name, text in TEXTS.items():
        long = min(spent(pattern, text(LONG), searches=searches) for _ in range(2))
        if long > AS_GOOD_AS_NOTHING:
            short = max(min(spent(pattern, text(SHORT), searches=searches) for _ in range(3)), 1e-5)
            assert long / short < 32, f"{place} grows too fast with {name}"
