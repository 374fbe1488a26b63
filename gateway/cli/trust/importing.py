"""Bringing signed documents in: at once, or by a second operator when a change is dangerous (specification 4.3)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import trust_import
from gateway.admin.acts import Act
from gateway.admin.trust_office import TrustOffice
from gateway.cli.keeper import KeyFile, keeper_of
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, show, show_rows, stop
from gateway.cli.stores import Opened, act
from gateway.cli.trust.desk import in_office, read
from gateway.config import read_secret
from gateway.product import utc_now

Acks = Annotated[list[str] | None, typer.Option("--ack", help="Code of a dangerous change that you have read.")]
ProposalId = Annotated[str, typer.Argument(help="The proposal's id.")]
Step = Callable[[TrustOffice, Act], Awaitable[dict[str, Any]]]


def import_(
    *,
    documents: Annotated[list[Path], typer.Argument(help="Signed documents; they switch together.", dir_okay=False)],
    key_file: KeyFile,
    ack: Acks = None,
    reason: Reason = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Import lists, the equivalence table or a root; exit code 1 when it waits for a second operator."""
    tokens = [read(path) for path in documents]

    async def step(office: TrustOffice, by: Act) -> dict[str, Any]:
        if dry_run:
            return await trust_import.dry_run(office, tokens, by)
        return await trust_import.propose(office, tokens, ack or (), by)

    found = _step(config, key_file, reason, step)
    show(found, as_json=as_json)
    if found.get("result") == "waiting" or (dry_run and any(one["dangers"] for one in found["documents"])):
        raise typer.Exit(Exit.ATTENTION)


def acknowledge(
    proposal_id: ProposalId,
    *,
    key_file: KeyFile,
    ack: Acks = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Agree to another operator's import by stating the same codes: the lists switch."""

    async def step(office: TrustOffice, by: Act) -> dict[str, Any]:
        if dry_run:
            return await trust_import.review(office, proposal_id, by)
        return await trust_import.acknowledge(office, proposal_id, ack or (), by)

    show(_step(config, key_file, "", step), as_json=as_json)


def proposals(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List the imports that wait for a second operator; exit code 1 while there are any."""
    by = act()
    rows = in_office(config, lambda _, office: trust_import.waiting(office, by))
    show_rows("proposals", rows, ("id", "lists", "acknowledged", "proposed_by", "ends_at", "reason"), as_json=as_json)
    if rows:
        raise typer.Exit(Exit.ATTENTION)


def withdraw(
    proposal_id: ProposalId,
    *,
    key_file: KeyFile,
    reason: Reason = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """End a proposed import without accepting it."""

    async def step(office: TrustOffice, by: Act) -> dict[str, Any]:
        return {"proposal": proposal_id, "withdrawn": await trust_import.withdraw(office, proposal_id, by)}

    found = _step(config, key_file, reason, step)
    if not found["withdrawn"]:
        stop("there is no such open proposal", Exit.PRECONDITION)
    show(found, as_json=as_json)


def _step(config: Path | None, key_file: Path, reason: str, step: Step) -> dict[str, Any]:
    """Do one step under the name that the key proves."""
    key = read_secret(key_file)

    async def work(gate: Opened, office: TrustOffice) -> dict[str, Any]:
        return await step(office, Act(await keeper_of(gate, key), utc_now(), reason))

    return in_office(config, work)
