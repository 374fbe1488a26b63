"""``gate person``: people, by the opaque ids that audit and alerts name."""

from typing import Annotated

import typer

from gateway.admin import subjects
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, Yes, confirm, show, stop
from gateway.cli.stores import act, with_stores

app = typer.Typer(help="People, by the ids that audit and alerts name.", no_args_is_help=True)

SubjectId = Annotated[str, typer.Argument(help="The person's id.")]


@app.command("show")
def show_(subject_id: SubjectId, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show what is remembered of a person: accounts, record (masked), consents, and who has the number."""
    found = with_stores(
        config,
        lambda gate: subjects.show(
            gate.stores.subject_registry,
            gate.stores.people,
            gate.stores.numbers,
            gate.stores.audit,
            subject_id,
            act(),
        ),
    )
    if found is None:
        stop("no person has this id", Exit.PRECONDITION)
    show(found, as_json=as_json)


@app.command()
def block(  # noqa: PLR0917 - one option per question
    subject_id: SubjectId,
    reason: Reason,
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Switch a person off: sessions and grants end at once, and no sign-in succeeds."""
    confirm("Switch this person off?", yes=yes, dry_run=dry_run)
    why = act(reason)
    if not with_stores(
        config, lambda gate: subjects.block(gate.stores.subject_registry, subject_id, why, dry_run=dry_run)
    ):
        stop("no person has this id", Exit.PRECONDITION)
    show({"subject": subject_id, "blocked": True, "dry_run": dry_run}, as_json=as_json)


@app.command()
def unblock(
    subject_id: SubjectId,
    reason: Reason,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Let a person in again."""
    why = act(reason)
    if not with_stores(
        config, lambda gate: subjects.unblock(gate.stores.subject_registry, subject_id, why, dry_run=dry_run)
    ):
        stop("no blocked person has this id", Exit.PRECONDITION)
    show({"subject": subject_id, "blocked": False, "dry_run": dry_run}, as_json=as_json)


@app.command()
def untie(  # noqa: PLR0917 - one option per question
    subject_id: SubjectId,
    reason: Reason,
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Take a permit's record from an account that is not its holder's; the record and its numbers stay."""
    confirm("Untie this account?", yes=yes, dry_run=dry_run)
    why = act(reason)
    if not with_stores(
        config,
        lambda gate: subjects.untie(
            gate.stores.subject_registry, gate.stores.numbers, subject_id, why, dry_run=dry_run
        ),
    ):
        stop("no person of this id is tied to a record", Exit.PRECONDITION)
    show({"subject": subject_id, "tied": dry_run, "dry_run": dry_run}, as_json=as_json)
