"""A trust list as the payload that is signed: canonical JSON, times at +08:00, what is empty and optional left out."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from certs.keys.canonical import canonical
from certs.trust.list_header import Sequenced
from certs.trust.trust_list import (
    Entry,
    ExtraRules,
    KeyRule,
    ListedCertificate,
    RecognitionPeriod,
    RevocationSources,
    Source,
    TrustList,
)

LOCAL: Final = timezone(timedelta(hours=8))
"""The offset of all three places; sources give their times in it."""


def to_payload(trust_list: TrustList) -> bytes:
    """Write a list; reading what was written gives an equal list."""
    return canonical(to_document(trust_list))


def to_document(trust_list: TrustList) -> dict[str, Any]:
    """Write a list's members."""
    return header_members(trust_list, trust_list.operator, trust_list.version) | {
        "scheme": trust_list.scheme,
        "issuing_jurisdiction": trust_list.issuing_jurisdiction,
        "sources": [_source(source) for source in trust_list.sources],
        "entries": [entry_members(entry) for entry in trust_list.entries],
    }


def header_members(document: Sequenced, operator: Mapping[str, str], version: int) -> dict[str, Any]:
    """Write the common members of a numbered document."""
    return {
        "list_id": document.list_id,
        "operator": dict(operator),
        "version": version,
        "sequence": document.sequence,
        "previous_sha256": document.previous_sha256,
        "issued": write_time(document.issued),
        "next_update": write_time(document.next_update),
        "expires": write_time(document.expires),
    }


def write_time(moment: datetime) -> str:
    """Write a moment to the second (RFC 3339 §5.6)."""
    return moment.astimezone(LOCAL).isoformat(timespec="seconds")


def write_bytes(data: bytes) -> str:
    """Write bytes in base64 (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")


def entry_members(entry: Entry) -> dict[str, Any]:
    """Write one entry."""
    match = entry.type_match
    return _present(
        {
            "entry_id": entry.entry_id,
            "ca_name": dict(entry.ca_name),
            "licence": entry.licence,
            "certificate_type": entry.certificate_type,
            "type_match": _present({"place": match.place, "value": match.value, "oid": match.oid}) if match else None,
            "holder_kind": entry.holder_kind,
            "anchors": [_certificate(listed) for listed in entry.anchors],
            "issuers": [_certificate(listed) for listed in entry.issuers],
            "policies": [{"oid": rule.oid, "prefix": rule.prefix} for rule in entry.policies],
            "rules": _rules(entry.rules),
            "recognition": [_period(period) for period in entry.recognition],
            "revocation": _revocation(entry.revocation),
            "signature_class": entry.signature_class,
            "services": list(entry.services),
            "reliance_limit": entry.reliance_limit or None,
            "notes": entry.notes or None,
        }
    )


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else write_time(moment)


def _source(source: Source) -> dict[str, Any]:
    return {
        "url": source.url,
        "retrieved_at": write_time(source.retrieved_at),
        "sha256": source.sha256,
        "transcriber": source.transcriber,
        "checker": source.checker,
    }


def _certificate(listed: ListedCertificate) -> dict[str, Any]:
    return _present({"der": write_bytes(listed.der), "start": _time(listed.start), "end": _time(listed.end)})


def _rules(rules: ExtraRules) -> dict[str, Any]:
    return _present(
        {
            "key_usage": list(rules.key_usage) or None,
            "extended_key_usage": list(rules.extended_key_usage) or None,
            "keys": [_key_rule(rule) for rule in rules.keys] or None,
            "sm2_user_id": None if rules.sm2_user_id is None else rules.sm2_user_id.decode(),
            "timestamp_policies": list(rules.timestamp_policies) or None,
        }
    )


def _key_rule(rule: KeyRule) -> dict[str, Any]:
    return _present({"family": rule.family, "bits": rule.bits, "curves": list(rule.curves) or None})


def _period(period: RecognitionPeriod) -> dict[str, Any]:
    return _present(
        {
            "status": period.status,
            "start": write_time(period.start),
            "end": _time(period.end),
            "reason": period.reason,
            "reference": period.reference,
        }
    )


def _revocation(sources: RevocationSources) -> dict[str, Any]:
    return _present(
        {
            "ocsp": list(sources.ocsp),
            "crl": list(sources.crl),
            "responders": [write_bytes(der) for der in sources.responders],
            "freshness_seconds": sources.freshness_seconds,
        }
    )
