"""The dashboard's plots: every sign-in is counted once, every end stands at its place, what is near is one mark."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord
from certs.keys.rotation.schedule import Step, Verb
from gateway.admin.audit_ports import HourCount
from gateway.admin.inventory import Item, Kind, Severity
from gateway.admin.measured import is_up
from gateway.admin.operation_records import Instance
from gateway.web.dashboard_keys import line_of
from gateway.web.dashboard_overview import due_next
from gateway.web.dashboard_plots import BAR_HEIGHT, bars, by_hour, timeline
from gateway.web.dashboard_render import STYLESHEET, at, distance
from tests.gateway.web.test_stylesheet import contrast

NOW = datetime(2026, 11, 24, 9, 41, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


def count(action: str, number: int, *, back: int = 0) -> HourCount:
    return HourCount(HOUR - timedelta(hours=back), f"sign_in.{action}", "macao", number)


def an_item(name: str = "one", **changes: Any) -> Item:
    return Item(**{"id": name, "name": name, "kind": Kind.TRUST_LIST, "where": "trust lists", **changes})


def test_a_day_has_an_hour_for_each_hour_and_what_is_older_is_left_out() -> None:
    hours = by_hour(
        [count("started", 7), count("completed", 4), count("failed", 1), count("completed", 9, back=24)], NOW
    )

    assert len(hours) == 24
    assert (hours[-1].completed, hours[-1].failed, hours[-1].unfinished) == (4, 1, 2)
    assert sum(hour.total for hour in hours) == 7


def test_one_that_ended_in_the_next_hour_makes_no_negative_number() -> None:
    hours = by_hour([count("started", 1, back=1), count("completed", 1)], NOW)

    assert [hour.unfinished for hour in hours[-2:]] == [1, 0]


def test_bars_are_stacked_and_never_higher_than_the_plot() -> None:
    plot = bars(by_hour([count("started", 33), count("completed", 20), count("failed", 10)], NOW))

    assert plot.most == 40
    assert [block.kind for block in plot.blocks] == ["completed", "failed", "unfinished"]
    assert plot.blocks[0].y + plot.blocks[0].height == pytest.approx(BAR_HEIGHT, abs=0.1)
    assert plot.blocks[-1].y >= 0


def test_a_day_without_a_sign_in_is_an_empty_plot() -> None:
    assert bars(by_hour([], NOW)).blocks == ()


def test_what_is_over_stands_left_of_now_and_what_is_far_stays_inside() -> None:
    ends = {
        "over": -timedelta(days=400),
        "soon": timedelta(hours=2),
        "later": timedelta(days=20),
        "far": timedelta(days=9999),
    }
    plot = timeline([an_item(name, not_after=NOW + left) for name, left in ends.items()], NOW)

    xs = [mark.x for mark in plot.lanes[0].marks]
    assert xs == sorted(xs)
    assert xs[0] < plot.now < xs[1]
    assert xs[-1] <= 970


def test_near_ends_are_one_mark_with_a_number_and_the_shape_of_the_worst() -> None:
    soon = an_item("b", not_after=NOW + timedelta(days=90, minutes=1), severity=Severity.SOON)
    plot = timeline([an_item("a", not_after=NOW + timedelta(days=90)), soon, an_item("c")], NOW)

    (mark,) = plot.lanes[0].marks
    assert (mark.count, mark.severity, mark.label) == (2, Severity.SOON, "a, b: soon")


def test_the_most_urgent_come_first_and_what_ends_as_it_should_is_not_due() -> None:
    items = [
        an_item("fine", not_after=NOW + timedelta(days=50)),
        an_item("over", severity=Severity.EXPIRED),
        an_item("endless"),
        an_item("due", not_after=NOW + timedelta(days=60), severity=Severity.DUE),
    ]

    assert [one.name for one in due_next(items)] == ["over", "due", "fine"]


def test_a_keys_line_has_the_dates_that_were_and_the_planned_ones_marked_as_such() -> None:
    key = KeyRecord("k", "ES256", KeyState.HELD, NOW, NOW, published_at=NOW)
    later = NOW + timedelta(days=1)

    points = {
        one.name: one for one in line_of(key, [Step(Verb.ACTIVATE, later, "k"), Step(Verb.RETIRE, later, "other")])
    }

    assert (points["published"].is_current, points["generated"].is_reached) == (True, True)
    assert (points["active"].at, points["active"].is_foreseen) == (later, True)
    assert (points["retired"].at, points["retired"].is_foreseen) == (None, False)


def test_a_compromised_key_has_left_its_line_where_it_was() -> None:
    key = KeyRecord("k", "ES256", KeyState.COMPROMISED, NOW, NOW, published_at=NOW, activated_at=NOW)

    points = line_of(key, [])

    assert [one.is_reached for one in points] == [True, True, True, False, False]
    assert not any(one.is_current for one in points)


def test_a_moment_is_told_in_utc_with_hong_kongs_beside_it() -> None:
    told = at(datetime(2026, 11, 24, 19, 20, tzinfo=UTC))

    assert "2026-11-24 19:20 UTC" in told
    assert "25 Nov 03:20 HKT" in told
    assert distance(NOW + timedelta(hours=3), NOW) == "in 3 h"
    assert distance(NOW - timedelta(minutes=2), NOW) == "2 min ago"


def test_a_worker_that_doubts_its_clock_is_not_up() -> None:
    assert is_up(Instance("a", NOW, NOW), NOW)
    assert not is_up(Instance("a", NOW, NOW, healthy=False), NOW)


def test_the_operators_stylesheet_fetches_nothing_moves_nothing_and_can_be_read() -> None:
    css = STYLESHEET.read_text("utf-8")
    warm = re.findall(r"--warm: (#[0-9a-f]{6});", css)

    assert not re.search(r"url\(|@import|@font-face|letter-spacing|italic|animation|transition", css)
    assert "forced-colors: active" in css
    assert contrast(warm[0], "#eef5f5") >= 4.5
    assert contrast(warm[1], "#17282b") >= 4.5
