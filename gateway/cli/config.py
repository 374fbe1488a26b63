"""``gate config``: what the settings are, and whether a gateway would start with them."""

import asyncio
from dataclasses import asdict

import typer

from gateway.cli.output import AsJson, ConfigFile, Exit, show, show_rows
from gateway.cli.rehearsal import rehearse
from gateway.cli.reload import in_force
from gateway.config import settings_path
from gateway.effective_settings import effective, flat
from gateway.product import utc_now

app = typer.Typer(help="The settings.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep the verb's own name although it is the only one."""


@app.command()
def check(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag
    """Try everything that a start needs, and print the settings in force; exit code 3 if a start would fail."""
    settings = in_force(settings_path(config))
    steps = asyncio.run(rehearse(settings, utc_now()))
    rows = [asdict(step) | {"verdict": step.verdict} for step in steps]
    if as_json:
        show({"settings": effective(settings), "checks": rows}, as_json=True)
    else:
        show(flat(settings), as_json=False)
        show_rows("checks", rows, ("check", "verdict", "problem"), as_json=False)
    if any(step.problem for step in steps):
        raise typer.Exit(Exit.PRECONDITION)
