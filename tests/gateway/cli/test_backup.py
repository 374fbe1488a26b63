"""``gate backup``: from a running database through a sealed file into an empty one, with exit codes for what is wrong."""

from pathlib import Path

import pytest

from gateway.admin.backup_file import PARTIAL, SUFFIX
from gateway.cli.output import Exit
from gateway.store import migrate
from tests.gateway.cli.folder import PERMIT, Filled, answer, gate


@pytest.fixture
def folder(filled: Filled) -> Path:
    """Give the folder for backups that the settings name."""
    folder = Path(filled.config).parent / "backups"
    folder.mkdir()
    with Path(filled.config).open("a", encoding="utf-8") as settings:
        settings.write(f'\n[backup]\nfolder = "{folder}"\n')
    return folder


def emptied(config: str) -> Path:
    """Lose the database and make a new one; gives the lost one's file."""
    file = Path(config).parent / "gateway.sqlite3"
    lost = file.rename(file.with_name("lost.sqlite3"))
    migrate.upgrade(f"sqlite:///{file}")
    return lost


def test_a_backup_is_made_verified_listed_and_restored(filled: Filled, folder: Path) -> None:
    config = ("--config", filled.config)

    made = answer("backup", "create", *config)
    proved = answer("backup", "verify", made["file"], *config)
    listed = answer("backup", "list", *config)["backups"]
    emptied(filled.config)
    planned = answer("backup", "restore", made["file"], "--backup-id", made["id"], "--dry-run", *config)
    done = answer("backup", "restore", made["file"], "--backup-id", made["id"], "--yes", *config)

    assert (proved["sha256"], proved["on_record"]) == (made["sha256"], True)
    assert [(one["id"], one["there"], one["verified_at"] is not None) for one in listed] == [(made["id"], True, True)]
    assert (planned["dry_run"], planned["epoch"], planned["changed"]) == (True, 2, {})
    assert (done["dry_run"], done["epoch"]) == (False, 2)
    assert answer("map", "history", PERMIT.canonical, *config)["record"]["record"] == filled.record
    assert filled.actions()[-2:] == ["backup.restored", "record.read"]


def test_what_is_wrong_with_a_file_is_a_sentence_and_an_exit_code(filled: Filled, folder: Path) -> None:
    config = ("--config", filled.config)
    made = answer("backup", "create", *config)
    file = Path(made["file"])
    whole = file.read_bytes()

    not_empty = gate("backup", "restore", str(file), "--backup-id", made["id"], "--yes", *config)
    unasked = gate("backup", "restore", str(file), "--backup-id", made["id"], *config)
    emptied(filled.config)
    mistyped = gate("backup", "restore", str(file), "--backup-id", "another", "--yes", *config)
    file.write_bytes(whole[:-1])
    damaged = gate("backup", "verify", str(file), "--file-only", *config)
    torn = gate("backup", "restore", str(file), "--backup-id", made["id"], "--yes", *config)
    file.write_bytes(whole)
    key = Path(filled.config).parent / "keys" / "backup.key"
    key.write_text(bytes(range(32)).hex())
    other_key = gate("backup", "verify", str(file), "--file-only", *config)
    key.unlink()
    no_key = gate("backup", "create", *config)

    assert (not_empty.exit_code, "not empty" in not_empty.output) == (Exit.PRECONDITION, True)
    assert (unasked.exit_code, "--yes" in unasked.output) == (Exit.USAGE, True)
    assert (mistyped.exit_code, "another backup" in mistyped.output) == (Exit.PRECONDITION, True)
    assert (damaged.exit_code, "damaged or cut off" in damaged.output) == (Exit.ATTENTION, True)
    assert (torn.exit_code, "damaged or cut off" in torn.output) == (Exit.ATTENTION, True)
    assert (other_key.exit_code, "another key" in other_key.output) == (Exit.PRECONDITION, True)
    assert (no_key.exit_code, "backup.key" in no_key.output) == (Exit.PRECONDITION, True)


def test_another_gateways_backup_is_refused(filled: Filled, folder: Path) -> None:
    config = ("--config", filled.config)
    made = answer("backup", "create", *config)
    settings = Path(filled.config)
    settings.write_text(settings.read_text().replace("127.0.0.1:8000", "127.0.0.1:8001"))

    refused = gate("backup", "verify", made["file"], "--file-only", *config)

    assert (refused.exit_code, "another issuer" in refused.output) == (Exit.PRECONDITION, True)


def test_a_dry_run_writes_nothing_and_left_overs_are_named(filled: Filled, folder: Path) -> None:
    config = ("--config", filled.config)

    answer("backup", "create", "--dry-run", *config)
    assert list(folder.iterdir()) == []
    (folder / f"old{SUFFIX}{PARTIAL}").write_bytes(b"half")
    listed = gate("backup", "list", *config)

    assert listed.exit_code == Exit.ATTENTION
    assert "left of a backup that was cut short" in listed.output


def test_a_folder_that_is_not_there_or_not_named_is_a_precondition(filled: Filled, tmp_path: Path) -> None:
    config = ("--config", filled.config)

    unnamed = gate("backup", "create", *config)
    absent = gate("backup", "create", "--folder", str(tmp_path / "nowhere"), *config)

    assert (unnamed.exit_code, "--folder" in unnamed.output) == (Exit.PRECONDITION, True)
    assert (absent.exit_code, "is not there" in absent.output) == (Exit.PRECONDITION, True)
