"""``gate operator``: who works at the operators' listener, in which role, and what they sign in with."""

from typing import Annotated

import typer

from gateway.admin import joint_acts, operators
from gateway.admin.acts import Act
from gateway.admin.joint_acts import JointActError
from gateway.admin.operation_records import JointActKind
from gateway.admin.operators import (
    Created,
    OperatorNameError,
    OperatorTakenError,
    OwnRightsError,
    UnknownOperatorError,
)
from gateway.admin.records import Operator, Role
from gateway.cli import joint_acts as joint
from gateway.cli import operator_accounts
from gateway.cli.joint_acts import Ask, Asked, JointActId
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, Yes, confirm, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

app = typer.Typer(help="Operators: roles, places, sign-in, acts of two persons.", no_args_is_help=True)
app.command("show")(operator_accounts.show_account)
app.command("password")(operator_accounts.password)
app.command("totp")(operator_accounts.totp)
app.command("certificate")(operator_accounts.certificate)
app.command("sessions")(operator_accounts.sessions)
app.command("asked")(joint.asked)
app.command("agree")(joint.agree)
app.command("refuse")(joint.refuse)

Name = Annotated[str, typer.Argument(help="The operator's name.")]
Places = Annotated[
    list[str] | None,
    typer.Option("--jurisdiction", help="Theirs alone: hong_kong, macao, guangdong; may be repeated. Else every one."),
]
_ROLE_HELP = "reader looks, masked; keeper changes too; auditor reads the audit; custodian has keys and operators too."


@app.command()
def create(
    name: Name,
    *,
    role: Annotated[Role, typer.Option(help=_ROLE_HELP)] = Role.READER,
    jurisdiction: Places = None,
    joint_act: JointActId = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; needed with --ask.")] = "",
    ask: Ask = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Add an operator; the key is shown this once and never again. A custodian takes two persons, but the first."""
    why = act(reason)

    async def work(gate: Opened) -> Created | Asked:
        registry, secret_key = gate.stores.operator_registry, gate.keys.client_secret_key
        wished = Operator(name, role, why.now, jurisdictions=operators.checked_places(jurisdiction or ()))
        # What cannot be done is not asked for, and uses no agreement up.
        await operators.create(registry, name, role, secret_key, why, dry_run=True)
        if ask:
            return await _ask(gate, wished, why)
        await _two_persons(gate, wished, joint_act, why, dry_run=dry_run)
        places = wished.jurisdictions
        return await operators.create(registry, name, role, secret_key, why, jurisdictions=places, dry_run=dry_run)

    try:
        created = with_stores(config, work)
    except OperatorNameError as error:
        stop(str(error), Exit.USAGE)
    except OperatorTakenError:
        stop("this name is taken, perhaps by a disabled operator", Exit.PRECONDITION)
    except JointActError as error:
        joint.stop_for(error)
    if isinstance(created, Asked):
        return show(created.shown, as_json=as_json)
    shown = operators.described(created.operator)
    return show(shown if dry_run else {**shown, "key": created.key}, as_json=as_json)


@app.command()
def role(
    name: Name,
    role: Annotated[Role, typer.Argument(help=_ROLE_HELP)],
    *,
    reason: Reason,
    jurisdiction: Places = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="No longer for some jurisdictions alone.")] = False,
    joint_act: JointActId = None,
    ask: Ask = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Give an operator another role, and other places; every session of theirs ends."""
    why = act(reason)
    places: list[str] | None = [] if everywhere else jurisdiction

    async def work(gate: Opened) -> Operator | Asked:
        registry = gate.stores.operator_registry
        wished = await operators.change(registry, name, role, why, jurisdictions=places, dry_run=True)
        if ask:
            return await _ask(gate, wished, why)
        await _two_persons(gate, wished, joint_act, why, dry_run=dry_run)
        return await operators.change(registry, name, role, why, jurisdictions=places, dry_run=dry_run)

    try:
        changed = with_stores(config, work)
    except OperatorNameError as error:
        stop(str(error), Exit.USAGE)
    except UnknownOperatorError:
        stop("no active operator has this name", Exit.PRECONDITION)
    except OwnRightsError:
        stop("nobody changes their own rights: somebody else has to", Exit.PRECONDITION)
    except JointActError as error:
        joint.stop_for(error)
    shown = changed.shown if isinstance(changed, Asked) else {**operators.described(changed), "dry_run": dry_run}
    show(shown, as_json=as_json)


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List the operators, without their keys."""

    async def work(gate: Opened) -> list[Operator]:
        return list(await gate.stores.operator_registry.all())

    rows = [operators.described(operator) for operator in with_stores(config, work)]
    columns = ("name", "role", "jurisdictions", "active", "created_at", "disabled_at")
    show_rows("operators", rows, columns, as_json=as_json)


@app.command()
def disable(
    name: Name,
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Take an operator's key back and end their sessions, for good; a name is never given twice."""
    confirm(f"Take the key of {name} back for good?", yes=yes, dry_run=dry_run)
    why = act()
    if not with_stores(
        config, lambda gate: operators.disable(gate.stores.operator_registry, name, why, dry_run=dry_run)
    ):
        stop("no active operator has this name", Exit.PRECONDITION)
    show({"name": name, "active": dry_run}, as_json=as_json)


async def _ask(gate: Opened, wished: Operator, why: Act) -> Asked:
    subject = operators.role_subject(wished)
    asked = await joint_acts.ask(gate.stores.joint_acts, JointActKind.OPERATOR_ROLE, subject, why)
    return Asked(joint_acts.described(asked, why.now))


async def _two_persons(gate: Opened, wished: Operator, joint_act: str | None, why: Act, *, dry_run: bool) -> None:
    """Nobody makes a custodian alone, unless there is none: then one person begins."""
    is_first = joint_act is None and not await operators.has_custodian(gate.stores.operator_registry)
    if not is_first:
        await operators.require_second_person(gate.stores.joint_acts, wished, joint_act, why, dry_run=dry_run)
