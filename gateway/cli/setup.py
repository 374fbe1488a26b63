"""``gate init``: a folder with keys and a settings file to start from."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.admin import key_home, keyring
from gateway.cli.output import AsJson, DryRun, Exit, show, stop
from gateway.product import utc_now

_TEMPLATE = """\
# Settings of the gateway; every key is explained in docs/reference/settings.md.
issuer = "{issuer}"
keys_dir = "keys"
environment = "{environment}"
realm = "sandbox"

[storage]
database_url = "sqlite:///{folder}/gateway.sqlite3"
"""


def init(
    folder: Annotated[Path, typer.Argument(help="Folder for gate.toml and keys/; made if needed.", file_okay=False)],
    issuer: Annotated[str, typer.Option(help="The gateway's own address.")] = "http://127.0.0.1:8000",
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
    dry_run: DryRun = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Make the gateway's own keys and a first settings file; what exists already is kept."""
    settings = folder / "gate.toml"
    if dry_run:
        show({"settings": str(settings), "exists": settings.exists()}, as_json=as_json)
        return
    try:
        made = keyring.create(folder / "keys", utc_now())
        if not settings.exists():
            environment = "development" if issuer.startswith("http://") else "production"
            text = _TEMPLATE.format(issuer=issuer, environment=environment, folder=folder.resolve())
            settings.write_text(text, encoding="utf-8")
            key_home.mark(folder / "keys", issuer)
    except OSError as error:
        stop(f"{folder} cannot be written ({error.strerror})", Exit.PRECONDITION)
    show({"settings": str(settings), "keys_made": made}, as_json=as_json)
