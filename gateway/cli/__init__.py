"""The operators' command line: a thin shell over ``gateway.admin`` that reads arguments, prints, and picks exit codes.

Exit codes: 0 fine, 1 attention due, 2 usage, 3 a precondition is not met, 4 a remote side failed.
Every verb takes ``--json``; verbs that change state take ``--dry-run``, destructive ones ``--yes``. Numbers are masked:
``--reveal`` shows what was typed, and only a request that two operators made together shows a record's permit.
"""

import sys

import typer

from gateway.cli import (
    audit,
    backup,
    cert,
    chores,
    client,
    completion,
    config,
    db,
    dead_letters,
    doctor,
    keys,
    login,
    map,  # noqa: A004 - the verb's name
    operators,
    person,
    provider,
    serve,
    setup,
    sign,
    trust,
)
from gateway.cli.output import Exit, fail
from gateway.config import ConfigurationError

app = typer.Typer(
    name="gate", help="Bay Area identity gateway (simulation).", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command("serve")(serve.serve)
app.command("serve-operators")(serve.serve_operators)
app.command("doctor")(doctor.doctor)
app.command("version")(serve.version)
app.command("init")(setup.init)
app.add_typer(config.app, name="config")
app.add_typer(cert.app, name="cert")
app.command("completion")(completion.completion)
app.add_typer(db.app, name="db")
app.add_typer(keys.app, name="keys")
app.add_typer(chores.app, name="chores")
app.add_typer(audit.app, name="audit")
app.add_typer(backup.app, name="backup")
app.add_typer(client.app, name="client")
app.add_typer(dead_letters.app, name="deliveries")
app.add_typer(map.app, name="map")
app.add_typer(person.app, name="person")
app.add_typer(provider.app, name="provider")
app.add_typer(operators.app, name="operator")
app.add_typer(login.app, name="login")
app.add_typer(sign.app, name="sign")
app.add_typer(trust.app, name="trust")


def main() -> None:
    """Entry point of the ``gate`` command."""
    try:
        app()
    except ConfigurationError as error:
        fail(str(error), Exit.PRECONDITION)
        sys.exit(Exit.PRECONDITION)
