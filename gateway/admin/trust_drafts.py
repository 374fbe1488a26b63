"""Offline work on trust lists: capture a published page, transcribe it, have it checked by somebody else (spec 4.2).

Authorities publish web pages, not signed files. So a list is a transcription with evidence: the bytes that were seen
and their digest, who wrote the list, and who has checked it. Nothing is ever read out of a page by this program.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from certs.keys import strict_json
from certs.keys.errors import JsonError
from certs.trust.list_document import read_list
from gateway.admin.acts import Act
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError

CAPTURE_LIMIT: Final = 20 * 1024 * 1024
"""Bytes of one published page or file."""
FRESH_FOR: Final = timedelta(days=30)
GOOD_FOR: Final = timedelta(days=90)
"""How long a drafted list is good, unless whoever writes it decides otherwise."""

_NAME_DIGITS: Final = 16
_RECORD_LIMIT: Final = 16 * 1024
_ENTRY: Final[Mapping[str, Any]] = {
    "entry_id": "",
    "ca_name": {"en": ""},
    "licence": "",
    "certificate_type": "",
    "type_match": {"place": "", "value": ""},
    "holder_kind": "",
    "anchors": [{"der": ""}],
    "issuers": [{"der": ""}],
    "policies": [{"oid": "", "prefix": True}],
    "rules": {"key_usage": [], "extended_key_usage": [], "keys": []},
    "recognition": [{"status": "", "start": "", "reason": "", "reference": ""}],
    "revocation": {"ocsp": [], "crl": [], "responders": []},
    "signature_class": "",
    "services": [],
    "reliance_limit": "",
    "notes": "",
}
"""What has to be filled in for each certificate type; as it stands no list with it is accepted."""


@dataclass(frozen=True, slots=True)
class Capture:
    """What was published at an address at a moment, byte by byte."""

    url: str
    retrieved_at: datetime
    sha256: str
    captured_by: str
    record: Path
    """The file that says so; the bytes lie beside it."""

    @property
    def content(self) -> Path:
        """The file with the bytes."""
        return self.record.with_suffix(".bin")


def capture(folder: Path, content: bytes, url: str, act: Act) -> Capture:
    """Keep the bytes, and a record of them beside them."""
    if not content or len(content) > CAPTURE_LIMIT:
        raise TrustRefusedError(TrustRefusal.CAPTURE, "nothing was captured, or more than 20 MB")
    if not url.startswith("https://") or not url.isascii() or not url.isprintable():
        raise TrustRefusedError(TrustRefusal.CAPTURE, "the address must be an https address")
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{act.now:%Y%m%dT%H%M%SZ}-{sha256[:_NAME_DIGITS]}"
    taken = Capture(url, act.now.replace(microsecond=0), sha256, act.operator, folder / f"{name}.json")
    folder.mkdir(parents=True, exist_ok=True)
    taken.content.write_bytes(content)
    taken.record.write_text(pretty(_described(taken)), encoding="utf-8")
    return taken


def read_capture(record: Path) -> Capture:
    """A capture whose bytes still are what was captured."""
    members = _read(record, _RECORD_LIMIT)
    try:
        taken = Capture(
            url=str(members["url"]),
            retrieved_at=datetime.fromisoformat(str(members["retrieved_at"])),
            sha256=str(members["sha256"]),
            captured_by=str(members["captured_by"]),
            record=record,
        )
        is_the_same = hashlib.sha256(taken.content.read_bytes()).hexdigest() == taken.sha256
    except (KeyError, ValueError, OSError):
        raise TrustRefusedError(TrustRefusal.CAPTURE, "this is no record of a capture") from None
    if not is_the_same:
        raise TrustRefusedError(TrustRefusal.CAPTURE, "the captured bytes have changed since")
    return taken


def transcribe(taken: Capture, base: bytes | None, header: Mapping[str, str], act: Act) -> bytes:
    """Begin a draft: the list before it (``base`` is its payload) or an empty form, with the capture as its source."""
    issued = act.now.replace(microsecond=0)
    before = None if base is None else document_of(base)
    draft = _empty(header) if before is None else dict(before)
    draft |= {
        "sequence": 1 if before is None else _sequence(before) + 1,
        "previous_sha256": None if base is None else hashlib.sha256(base).hexdigest(),
        "issued": written(issued),
        "next_update": written(issued + FRESH_FOR),
        "expires": written(issued + GOOD_FOR),
        "sources": [
            {
                "url": taken.url,
                "retrieved_at": written(taken.retrieved_at),
                "sha256": taken.sha256,
                "transcriber": act.operator,
                "checker": "",
            }
        ],
    }
    return pretty(draft).encode("utf-8")


def check(draft: bytes, captures: Path, act: Act) -> bytes:
    """Put the checker's name to a complete draft; whoever transcribed it cannot, nor anybody without the captures.

    Raises ``ListError`` with the place in the draft that is wrong.
    """
    members = dict(document_of(draft))
    sources = members.get("sources")
    if not isinstance(sources, list) or not sources or not all(isinstance(source, dict) for source in sources):
        raise TrustRefusedError(TrustRefusal.DRAFT, "the draft names no source")
    held = {taken.sha256: taken for taken in map(read_capture, sorted(captures.glob("*.json")))}
    for source in sources:
        if source.get("transcriber") == act.operator:
            raise TrustRefusedError(TrustRefusal.SAME_OPERATOR, "whoever transcribed a list cannot check it")
        taken = held.get(str(source.get("sha256")))
        if taken is None or taken.url != source.get("url"):
            raise TrustRefusedError(TrustRefusal.CAPTURE, "a source's captured bytes are not in the folder")
    members["sources"] = [{**source, "checker": act.operator} for source in sources]
    checked = pretty(members).encode("utf-8")
    read_list(checked)
    return checked


def _empty(header: Mapping[str, str]) -> dict[str, Any]:
    return {
        "list_id": header.get("list_id", ""),
        "scheme": header.get("scheme", ""),
        "issuing_jurisdiction": header.get("issuing_jurisdiction", ""),
        "operator": {"en": header.get("operator", "")},
        "version": 1,
        "entries": [dict(_ENTRY)],
    }


def _described(taken: Capture) -> dict[str, str]:
    return {
        "url": taken.url,
        "retrieved_at": written(taken.retrieved_at),
        "sha256": taken.sha256,
        "captured_by": taken.captured_by,
    }


def _sequence(members: Mapping[str, Any]) -> int:
    sequence = members.get("sequence")
    if not isinstance(sequence, int) or isinstance(sequence, bool):
        raise TrustRefusedError(TrustRefusal.DRAFT, "the list before has no sequence")
    return sequence


def _read(path: Path, most: int) -> Mapping[str, Any]:
    try:
        data = path.read_bytes()
    except OSError:
        raise TrustRefusedError(TrustRefusal.CAPTURE, "this is no record of a capture") from None
    if len(data) > most:
        raise TrustRefusedError(TrustRefusal.CAPTURE, "this is no record of a capture")
    return document_of(data)


def document_of(payload: bytes) -> Mapping[str, Any]:
    """One JSON object."""
    try:
        return strict_json.parse_object(payload)
    except JsonError:
        raise TrustRefusedError(TrustRefusal.DRAFT, "the file is not one JSON object") from None


def written(moment: datetime) -> str:
    """As times stand in a list."""
    return moment.isoformat().replace("+00:00", "Z")


def pretty(members: Mapping[str, Any]) -> str:
    """For people to fill in and to compare; it becomes canonical when it is signed."""
    return json.dumps(members, ensure_ascii=False, indent=2) + "\n"
