"""``gate map check`` and ``explain``: what a number is, what its record says, what a sign-in would do; masked."""

import json
from pathlib import Path

import pytest

from gateway.config import ConfigurationError
from tests.gateway.cli.folder import OTHER, PERMIT, Filled, answer, gate


@pytest.fixture(autouse=True)
def _no_settings_in_sight(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GATE_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("number", "named"),
    [
        ("H12345678", "travel permit"),
        ("11010519491231002X", "resident_id"),
        ("810000190405069024", "residence_permit"),
        ("A123456(3)", "Hong Kong identity card"),
    ],
)
def test_map_check_says_what_a_number_is_and_masks_it(number: str, named: str) -> None:
    result = gate("map", "check", number)

    assert result.exit_code == 0
    assert named in result.output
    assert number[2:8] not in result.output


def test_map_check_shows_the_number_only_when_asked_to() -> None:
    assert "H12345678" in gate("map", "check", "H12345678", "--reveal").output


@pytest.mark.parametrize("number", ["H1234567", "110105194912310021", "Ｈ１２３４５６７é"])
def test_map_check_of_nothing_valid_is_exit_code_1(number: str) -> None:
    result = gate("map", "check", number, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"]
    assert number not in result.output


def test_map_check_reads_standard_input() -> None:
    assert gate("map", "check", "-", stdin="H12345678\n").exit_code == 0


def test_map_explain_goes_step_by_step() -> None:
    steps = json.loads(gate("map", "explain", "h1234 5678", "--json").stdout)["steps"]

    assert steps[0]["changed"] == ["case_folded", "space_removed"]
    assert steps[1]["candidates"] == ["permit", "sar_passport_shape"]
    assert any(step.get("number") == "H******78" for step in steps)


def test_without_settings_explain_stays_offline() -> None:
    steps = answer("map", "explain", "H12345678")["steps"]

    assert [step["step"] for step in steps][-1] == "as Macao identity card"


def test_explain_tells_what_the_record_says_and_what_a_sign_in_would_do(filled: Filled) -> None:
    steps = answer("map", "explain", "-", "--config", filled.config, stdin="H1234567801\n")["steps"]

    record, decision = steps[-2:]
    assert (record["found"], record["record"], record["standing"]) == (True, filled.record, "active")
    assert (decision["outcome"], decision["why"]) == ("keep", "recorded binding")
    assert filled.number not in str(steps)


def test_explain_finds_the_settings_by_itself_and_offline_leaves_them_alone(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_CONFIG", filled.config)

    with_record = answer("map", "explain", "H12345678")["steps"]
    without = answer("map", "explain", "H12345678", "--offline")["steps"]

    assert with_record[-1]["step"] == "decide"
    assert with_record[: len(without)] == without


@pytest.mark.attack("MP-03")
def test_mp_03_explain_does_not_lead_from_a_number_to_a_permit(filled: Filled) -> None:
    steps = answer("map", "explain", "-", "--config", filled.config, stdin=filled.number)["steps"]

    assert "gate map reveal" in steps[-1]["skipped"]
    assert filled.record not in str(steps)


@pytest.mark.attack("MP-03")
def test_mp_03_reveal_shows_what_was_typed_and_nothing_of_the_record(filled: Filled) -> None:
    result = gate("map", "explain", "H12345678", "--reveal", "--config", filled.config)

    assert "H12345678" in result.output
    assert filled.number not in result.output


def test_explain_thinks_a_persons_sign_in_through(filled: Filled) -> None:
    person = ["map", "explain", "--person", filled.subject_id, "--permit", "-", "--config", filled.config]

    own = answer(*person, stdin=PERMIT.canonical)["steps"]
    claimed = answer(*person, stdin=OTHER.canonical)["steps"]
    moved = answer(*person, "--same-person", stdin=OTHER.canonical)["steps"]

    assert (own[1]["is_holder"], own[2]["outcome"]) == (True, "keep")
    assert claimed[2]["outcome"] == "allocate"
    assert (moved[2]["why"], moved[2]["retires"]) == ("moved", "H******78")


def test_explain_judges_by_the_enrolment_of_a_client(filled: Filled) -> None:
    options = ["--name", "Shop", "--redirect-uri", "https://shop.example/cb", "--client-id", "shop"]
    assert gate("client", "create", *options, "--config", filled.config).exit_code == 0

    steps = answer("map", "explain", "H12345678", "--client", "shop", "--config", filled.config)["steps"]

    assert steps[-1]["why"] == "policy.purpose_not_permitted"
    assert gate("map", "explain", "H12345678", "--client", "nobody", "--config", filled.config).exit_code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--person", "s-1"],
        ["--permit", "H12345678"],
        ["H12345678", "--person", "s-1", "--permit", "H12345678"],
        ["--person", "s-1", "--permit", "H12345678", "--offline"],
        ["--person", "s-1", "--permit", "H1"],
    ],
)
def test_explain_wants_a_number_or_a_person_with_a_permit(arguments: list[str]) -> None:
    assert gate("map", "explain", *arguments).exit_code == 2


def test_settings_that_are_named_must_be_there(tmp_path: Path) -> None:
    result = gate("map", "explain", "H12345678", "--config", str(tmp_path / "gone.toml"))

    assert isinstance(result.exception, ConfigurationError)
