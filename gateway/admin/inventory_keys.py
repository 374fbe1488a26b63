"""Managed keys and pinned keys of others, as things that end: by plan, by a date of their own, or by none."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.rules import Publication, Rules
from gateway.admin.inventory import Care, Item, Kind, Severity

_SHOWN: Final = (
    KeyState.GENERATED,
    KeyState.CERTIFIED,
    KeyState.PUBLISHED,
    KeyState.HELD,
    KeyState.ACTIVE,
    KeyState.RETIRING,
    KeyState.COMPROMISED,
)
_SEALING: Final = frozenset({"A256GCM"})
WRAPPING: Final = "wrapping"
"""The purpose of the key over sealed files of private halves."""
_CHANGES: Final = {WRAPPING: "gate keys rewrap"}
_NOTES: Final = {
    KeyState.GENERATED: "not shown to anybody yet",
    KeyState.CERTIFIED: "not shown to anybody yet",
    KeyState.PUBLISHED: "the next one: ready to take over",
    KeyState.HELD: "the next one, kept from taking over by an operator",
    KeyState.RETIRING: "only verifies, until the last thing that it signed has ended",
    KeyState.COMPROMISED: "refused everywhere; its owners have to be told",
}


@dataclass(frozen=True, slots=True)
class PeerKeys:
    """Public keys of somebody else that are pinned here."""

    where: str
    """The setting that names them."""
    owner: str
    keys: tuple[Mapping[str, Any], ...]
    """JWKs, or ``{"raw": text}`` for dialects with another form."""


def of_key_sets(sets: Mapping[str, KeySetRecord], rules: Mapping[str, Rules]) -> Iterator[Item]:
    """The keys of every set that are not over; a set in which nothing signs is told of as well."""
    for name, keys in sorted(sets.items()):
        numbers = rules.get(name)
        for key in keys.in_state(*_SHOWN):
            yield _key(name, key, numbers)
        if keys.keys and keys.active is None:
            yield Item(
                id=f"key-set:{name}",
                name=name,
                kind=_kind(keys.keys[-1], numbers),
                where=name,
                state="none active",
                severity=Severity.EXPIRED,
                note="no key of this set signs: see `gate keys plan`",
            )


def of_sealing(in_use: Mapping[str, Sequence[str]]) -> Iterator[Item]:
    """The keys over what is kept, by purpose; they end by an operator's act alone."""
    for purpose, ids in sorted(in_use.items()):
        for key_id in ids:
            note = "" if len(ids) == 1 else f"a change is under way: see `{_CHANGES.get(purpose, 'gate map rekey')}`"
            yield Item(f"sealing:{purpose}:{key_id}", f"{purpose} {key_id}", Kind.SEALING_KEY, "keys_dir", note=note)


def of_peers(found: Sequence[PeerKeys]) -> Iterator[Item]:
    """Keys of others; a member ``exp`` gives their end (OpenID Federation 1.0 §8.7.2), most have none."""
    for peer in found:
        for jwk in peer.keys:
            digest = hashlib.sha256("|".join(f"{name}={jwk[name]}" for name in sorted(jwk)).encode()).hexdigest()
            yield Item(
                id=f"peer-key:{peer.where}:{digest[:16]}",
                name=f"{peer.owner} {jwk.get('kid') or digest[:8]}",
                kind=Kind.PEER_KEY,
                where=peer.where,
                state="pinned",
                not_after=_moment(jwk.get("exp")),
                fingerprint=f"sha256:{digest}",
                detail=str(jwk.get("alg") or jwk.get("kty") or ""),
            )


def _key(set_name: str, key: KeyRecord, rules: Rules | None) -> Item:
    ends, renew_by, care = _end(key, rules)
    return Item(
        id=f"key:{key.kid}",
        name=f"{set_name} {key.kid[:8]}",
        kind=_kind(key, rules),
        where=set_name,
        state=key.state.value,
        not_before=key.activated_at or key.published_at or key.created_at,
        not_after=ends,
        renew_by=renew_by,
        detail=key.algorithm,
        care=care,
        note=_NOTES.get(key.state, "planned: it goes on signing until the next one takes over"),
    )


def _end(key: KeyRecord, rules: Rules | None) -> tuple[datetime | None, datetime | None, Care]:
    """When a key ends, from when on that is due, and what is to be done about it."""
    if key.state is KeyState.RETIRING and rules is not None:
        return (key.retiring_at or key.state_since) + rules.overlap, None, Care.NONE
    if key.state is not KeyState.ACTIVE:
        return key.not_after, None, Care.RENEW
    if rules is None:
        return key.not_after, None, Care.RENEW
    planned = (key.activated_at or key.created_at) + rules.active_life
    end = planned if key.not_after is None else min(planned, key.not_after)
    return end, min(rules.activate_at(key), end), Care.RENEW


def _kind(key: KeyRecord, rules: Rules | None) -> Kind:
    if key.algorithm in _SEALING:
        return Kind.SEALING_KEY
    if key.algorithm == "secret" or (rules is not None and rules.publication is Publication.PARTNER):
        return Kind.CREDENTIAL
    return Kind.SIGNING_KEY


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**33:
        return None
    return datetime.fromtimestamp(value, UTC)
