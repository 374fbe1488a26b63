"""``gate audit search``: what happened, newest first; that somebody looked is on record too."""

from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from gateway.admin import audit_search
from gateway.admin.audit_office import AuditOffice
from gateway.admin.audit_search import PAGE, Page
from gateway.admin.records import Operator, Role
from gateway.cli.audit.desk import in_office
from gateway.cli.output import AsJson, ConfigFile, show, show_rows
from gateway.cli.stores import Opened, act, operator_name

_COLUMNS: Final = ("at", "action", "client_id", "subject_id", "provider", "correlation_id", "details", "position")

Action = Annotated[str | None, typer.Option(help="An event such as sign_in.failed, or the part before its dot.")]
Since = Annotated[str | None, typer.Option(help="From this moment on, such as 2026-11-24T09:00:00+08:00.")]
Until = Annotated[str | None, typer.Option(help="Before this moment.")]


def search(  # noqa: PLR0917 - one option per question
    action: Action = None,
    since: Since = None,
    until: Until = None,
    client_id: Annotated[str | None, typer.Option("--client", help="Of this relying party.")] = None,
    subject_id: Annotated[str | None, typer.Option("--subject", help="Of this person's account id.")] = None,
    provider: Annotated[str | None, typer.Option(help="Of this provider.")] = None,
    operator: Annotated[str | None, typer.Option(help="By this operator.")] = None,
    correlation_id: Annotated[str | None, typer.Option("--correlation-id", help="Of this request.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before said to go on (`next`).")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Look through the audit, newest first."""
    asked = {
        "action": action,
        "since": since,
        "until": until,
        "client_id": client_id,
        "subject_id": subject_id,
        "provider": provider,
        "operator": operator,
        "correlation_id": correlation_id,
    }

    async def work(_: Opened, office: AuditOffice) -> Page:
        # Whoever may run this may read the database: every event is theirs to see.
        me = Operator(operator_name(), Role.CUSTODIAN, datetime.now(UTC))
        wanted = audit_search.wanted(asked)
        return await audit_search.search(office.search, me, wanted, act(), cursor=cursor, most=limit)

    found = in_office(config, work).described()
    if as_json:
        show(found, as_json=True)
        return
    show_rows("events", found["events"], _COLUMNS, as_json=False)
    if found["next"]:
        typer.echo(f"there is more: --cursor {found['next']}")
