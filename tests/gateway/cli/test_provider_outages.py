"""``gate provider outage``: planned with a reason, listed, withdrawn; what makes no sense is refused in words."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.product import utc_now
from tests.gateway.cli.folder import answer, gate

BECAUSE = ("--reason", "case 17, announced by their desk")


def at(hours: float) -> str:
    return (utc_now() + timedelta(hours=hours)).isoformat(timespec="seconds")


def test_an_outage_is_planned_listed_and_withdrawn(config: str) -> None:
    with Path(config).open("a", encoding="utf-8") as file:
        file.write('\n[providers.hong_kong]\nbase_url = "http://127.0.0.1:2"\n')
    where, times = ("--config", config), ("--from", at(1), "--to", at(2))

    dry = answer("provider", "outage", "plan", "hong-kong", *times, *BECAUSE, "--dry-run", *where)
    empty = answer("provider", "outage", "list", *where)
    planned = answer("provider", "outage", "plan", "hong-kong", *times, *BECAUSE, *where)
    listed = answer("provider", "outage", "list", *where)
    withdrawn = answer("provider", "outage", "withdraw", planned["id"], *BECAUSE, *where)
    again = gate("provider", "outage", "withdraw", planned["id"], *BECAUSE, *where)

    assert (dry["dry_run"], empty["outages"]) == (True, [])
    assert [row["id"] for row in listed["outages"]] == [planned["id"]]
    assert (planned["provider"], planned["under_way"]) == ("hong_kong", False)
    assert (withdrawn["withdrawn"], again.exit_code) == (planned["id"], 3)


@pytest.mark.parametrize(
    ("name", "start", "end", "why"),
    [
        ("macao", at(1), at(2), "no provider of this name"),
        ("macao", "2026-11-25T01:00", at(2), "offset"),
        ("macao", at(2), "tomorrow", "--to must be a time"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(config: str, name: str, start: str, end: str, why: str) -> None:
    refused = gate("provider", "outage", "plan", name, "--from", start, "--to", end, *BECAUSE, "--config", config)

    assert refused.exit_code == 2
    assert why in refused.stderr
