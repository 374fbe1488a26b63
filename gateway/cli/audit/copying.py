"""``gate audit export`` and ``gate audit keys``: a copy that holds by itself, and what it is checked with."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import audit_export
from gateway.admin.audit_office import AuditOffice
from gateway.cli.audit.desk import in_office, progress
from gateway.cli.output import AsJson, ConfigFile, Exit, show, stop
from gateway.cli.stores import Opened, act

Out = Annotated[Path, typer.Argument(help="The new file.", dir_okay=False)]
From = Annotated[int | None, typer.Option("--from-checkpoint", min=1, help="Begin behind the checkpoint here.")]


def export(
    file: Out,
    from_checkpoint: From = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Copy the audit into a file that is checked without the gateway (`gate audit verify --file`)."""
    if file.exists():
        stop("the file is there already: nothing was written", Exit.PRECONDITION)
    with progress("copying") as report:

        async def work(gate: Opened, office: AuditOffice) -> dict[str, Any]:
            lines = audit_export.export(
                office.sealing, gate.stores.audit, act(), begin=from_checkpoint or 0, report=report
            )
            count, last = 0, {}
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                async for line in lines:
                    out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
                    count, last = count + (line["kind"] == "event"), line
                out.flush()
                os.fsync(out.fileno())
            return {"file": file.name, "events": count, "signed": "token" in last}

        try:
            done = in_office(config, work)
        except OSError as error:
            stop(f"the file cannot be written: {error.strerror}", Exit.PRECONDITION)
        except BaseException:
            file.unlink(missing_ok=True)  # half a copy helps nobody
            raise
    show(done, as_json=as_json)
    if not done["signed"]:
        stop("nobody vouches for this copy: the audit's key is away, or the audit does not hold", Exit.ATTENTION)


def keys(
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Print the public keys of the audit as a JWK set; keep it where the database's owner cannot write."""

    async def work(_: Opened, office: AuditOffice) -> list[dict[str, Any]]:
        return [dict(key) for key in office.sealing.known_keys()]

    found = in_office(config, work)
    if as_json:
        show({"keys": found}, as_json=True)
    else:
        typer.echo(json.dumps({"keys": found}, indent=2))
