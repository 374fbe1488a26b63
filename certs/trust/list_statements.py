"""What holders of the root say beyond lists: a root's next version, and a rebase of one list's chain (spec 4.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from certs.keys.canonical import canonical
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_fields import Fields
from certs.trust.list_header import LIST_ID, LIST_ID_DETAIL, parse_payload
from certs.trust.list_root import ROOT, Root, read_root
from certs.trust.list_signing import DocumentKind, payload_of, verify_document
from certs.trust.list_writer import write_time

SKEW_SECONDS: Final = 120
"""How far another clock may be ahead of ours."""
_REBASE: Final = frozenset({"list_id", "previous_sha256", "sha256", "reason", "issued"})


@dataclass(frozen=True, slots=True)
class Rebase:
    """The root's holders say that one list follows another although the chain or the numbers do not show it.

    It names both by digest, so that it is good once, in one place.
    """

    list_id: str
    previous_sha256: str | None
    sha256: str
    reason: str
    issued: datetime


def pin_root(token: bytes, now: datetime) -> Root:
    """Read the first root, which an operator put here by hand: signed by its own threshold."""
    root = read_root(payload_of(token))
    verify_document(token, DocumentKind.ROOT, ROOT, root, now)
    return root


def verify_root_update(current: Root, token: bytes, now: datetime) -> Root:
    """Take a root's next version: never one further, signed by the threshold of this one *and* of its own."""
    # An expired root may still be followed, or a gateway that slept too long could never be woken; its keys' own times
    # are judged at its last moment then.
    seen_by_current = min(now, _last_moment(current))
    payload = verify_document(token, DocumentKind.ROOT, ROOT, current, seen_by_current).payload
    offered = read_root(payload)
    verify_document(token, DocumentKind.ROOT, ROOT, offered, now)
    _check_step(current, offered, now)
    return offered


def verify_rebase(token: bytes, root: Root, now: datetime) -> Rebase:
    """Read a rebase statement signed by the threshold of the root itself."""
    payload = verify_document(token, DocumentKind.REBASE, ROOT, root, now).payload
    fields = Fields.of(parse_payload(payload), "", required=_REBASE)
    rebase = Rebase(
        list_id=fields.matching("list_id", LIST_ID, LIST_ID_DETAIL),
        previous_sha256=fields.digest("previous_sha256") if fields.has("previous_sha256") else None,
        sha256=fields.digest("sha256"),
        reason=fields.text("reason"),
        issued=fields.time("issued"),
    )
    if (rebase.issued - now).total_seconds() > SKEW_SECONDS:
        raise ListError(ListRefusal.ISSUED_IN_FUTURE, "the statement is from the future", where="issued")
    return rebase


def write_rebase(rebase: Rebase) -> bytes:
    """Write a rebase statement as the payload that is signed."""
    return canonical(
        {
            "list_id": rebase.list_id,
            "previous_sha256": rebase.previous_sha256,
            "sha256": rebase.sha256,
            "reason": rebase.reason,
            "issued": write_time(rebase.issued),
        }
    )


def _last_moment(root: Root) -> datetime:
    return root.expires - timedelta(seconds=1)


def _check_step(current: Root, offered: Root, now: datetime) -> None:
    if offered.version != current.version + 1:
        raise ListError(ListRefusal.ROOT_VERSION, "roots follow one another one by one", where="version")
    if offered.previous_sha256 != current.sha256:
        raise ListError(ListRefusal.ROOT_CHAIN, "the root follows another one", where="previous_sha256")
    if (offered.issued - now).total_seconds() > SKEW_SECONDS:
        raise ListError(ListRefusal.ISSUED_IN_FUTURE, "the root is from the future", where="issued")
    if not current.compromised <= offered.compromised:
        raise ListError(ListRefusal.HISTORY_REWRITTEN, "a compromised key is trusted again", where="compromised")
