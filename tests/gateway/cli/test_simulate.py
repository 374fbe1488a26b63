"""``gate map simulate``: what it prints and writes, what it refuses, and that it leaves nothing half-written."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn
from xml.etree import ElementTree as ET

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.admin import simulation
from gateway.cli.simulate import simulate

SMALL = ("--share", "0.002", "--heaping", "0", "--heaping", "30")


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(simulate)
    return CliRunner().invoke(app, list(arguments))


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.simulate.sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setenv("FORCE_COLOR", "1")


def test_json_has_one_figure_for_each_territory_population_and_level() -> None:
    result = run(*SMALL, "--json", "--seed", "3")

    report = json.loads(result.stdout)
    keys = [(row["territory"], row["population"], row["heaping_percent"]) for row in report["rows"]]
    assert (report["schema"], report["seed"], report["share"]) == (1, 3, 0.002)
    assert keys == [
        (place, who, level) for place in ("HK", "MO") for who in ("living", "ever_enrolled") for level in (0, 30)
    ]
    assert set(report["rows"][0]) >= {"codes_needed", "fullest_day", "share_of_reserved"}


def test_the_levels_are_those_of_the_specification_unless_others_are_given() -> None:
    rows = json.loads(run("--share", "0.001", "--json").stdout)["rows"]

    assert {row["heaping_percent"] for row in rows} == {0, 1, 2, 5, 10, 15, 20, 30}


def test_levels_may_come_in_any_order_and_twice() -> None:
    rows = json.loads(run("--share", "0.001", "--json", "--heaping", "9", "--heaping", "3", "--heaping", "9").stdout)[
        "rows"
    ]

    assert [row["heaping_percent"] for row in rows[:2]] == [3, 9]
    assert len(rows) == 8


def test_people_see_the_table_of_the_specification() -> None:
    result = run(*SMALL)

    assert result.exit_code == 0
    for word in ("region codes needed", "Hong Kong, living", "Macao, ever enrolled", "30 %", "verdict"):
        assert word in result.stdout


def test_a_partial_draw_says_that_it_is_one() -> None:
    assert "0.2% of the people were drawn" in run(*SMALL).stderr


def test_quiet_prints_nothing_and_still_writes(tmp_path: Path) -> None:
    result = run(*SMALL, "--quiet", "--csv", str(tmp_path / "table.csv"))

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / "table.csv").exists()


def test_no_bar_is_drawn_where_there_is_no_terminal() -> None:
    assert "steps" not in run(*SMALL).stderr


def test_a_bar_is_drawn_on_standard_error_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch)

    result = run(*SMALL, "--json")
    assert "steps" in result.stderr
    assert json.loads(result.stdout)["schema"] == 1


def test_quiet_draws_no_bar_at_a_terminal_either(monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch)

    assert run(*SMALL, "--quiet").stderr == ""


def test_csv_has_one_line_for_each_figure(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    printed = json.loads(run(*SMALL, "--json", "--csv", str(target)).stdout)["rows"]

    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{name: str(value) for name, value in row.items()} for row in printed]


def test_the_plot_is_a_picture_with_a_line_for_each_population_and_the_limit(tmp_path: Path) -> None:
    target = tmp_path / "table.svg"
    run(*SMALL, "--plot", str(target), "--quiet")

    text = target.read_text(encoding="utf-8")
    ET.fromstring(text)  # noqa: S314 - written a moment ago
    for word in ("Hong Kong, living", "Hong Kong, ever enrolled", "Macao, living", "30 codes reserved"):
        assert word in text


def test_allocation_reports_refusals_misses_and_no_duplicates(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    result = run("--share", "0.001", "--heaping", "30", "--allocate", "--json", "--csv", str(target))

    rows = json.loads(result.stdout)["rows"]
    assert result.exit_code == 0
    assert {(row["refused"], row["duplicates"]) for row in rows} == {(0, 0)}
    assert {"served", "misses_per_allocation", "fullest_code", "fullest_code_share"} <= set(rows[0])
    assert len(target.read_text(encoding="utf-8").splitlines()) == 5


def test_people_see_an_allocation_as_a_table() -> None:
    result = run("--share", "0.001", "--heaping", "30", "--allocate")

    assert "refused" in result.stdout
    assert "region codes needed" not in result.stdout


def test_a_number_given_twice_would_be_noticed_by_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    allocate = simulation.allocate

    def careless(*arguments) -> tuple:
        return tuple(replace(figure, duplicates=1) for figure in allocate(*arguments))

    monkeypatch.setattr(simulation, "allocate", careless)
    result = run("--share", "0.001", "--heaping", "30", "--allocate")
    assert result.exit_code == 1
    assert "given twice" in result.stderr


@pytest.mark.parametrize("kind", ["--csv", "--plot"])
def test_an_interrupted_run_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    target = tmp_path / "table"
    target.write_text("old", encoding="utf-8")

    def interrupted(*arguments) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "simulate", interrupted)
    result = run(*SMALL, kind, str(target))
    assert result.exit_code != 0
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("moment", ["write_text", "replace"])
def test_an_interruption_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old", encoding="utf-8")
    write = Path.write_text

    def half(path: Path, text: str, **options) -> NoReturn:
        write(path, text[:10], **options)
        raise KeyboardInterrupt

    def interrupted(*arguments) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, moment, half if moment == "write_text" else interrupted)
    result = run(*SMALL, "--csv", str(target))
    monkeypatch.undo()
    assert result.exit_code != 0
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_reported_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments, **options) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    result = run(*SMALL, "--csv", str(tmp_path / "table.csv"))
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--share", "0"),
        ("--share", "2"),
        ("--share", "nan"),
        ("--share", "much"),
        ("--heaping", "-1"),
        ("--heaping", "101"),
        ("--heaping", "nan"),
        ("--seed", "one"),
        ("--plot", "table.svg", "--allocate"),
        ("--csv", "table", "--plot", "./table"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anybody_is_drawn(
    wrong: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(simulation, "simulate")
    monkeypatch.delattr(simulation, "allocate")

    assert run(*wrong).exit_code == 2


def test_a_folder_that_is_not_there_is_refused_before_anybody_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(simulation, "simulate")

    assert run("--csv", str(tmp_path / "none" / "table.csv")).exit_code == 3


def test_a_folder_cannot_be_a_file(tmp_path: Path) -> None:
    assert run(*SMALL, "--csv", str(tmp_path)).exit_code == 2
