"""Everything that ends, in one list: keys, certificates, trust lists, answers of authorities, backups (G19).

Nothing here looks anything up: whoever shows the list has gathered the sources, and says what time it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

_DUE_SHARE: Final = 3
_SOON_SHARE: Final = 6
_URGENT_SHARE: Final = 24
_DUE: Final = timedelta(days=30)
_SOON: Final = timedelta(days=7)
_URGENT: Final = timedelta(days=1)
_OTHERS: Final = timedelta(days=90)


class Kind(StrEnum):
    """What sort of thing it is that ends."""

    SIGNING_KEY = "signing_key"
    """A managed key that others verify with: of tokens, reports, checkpoints, the federation."""
    CREDENTIAL = "credential"
    """What we show to an upstream provider: a key, a numbered key, a token."""
    SEALING_KEY = "sealing_key"
    """A key over what is kept: it ends when an operator changes it, and by no date."""
    TLS_CERTIFICATE = "tls_certificate"
    """The certificate of one of our listeners."""
    AUTHORITY = "authority"
    """Somebody whom we believe: authorities of clients' certificates, of upstream servers, roots of trust lists."""
    PEER_KEY = "peer_key"
    """A key of an upstream provider or of a federation that is pinned here."""
    PEER_CERTIFICATE = "peer_certificate"
    TRUST_LIST = "trust_list"
    """It ends with its next update; after that nothing is judged by it."""
    TRUST_ENTRY = "trust_entry"
    """An authority's certificate inside a trust list."""
    ROOT = "root"
    """The root document, which says who signs trust lists."""
    REVOCATION_LIST = "revocation_list"
    """A revocation list or answer that is kept until its end."""
    CLIENT_CERTIFICATE = "client_certificate"
    """A certificate that a relying party has registered with its keys."""
    OPERATOR_CERTIFICATE = "operator_certificate"
    BACKUP = "backup"
    """The newest backup; it ends when the next one is due."""
    CHECKPOINT = "checkpoint"
    """The newest signed checkpoint of the audit; it ends when the next one is due."""


OURS: Final = frozenset({Kind.SIGNING_KEY, Kind.CREDENTIAL, Kind.TLS_CERTIFICATE, Kind.BACKUP, Kind.CHECKPOINT})
"""What an operator here renews; for the rest somebody else has to be told."""
_LONG_LIVED: Final = frozenset({Kind.AUTHORITY, Kind.TRUST_ENTRY, Kind.PEER_CERTIFICATE})
"""Others' certificates, often of twenty years: a third of such a life is no warning."""


class Severity(StrEnum):
    """How near the end is, the nearest last."""

    FINE = "fine"
    DUE = "due"
    """Two thirds of the life are over: renew it."""
    SOON = "soon"
    """A week is left, or a sixth of a short life."""
    URGENT = "urgent"
    """A day is left, or a twenty-fourth of a short life."""
    EXPIRED = "expired"

    @property
    def rank(self) -> int:
        """Its place in the order."""
        return _ORDER.index(self)


_ORDER: Final = (Severity.FINE, Severity.DUE, Severity.SOON, Severity.URGENT, Severity.EXPIRED)


class Care(StrEnum):
    """What has to be done about an end."""

    RENEW = "renew"
    """Something new has to be there before it: warned of ahead of time."""
    WATCH = "watch"
    """It is made anew by itself, again and again: told of once it is over."""
    NONE = "none"
    """It ends as it should."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that ends. It holds public facts only: what it is, where it lies, whose it is, when it ends."""

    id: str
    """Stable as long as the thing is the same one: what commands, addresses and calendars name it by."""
    name: str
    kind: Kind
    where: str
    """The setting, key set, list or record that it stands in; never a path of the machine."""
    state: str = "in use"
    not_before: datetime | None = None
    not_after: datetime | None = None
    """None for what ends by no date."""
    renew_by: datetime | None = None
    """From when on it is due."""
    severity: Severity = Severity.FINE
    issuer: str | None = None
    fingerprint: str | None = None
    """``sha256:`` and hexadecimal digits, of the certificate or of the public key."""
    detail: str = ""
    """The algorithm, a number, a serial: what one asks next."""
    care: Care = Care.RENEW
    note: str = ""
    """What an operator should know, in a sentence; empty when there is nothing to say."""


def judged(item: Item, now: datetime) -> Item:
    """The item with its severity at one moment, and with the date from which on it is due."""
    if item.not_after is None or item.care is Care.NONE:
        return item
    if item.care is Care.WATCH:
        return replace(item, severity=Severity.EXPIRED if now >= item.not_after else Severity.FINE)
    renew_by = item.renew_by or renewal(item.kind, item.not_before, item.not_after)
    severity = severity_at(now, item.not_before, item.not_after, renew_by)
    return replace(item, renew_by=renew_by, severity=severity)


def renewal(kind: Kind, not_before: datetime | None, not_after: datetime) -> datetime:
    """When it is due: a third of the life is left; thirty days where the beginning is not known."""
    if not_before is None or not_before >= not_after:
        return not_after - _DUE
    notice = (not_after - not_before) / _DUE_SHARE
    return not_after - (min(notice, _OTHERS) if kind in _LONG_LIVED else notice)


def severity_at(now: datetime, not_before: datetime | None, not_after: datetime, renew_by: datetime) -> Severity:
    """How near the end is: exact at the second, and over at ``not_after`` itself (F-CRT-01).

    RFC 5280 §4.1.2.5 counts the last second as valid; we stop one second earlier, so that nothing is used in a second
    that a caller's clock may already have left behind.
    """
    left = not_after - now
    life = not_after - not_before if not_before is not None and not_before < not_after else None
    if left <= timedelta(0):
        return Severity.EXPIRED
    if left <= (_URGENT if life is None else min(_URGENT, life / _URGENT_SHARE)):
        return Severity.URGENT
    if left <= (_SOON if life is None else min(_SOON, life / _SOON_SHARE)):
        return Severity.SOON
    return Severity.DUE if now >= renew_by else Severity.FINE


def in_order(found: Iterable[Item], now: datetime) -> tuple[Item, ...]:
    """Every item judged, the earliest end first; what ends by no date comes last."""
    items = {one.id: judged(one, now) for one in found}
    return tuple(sorted(items.values(), key=_place))


def due(items: Iterable[Item], now: datetime, within: timedelta | None = None) -> tuple[Item, ...]:
    """What wants renewal: by the rule of two thirds, or because it ends within a span that is given."""
    if within is None:
        return tuple(one for one in items if one.severity is not Severity.FINE)
    return tuple(
        one for one in items if one.not_after is not None and one.care is Care.RENEW and one.not_after - now <= within
    )


def find(items: Iterable[Item], item_id: str) -> Item | None:
    """One item by its id."""
    return next((one for one in items if one.id == item_id), None)


def counts(items: Iterable[Item]) -> Mapping[Severity, int]:
    """How many there are of each severity, for a page's head."""
    found = [one.severity for one in items]
    return {severity: found.count(severity) for severity in _ORDER}


def _place(item: Item) -> tuple[bool, float, str]:
    end = item.not_after
    return (end is None, 0.0 if end is None else end.timestamp(), item.id)
