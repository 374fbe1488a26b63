"""``gate audit verify``: does the audit hold, in the database or in a copy; the first bad place, and what it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from certs.keys.errors import JoseError, JsonError
from certs.keys.jose import VerificationKeys
from certs.keys.strict_json import parse_object
from gateway.admin import audit_copy, audit_office, audit_proof
from gateway.admin.audit_copy import LONGEST_LINE
from gateway.admin.audit_office import AuditOffice
from gateway.admin.audit_proof import Report, Verdict
from gateway.admin.checkpoint_file import CheckpointFileError
from gateway.cli.audit.desk import in_office, progress
from gateway.cli.output import AsJson, ConfigFile, Exit, show, stop
from gateway.cli.stores import Opened, act
from gateway.config import settings_path

_KEYS_LARGEST = 262_144

Copy = Annotated[
    Path | None,
    typer.Option("--file", exists=True, dir_okay=False, help="Check a copy that `gate audit export` made."),
]
Keys = Annotated[
    Path | None,
    typer.Option("--keys", exists=True, dir_okay=False, help="Public keys of the audit (JWK set), kept elsewhere."),
]
Checkpoints = Annotated[
    Path | None,
    typer.Option("--checkpoints", exists=True, dir_okay=False, help="A file of checkpoints to hold a copy against."),
]
From = Annotated[int | None, typer.Option("--from-checkpoint", min=1, help="Begin behind the checkpoint here.")]


def verify(  # noqa: PLR0917 - one option per question
    file: Copy = None,
    keys: Keys = None,
    checkpoints: Checkpoints = None,
    from_checkpoint: From = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Check every event, link and checkpoint; exit code 1 if the audit does not hold."""
    if file is None and (keys is not None or checkpoints is not None):
        stop("--keys and --checkpoints are for a copy: give --file", Exit.USAGE)
    if file is not None and from_checkpoint is not None:
        stop("a copy says itself where it begins: leave --from-checkpoint out", Exit.USAGE)
    with progress("checking") as report:
        verdict = (
            _of_database(config, from_checkpoint, report)
            if file is None
            else _of_copy(file, keys, checkpoints, config, report)
        )
    show(audit_office.described(verdict), as_json=as_json)
    if verdict.finding is not None:
        raise typer.Exit(Exit.ATTENTION)


def _of_database(config: Path | None, start: int | None, report: Report) -> Verdict:
    sealed = start or 0

    def told(done: int, total: int, position: int) -> None:
        nonlocal sealed
        sealed = position
        report(done, total, position)

    async def work(gate: Opened, office: AuditOffice) -> Verdict:
        return await audit_proof.verify(office.sealing, gate.stores.audit, act(), start=start, report=told)

    try:
        return in_office(config, work)
    except KeyboardInterrupt:
        hint = f"go on with --from-checkpoint {sealed}" if sealed else "no checkpoint was reached"
        stop(f"stopped; {hint}", Exit.ATTENTION)


def _of_copy(file: Path, keys: Path | None, checkpoints: Path | None, config: Path | None, report: Report) -> Verdict:
    """Nothing of this gateway is needed but the public keys, and those may come along in a file."""
    known = _own_keys(config) if keys is None else _read_keys(keys)
    try:
        return audit_copy.verify_copy(_lines(file), known, checkpoints, report)
    except CheckpointFileError as error:
        stop(f"the file of checkpoints cannot be read: {error}", Exit.PRECONDITION)


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while line := opened.readline(LONGEST_LINE + 1):
            yield line


def _own_keys(config: Path | None) -> VerificationKeys:
    if not settings_path(config).exists():
        stop("without the gateway's settings, the keys of the audit are needed: --keys", Exit.PRECONDITION)

    async def work(_: Opened, office: AuditOffice) -> VerificationKeys:
        return office.sealing.verification_keys()

    return in_office(config, work)


def _read_keys(path: Path) -> VerificationKeys:
    with path.open("rb") as file:
        data = file.read(_KEYS_LARGEST + 1)
    try:
        return VerificationKeys.from_jwks(parse_object(data[:_KEYS_LARGEST]))
    except (JsonError, JoseError):
        stop("the file of --keys holds no set of public keys", Exit.USAGE)
