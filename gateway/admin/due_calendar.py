"""The ends of everything as a calendar to subscribe to (RFC 5545): when it is due, when it is over, reminders before.

A calendar is copied to other people's machines, so it says what and when, and nothing of keys, serials or persons.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Alarm, Calendar, Event

from gateway.admin.inventory import Care, Item, Kind

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
REMINDERS: Final = (timedelta(days=30), timedelta(days=7), timedelta(days=1))
_PRODUCT: Final = "-//gba-identity-gateway//everything that ends//EN"
_PAST: Final = timedelta(days=30)
"""How long something stays in the calendar after its end."""
_REFRESH: Final = timedelta(hours=12)
_WORDS: Final = {
    Kind.SIGNING_KEY: "signing key",
    Kind.CREDENTIAL: "credential",
    Kind.TLS_CERTIFICATE: "TLS certificate",
    Kind.AUTHORITY: "authority's certificate",
    Kind.PEER_KEY: "pinned key",
    Kind.PEER_CERTIFICATE: "pinned certificate",
    Kind.TRUST_LIST: "trust list",
    Kind.TRUST_ENTRY: "recognised authority's certificate",
    Kind.ROOT: "root document",
    Kind.REVOCATION_LIST: "revocation list",
    Kind.CLIENT_CERTIFICATE: "relying party's certificate",
    Kind.OPERATOR_CERTIFICATE: "operator's certificate",
}


def calendar(items: Iterable[Item], issuer: str, now: datetime) -> bytes:
    """Write the calendar of a gateway; the same thing has the same UID every time (RFC 5545 §3.8.4.7)."""
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"What ends at {issuer}")
    made.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    for item in items:
        for event in _events(item, issuer, now):
            made.add_component(event)
    written: bytes = made.to_ical()
    return written


def _events(item: Item, issuer: str, now: datetime) -> Iterator[Event]:
    if item.not_after is None or item.care is not Care.RENEW or now >= item.not_after + _PAST:
        return
    what = f"{_WORDS.get(item.kind, item.kind.value)} {item.name}"
    ends = f"It ends at {_written(item.not_after)}; it is named in {item.where}."
    if item.renew_by is not None and item.renew_by < item.not_after:
        yield _event(_uid(item, issuer, "due"), item.renew_by, f"Due for renewal: {what}", ends, now)
    over = _event(_uid(item, issuer, "end"), item.not_after, f"Ends: {what}", ends, now)
    for before in REMINDERS:
        over.add_component(_reminder(before, f"Ends: {what}"))
    yield over


def _event(uid: str, at: datetime, summary: str, description: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", at.astimezone(UTC).replace(microsecond=0))
    event.add("summary", summary)
    event.add("description", description)
    event.add("transp", "TRANSPARENT")
    return event


def _reminder(before: timedelta, words: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", -before)
    return alarm


def _uid(item: Item, issuer: str, part: str) -> str:
    return f"{hashlib.sha256(f'{issuer} {item.id}'.encode()).hexdigest()[:32]}-{part}@gba-identity-gateway"


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
