"""``gate audit``: search, verify, export and keys, as an operator at a terminal or a script meets them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.admin import audit_proof, checkpoint_file
from gateway.admin.audit_proof import Report
from gateway.store.open import Stores
from tests.gateway.cli.folder import Filled, answer, gate, with_stores


async def link(stores: Stores) -> None:
    while await stores.audit_chain.link(500):
        pass


def execute(config: str, statement: str) -> None:
    async def work(stores: Stores) -> None:
        await stores.database.run(lambda connection: connection.execute(text(statement)) and None)

    with_stores(config, work)


@pytest.fixture
def audited(filled: Filled) -> Filled:
    """A folder whose audit is linked, with a file of checkpoints."""
    settings = Path(filled.config)
    settings.write_text(f'{settings.read_text()}\n[audit]\ncheckpoints = "{settings.parent / "checkpoints"}"\n')
    with_stores(filled.config, link)
    return filled


def test_a_search_shows_events_and_is_on_record(audited: Filled) -> None:
    where = ("--config", audited.config)

    found = answer("audit", "search", "--action", "identifier", "--subject", audited.subject_id, *where)
    again = answer("audit", "search", "--action", "audit.searched", *where)
    table = gate("audit", "search", "--limit", "1", *where)

    assert [event["action"] for event in found["events"]] == ["identifier.bound"]
    assert found["next"] is None
    assert len(again["events"]) == 2
    assert "audit.searched" in table.output
    assert "--cursor" in table.output


@pytest.mark.attack("AD-04")
def test_ad_04_what_cannot_be_asked_for_is_a_usage_error(audited: Filled) -> None:
    for wrong in (["--action", "x"], ["--since", "now"], ["--cursor", "AAAA"], ["--limit", "0"], ["--client", ""]):
        assert gate("audit", "search", *wrong, "--config", audited.config).exit_code == 2


@pytest.mark.attack("AU-01", "AU-02")
def test_au_01_verify_says_whether_the_audit_holds_and_where_it_does_not(audited: Filled, tmp_path: Path) -> None:
    where, copy, keys = ("--config", audited.config), str(tmp_path / "copy.jsonl"), tmp_path / "keys.json"
    made = answer("audit", "export", copy, *where)
    keys.write_text(gate("audit", "keys", *where).stdout)
    checkpoints = str(Path(audited.config).parent / "checkpoints")
    offline = ("--file", copy, "--keys", str(keys), "--config", str(tmp_path / "none.toml"))

    assert (made["signed"], made["events"]) == (True, answer("audit", "verify", *offline)["events"])
    assert answer("audit", "verify", *offline, "--checkpoints", checkpoints)["holds"] is True
    assert answer("audit", "verify", "--file", copy, *where)["holds"] is True
    assert answer("audit", "verify", *where)["broken"] is None
    sealed = answer("audit", "verify", *where)["sealed"]
    assert answer("audit", "verify", "--from-checkpoint", str(sealed), *where)["holds"] is True

    execute(audited.config, "UPDATE audit SET details = 'x' WHERE seq = 1")
    lines = Path(copy).read_text().splitlines(keepends=True)
    Path(copy).write_text("".join(lines[:-2]))
    there, here = answer("audit", "verify", *where, code=1), answer("audit", "verify", *offline, code=1)

    assert (there["broken"], there["position"]) == ("edited", 1)
    assert here["broken"] == "torn"


def test_an_export_seals_what_it_copies_and_writes_over_nothing(audited: Filled, tmp_path: Path) -> None:
    where, copy = ("--config", audited.config), tmp_path / "copy.jsonl"
    answer("audit", "export", str(copy), *where)
    before = copy.read_bytes()

    assert gate("audit", "export", str(copy), *where).exit_code == 3
    assert gate("audit", "export", str(tmp_path / "x"), "--from-checkpoint", "999", *where).exit_code == 3

    assert copy.read_bytes() == before
    assert not (tmp_path / "x").exists()
    assert json.loads(before.splitlines()[-1])["kind"] == "end"


def test_what_verify_needs_is_said(audited: Filled, tmp_path: Path) -> None:
    where, copy, junk = ("--config", audited.config), str(tmp_path / "copy.jsonl"), tmp_path / "junk"
    answer("audit", "export", copy, *where)
    junk.write_text("{}")

    for arguments, code in (
        (("--keys", str(junk), *where), 2),
        (("--file", copy, "--from-checkpoint", "1", *where), 2),
        (("--file", copy, "--keys", str(junk), *where), 2),
        (("--file", copy, "--config", str(tmp_path / "none.toml")), 3),
        (("--from-checkpoint", "999", *where), 3),
    ):
        assert gate("audit", "verify", *arguments).exit_code == code


def test_a_check_that_is_stopped_says_where_to_go_on(audited: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stopped(*_: object, report: Report, **__: object) -> None:
        report(10, 20, 7)
        raise KeyboardInterrupt

    monkeypatch.setattr(audit_proof, "verify", stopped)

    result = gate("audit", "verify", "--config", audited.config)

    assert (result.exit_code, "--from-checkpoint 7" in result.output) == (1, True)


@pytest.mark.attack("AU-03")
def test_au_03_a_file_of_checkpoints_that_is_not_ours_breaks_the_audit(audited: Filled) -> None:
    (Path(audited.config).parent / "checkpoints").write_text("nonsense\n")

    found = answer("audit", "verify", "--config", audited.config, code=1)

    assert found["broken"] == "checkpoint_forged"


def test_a_file_of_checkpoints_that_cannot_be_read_is_a_precondition(
    audited: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise checkpoint_file.CheckpointFileError("Permission denied")

    monkeypatch.setattr(checkpoint_file, "all_of", refuse)

    assert gate("audit", "verify", "--config", audited.config).exit_code == 3
