"""Looking at everything that ends; exit codes are made for scripts and timers."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from certs.keys.certificate_facts import MAX_FILE, CertificateFacts, read_certificates
from certs.keys.errors import KeyMaterialError
from gateway.admin import certificate_check, due_calendar
from gateway.admin.inventory import Item, Kind, Severity, due, find
from gateway.admin.inventory_words import described
from gateway.cli.output import AsJson, ConfigFile, Exit, show, show_rows, stop
from gateway.cli.stores import Opened, with_stores
from gateway.config import ConfigurationError, duration, load, settings_path
from gateway.inventory_sources import inventory, listeners
from gateway.product import utc_now

_COLUMNS: Final = ("severity", "not_after", "days_left", "kind", "name", "where", "state", "id")
_REMARKS: Final = ("where", "check", "verdict", "sentence")

ItemId = Annotated[str, typer.Argument(help="An id out of `gate cert list`, or a file of certificates.")]


def list_(
    kind: Annotated[Kind | None, typer.Option("--kind", help="Only this kind.")] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only this severity and worse.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List everything that ends, the earliest end first."""
    now = utc_now()
    least = Severity.FINE if severity is None else severity
    found = [one for one in _items(config) if (kind is None or one.kind is kind) and one.severity.rank >= least.rank]
    show_rows("items", [described(one, now) for one in found], _COLUMNS, as_json=as_json)


def inspect(what: ItemId, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show one thing of the list, or the certificates of a file; a private key in it is not read."""
    path = Path(what)
    if path.is_file():
        show({"file": path.name, "certificates": [_certificate(one) for one in _read(path)]}, as_json=as_json)
        return
    found = find(_items(config), what)
    if found is None:
        stop("there is no file and no item of this name: see `gate cert list`", Exit.PRECONDITION)
    show(described(found, utc_now()), as_json=as_json)


def check(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Look whether the listeners' files fit together: key, chain, names, time; exit code 1 if they do not."""
    remarks = certificate_check.check(listeners(load(settings_path(config))), utc_now())
    show_rows("remarks", [one.shown() for one in remarks], _REMARKS, as_json=as_json)
    if any(one.verdict != "fine" for one in remarks):
        raise typer.Exit(Exit.ATTENTION)


def needs_renewal(
    item: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    within: Annotated[
        str | None,
        typer.Option("--within", help="What ends within this span, such as 30d; default: two thirds of a life over."),
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Say what wants renewal; exit code 0 when nothing does, 1 when something is due."""
    now, span = utc_now(), _span(within)
    items = _items(config)
    if item is not None and find(items, item) is None:
        stop("there is no item of this name: see `gate cert list`", Exit.PRECONDITION)
    wanted = items if item is None else tuple(one for one in items if one.id == item)
    found = due(wanted, now, span)
    show_rows("items", [described(one, now) for one in found], _COLUMNS, as_json=as_json)
    if found:
        raise typer.Exit(Exit.ATTENTION)


def calendar(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it there; default: print it.", dir_okay=False)
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Write the ends of everything as a calendar (RFC 5545), with reminders 30, 7 and 1 days before."""

    async def work(gate: Opened) -> bytes:
        now = utc_now()
        items = await inventory(gate.settings, gate.keys, gate.stores, now)
        return due_calendar.calendar(items, gate.settings.issuer, now)

    written = with_stores(config, work)
    if out is None:
        typer.echo(written.decode("utf-8"), nl=False)
        return
    try:
        out.write_bytes(written)
    except OSError as error:
        stop(f"{out} cannot be written ({error.strerror})", Exit.PRECONDITION)


def _items(config: Path | None) -> tuple[Item, ...]:
    async def work(gate: Opened) -> tuple[Item, ...]:
        return await inventory(gate.settings, gate.keys, gate.stores, utc_now())

    return with_stores(config, work)


def _span(text: str | None) -> timedelta | None:
    try:
        return None if text is None else duration(text, "--within")
    except ConfigurationError:
        stop('--within must be a span such as "12h" or "30d"', Exit.USAGE)


def _read(path: Path) -> tuple[CertificateFacts, ...]:
    try:
        with path.open("rb") as file:
            return read_certificates(file.read(MAX_FILE + 1))
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror})", Exit.PRECONDITION)
    except KeyMaterialError as error:
        stop(f"{path}: {error}", Exit.PRECONDITION)


def _certificate(facts: CertificateFacts) -> dict[str, Any]:
    shown = asdict(facts)
    shown["not_before"], shown["not_after"] = facts.not_before.isoformat(), facts.not_after.isoformat()
    return shown | {"fingerprint": facts.fingerprint}
