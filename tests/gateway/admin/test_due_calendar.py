"""The calendar of everything that ends: what it says, what it keeps to itself, and that it stays the same."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from gateway.admin.due_calendar import calendar
from gateway.admin.inventory import Care, Item, Kind, in_order

END = datetime(2026, 12, 1, tzinfo=UTC)
NOW = END - timedelta(days=200)
ISSUER = "https://id.example.hk"
ITEM = Item(
    id="certificate:server:1",
    name="id.example.hk",
    kind=Kind.TLS_CERTIFICATE,
    where="server.tls_certificate",
    not_before=END - timedelta(days=365),
    not_after=END,
    issuer="CN=Issuer, O=Example",
    fingerprint="sha256:f00d",
    note="a remark; for operators, and nobody else",
)


def written(*items: Item, now: datetime = NOW) -> Calendar:
    return Calendar.from_ical(calendar(in_order(items, now), ISSUER, now))


@pytest.mark.spec("RFC 5545 §3.6.6")
def test_the_end_has_reminders_30_7_and_1_days_before() -> None:
    due, end = written(ITEM).walk("VEVENT")

    assert (due.decoded("dtstart"), end.decoded("dtstart")) == (END - timedelta(days=365) / 3, END)
    triggers = [alarm.decoded("trigger") for alarm in end.walk("VALARM")]
    assert triggers == [-timedelta(days=days) for days in (30, 7, 1)]


@pytest.mark.spec("RFC 5545 §3.8.4.7")
def test_the_same_thing_has_the_same_uid_at_every_reading_and_another_gateway_another() -> None:
    first, again = (calendar(in_order([ITEM], at), ISSUER, at) for at in (NOW, NOW + timedelta(days=1)))
    other = calendar(in_order([ITEM], NOW), "https://other.example", NOW)

    uids = [[str(event["uid"]) for event in Calendar.from_ical(one).walk("VEVENT")] for one in (first, again, other)]

    assert uids[0] == uids[1]
    assert not set(uids[0]) & set(uids[2])


def test_fingerprints_issuers_and_remarks_stay_out_of_a_calendar() -> None:
    text = calendar(in_order([ITEM], NOW), ISSUER, NOW).decode()

    assert "f00d" not in text
    assert "CN=" not in text
    assert "remark" not in text


def test_what_ends_by_itself_by_no_date_or_long_ago_is_not_in_it() -> None:
    unwanted = [
        Item("a", "a", Kind.SEALING_KEY, "keys_dir"),
        Item("b", "b", Kind.BACKUP, "backup.folder", not_after=END, care=Care.WATCH),
        Item("c", "c", Kind.TLS_CERTIFICATE, "server", not_after=NOW - timedelta(days=30)),
    ]

    assert not written(*unwanted).walk("VEVENT")


def test_a_name_from_outside_cannot_add_lines_of_its_own() -> None:
    hostile = Item("x", "rp\r\nBEGIN:VALARM\r\nX:1", Kind.CLIENT_CERTIFICATE, "clients", not_after=END)

    events = written(hostile).walk("VEVENT")

    assert sum(len(event.walk("VALARM")) for event in events) == len((30, 7, 1))
