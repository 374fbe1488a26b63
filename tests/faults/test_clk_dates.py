"""Faults, clocks: awkward dates. The gateway counts in UTC, shows the area's one time, and never asks for the host's."""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.admin.outages import OutageError, read_moment
from gateway.store.fields import Fields, RecordError
from gateway.store.sql.columns import EPOCH, MICROSECOND
from gateway.web.local_time import local_date, local_moment, local_when
from tests.asking import asking
from tests.faults.clocks import audited
from tests.world import World, a_world

SECOND = timedelta(seconds=1)
LEAP = "2016-12-31T23:59:60Z"
"""The last leap second that there was; UTC has such seconds, clocks of programs do not."""

AWKWARD = {
    "the year ends in UTC": datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    "the year ends in Hong Kong": datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC),
    "a leap day begins": datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC),
    "a leap day ends": datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    "summer time begins in New York": datetime(2027, 3, 14, 6, 59, 59, tzinfo=UTC),
    "summer time ends in Lisbon": datetime(2027, 10, 31, 0, 59, 59, tzinfo=UTC),
    "32 bits of seconds are full": datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC),
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
def host_zone() -> Iterator[Callable[[str], None]]:
    """Set the time zone of this process, and put it back."""
    before = os.environ.get("TZ")

    def put(zone: str | None) -> None:
        os.environ.pop("TZ", None)
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()

    yield put
    put(before)


@pytest.mark.attack("F-CLK-03")
async def test_f_clk_03_a_sign_in_over_every_awkward_moment_ends_exactly_when_it_should(world: World) -> None:
    found = {}
    for name, moment in sorted(AWKWARD.items(), key=lambda item: item[1]):
        world.clock.now = moment
        asked = asking()
        answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
        world.clock.now = moment + SECOND  # over the boundary
        tokens = (await world.token(asked, answer["code"])).json()
        claims = await world.id_token_claims(asked, tokens)
        world.clock.now = moment + SECOND + timedelta(minutes=10) - SECOND
        last = (await world.userinfo(tokens["access_token"])).status_code
        world.clock.now += SECOND
        over = (await world.userinfo(tokens["access_token"])).status_code
        found[name] = (claims["iat"] - int(moment.timestamp()), claims["exp"] - claims["iat"], last, over)

    assert found == dict.fromkeys(AWKWARD, (1, 300, 200, 401))


@pytest.mark.attack("F-CLK-03")
async def test_f_clk_03_the_hosts_time_zone_changes_nothing(world: World, host_zone: Callable[[str], None]) -> None:
    world.clock.now = datetime(2027, 3, 14, 6, 59, 59, tzinfo=UTC)
    seen = []
    for zone in ("UTC", "Asia/Macau", "America/New_York"):
        host_zone(zone)
        asked = asking()
        answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
        claims = await world.claims(asked, (await world.token(asked, answer["code"])).json())
        seen.append({name: value for name, value in claims.items() if name in {"iat", "exp", "sub", "gba_cn_id"}})

    rows = await audited(world)

    assert seen == seen[:1] * 3
    in_world = (world.clock.now - EPOCH) // MICROSECOND
    assert {row.at for row in rows if row.action.startswith("sign_in")} == {in_world}


@pytest.mark.attack("F-CLK-03")
@pytest.mark.parametrize("zone", ["UTC", "Asia/Macau", "America/New_York"])
def test_f_clk_03_pages_show_the_time_of_the_three_places_wherever_the_host_is(
    host_zone: Callable[[str], None], zone: str
) -> None:
    host_zone(zone)

    assert local_date(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) == "2026-12-31"
    assert local_date(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "2027-01-01"
    assert local_moment("2028-02-28T16:00:00Z") == "2028-02-29 00:00"
    assert local_moment("2028-02-29T16:00:00+00:00") == "2028-03-01 00:00"
    assert local_moment("2038-01-19T03:14:08Z") == "2038-01-19 11:14"
    leap_day = datetime(2028, 2, 29, 15, 30, tzinfo=UTC)
    assert local_when(leap_day + timedelta(hours=1), leap_day) == "2028-03-01 00:30"


def _record(text: str) -> Any:
    return Fields({"at": text}).moment("at")


@pytest.mark.attack("F-CLK-03")
@pytest.mark.parametrize(
    ("read", "error"), [(_record, RecordError), (lambda text: read_moment(text, "from"), OutageError)]
)
def test_f_clk_03_a_leap_second_is_refused_where_a_time_is_read(
    read: Callable[[str], Any], error: type[Exception]
) -> None:
    for text in (LEAP, LEAP.replace("Z", "+08:00")):
        with pytest.raises(error):
            read(text)

    assert read("2016-12-31T23:59:59Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)
