"""What the doctor finds about things that end: which verdict, and the words that tell an operator what to do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.keys.rotation.guards import GuardNumber
from certs.keys.tls import self_signed
from gateway.admin.audit_keeping import AuditStanding, FileState
from gateway.admin.inventory import Item, Kind, Severity, in_order
from gateway.admin.measured import KeySetMeasure
from gateway.config import Audit, Backup, Server, Settings
from gateway.examination.ends import _in_the_way, of_checkpoints, of_items, of_settings

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ISSUER = "https://id.example.hk"
DEVELOPMENT = Settings(issuer=ISSUER, keys_dir=Path("keys"), environment="development")


def found(settings: Settings, *items: Item) -> dict[str, tuple[str, str]]:
    return {one.check: (one.verdict, one.remark) for one in of_items(settings, in_order(items, NOW))}


def test_each_group_names_what_wants_something_and_no_more_than_five() -> None:
    lists = [Item(f"l{n}", f"list-{n}", Kind.TRUST_LIST, "trust lists", not_after=NOW) for n in range(7)]
    fine = Item("c", "id.example.hk", Kind.TLS_CERTIFICATE, "server", not_after=NOW + timedelta(days=90))

    seen = found(DEVELOPMENT, *lists, fine)

    assert seen["ends"] == ("fine", "1 known, none is due")
    verdict, remark = seen["trust lists"]
    assert verdict == "attention"
    assert "list-0 is over" in remark
    assert "list-6" not in remark
    assert "2 more" in remark


def test_a_backup_that_was_never_made_says_what_to_run() -> None:
    never = Item(
        "b", "backup", Kind.BACKUP, "backup.folder", severity=Severity.EXPIRED, note="run `gate backup create`"
    )

    assert found(DEVELOPMENT, never)["backup"] == (
        "attention",
        "backup backup (run `gate backup create`): see `gate cert list`",
    )


def test_in_production_checkpoints_and_backups_have_to_have_a_place() -> None:
    bare = replace(DEVELOPMENT, environment="production")
    cared_for = replace(bare, audit=Audit(Path("checkpoints")), backup=Backup(Path("backups")))

    assert {name: verdict for name, (verdict, _) in found(bare).items()} == {
        "checkpoints": "attention",
        "backup": "attention",
    }
    assert found(cared_for) == {}
    assert found(DEVELOPMENT) == {}


def test_a_broken_pair_of_files_is_told_of_with_its_setting(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    server = Server(tls_certificate=tmp_path / "chain.pem", tls_key=tmp_path / "key.pem")
    (tmp_path / "chain.pem").write_bytes(self_signed(["id.example.hk"], now)[0])
    (tmp_path / "key.pem").write_bytes(self_signed(["id.example.hk"], now)[1])

    findings = {one.check: one for one in of_settings(replace(DEVELOPMENT, server=server, keys_dir=tmp_path))}

    assert findings["certificates"].verdict == "broken"
    assert "server.tls_key: the key does not belong to the certificate" in findings["certificates"].remark


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, "fine", "position 8 of 9"),
        ({"file": FileState.BEHIND}, "fine", "position 8 of 9"),
        ({"file": FileState.AHEAD}, "broken", "ahead of the database"),
        ({"file": FileState.BROKEN}, "broken", "was changed"),
        ({"file": FileState.UNREADABLE}, "broken", "cannot be read"),
        ({"holds": False}, "broken", "gate audit verify"),
        ({"is_late": True, "has_key": False}, "attention", "no key of the set"),
    ],
)
def test_the_file_of_checkpoints_is_held_against_the_database(
    changes: dict[str, Any], verdict: str, words: str
) -> None:
    sound = AuditStanding(9, 8, NOW, file=FileState.AGREES, has_key=True, holds=True, is_late=False)

    finding = of_checkpoints(replace(sound, **changes))

    assert finding.verdict == verdict
    assert words in finding.remark


def test_a_rotation_is_told_of_only_while_a_worker_could_have_gone_on_with_it() -> None:
    stuck = KeySetMeasure(
        {}, lacks_standby=True, closed_guards=frozenset({GuardNumber.CLOCK}), overdue=timedelta(days=1)
    )

    assert _in_the_way("id-token-es256", stuck, runs=True) == [
        "id-token-es256 has no next key",
        "id-token-es256: a step is overdue, closed guards: clock",
    ]
    assert _in_the_way("id-token-es256", stuck, runs=False) == []
