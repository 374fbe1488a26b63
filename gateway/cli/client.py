"""``gate client``: the registered relying parties."""

import asyncio
import getpass
import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from gateway.admin import clients, keyring
from gateway.app import utc_now
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, show_rows, stop
from gateway.config import load, settings_path
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, Scope
from gateway.oidc.ports import StoreUnavailableError
from gateway.oidc.registration import MetadataError
from gateway.store.open import SchemaError, Stores, open_stores

app = typer.Typer(help="Registered relying parties.", no_args_is_help=True)

T = TypeVar("T")
Many = Annotated[list[str], typer.Option(help="May be given several times.")]


@app.command()
def create(  # noqa: PLR0917 - one option per field of the registration
    name: Annotated[str, typer.Option("--name", help="Name shown to people.")],
    redirect_uri: Many,
    client_id: Annotated[str | None, typer.Option(help="Default: a random one.")] = None,
    auth: Annotated[ClientAuthMethod, typer.Option(help="How the client authenticates.")] = ClientAuthMethod.BASIC,
    jwks_file: Annotated[Path | None, typer.Option(help="Public keys of a private_key_jwt client.")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="May be given several times.")] = None,
    post_logout_redirect_uri: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    alg: Annotated[str, typer.Option(help="ID token signature: ES256 or RS256.")] = "ES256",
    jurisdiction: Annotated[
        str, typer.Option(help="Where the client sits: hong_kong, macao, guangdong.")
    ] = "guangdong",
    purpose: Annotated[str, typer.Option(help="Why data is asked for, shown on the consent page.")] = "",
    surrogates: Annotated[bool, typer.Option("--surrogates", help="Enrol for surrogate identifiers.")] = False,  # noqa: FBT002
    provider: Annotated[list[str] | None, typer.Option(help="Offer only these accounts.")] = None,
    sector: Annotated[str, typer.Option(help="Sector of pairwise subjects; default: the redirect URIs' host.")] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Register a relying party; its secret is shown this once and never again."""
    draft = Client(
        client_id=client_id or secrets.token_urlsafe(16),
        client_name=name,
        redirect_uris=tuple(redirect_uri),
        token_endpoint_auth_method=auth,
        jwks=_jwks(jwks_file),
        scopes=tuple(dict.fromkeys([Scope.OPENID.value, *(item.value for item in scope or [])])),
        id_token_signed_response_alg=alg,
        post_logout_redirect_uris=tuple(post_logout_redirect_uri or ()),
        jurisdiction=jurisdiction,
        purpose=purpose,
        surrogates_allowed=surrogates,
        providers=tuple(item.replace("-", "_") for item in provider or ()),
        sector=sector,
    )

    async def work(stores: Stores, secret_key: bytes) -> clients.Registered:
        return await clients.create(stores.registry, draft, secret_key, _operator(), utc_now(), dry_run=dry_run)

    try:
        registered = _with_stores(config, work)
    except MetadataError as error:
        stop(f"this client cannot be registered: {error}", Exit.USAGE)
    except clients.ClientTakenError:
        stop("this client_id is taken", Exit.PRECONDITION)
    shown = clients.described(registered.client)
    show({**shown, "client_secret": registered.client_secret} if registered.client_secret else shown, as_json=as_json)


@app.command("list")
def list_(
    after: Annotated[str | None, typer.Option(help="Begin behind this client_id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List relying parties in the order of their ids."""

    async def work(stores: Stores, _: bytes) -> list[Client]:
        return await stores.registry.page(after, limit)

    rows = [clients.described(client) for client in _with_stores(config, work)]
    show_rows("clients", rows, ("client_id", "client_name", "scope", "active"), as_json=as_json)


@app.command("show")
def show_(client_id: str, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show one relying party."""

    async def work(stores: Stores, _: bytes) -> Client | None:
        return await stores.clients.find(client_id)

    client = _with_stores(config, work)
    if client is None:
        stop("no client has this id", Exit.PRECONDITION)
    show(clients.described(client), as_json=as_json)


@app.command()
def disable(
    client_id: str,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Switch a relying party off; its codes and tokens end with it within a minute."""

    async def work(stores: Stores, _: bytes) -> bool:
        if dry_run:
            return await stores.clients.find(client_id) is not None
        return await clients.disable(stores.registry, client_id, _operator(), utc_now())

    if not _with_stores(config, work):
        stop("no client has this id", Exit.PRECONDITION)
    show({"client_id": client_id, "active": dry_run}, as_json=as_json)


def _with_stores(config: Path | None, work: Callable[[Stores, bytes], Awaitable[T]]) -> T:
    """Open the stores for one piece of work."""
    settings = load(settings_path(config))
    keys = keyring.load(settings.keys_dir, utc_now())

    async def run() -> T:
        stores = await open_stores(
            settings.storage.database_url, pool_size=1, sealer=keys.sealer, index_key=keys.index_key
        )
        try:
            return await work(stores, keys.client_secret_key)
        finally:
            await stores.aclose()

    try:
        return asyncio.run(run())
    except StoreUnavailableError:
        stop("the database does not answer", Exit.REMOTE)
    except SchemaError as error:
        stop(str(error), Exit.PRECONDITION)


def _jwks(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stop("the key set file cannot be read as JSON", Exit.USAGE)
    if not isinstance(document, dict):
        stop("the key set file must hold a JSON object", Exit.USAGE)
    return document


def _operator() -> str:
    return getpass.getuser()
