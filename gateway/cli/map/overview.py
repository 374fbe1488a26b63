"""``gate map capacity``, ``alerts`` and ``settle``: what wants looking at, and what came of it."""

from typing import Annotated, Any, Final

import typer

from gateway.admin import alerts, numbers
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, show_rows, stop
from gateway.cli.stores import act, with_stores

_BAR: Final = 30
_BUCKET: Final = ("code", "birthdate", "sex", "given", "capacity", "share", "bar")
_ALERT: Final = ("id", "at", "kind", "about", "permit", "standing", "subject", "settled_by", "outcome")

Top = Annotated[int, typer.Option("--top", min=1, max=1000, help="How many, fullest first.")]
All = Annotated[bool, typer.Option("--all", help="Settled ones too.")]
Limit = Annotated[int, typer.Option(min=1, max=1000)]
Outcome = Annotated[str, typer.Option("--outcome", help="What came of it; kept for good, so name no person.")]


def capacity(top: Top = 10, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show the fullest days of the region codes; exit code 1 when one of them is over 60 percent."""
    found = with_stores(config, lambda gate: numbers.capacity(gate.stores.number_registry, top))
    if as_json:
        show(found, as_json=True)
    else:
        rows = [{**row, "share": f"{row['share']:.1%}", "bar": bar(row["share"])} for row in found["buckets"]]
        show_rows("buckets", rows, _BUCKET, as_json=False)
    if found["filling"]:
        raise typer.Exit(Exit.ATTENTION)


def bar(share: float) -> str:
    """A share as a bar of characters that every terminal has."""
    filled = min(_BAR, round(share * _BAR))
    return "#" * filled + "." * (_BAR - filled)


def alerts_(
    show_all: All = False,  # noqa: FBT002
    after: Annotated[str | None, typer.Option(help="Begin behind this alert.")] = None,
    limit: Limit = 100,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List what somebody has to look at, newest first; exit code 1 while anything is open."""
    rows = with_stores(
        config,
        lambda gate: alerts.page(
            gate.stores.alert_registry, gate.stores.number_registry, open_only=not show_all, after=after, limit=limit
        ),
    )
    show_rows("alerts", rows, _ALERT, as_json=as_json)
    if any(row["settled_at"] is None for row in rows):
        raise typer.Exit(Exit.ATTENTION)


def settle(
    alert: Annotated[str, typer.Argument(help="The alert's id.")],
    outcome: Outcome,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Put an alert aside with what came of it; a frozen record is released apart."""
    why = act()
    is_settled = with_stores(
        config, lambda gate: alerts.settle(gate.stores.alert_registry, alert, outcome, why, dry_run=dry_run)
    )
    if not is_settled:
        stop("there is no open alert of this id", Exit.PRECONDITION)
    shown: dict[str, Any] = {"alert": alert, "settled": not dry_run, "outcome": outcome.strip()}
    show(shown, as_json=as_json)
