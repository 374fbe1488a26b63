"""The operators' command line: a thin shell over ``gateway.admin`` that reads arguments, prints, and picks exit codes.

Exit codes: 0 fine, 1 attention due, 2 usage, 3 a precondition is not met, 4 a remote side failed.
Every verb takes ``--json``; verbs that change state take ``--dry-run``. Numbers are masked without ``--reveal``.
"""

import sys

import typer

from gateway.cli import client, db, doctor, login, map_, serve, setup
from gateway.cli.output import Exit, fail
from gateway.config import ConfigurationError

app = typer.Typer(
    name="gate", help="Bay Area identity gateway (simulation).", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("version")(serve.version)
app.command("init")(setup.init)
app.add_typer(db.app, name="db")
app.add_typer(client.app, name="client")
app.add_typer(map_.app, name="map")
app.add_typer(login.app, name="login")


def main() -> None:
    """Entry point of the ``gate`` command."""
    try:
        app()
    except ConfigurationError as error:
        fail(str(error), Exit.PRECONDITION)
        sys.exit(Exit.PRECONDITION)
