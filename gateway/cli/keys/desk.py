"""What the verbs of ``gate keys`` share: the office out of the settings, options, and guards as exit codes."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from certs.keys.rotation.guards import GuardError
from gateway.admin import joint_acts
from gateway.admin.key_plans import PlanError
from gateway.admin.key_words import described_done, described_guard
from gateway.admin.key_work import AlreadyRunningError, AskedError, Done, Order, UnknownKeySetError
from gateway.cli.output import Exit, in_local_time, show, stop
from gateway.cli.stores import Opened, act, with_stores
from gateway.managed_keys import ManagedKeys, managed_keys
from gateway.product import utc_now

T = TypeVar("T")

KeySetName = Annotated[str, typer.Argument(help="The set's name, as `gate keys list` shows it.")]
Kid = Annotated[str | None, typer.Option("--kid", help="The key that is meant; default: the only one in question.")]
Because = Annotated[str, typer.Option("--reason", help="Why; kept for good, so name a case and not a person.")]
OperationId = Annotated[
    str | None, typer.Option("--operation-id", help="Does the same thing once only, however often it is asked for.")
]
AskFor = Annotated[bool, typer.Option("--ask", help="Ask a second operator to agree, in the place of doing it.")]
SecondPerson = Annotated[
    str | None,
    typer.Option("--joint-act", help="The id under which a second operator has agreed (`gate operator agree`)."),
]
_OPERATION_LIMIT: Final = 64


def in_office(config: Path | None, work: Callable[[Opened, ManagedKeys], Awaitable[T]], *, as_json: bool) -> T:
    """Do one piece of work on the keys; guards that are closed end the command with their numbers and exit code 3."""

    async def run(gate: Opened) -> T:
        return await work(gate, await managed_keys(gate.settings, gate.keys, gate.stores, utc_now()))

    try:
        return with_stores(config, run)
    except GuardError as error:
        guards = [described_guard(one) for one in error.guards]
        if as_json:
            show({"refused": guards}, as_json=True)
            raise typer.Exit(Exit.PRECONDITION) from None
        for one in guards:
            opens = f"; opens {in_local_time(one['opens_at'])}" if one["opens_at"] else ""
            typer.echo(
                f"gate: guard {one['guard']} ({one['name']}): needs {one['needs']}, has {one['has']}{opens}", err=True
            )
        stop("refused; nothing was changed", Exit.PRECONDITION)
    except AskedError as error:
        show(joint_acts.described(error.asked, utc_now()), as_json=as_json)
        raise typer.Exit(Exit.FINE) from None
    except AlreadyRunningError as error:
        stop(f"already running: {error}; nothing was changed", Exit.PRECONDITION)
    except UnknownKeySetError as error:
        stop(f"{error}: see `gate keys list`", Exit.USAGE)
    except PlanError as error:
        stop(str(error), Exit.PRECONDITION)


def order(
    reason: str, *, dry_run: bool, operation: str | None = None, joint_act: str | None = None, ask: bool = False
) -> Order:
    """How a verb is to be carried out."""
    if operation is not None and not (0 < len(operation) <= _OPERATION_LIMIT and operation.isascii()):
        stop(f"an operation id has at most {_OPERATION_LIMIT} plain characters", Exit.USAGE)
    return Order(act(reason), dry_run=dry_run, operation=operation, joint_act=joint_act, ask=ask)


def tell(done: Done, *, as_json: bool, dry_run: bool) -> None:
    """What a verb has done, and what comes next with the guards in its way."""
    shown: dict[str, Any] = described_done(done)
    if as_json:
        show({**shown, "dry_run": dry_run}, as_json=True)
        return
    said = "would be done" if dry_run else ("done" if done.changed else "was done before under this operation id")
    typer.echo(f"{done.verb} {done.key_set}: {said}; key {done.kid or '-'}, version {done.version}")
    print_plan(shown["next"])


def print_plan(steps: list[dict[str, Any]]) -> None:
    """Steps with times in the local zone and every guard with its number."""
    for step in steps:
        hand = " (by hand)" if step["by_hand"] else ""
        typer.echo(f"  {in_local_time(step['due_at'])}  {step['verb']}{hand}  {step['kid'] or 'a new key'}")
        for one in step["guards"]:
            mark = "ok    " if one["holds"] else "closed"
            typer.echo(f"      {mark} guard {one['guard']:>2} {one['name']}: needs {one['needs']}, has {one['has']}")
