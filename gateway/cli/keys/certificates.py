"""``gate keys request-cert`` and ``gate keys import-cert``: certificates of authorities outside (§9.2)."""

from pathlib import Path
from typing import Annotated, Final

import typer

from certs.keys.own_certificate import ExpectedCertificate, Imported, Purpose
from gateway.admin import key_certificates
from gateway.admin.key_certificates import Wish
from gateway.admin.key_work import Done
from gateway.cli.keys.desk import AskFor, Because, KeySetName, Kid, OperationId, SecondPerson, in_office, order, tell
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, stop
from gateway.cli.stores import Opened
from gateway.managed_keys import ManagedKeys

Subject = Annotated[str, typer.Option("--subject", help="Whose it is to be, as in CN=id.example,O=Example (RFC 4514).")]
Names = Annotated[list[str] | None, typer.Option("--name", help="A host name that it is to be for; may be repeated.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write it there; default: print it.", dir_okay=False)]
CertificateFile = Annotated[Path, typer.Argument(help="The certificate and those above it, PEM.", dir_okay=False)]
Authorities = Annotated[
    list[Path], typer.Option("--ca", help="Who may have issued it, PEM; may be repeated.", dir_okay=False)
]
Fingerprint = Annotated[
    str | None, typer.Option("--fingerprint", help="sha256:… as the authority told it on another way.")
]
PurposeName = Annotated[Purpose, typer.Option("--purpose", help="What it has to be good for.")]
_SIZE: Final = 256 * 1024


def request_cert(
    key_set: KeySetName,
    subject: Subject,
    names: Names = None,
    kid: Kid = None,
    out: Out = None,
    *,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a certificate request for the key that is on its way; changes nothing."""

    async def work(_: Opened, managed: ManagedKeys) -> str:
        return await key_certificates.request(managed.office, key_set, kid, Wish(subject, tuple(names or ())))

    made = in_office(config, work, as_json=as_json)
    if as_json:
        show({"key_set": key_set, "request": made}, as_json=True)
        return
    if out is None:
        typer.echo(made, nl=False)
        return
    try:
        out.write_text(made, encoding="ascii")
    except OSError as error:
        stop(f"{out} cannot be written ({error.strerror})", Exit.PRECONDITION)


def import_cert(
    key_set: KeySetName,
    file: CertificateFile,
    authorities: Authorities,
    *,
    purpose: PurposeName = Purpose.TLS_SERVER,
    names: Names = None,
    fingerprint: Fingerprint = None,
    kid: Kid = None,
    reason: Because = "",
    joint_act: SecondPerson = None,
    ask: AskFor = False,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Check a certificate and let it join its key: key, authority, time, usages, algorithm, no step back."""
    pem = _read(file)
    expected = ExpectedCertificate(purpose, tuple(_read(one) for one in authorities), tuple(names or ()), fingerprint)
    asked = order(reason, dry_run=dry_run, operation=operation_id, joint_act=joint_act, ask=ask)

    async def work(_: Opened, managed: ManagedKeys) -> tuple[Done, Imported]:
        return await key_certificates.import_certificate(managed.office, key_set, pem, expected, asked, kid=kid)

    done, found = in_office(config, work, as_json=as_json)
    for warning in found.warnings:
        typer.echo(f"gate: mind: {warning}", err=True)
    tell(done, as_json=as_json, dry_run=dry_run)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE + 1)
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror})", Exit.PRECONDITION)
    if len(data) > _SIZE:
        stop(f"{path} is too large for certificates", Exit.PRECONDITION)
    return data
