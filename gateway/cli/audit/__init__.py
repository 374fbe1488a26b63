"""``gate audit``: look through the audit, check that it holds, and copy it so that others can check it."""

import typer

from gateway.cli.audit import copying, proving, searching

app = typer.Typer(help="The tamper-evident audit: search, verify, export.", no_args_is_help=True)
app.command("search")(searching.search)
app.command("verify")(proving.verify)
app.command("export")(copying.export)
app.command("keys")(copying.keys)
