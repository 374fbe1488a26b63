"""``gate client``: the registered relying parties."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import clients
from gateway.admin.clients import ClientOffice, ClientTakenError, Registered, UnknownClientError
from gateway.cli import initial_access, snippet
from gateway.cli.client_options import for_services, members_of, takes_metadata
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores
from gateway.managed_keys import managed_keys
from gateway.oidc.model import Client
from gateway.oidc.random_values import new_id
from gateway.oidc.registration import MetadataError
from gateway.outbound import build_fetch
from gateway.product import utc_now

app = typer.Typer(help="Registered relying parties.", no_args_is_help=True)
app.add_typer(initial_access.app, name="tokens")
app.command("snippet")(snippet.snippet)

ClientId = Annotated[str, typer.Argument(help="The client_id.")]
FromJson = Annotated[
    Path | None, typer.Option("--from-json", help="Metadata of RFC 7591 in a file; options win over it.")
]
NoGrants = Annotated[bool, typer.Option("--no-grants", help="Only a resource server: it signs nobody in.")]
_UNKNOWN = "no client has this id"


@app.command()
@takes_metadata
def create(
    *,
    client_id: Annotated[str | None, typer.Option(help="Default: a random one.")] = None,
    sector: Annotated[str, typer.Option(help="Sector of pairwise subjects; default: the redirect URIs' host.")] = "",
    no_grants: NoGrants = False,
    from_json: FromJson = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
    **options: Any,
) -> None:
    """Register a relying party; its secret is shown this once and never again."""
    why, members = act(), for_services(members_of(options, from_json)) | ({"grant_types": []} if no_grants else {})

    async def work(office: ClientOffice) -> Registered:
        draft = clients.a_draft(client_id or new_id(), members)
        return await clients.create(office, clients.in_sector(draft, sector), why, dry_run=dry_run)

    _tell(_in_office(config, work), as_json=as_json, dry_run=dry_run)


@app.command()
@takes_metadata
def update(
    client_id: ClientId,
    *,
    clear: Annotated[list[str] | None, typer.Option(help="Set back to the default, by its name in `show`.")] = None,
    new_sector: Annotated[bool, typer.Option("--new-sector", help="Agree that everybody gets another sub.")] = False,
    no_grants: NoGrants = False,
    from_json: FromJson = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
    **options: Any,
) -> None:
    """Change a registration: what is named is replaced, the rest stays."""
    why, members = act(), members_of(options, from_json) | ({"grant_types": []} if no_grants else {})

    async def work(office: ClientOffice) -> Registered:
        return await clients.update(
            office, client_id, members, why, clear=clear or (), moves_sector=new_sector, dry_run=dry_run
        )

    _tell(_in_office(config, work), as_json=as_json, dry_run=dry_run)


@app.command("rotate-secret")
def rotate_secret(
    client_id: ClientId,
    *,
    overlap: Annotated[float, typer.Option(min=0, help="Hours that the old secret stays good.")] = 24,
    now: Annotated[bool, typer.Option("--now", help="End the old secret at once.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Make a new secret, shown this once; the old one stays good for a day."""
    why, span = act(), timedelta(0) if now else timedelta(hours=overlap)

    async def work(office: ClientOffice) -> Registered:
        return await clients.rotate_secret(office, client_id, why, overlap=span, dry_run=dry_run)

    _tell(_in_office(config, work), as_json=as_json, dry_run=dry_run)


@app.command("list")
def list_(
    after: Annotated[str | None, typer.Option(help="Begin behind this client_id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List relying parties in the order of their ids."""

    async def work(gate: Opened) -> list[Client]:
        return await gate.stores.registry.page(after, limit)

    rows = [clients.described(client) for client in with_stores(config, work)]
    show_rows("clients", rows, ("client_id", "client_name", "scope", "active"), as_json=as_json)


@app.command("show")
def show_(client_id: ClientId, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show one relying party."""

    async def work(gate: Opened) -> Client | None:
        return await gate.stores.clients.find(client_id)

    client = with_stores(config, work)
    if client is None:
        stop(_UNKNOWN, Exit.PRECONDITION)
    show(clients.described(client), as_json=as_json)


@app.command()
def disable(
    client_id: ClientId,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Switch a relying party off; its codes and tokens end with it within a minute."""
    why = act()

    async def work(office: ClientOffice) -> None:
        await clients.disable(office, client_id, why, dry_run=dry_run)

    _in_office(config, work)
    show({"client_id": client_id, "active": dry_run}, as_json=as_json)


def _in_office(config: Path | None, work: Callable[[ClientOffice], Awaitable[Any]]) -> Any:
    """Do one piece of work on clients; what is refused ends the command with its sentence and exit code."""

    async def run(gate: Opened) -> Any:
        async with _office(gate) as office:
            return await work(office)

    try:
        return with_stores(config, run)
    except MetadataError as error:
        stop(f"this client cannot be registered: {error}", Exit.USAGE)
    except ClientTakenError:
        stop("this client_id is taken", Exit.PRECONDITION)
    except UnknownClientError:
        stop(_UNKNOWN, Exit.PRECONDITION)


@contextlib.asynccontextmanager
async def _office(gate: Opened) -> AsyncIterator[ClientOffice]:
    async with build_fetch(gate.settings.outbound) as fetch:
        yield ClientOffice(
            gate.stores.registry,
            gate.stores.clients,
            gate.keys.client_secret_key,
            (await managed_keys(gate.settings, gate.keys, gate.stores, utc_now())).live.id_tokens,
            fetch,
            allow_loopback=gate.settings.environment == "development",
        )


def _tell(registered: Registered, *, as_json: bool, dry_run: bool) -> None:
    shown = clients.described(registered.client)
    if registered.client_secret and not dry_run:
        shown["client_secret"] = registered.client_secret
    show(shown, as_json=as_json)
