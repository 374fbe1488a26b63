"""How the command line speaks: confirmations, tables that keep ids whole, plain forms of nested values."""

from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.cli import output
from gateway.cli.output import confirm, show, show_rows


def asked(
    monkeypatch: pytest.MonkeyPatch, typed: str, *, is_terminal: bool, yes: bool = False, dry_run: bool = False
) -> Result:
    app = typer.Typer()

    @app.command()
    def verb() -> None:
        monkeypatch.setattr(output, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: is_terminal)))
        confirm("Really?", yes=yes, dry_run=dry_run)
        typer.echo("went on")

    return CliRunner().invoke(app, input=typed)


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 3), ("\n", 3)])
def test_somebody_at_a_terminal_is_asked_first(monkeypatch: pytest.MonkeyPatch, typed: str, code: int) -> None:
    result = asked(monkeypatch, typed, is_terminal=True)

    assert result.exit_code == code
    assert ("went on" in result.output) is (code == 0)


def test_a_script_is_not_asked_but_told_to_say_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    result = asked(monkeypatch, "y\n", is_terminal=False)

    assert result.exit_code == 2
    assert "--yes" in result.output


@pytest.mark.parametrize("option", ["yes", "dry_run"])
def test_yes_and_a_dry_run_ask_nobody(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    assert asked(monkeypatch, "", is_terminal=False, **{option: True}).exit_code == 0


def test_a_table_in_a_pipe_keeps_ids_whole_and_markup_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [f"column-{place}" for place in range(8)]

    show_rows("rows", [dict.fromkeys(columns, "abcdefghijklmnop"), {"column-0": "[red]"}], columns, as_json=False)

    printed = capsys.readouterr().out
    assert printed.count("abcdefghijklmnop") == 8
    assert "[red]" in printed


def test_nested_values_are_plain_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    show({"keys": {"index": ["2", "1"]}, "none": None, "empty": []}, as_json=False)

    assert capsys.readouterr().out == "keys: index 2, 1\nnone: -\nempty: -\n"
