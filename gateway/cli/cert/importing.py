"""``gate cert import``: a renewed certificate, and its key if that is new, for one of the listeners."""

import ssl
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from certs.keys.certificate_facts import MAX_FILE
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.own_certificate import CertificateImportError
from gateway.admin.listener_certificate import ListenerFiles, Sent, renew
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, Yes, confirm, show, stop
from gateway.cli.stores import Opened, act, with_stores
from gateway.config import Settings, load, settings_path


class Target(StrEnum):
    """Whose certificate it is."""

    SERVER = "server"
    OPERATORS = "operators"


def import_(  # noqa: PLR0917 - the command line's options
    target: Annotated[Target, typer.Argument(help="The public listener, or the operators'.")],
    certificate: Annotated[Path, typer.Argument(help="The new chain, PEM, the certificate first.", dir_okay=False)],
    fingerprint: Annotated[str, typer.Option("--fingerprint", help="sha256:…, as the authority told it.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="The new private key, PEM; default: the old one stays.")
    ] = None,
    ca: Annotated[Path | None, typer.Option("--ca", help="Authorities, PEM; default: those of the system.")] = None,
    reason: Reason = "",
    dry_run: DryRun = False,  # noqa: FBT002
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Put a renewed certificate in the place of the old one, which is kept as .previous; a refusal changes nothing."""
    files = _files(load(settings_path(config)), target)
    sent = Sent(_read(certificate), (_authorities(ca),), fingerprint, None if key is None else _read(key))
    confirm(f"Replace the certificate of the {target} listener?", yes=yes, dry_run=dry_run)

    async def work(gate: Opened) -> None:
        done = await renew(files, sent, gate.stores.audit, act(reason), dry_run=dry_run)
        show(done, as_json=as_json)

    try:
        with_stores(config, work)
    except CertificateImportError as error:
        stop(f"refused ({error.code}): {error}", Exit.PRECONDITION)
    except (KeyUnavailableError, KeyMaterialError) as error:
        stop(str(error), Exit.PRECONDITION)


def _files(settings: Settings, target: Target) -> ListenerFiles:
    block = settings.server if target is Target.SERVER else settings.operator_api
    if block is None or block.tls_certificate is None or block.tls_key is None:
        stop(f"the settings name no certificate and key for the {target} listener", Exit.PRECONDITION)
    host = urlsplit(settings.issuer).hostname if target is Target.SERVER else None
    return ListenerFiles(target.value, block.tls_certificate, block.tls_key, host)


def _authorities(path: Path | None) -> bytes:
    if path is not None:
        return _read(path)
    system = ssl.get_default_verify_paths().cafile
    if system is None:
        stop("this system has no file of authorities: name one with --ca", Exit.PRECONDITION)
    return _read(Path(system))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror})", Exit.PRECONDITION)
    if len(content) > MAX_FILE:
        stop(f"{path} is larger than any file of certificates", Exit.PRECONDITION)
    return content
