"""``gate sign``: a signature is judged, its report checked without a network, its evidence judged again."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, KeySet, SigningKey
from mock_idps.authority import answers, cms, equivalence, listed, lists, root
from mock_idps.authority.certificate import Issued
from tests.authority import a_world
from tests.certs.signatures.judging import CONTENT, branch
from tests.gateway.cli.folder import answer, gate

WORLD = a_world(datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5))
"""A world of today: the command line reads the clock."""


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a gateway that has every list, a document and signatures of it; made once, only read."""
    folder = tmp_path_factory.mktemp("judging")
    config = _gateway(folder)
    _import_everything(folder, config)
    (folder / "document").write_bytes(CONTENT)
    for name, kind in (("good", "hk-personal-mr"), ("bank", "hk-bank")):
        (folder / name).write_bytes(_signed(WORLD.issue(kind)))
    return folder


def _gateway(folder: Path) -> str:
    config = str(folder / "gate.toml")
    assert gate("init", str(folder)).exit_code == 0
    assert gate("db", "upgrade", "--config", config).exit_code == 0
    (folder / "root.json").write_bytes(root.signed_root(WORLD))
    with Path(config).open("a") as settings:
        settings.write(f'\n[signatures]\ntrust_root = "{folder}/root.json"\nhigh_water = "{folder}/marks"\n')
    return config


def _import_everything(folder: Path, config: str) -> None:
    at = ["--config", config]
    for name in ("ada", "ben"):
        (folder / f"{name}.key").write_text(answer("operator", "create", name, "--role", "keeper", *at)["key"])
    files = []
    for name in listed.LISTS:
        (folder / f"{name}.list").write_bytes(lists.signed_list(WORLD, name))
        files.append(str(folder / f"{name}.list"))
    (folder / "equivalence.list").write_bytes(equivalence.signed_equivalence(WORLD))
    files.append(str(folder / "equivalence.list"))
    ada, ben = (["--key-file", str(folder / f"{name}.key")] for name in ("ada", "ben"))
    plan = answer("trust", "import", *files, "--dry-run", *at, *ada, code=1)
    codes = [part for one in plan["documents"] if one["dangers"] for part in ("--ack", one["code"])]
    asked = answer("trust", "import", *files, *codes, "--reason", "the first lists", *at, *ada, code=1)
    answer("trust", "acknowledge", asked["proposal"], *codes, *at, *ben)


def _signed(certificate: Issued) -> bytes:
    news = [answers.ocsp(WORLD, one) for one in branch(certificate)]
    message = cms.Message(content=CONTENT, ocsp=news)
    return cms.sign(message, cms.Signer(certificate=certificate, signing_time=WORLD.now))


def _verify(folder: Path, name: str, *more: str, code: int = 0) -> dict[str, Any]:
    at = ["--document", str(folder / "document"), "--format", "cms-detached", "--config", str(folder / "gate.toml")]
    return answer("sign", "verify", str(folder / name), *at, *more, code=code)


def _keys(folder: Path) -> Path:
    pem = (folder / "keys" / "report-es256.pem").read_bytes()
    report = SigningKey.from_pem(pem, algorithm=Algorithm.ES256, created_at=datetime.now(UTC))
    file = folder / "report-keys.json"
    file.write_text(json.dumps(KeySet((report,)).jwks()))
    return file


def test_a_good_signature_is_accepted_and_its_report_checked_without_a_network(judging: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "report.jws"

    report = _verify(judging, "good", "--relying", "GD", "--report", str(sealed))["report"]
    again = answer("sign", "report", str(sealed), "--keys", str(_keys(judging)))["report"]

    assert report["overall"]["indication"] == "TOTAL-PASSED"
    assert report["overall"]["accept"] is True
    assert report["signatures"][0]["recognition"]["status"] == "recognised"
    assert again == report


def test_a_signature_that_is_not_accepted_ends_with_exit_code_1_and_says_why(judging: Path) -> None:
    report = _verify(judging, "bank", "--relying", "GD", code=1)["report"]
    at = ["--document", str(judging / "document"), "--format", "cms-detached", "--config", str(judging / "gate.toml")]
    plain = gate("sign", "verify", str(judging / "bank"), *at, "--relying", "GD")

    assert report["signatures"][0]["recognition"]["status"] == "type-mismatch"
    assert plain.exit_code == 1
    assert "MR-TYPE (mr-type)" in plain.output
    assert "information, not legal advice" in plain.output


@pytest.mark.parametrize("change", [('accept":true', 'accept":false'), ("TOTAL-PASSED", "TOTAL-FAILED")])
def test_a_report_that_was_changed_is_refused(judging: Path, tmp_path: Path, change: tuple[str, str]) -> None:
    sealed = tmp_path / "report.jws"
    _verify(judging, "good", "--relying", "GD", "--report", str(sealed))
    head, payload, tail = sealed.read_text().split(".")
    text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode().replace(*change)
    forged = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    sealed.write_text(f"{head}.{forged}.{tail}")

    refused = gate("sign", "report", str(sealed), "--keys", str(_keys(judging)))

    assert refused.exit_code == 3
    assert "E_FORMAT" in refused.output


def test_a_receipt_names_the_first_time_at_which_a_signature_was_seen(judging: Path) -> None:
    at = ["--document", str(judging / "document"), "--format", "cms-detached", "--config", str(judging / "gate.toml")]

    first = answer("sign", "receipt", str(judging / "good"), *at)["receipts"]
    second = answer("sign", "receipt", str(judging / "good"), *at)["receipts"]

    assert len(first) == 1
    assert first[0]["first_seen"] == second[0]["first_seen"]
    assert first[0]["receipt"].count(".") == 2


def test_what_cannot_be_worked_on_is_refused_with_its_code(judging: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    at = ["--config", str(judging / "gate.toml")]

    empty = gate("sign", "verify", str(tmp_path / "empty"), *at)
    unknown = gate("sign", "verify", str(judging / "good"), "--policy", "nobodys", *at)
    xades = gate("sign", "verify", str(judging / "good"), "--format", "xades", *at)

    assert [empty.exit_code, unknown.exit_code, xades.exit_code] == [2, 2, 2]
    assert "E_POLICY" in unknown.output
    assert "E_UNSUPPORTED" in xades.output
