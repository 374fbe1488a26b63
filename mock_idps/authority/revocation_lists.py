"""Revocation lists of the authorities: good ones, and every way in which one must not count (RFC 5280 §5)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from mock_idps.authority import der, extensions
from mock_idps.authority.certificate import Issued
from mock_idps.authority.keys import signature_algorithm
from mock_idps.authority.registry import Revocation
from mock_idps.authority.world import World

_NUMBER: Final = 1000
SPOILS: Final = (
    "stale",
    "future",
    "no_next_update",
    "damaged",
    "wrong_signer",
    "wrong_issuer",
    "partition",
    "user_certificates_only",
    "authority_certificates_only",
    "attribute_certificates_only",
    "some_reasons",
    "indirect",
    "delta",
    "older",
    "unknown_critical",
    "unknown_critical_entry",
    "truncated",
    "html",
)
"""What can be wrong with a list, one at a time; some of them are right for some certificates."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RevocationList:
    """What a list says, and how it is signed."""

    authority: Issued
    this_update: datetime
    next_update: datetime | None
    entries: tuple[Revocation, ...]
    number: int | None = _NUMBER
    base: int | None = None
    """The number of the list that this one adds to."""
    scope: bytes | None = None
    """The issuing distribution point, encoded (§5.2.5)."""
    extensions: tuple[bytes, ...] = ()
    signer: Issued | None = None
    damaged: bool = False
    entry_extension: bytes | None = None


def crl(
    world: World,
    authority: str,
    spoil: str | None = None,
    *,
    at: datetime | None = None,
    strangers: int = 0,
    **changes: Any,
) -> bytes:
    """Write an authority's list as the registry knows it, with entries of so many strangers; `changes` set fields."""
    moment = at or world.now
    issuer = world.authority(authority)
    others = tuple(Revocation(issuer.sha256, 10_000 + n, moment - timedelta(days=9)) for n in range(strangers))
    written = RevocationList(
        authority=issuer,
        this_update=moment,
        next_update=moment + timedelta(days=1),
        entries=_listed(world, issuer, moment) + others,
    )
    if spoil == "html":
        return b"<!doctype html><title>Sandbox</title><p>The list has moved.</p>"
    encoded = write(_spoilt(world, replace(written, **changes), spoil))
    return encoded[:-40] if spoil == "truncated" else encoded


def _listed(world: World, issuer: Issued, moment: datetime) -> tuple[Revocation, ...]:
    return tuple(entry for entry in world.registry.of_authority(issuer) if entry.counts_at(moment))


def scope(
    *,
    url: str | None = None,
    users: bool = False,
    authorities: bool = False,
    reasons: tuple[int, ...] = (),
    indirect: bool = False,
    attributes: bool = False,
) -> bytes:
    """An issuing distribution point: which certificates a list speaks of (§5.2.5)."""
    parts = [
        *((der.explicit(0, extensions.full_name(url)),) if url else ()),
        *((der.implicit(1, b"\xff"),) if users else ()),
        *((der.implicit(2, b"\xff"),) if authorities else ()),
        *((der.implicit(3, der.named_bits(reasons)[2:]),) if reasons else ()),
        *((der.implicit(4, b"\xff"),) if indirect else ()),
        *((der.implicit(5, b"\xff"),) if attributes else ()),
    ]
    return der.seq(*parts)


def _spoilt(world: World, written: RevocationList, spoil: str | None) -> RevocationList:
    day = timedelta(days=1)
    critical = extensions.extension("2.999.1.2.4", der.NULL, critical=True)
    match spoil:
        case "stale":
            late = written.this_update - 3 * day
            return replace(written, this_update=late, next_update=late + day)
        case "future":
            return replace(written, this_update=written.this_update + day, next_update=written.this_update + 2 * day)
        case "no_next_update":
            return replace(written, next_update=None)
        case "damaged":
            return replace(written, damaged=True)
        case "wrong_signer":
            return replace(written, signer=world.issue("hk-personal", "Sandbox Bystander"))
        case "wrong_issuer":
            other = "mo-ca" if written.authority is not world.authority("mo-ca") else "hk-ca-17"
            return replace(written, authority=world.authority(other))
        case "partition":
            return replace(written, scope=scope(url=f"{world.base_url}/crl/another-part.crl"))
        case "user_certificates_only":
            return replace(written, scope=scope(users=True))
        case "authority_certificates_only":
            return replace(written, scope=scope(authorities=True))
        case "attribute_certificates_only":
            return replace(written, scope=scope(attributes=True))
        case "some_reasons":
            return replace(written, scope=scope(reasons=(1,)))
        case "indirect":
            return replace(written, scope=scope(indirect=True))
        case "delta":
            return replace(written, base=_NUMBER - 1)
        case "older":
            return replace(written, number=_NUMBER - 1)
        case "unknown_critical":
            return replace(written, extensions=(critical,))
        case "unknown_critical_entry":
            stranger = Revocation(written.authority.sha256, 9_999, written.this_update - 9 * day)
            return replace(written, entry_extension=critical, entries=(*written.entries, stranger))
        case _:
            return written


def write(written: RevocationList) -> bytes:
    """Write the list and sign it (§5.1)."""
    authority = written.authority
    signer = written.signer or authority
    entries = [_entry(entry, written.entry_extension) for entry in written.entries]
    tbs = der.seq(
        der.integer(1),
        signature_algorithm(signer.key.family),
        authority.name,
        der.time(written.this_update),
        *(() if written.next_update is None else (der.time(written.next_update),)),
        *((der.seq(*entries),) if entries else ()),
        der.explicit(0, der.seq(*_extensions(written))),
    )
    signature = signer.key.sign(tbs)
    if written.damaged:
        signature = signature[:-1] + bytes((signature[-1] ^ 0x01,))
    return der.seq(tbs, signature_algorithm(signer.key.family), der.bits(signature))


def _extensions(written: RevocationList) -> list[bytes]:
    parts = [extensions.authority_key_id(written.authority.key.key_id)]
    if written.number is not None:
        parts.append(extensions.extension("2.5.29.20", der.integer(written.number)))
    if written.base is not None:
        parts.append(extensions.extension("2.5.29.27", der.integer(written.base), critical=True))
    if written.scope is not None:
        parts.append(extensions.extension("2.5.29.28", written.scope, critical=True))
    return parts + list(written.extensions)


def _entry(entry: Revocation, more: bytes | None) -> bytes:
    parts = []
    if entry.reason != "unspecified":
        parts.append(extensions.extension("2.5.29.21", der.enumerated(extensions.CRL_REASONS[entry.reason])))
    if entry.invalid_since is not None:
        parts.append(extensions.extension("2.5.29.24", der.generalized_time(entry.invalid_since)))
    if more is not None:
        parts.append(more)
    return der.seq(der.integer(entry.serial), der.time(entry.at), *((der.seq(*parts),) if parts else ()))
