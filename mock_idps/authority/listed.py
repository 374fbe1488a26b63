"""What the sandbox's trust lists say: which certificate types of the world count where, entry by entry.

Lists of one place (`hk`, `gd`, `mo`) say who counts at home, timestamp authorities too; lists of an arrangement
(`hk-gd-hk`: the Hong Kong authorities of the Hong Kong-Guangdong scheme) say who counts across the border. There is no
arrangement between Hong Kong and Macao.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from mock_idps.authority.authorities import AUTHORITIES
from mock_idps.authority.kinds import KINDS, MO_TYPE, MUTUAL_RECOGNITION_ARC, TSA_POLICY, Kind
from mock_idps.authority.world import World

LOCAL: Final = timezone(timedelta(hours=8))
_ANY_KEY: Final = (
    {"family": "RSA", "bits": 2048},
    {"family": "EC", "bits": 256, "curves": ["P-256", "P-384"]},
    {"family": "Ed25519", "bits": 256},
)
_SM2_KEY: Final = ({"family": "SM2", "bits": 256},)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One entry before it is written."""

    kind: str
    entry_id: str = ""
    signature_class: str = "R2"
    services: tuple[str, ...] = ("signature",)
    is_mutual: bool = False
    """Listed for mutual recognition: the policy must lie under the arc."""
    start: datetime | None = None
    """From when it is recognised; as old as its issuing authority unless told."""
    end: datetime | None = None
    """Until when it was; what follows is written as expired."""


@dataclass(frozen=True, slots=True)
class ListContent:
    """One list before it is written."""

    scheme: str
    jurisdiction: str
    listings: tuple[Listing, ...]


def _mutual(*kinds: str) -> tuple[Listing, ...]:
    return tuple(Listing(kind=kind, is_mutual=True) for kind in kinds)


_EARLIER: Final = Listing(
    kind="hk-personal-old",
    is_mutual=True,
    start=datetime(2012, 8, 1, tzinfo=UTC),
    end=datetime(2016, 1, 1, tzinfo=UTC),
)
_QUALIFIED: Final = tuple(
    Listing(kind=kind, signature_class="R3", services=("signature", "provider:one-account"))
    for kind in ("mo-qualified", "mo-qualified-organisation")
)
LISTS: Final = {
    "hk": ListContent(
        "HK",
        "HK",
        (
            *(Listing(kind=kind) for kind in ("hk-personal-mr", "hk-organisational-mr", "hk-bank", "hk-role")),
            Listing(kind="hk-personal"),
            Listing(kind="hk-iamsmart", services=("signature", "provider:iamsmart")),
            Listing(kind="hk-personal-old", end=datetime(2023, 5, 14, tzinfo=UTC)),
            Listing(kind="hk-tsa", services=("tsa",)),
        ),
    ),
    "gd": ListContent(
        "GD",
        "GD",
        (
            Listing(kind="gd-sign", services=("signature", "provider:guangdong")),
            *(Listing(kind=kind) for kind in ("gd-organisation", "gd-sign-rsa", "gd-unlisted")),
            Listing(kind="gd-tsa", services=("tsa",)),
        ),
    ),
    "mo": ListContent(
        "MO",
        "MO",
        (
            *_QUALIFIED,
            Listing(kind="mo-normalised", signature_class="R1", services=("signature", "provider:one-account")),
            Listing(kind="mo-tsa", services=("tsa",)),
        ),
    ),
    "hk-gd-hk": ListContent("HK-GD", "HK", (*_mutual("hk-personal-mr", "hk-organisational-mr"), _EARLIER)),
    "hk-gd-gd": ListContent("HK-GD", "GD", _mutual("gd-sign", "gd-organisation", "gd-sign-rsa")),
    "mo-gd-mo": ListContent(
        "MO-GD",
        "MO",
        tuple(Listing(kind=one.kind, signature_class="R3") for one in _QUALIFIED),
    ),
    "mo-gd-gd": ListContent("MO-GD", "GD", _mutual("gd-sign", "gd-organisation", "gd-sign-rsa")),
}


def entry(world: World, listing: Listing) -> dict[str, Any]:
    """Write one entry."""
    kind = KINDS[listing.kind]
    issuer = world.authority(kind.issuer)
    authority = AUTHORITIES[kind.issuer]
    start = listing.start or authority.start
    return {
        "entry_id": listing.entry_id or listing.kind,
        "ca_name": {"en": dict(issuer.profile.subject)["O"]},
        "licence": f"SANDBOX-{kind.issuer.upper()}",
        "certificate_type": kind.type_name,
        "type_match": _type_match(kind),
        "holder_kind": _holder(kind),
        "anchors": [_certificate(part) for part in issuer.chain],
        "issuers": [_certificate(issuer.der) | {"start": when(authority.start), "end": when(authority.end)}],
        "policies": [_policy(kind, listing)],
        "rules": _rules(kind),
        "recognition": _recognition(listing, start),
        "revocation": _revocation(world, kind),
        "signature_class": listing.signature_class,
        "services": list(listing.services),
        "notes": "Fictional; part of a simulation.",
    }


def when(moment: datetime) -> str:
    """A time in the three places' zone."""
    return moment.astimezone(LOCAL).isoformat(timespec="seconds")


def _type_match(kind: Kind) -> dict[str, str]:
    match kind.place:
        case "hong_kong":
            return {"place": "subject.ou", "value": kind.type_name}
        case "guangdong":
            return {"place": "policy-notice", "value": kind.type_name}
        case _:
            return {"place": "extension", "value": kind.type_name, "oid": MO_TYPE}


def _holder(kind: Kind) -> str:
    if kind.id == "hk-role":
        return "organisational-role"
    if kind.extended_key_usage:
        return "device"
    return "organisation" if kind.organisation else "individual"


def _certificate(encoded: bytes) -> dict[str, str]:
    return {"der": base64.b64encode(encoded).decode("ascii")}


def _policy(kind: Kind, listing: Listing) -> dict[str, Any]:
    if listing.is_mutual:
        return {"oid": MUTUAL_RECOGNITION_ARC, "prefix": True}
    return {"oid": kind.policies[-1], "prefix": False}


def _rules(kind: Kind) -> dict[str, Any]:
    keys = _SM2_KEY if kind.issuer == "gd-ca-sm2" else _ANY_KEY
    rules: dict[str, Any] = {"key_usage": ["digital_signature"], "keys": [dict(rule) for rule in keys]}
    if kind.extended_key_usage:
        rules["extended_key_usage"] = ["1.3.6.1.5.5.7.3.8"]
        rules["timestamp_policies"] = [TSA_POLICY]
    return rules


def _recognition(listing: Listing, start: datetime) -> list[dict[str, str]]:
    granted = {"status": "granted", "start": when(start), "reason": "", "reference": "Sandbox notice 1"}
    if listing.end is None:
        return [granted]
    ended = {"status": "expired", "start": when(listing.end), "reason": "replaced", "reference": "Sandbox notice 2"}
    return [granted | {"end": when(listing.end)}, ended]


def _revocation(world: World, kind: Kind) -> dict[str, Any]:
    authorities = (kind.issuer, AUTHORITIES[kind.issuer].parent or kind.issuer)
    return {
        "ocsp": [f"{world.base_url}/ocsp/{name}" for name in authorities],
        "crl": [f"{world.base_url}/crl/{name}.crl" for name in authorities],
        "responders": [],
        "freshness_seconds": 86_400,
    }
