"""``gate doctor``: what is wrong, and how to mend it."""

import asyncio
from dataclasses import asdict

import typer

from gateway.cli.output import AsJson, ConfigFile, Exit, show_rows
from gateway.config import ConfigurationError, load, settings_path
from gateway.examination.finding import Finding
from gateway.examination.whole import examine


def doctor(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag
    """Look at settings, keys, database, ciphers and every provider; exit code 1 if anything wants attention."""
    findings = asyncio.run(_examine(config))
    rows = [asdict(finding) for finding in findings]
    show_rows("findings", rows, ("check", "verdict", "remark"), as_json=as_json)
    if any(finding.verdict != "fine" for finding in findings):
        raise typer.Exit(Exit.ATTENTION)


async def _examine(config: ConfigFile) -> list[Finding]:
    try:
        settings = load(settings_path(config))
    except ConfigurationError as error:
        return [Finding("settings", "broken", str(error))]
    return await examine(settings)
