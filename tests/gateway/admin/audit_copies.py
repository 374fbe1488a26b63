"""Copies of an audit for the tests of restores: a chain that holds, with whatever happened in it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from certs.keys import base64url
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.admin.audit_chain import Place, chained
from gateway.admin.audit_export import FORMAT, VERSION
from gateway.admin.backup_facts import Facts
from tests.authority import NOW

Row = dict[str, Any]
KEY = SigningKey.generate(Algorithm.ES256, NOW)


def a_row(seq: int, action: str, subject: str | None = None, client: str | None = None, **words: str) -> Row:
    return {
        "seq": seq,
        "at": f"2026-11-24T09:{seq % 60:02d}:00.000000Z",
        "action": action,
        "correlation_id": "c0ffee",
        "client_id": client,
        "subject_id": subject,
        "provider": None,
        "details": json.dumps(words, separators=(",", ":")),
    }


def a_copy(path: Path, rows: Sequence[Row], after: int = 0) -> Path:
    """Write a copy as `gate audit export` does; nothing in it is signed."""
    links = list(chained(Place(), rows))
    head = {"kind": FORMAT, "version": VERSION, "issuer": "https://id.example", "after": 0, "keys": [KEY.public_jwk()]}
    lines: list[dict[str, Any]] = [head]
    lines += [
        {"kind": "event", "position": link.position, "hash": base64url.encode(link.hash), "row": link.row}
        for link in links[after:]
    ]
    end = links[-1] if links else None
    lines.append(
        {
            "kind": "end",
            "after": 0,
            "until": end.position if end else 0,
            "hash": base64url.encode(end.hash if end else bytes(32)),
        }
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def facts_at(rows: Sequence[Row], position: int, **changes: Any) -> Facts:
    """What a backup says that was made after so many events."""
    links = list(chained(Place(), rows))
    values: dict[str, Any] = {
        "schema": "0005",
        "engine": "sqlite",
        "epoch": 1,
        "rows": {},
        "audit_seq": rows[position - 1]["seq"] if position else 0,
        "chain_position": position,
        "chain_hash": links[position - 1].hash.hex() if position else "",
        "key_sets": {},
        "trust_heads": {},
    }
    return Facts(**(values | changes))
