"""Looking at the lists: what counts, one list whole, and two documents compared in words."""

from pathlib import Path
from typing import Annotated, Any

import typer

from certs.trust.list_diff import compare
from certs.trust.list_document import read_list
from certs.trust.list_signing import payload_of
from certs.trust.trust_list import TrustList
from gateway.admin import trust_office
from gateway.cli.output import AsJson, ConfigFile, Exit, show, show_rows
from gateway.cli.trust.desk import ListId, in_office, read, told
from gateway.product import utc_now

_COLUMNS = ("list", "sequence", "standing", "warning", "next_update", "expires", "entries")


def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List the accepted lists, with the root and the equivalence table; exit code 1 when one wants attention."""
    rows = in_office(config, lambda _, office: trust_office.overview(office, utc_now()))
    show_rows("lists", rows, _COLUMNS, as_json=as_json)
    if any(row["standing"] != "fresh" or row["warning"] for row in rows):
        raise typer.Exit(Exit.ATTENTION)


def show_(
    list_id: ListId,
    sequence: Annotated[int | None, typer.Option("--sequence", help="An earlier one out of its history.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Show one list: its entries, its history, and what was kept as evidence."""
    now = utc_now()
    found = in_office(config, lambda _, office: trust_office.shown(office, list_id, now, sequence=sequence))
    show(found, as_json=as_json)


def diff(
    old: Annotated[Path, typer.Argument(help="A signed list or a draft.", dir_okay=False)],
    new: Annotated[Path, typer.Argument(help="Another one.", dir_okay=False)],
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Say in words what changes from one list to another; exit code 1 when a change is dangerous."""
    found = told(lambda: compare(_list(read(old)), _list(read(new))))
    shown: dict[str, Any] = {
        "changes": [change.words for change in found.changes],
        "dangers": [change.words for change in found.dangers],
        "code": found.code if found.dangers else None,
    }
    show(shown, as_json=as_json)
    if found.dangers:
        raise typer.Exit(Exit.ATTENTION)


def _list(data: bytes) -> TrustList:
    """A list out of a signed document or out of a draft."""
    return read_list(payload_of(data) if b'"signatures"' in data else data)
