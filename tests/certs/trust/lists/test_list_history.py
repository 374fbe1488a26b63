"""Histories only grow: what was said of a time that has passed stays said."""

from datetime import timedelta
from typing import Any

import pytest

from certs.trust.list_acceptance import check_update
from certs.trust.list_diff import Document, compare
from certs.trust.list_errors import ListError, ListRefusal
from tests.certs.trust.lists.builders import (
    DAY,
    NOW,
    a_list,
    a_period,
    a_row,
    a_table,
    after,
    an_entry,
    both,
    listed,
    read,
    table,
)

IN_FORCE = read(a_list())
TOMORROW = NOW + DAY


def refusal(stored: Document, new: Document) -> ListError:
    with pytest.raises(ListError) as caught:
        check_update(stored, new, now=TOMORROW, acknowledged=both(compare(stored, new)))
    return caught.value


WITHDRAWN = an_entry(
    recognition=[a_period(end="2020-01-01T00:00:00+08:00"), a_period("withdrawn", "2020-01-01T00:00:00+08:00")]
)
ENDED = an_entry(issuers=[listed("Sandbox Issuer", end="2020-01-01T00:00:00+08:00")])
REWRITTEN: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str]] = {
    "an entry is gone": (an_entry(), [an_entry("another")], "entries[0]"),
    "a stretch is gone": (WITHDRAWN, [an_entry(recognition=[a_period()])], "entries[0].recognition"),
    "an end has moved": (
        WITHDRAWN,
        [
            an_entry(
                recognition=[
                    a_period(end="2021-01-01T00:00:00+08:00"),
                    a_period("withdrawn", "2020-01-01T00:00:00+08:00"),
                ]
            )
        ],
        "entries[0].recognition",
    ),
    "a status has changed": (
        WITHDRAWN,
        [an_entry(recognition=[WITHDRAWN["recognition"][0], a_period("suspended", "2020-01-01T00:00:00+08:00")])],
        "entries[0].recognition",
    ),
    "a withdrawal is granted afterwards": (
        WITHDRAWN,
        [an_entry(recognition=[*WITHDRAWN["recognition"], a_period(start="2021-01-01T00:00:00+08:00")])],
        "entries[0].recognition",
    ),
    "a withdrawal ends in the past and uncovers a grant": (
        an_entry(recognition=[a_period(), a_period("suspended", "2020-01-01T00:00:00+08:00")]),
        [
            an_entry(
                recognition=[
                    a_period(),
                    a_period("suspended", "2020-01-01T00:00:00+08:00", end="2021-01-01T00:00:00+08:00"),
                ]
            )
        ],
        "entries[0].recognition",
    ),
    "a root of the history is gone": (
        an_entry(anchors=[listed("Sandbox Root"), listed("Sandbox Root 1")]),
        [an_entry()],
        "entries[0].anchors",
    ),
    "an issuer that had ended is back": (ENDED, [an_entry()], "entries[0].issuers"),
    "an issuer starts earlier": (
        an_entry(issuers=[listed("Sandbox Issuer", start="2015-01-01T00:00:00+08:00")]),
        [an_entry()],
        "entries[0].issuers",
    ),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_history_is_never_rewritten(name: str) -> None:
    old, entries, where = REWRITTEN[name]
    stored = read(a_list(entries=[old]))

    error = refusal(stored, read(after(stored, entries=entries)))

    assert error.reason is ListRefusal.HISTORY_REWRITTEN
    assert error.where == where


def test_an_open_stretch_is_closed_and_followed() -> None:
    new = read(after(IN_FORCE, entries=[WITHDRAWN]))

    assert check_update(IN_FORCE, new, now=TOMORROW).dangers == ()


def test_a_row_of_the_table_does_not_vanish_or_change_its_past() -> None:
    stored = table(a_table())
    repealed = a_row(periods=[{"status": "repealed", "start": "2012-08-01T00:00:00+08:00", "reference": ""}])

    assert refusal(stored, table(after(stored, rows=[]))).reason is ListRefusal.HISTORY_REWRITTEN
    assert refusal(stored, table(after(stored, rows=[repealed]))).reason is ListRefusal.HISTORY_REWRITTEN
    assert not check_update(stored, table(after(stored)), now=TOMORROW).dangers


def test_a_draft_of_the_table_is_not_enacted_for_the_past() -> None:
    draft = {"status": "draft", "start": "2012-08-01T00:00:00+08:00", "reference": ""}
    enacted = {"status": "enacted", "start": "2020-01-01T00:00:00+08:00", "reference": ""}
    stored = table(a_table(rows=[a_row(periods=[draft])]))

    error = refusal(stored, table(after(stored, rows=[a_row(periods=[draft, enacted])])))

    assert error.reason is ListRefusal.HISTORY_REWRITTEN


@pytest.mark.attack("TL-07")
def test_tl_07_an_entry_counts_by_the_date_of_what_was_said_of_it() -> None:
    (entry,) = read(a_list(entries=[WITHDRAWN])).entries
    day = entry.recognition[1].start

    before, on_the_day = entry.status_at(day - timedelta(seconds=1)), entry.status_at(day)

    assert before is not None
    assert on_the_day is not None
    assert (before.status, on_the_day.status) == ("granted", "withdrawn")
    assert entry.status_at(entry.recognition[0].start - timedelta(seconds=1)) is None
