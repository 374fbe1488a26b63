"""``gate trust``: a list from the published page to the second operator's word, at the terminal."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli import stores as cli_stores
from gateway.cli.trust import desk, reading
from mock_idps.authority import lists, root
from tests.authority import a_world
from tests.gateway.cli.folder import answer, gate

PAGE = b"a fictional page"
URL = "https://lists.sandbox.example/hk-gd-hk"
HK = "hk-gd-hk"
WORLD = a_world(datetime.now(UTC).replace(microsecond=0))
"""A world of today: the command line reads the clock."""
FIRST = lists.trust_list(WORLD, HK)


@pytest.fixture
def trusting(config: str, tmp_path: Path) -> str:
    """A gateway that validates signatures, with two keepers whose keys lie beside it."""
    (tmp_path / "root.json").write_bytes(root.signed_root(WORLD))
    block = f'\n[signatures]\ntrust_root = "{tmp_path}/root.json"\nhigh_water = "{tmp_path}/marks"\n'
    with Path(config).open("a") as settings:
        settings.write(block)
    for name in ("ada", "ben"):
        key = answer("operator", "create", name, "--role", "keeper", "--config", config)["key"]
        (tmp_path / f"{name}.key").write_text(key)
    return config


def written(tmp_path: Path, name: str, document: dict[str, Any]) -> str:
    file = tmp_path / name
    file.write_bytes(lists.sign(WORLD, document))
    return str(file)


def pem_of(name: str) -> bytes:
    """The key of somebody who signs lists, as it lies on their machine."""
    private = lists.key(WORLD, name).private
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_of(tmp_path: Path, name: str) -> list[str]:
    return ["--key-file", str(tmp_path / f"{name}.key")]


def bring_in(trusting: str, tmp_path: Path, document: dict[str, Any]) -> dict[str, Any]:
    """Import a dangerous list by both keepers."""
    file, at = written(tmp_path, "list.json", document), ["--config", trusting]
    plan = answer("trust", "import", file, "--dry-run", *at, *key_of(tmp_path, "ada"), code=1)
    code = plan["documents"][0]["code"]
    asked = answer("trust", "import", file, "--ack", code, "--reason", "case 17", *at, *key_of(tmp_path, "ada"), code=1)
    return answer("trust", "acknowledge", asked["proposal"], "--ack", code, *at, *key_of(tmp_path, "ben"))


def test_a_list_goes_from_the_page_to_a_signed_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captures, draft = tmp_path / "captures", tmp_path / "draft.json"
    (tmp_path / "page.html").write_bytes(PAGE)
    monkeypatch.setattr(cli_stores, "operator_name", lambda: "ada")
    taken = answer("trust", "capture", URL, "--file", str(tmp_path / "page.html"), "--folder", str(captures))
    base = written(tmp_path, "before.json", FIRST)
    assert gate("trust", "transcribe", taken["record"], "--base", base, "--out", str(draft)).exit_code == 0
    refused = gate("trust", "check", str(draft), "--folder", str(captures))
    monkeypatch.setattr(cli_stores, "operator_name", lambda: "ben")

    checked = gate("trust", "check", str(draft), "--folder", str(captures), "--out", str(draft))
    signed = tmp_path / "signed.json"
    for name, before in (("list-1", draft), ("list-2", signed)):
        (tmp_path / "key.pem").write_bytes(pem_of(name))
        sign = gate("trust", "sign", str(before), "--key-file", str(tmp_path / "key.pem"), "--out", str(signed))
        assert sign.exit_code == 0, sign.output

    assert (refused.exit_code, checked.exit_code) == (3, 0)
    assert len(json.loads(signed.read_bytes())["signatures"]) == 2
    found = answer("trust", "diff", base, str(signed), code=0)
    assert (found["dangers"], found["code"]) == ([], None)


def test_an_empty_form_is_printed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(PAGE)
    taken = answer("trust", "capture", URL, "--file", str(tmp_path / "page.html"), "--folder", str(tmp_path))

    printed = gate("trust", "transcribe", taken["record"], "--list", HK, "--scheme", "HK-GD", "--jurisdiction", "HK")

    assert json.loads(printed.stdout)["list_id"] == HK


def test_two_keepers_bring_a_list_in_and_everybody_sees_it(trusting: str, tmp_path: Path) -> None:
    assert answer("trust", "list", "--config", trusting)["lists"] == []

    found = bring_in(trusting, tmp_path, FIRST)

    assert (found["result"], found["proposed_by"]) == ("accepted", "ada")
    (row,) = answer("trust", "list", "--config", trusting)["lists"]
    assert (row["list"], row["sequence"], row["standing"]) == (HK, 1, "fresh")
    assert answer("trust", "show", HK, "--config", trusting)["entries"]
    assert answer("trust", "proposals", "--config", trusting)["proposals"] == []


def test_a_proposal_is_listed_and_can_be_withdrawn(trusting: str, tmp_path: Path) -> None:
    file, at, ada = written(tmp_path, "list.json", FIRST), ["--config", trusting], key_of(tmp_path, "ada")
    code = answer("trust", "import", file, "--dry-run", *at, *ada, code=1)["documents"][0]["code"]
    asked = answer("trust", "import", file, "--ack", code, "--reason", "case 17", *at, *ada, code=1)

    listed = answer("trust", "proposals", *at, code=1)["proposals"]

    assert [one["id"] for one in listed] == [asked["proposal"]]
    read = answer("trust", "acknowledge", asked["proposal"], "--dry-run", *at, *key_of(tmp_path, "ben"))
    assert read["documents"][0]["code"] == code
    assert gate("trust", "acknowledge", asked["proposal"], "--ack", code, *at, *ada).exit_code == 3
    assert answer("trust", "withdraw", asked["proposal"], *at, *ada)["withdrawn"]
    assert gate("trust", "withdraw", asked["proposal"], *at, *ada).exit_code == 3


def test_a_way_back_is_drafted(trusting: str, tmp_path: Path) -> None:
    bring_in(trusting, tmp_path, FIRST)
    following = lists.trust_list(WORLD, HK, sequence=2, previous=FIRST)
    file = written(tmp_path, "next.json", following)
    answer("trust", "import", file, "--config", trusting, *key_of(tmp_path, "ada"))

    printed = gate("trust", "rollback", HK, "--to", "1", "--config", trusting)

    assert (json.loads(printed.stdout)["sequence"], printed.exit_code) == (3, 0)


@pytest.mark.attack("TL-01")
def test_tl_01_an_older_list_ends_with_a_sentence_and_exit_code_3(trusting: str, tmp_path: Path) -> None:
    bring_in(trusting, tmp_path, FIRST | {"sequence": 5})

    refused = gate(
        "trust", "import", written(tmp_path, "old.json", FIRST), "--config", trusting, *key_of(tmp_path, "ada")
    )

    assert refused.exit_code == 3
    assert "rollback" in refused.stderr


def test_a_dangerous_change_names_the_code_that_is_wanted(trusting: str, tmp_path: Path) -> None:
    refused = gate(
        "trust", "import", written(tmp_path, "l.json", FIRST), "--config", trusting, *key_of(tmp_path, "ada")
    )

    assert refused.exit_code == 3
    assert "acknowledge" in refused.stderr


def test_without_its_block_there_are_no_lists(config: str) -> None:
    refused = gate("trust", "list", "--config", config)

    assert (refused.exit_code, "[signatures]" in refused.stderr) == (3, True)


def test_only_a_keeper_imports(trusting: str, tmp_path: Path) -> None:
    (tmp_path / "eve.key").write_text("guessed")

    refused = gate(
        "trust", "import", written(tmp_path, "l.json", FIRST), "--config", trusting, *key_of(tmp_path, "eve")
    )

    assert (refused.exit_code, "keeper" in refused.stderr) == (3, True)


def test_a_file_that_is_not_there_or_is_no_document_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nonsense").write_bytes(b'{"signatures": 1}')
    nonsense = str(tmp_path / "nonsense")

    for arguments in (["diff", nonsense, nonsense], ["diff", str(tmp_path / "none"), nonsense]):
        assert gate("trust", *arguments).exit_code == 3
    assert gate("trust", "sign", nonsense, "--key-file", nonsense).exit_code == 3


def test_a_file_larger_than_any_document_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "FILE_LIMIT", 3)
    file = written(tmp_path, "l.json", FIRST)

    assert gate("trust", "diff", file, file).exit_code == 3
    assert reading.read is desk.read


def test_a_result_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(PAGE)
    taken = answer("trust", "capture", URL, "--file", str(tmp_path / "page.html"), "--folder", str(tmp_path))

    assert gate("trust", "transcribe", taken["record"], "--out", str(tmp_path / "no" / "draft")).exit_code == 3
