"""``gate operator``: who has a key to the operator API."""

from typing import Annotated

import typer

from gateway.admin import operators
from gateway.admin.operators import Created, OperatorNameError, OperatorTakenError
from gateway.admin.records import Operator, Role
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Yes, confirm, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

app = typer.Typer(help="Operators with a key to the operator API.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The operator's name.")]


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="reader looks, masked; keeper changes too.")] = Role.READER,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Add an operator; the key is shown this once and never again."""
    why = act()

    async def work(gate: Opened) -> Created:
        registry, secret_key = gate.stores.operator_registry, gate.keys.client_secret_key
        return await operators.create(registry, name, role, secret_key, why, dry_run=dry_run)

    try:
        created = with_stores(config, work)
    except OperatorNameError as error:
        stop(str(error), Exit.USAGE)
    except OperatorTakenError:
        stop("this name is taken, perhaps by a disabled operator", Exit.PRECONDITION)
    shown = operators.described(created.operator)
    show(shown if dry_run else {**shown, "key": created.key}, as_json=as_json)


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List the operators, without their keys."""

    async def work(gate: Opened) -> list[Operator]:
        return list(await gate.stores.operator_registry.all())

    rows = [operators.described(operator) for operator in with_stores(config, work)]
    show_rows("operators", rows, ("name", "role", "active", "created_at", "disabled_at"), as_json=as_json)


@app.command()
def disable(
    name: Name,
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Take an operator's key back for good; a name is never given twice."""
    confirm(f"Take the key of {name} back for good?", yes=yes, dry_run=dry_run)
    why = act()
    if not with_stores(
        config, lambda gate: operators.disable(gate.stores.operator_registry, name, why, dry_run=dry_run)
    ):
        stop("no active operator has this name", Exit.PRECONDITION)
    show({"name": name, "active": dry_run}, as_json=as_json)
